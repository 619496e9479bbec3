"""A question as it is typed on the page, with formulas between dollar signs (core)."""

from msgspec import Struct

from edge.classroom.spoken import plain
from sync.checks import LETTERS
from sync.formulas import FormulaWrong, Rendered, rendered
from sync.prepared import MOST_MARKED
from sync.records import MOST_CHOICE, MOST_LETTERS, CheckAsked


class TypedWrong(ValueError):
    """What was typed cannot be asked: a word key, and the blanks of its sentence."""

    def __init__(self, key: str, detail: str, **blanks: str) -> None:
        super().__init__(detail)
        self.key = key
        self.blanks = blanks


class Order(Struct, frozen=True):
    """What a page asks: something typed, or a question of a prepared set."""

    text: str = ""
    choices: tuple[str, ...] = ()
    right: str = ""
    item: str = ""
    number: int = 0


def typed_check(typed: Order, check: str, stream: str) -> CheckAsked:
    """Return the fact that asks what was typed; raise TypedWrong."""
    text = _line(typed.text, MOST_LETTERS, "text-missing")
    choices = [_line(each, MOST_CHOICE, "choices-wrong") for each in typed.choices]
    if not 2 <= len(choices) <= len(LETTERS):
        raise TypedWrong("choices-wrong", f"{len(choices)} answers to choose from, not 2 to {len(LETTERS)}")
    if typed.right and typed.right not in LETTERS[: len(choices)]:
        raise TypedWrong("right-wrong", f"{typed.right!r} is none of the answers")
    markup = tuple(each.markup for each in choices)
    if sum(len(each.encode()) for each in (text.markup, *markup)) > MOST_MARKED:
        raise TypedWrong("too-long", "its formulas are too long", letters=str(MOST_LETTERS))
    plain_choices = tuple(each.plain for each in choices)
    marked = markup if any(markup) else ()
    return CheckAsked(check, text.plain, plain_choices, stream, "", typed.right, text.markup, marked)


def _line(typed: str, most: int, missing: str) -> Rendered:
    try:
        line = rendered(plain(typed))
    except FormulaWrong as exc:
        blanks = {"formula": exc.formula[:60], "letter": str(exc.letter)}
        raise TypedWrong("formula-wrong", str(exc), **blanks) from exc
    if not line.plain.strip():
        raise TypedWrong(missing, "an empty line")
    if len(line.plain) > most:
        raise TypedWrong("too-long", f"{len(line.plain)} letters", letters=str(most))
    return line
