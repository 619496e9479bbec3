"""A check as pages get it (core): text without what nobody can see, formulas only such as ours."""

from edge.classroom.spoken import plain
from edge.contract.talkback import QuickCheck
from sync.checks import LETTERS, Check
from sync.formulas.cleaning import clean
from sync.prepared import Option, Prepared
from sync.records import CheckAsked

PICTURES = "/checks"  # begins the addresses of pictures

Json = dict[str, object]


def asked_of(question: Prepared, check: str, stream: str, item: str, number: int) -> CheckAsked:
    """Return the fact that puts a prepared question, on a stream or, without one, to the own class."""
    markup = tuple(each.markup for each in question.choices)
    return CheckAsked(
        check,
        question.text,
        tuple(each.text for each in question.choices),
        stream,
        right=question.right,
        markup=question.markup,
        choice_markup=markup if any(markup) else (),
        item=item,
        number=number,
        pictured=question.picture is not None,
    )


def texts_of(asked: CheckAsked) -> tuple[str, tuple[str, ...]]:
    """Return question and choices as plain lines."""
    return plain(asked.text), tuple(map(plain, asked.choices))


def question_of(asked: CheckAsked, picture: str) -> Json:
    """Return what is asked, as a page shows it."""
    text, choices = texts_of(asked)
    markup = (*asked.choice_markup, *[""] * len(choices))
    rows = [
        {"letter": letter, "text": choice, "markup": clean(marked)}
        for letter, choice, marked in zip(LETTERS, choices, markup, strict=False)
    ]
    return {"text": text, "markup": clean(asked.markup), "picture": picture, "choices": rows}


def prepared_of(question: Prepared, number: int, picture: str) -> Json:
    """Return a question of a set, as the page that chooses one shows it; it was cleaned when it was read."""
    return {
        "number": number,
        "text": plain(question.text),
        "markup": question.markup,
        "picture": picture,
        "choices": [_option(letter, each) for letter, each in zip(LETTERS, question.choices, strict=False)],
        "right": question.right,
    }


def quiz_of(check: Check, told: QuickCheck, picture: str) -> Json:
    """Return what a projector shows: never who answered what, and how many only at the end."""
    ended = told.stage == "ended"
    counts = dict(zip(check.letters, told.counts, strict=False)) if ended and told.counts else None
    rows = {"read": list(told.read), "missing": list(told.missing), "counts": counts, "right": told.right}
    return {"id": check.id, "stage": told.stage, **question_of(check.asked, picture), **rows}


def picture_at(item: str, number: int) -> str:
    """Return the address of a question's picture."""
    return f"{PICTURES}/{item}/{number}/picture"


def _option(letter: str, option: Option) -> Json:
    return {"letter": letter, "text": plain(option.text), "markup": option.markup}
