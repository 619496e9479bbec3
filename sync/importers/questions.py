"""Questions of quick checks: the template as a table, or TOML, as one set with its formulas and pictures.

A line of the table or a `[[question]]` is one question: what is asked, two to four answers, which of them is
right, and the name of a picture beside the file. Formulas stand between dollar signs (docs/checks.md).
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from sync.checks import LETTERS
from sync.formulas import FormulaWrong, Rendered, rendered
from sync.importers import sheets, workbooks
from sync.importers.columns import Column, pick
from sync.importers.complaints import Complaints
from sync.importers.delimited import decoded
from sync.prepared import (
    MOST_MARKED,
    MOST_QUESTIONS,
    CheckSet,
    NotASet,
    Option,
    Picture,
    Prepared,
    encode,
    picture_of,
)
from sync.records import MOST_CHOICE, MOST_LETTERS

MOST_TYPED = 2000  # letters of a cell: 300 that are shown, and their formulas as they are typed
COLUMNS = (
    Column("question", ("вопрос", "сұрақ", "text", "текст", "мәтін", "сұрақтың мәтіні"), required=True),
    # А Б В Г are four other letters: of those only the ones that can be nothing else are taken.
    Column("a", ("а", "1", "ответ 1", "жауап 1", "answer 1"), required=True),
    Column("b", ("б", "2", "ответ 2", "жауап 2", "answer 2"), required=True),
    Column("c", ("с", "3", "ответ 3", "жауап 3", "answer 3")),
    Column("d", ("г", "4", "ответ 4", "жауап 4", "answer 4")),
    Column("right", ("правильный", "правильный ответ", "верный", "дұрыс", "дұрыс жауап", "right answer")),
    Column("picture", ("картинка", "рисунок", "сурет", "файл", "image")),
)
KEYS = tuple(each.key for each in COLUMNS)
ABOUT = ("title", "subject", "grade", "topic", "lang")
RIGHT = {"А": "A", "1": "A", "Б": "B", "2": "B", "С": "C", "3": "C", "Г": "D", "4": "D"}
OPENS = re.compile(r"\s*\[\[\s*question\s*\]\]")
TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")

Fetch = Callable[[str], bytes]  # the content of a picture's file; raises OSError


class Draft(Struct, frozen=True):
    """One question as it was written down."""

    line: int
    cells: Mapping[str, str]


class Questions(Struct, frozen=True):
    """A set that can be published, as it is and as a file, and what was left out."""

    checks: CheckSet
    content: bytes
    notes: tuple[str, ...] = ()


def read(name: str, content: bytes, about: Mapping[str, str], fetch: Fetch) -> Questions:
    """Return the set in a file; `about` is what was said of it elsewhere. Raise ImportRefused."""
    complaints = Complaints(name)
    complaints.check_size(content)
    if name.lower().endswith(".toml") and not workbooks.is_workbook(content):
        told, drafts, notes = _toml(content, complaints)
    else:
        told, drafts, notes = {}, *_table(name, content)
    if not drafts:
        complaints.add(0, "no question in it")
    if len(drafts) > MOST_QUESTIONS:
        raise complaints.refused(drafts[MOST_QUESTIONS].line, f"more than {MOST_QUESTIONS} questions")
    made = [_question(draft, fetch, complaints) for draft in drafts]
    complaints.settle()
    named = (
        {"title": name.rpartition(".")[0] or name} | told | {key: text for key, text in about.items() if text}
    )
    checks = CheckSet(questions=tuple(each for each in made if each is not None), **named)
    try:
        return Questions(checks, encode(checks), tuple(notes))
    except NotASet as exc:
        raise complaints.refused(0, str(exc)) from exc


# The file ------------------------------------------------------------------------------------------------


def _table(name: str, content: bytes) -> tuple[list[Draft], list[str]]:
    sheet = sheets.read(name, content)
    picked = pick(sheet, COLUMNS, MOST_TYPED)
    return [Draft(each.line, each.cells) for each in picked.entries], [*sheet.notes, *picked.notes]


def _toml(content: bytes, complaints: Complaints) -> tuple[dict[str, str], list[Draft], list[str]]:
    try:
        table = tomllib.loads(decoded(content, complaints).lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as exc:
        found = TOML_LINE.search(str(exc))
        line = int(found[1]) if found else 0
        raise complaints.refused(line, f"no TOML: {TOML_LINE.sub('', str(exc)).strip()}") from exc
    lines = _lines(content)
    told = {key: _text(table.pop(key), key, 0, complaints) for key in ABOUT if key in table}
    questions = table.pop("question", [])
    for key in table:
        complaints.add(0, "nothing is known by the name", key)
    if not isinstance(questions, list):
        raise complaints.refused(0, "questions begin with [[question]]")
    numbered = zip(questions, lines, strict=False) if len(lines) == len(questions) else _unnumbered(questions)
    return told, [_draft(each, line, complaints) for each, line in numbered], []


def _lines(content: bytes) -> list[int]:
    text = content.decode("utf-8", "replace").splitlines()
    return [number for number, line in enumerate(text, 1) if OPENS.match(line)]


def _unnumbered(questions: list[object]) -> Iterator[tuple[object, int]]:
    """Yield questions of a file in which it cannot be told where each begins."""
    yield from ((each, 0) for each in questions)


def _draft(question: object, line: int, complaints: Complaints) -> Draft:
    if not isinstance(question, dict):
        raise complaints.refused(line, "questions begin with [[question]]")
    cells = dict.fromkeys(KEYS, "")
    for key, value in question.items():
        if key.casefold() in cells:
            cells[key.casefold()] = _text(value, key, line, complaints)
        else:
            complaints.add(line, "nothing is known by the name", key)
    return Draft(line, cells)


def _text(value: object, key: str, line: int, complaints: Complaints) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return " ".join(str(value).split())
    complaints.add(line, f"{key} is no text")
    return ""


# One question --------------------------------------------------------------------------------------------


def _question(draft: Draft, fetch: Fetch, complaints: Complaints) -> Prepared | None:
    """Return what can be asked; None after a complaint."""
    before, line, cells = len(complaints), draft.line, draft.cells
    text = _line(line, "the question", cells["question"], MOST_LETTERS, complaints)
    choices = _choices(draft, complaints)
    right = RIGHT.get(cells["right"].upper(), cells["right"].upper())
    if right and right not in LETTERS[: len(choices)]:
        complaints.add(line, f"right is none of {' '.join(LETTERS[: len(choices)])}", cells["right"])
    marked = (text.markup, *(each.markup for each in choices))
    if sum(len(each.encode()) for each in marked) > MOST_MARKED:
        complaints.add(line, "its formulas are too long together")
    picture = _picture(line, cells["picture"], fetch, complaints) if cells["picture"] else None
    if len(complaints) > before:
        return None
    options = tuple(Option(each.plain, each.markup) for each in choices)
    return Prepared(text.plain, options, right, text.markup, picture)


def _choices(draft: Draft, complaints: Complaints) -> list[Rendered]:
    given = [draft.cells[letter.lower()] for letter in LETTERS]
    while given and not given[-1]:
        given.pop()
    if len(given) < 2:
        complaints.add(draft.line, f"fewer than two answers ({len(given)})")
    choices = [
        _line(draft.line, f"answer {letter}", text, MOST_CHOICE, complaints)
        for letter, text in zip(LETTERS, given, strict=False)
    ]
    said = [(each.plain, each.markup) for each in choices if each.plain]
    if len(set(said)) < len(said):
        complaints.add(draft.line, "two answers are the same")
    return choices


def _line(line: int, what: str, typed: str, most: int, complaints: Complaints) -> Rendered:
    try:
        found = rendered("".join(letter for letter in typed if letter.isprintable()))
    except FormulaWrong as exc:
        complaints.add(line, f"{what}: {exc}")
        return Rendered("")
    if not found.plain:
        complaints.add(line, f"{what} is empty")
    if len(found.plain) > most:
        complaints.add(line, f"{what} has more than {most} letters", found.plain)
    return found


def _picture(line: int, name: str, fetch: Fetch, complaints: Complaints) -> Picture | None:
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or "" in parts or ":" in name:
        complaints.add(line, "a picture lies beside the file or in a folder there, and is no", name)
        return None
    try:
        return picture_of(fetch("/".join(parts)))
    except OSError as exc:
        complaints.add(line, f"the picture cannot be read ({exc.strerror or exc})", name)
    except NotASet as exc:
        complaints.add(line, str(exc), name)
    return None
