"""A set of prepared quick checks as one self-contained file (core): JSON, pictures within it as base64.

It travels as an item of the library and is read at every school: what is not such a file is none, and what is
in it is looked at again wherever it is read.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, structs

from sync.checks import LETTERS
from sync.formulas.cleaning import clean
from sync.records import Choice, Markup, Question

MEDIA_TYPE = "application/x-tirek-checks"
ENDING = ".checks"  # of the file's name
BEGINS = b'{"tirek":"checks-1",'  # what every such file begins with
MAX_SET = 16 << 20  # bytes: forty questions with a large picture each
MOST_QUESTIONS = 200  # of one set: what a subject asks in a year
MAX_PICTURE = 512 << 10  # bytes: a drawing of a school book at the width of a projector
MOST_PIXELS = 4096  # in width and in height: a picture that unfolds to more would stop a page
MOST_MARKED = 24_000  # bytes of all markup of one question: it travels in a fact of 32 kB

Line = Annotated[str, Meta(max_length=200)]
Letters = Annotated[str, Meta(pattern=r"^[A-D]?\Z")]
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
SIZED = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of JPEG after which the size stands


class NotASet(ValueError):
    """It is no set of checks; the sentence says what is wrong."""


class Picture(Struct, frozen=True):
    """A picture, as it is sent to pages."""

    media_type: Literal["image/png", "image/jpeg"]
    data: bytes


class Option(Struct, frozen=True, omit_defaults=True):
    """One of the answers to choose from."""

    text: Choice
    markup: Markup = ""


class Prepared(Struct, frozen=True, omit_defaults=True):
    """One question; `markup` is all of it with its formulas, where it has any."""

    text: Question
    choices: Annotated[tuple[Option, ...], Meta(min_length=2, max_length=4)]
    right: Letters = ""
    markup: Markup = ""
    picture: Picture | None = None


class CheckSet(Struct, frozen=True, tag_field="tirek", tag="checks-1", omit_defaults=True):
    """Questions of one subject."""

    title: Line
    questions: Annotated[tuple[Prepared, ...], Meta(min_length=1, max_length=MOST_QUESTIONS)]
    subject: Line = ""
    grade: Line = ""
    topic: Line = ""
    lang: Annotated[str, Meta(max_length=12)] = ""


def encode(checks: CheckSet) -> bytes:
    """Return the file of a set; raise NotASet."""
    content = msgspec.json.encode(checks)
    if len(content) > MAX_SET:
        raise NotASet(f"{len(content) >> 20} MiB with its pictures; at most {MAX_SET >> 20}")
    decode(content)
    return content


def decode(content: bytes) -> CheckSet:
    """Return the set in a file, its formulas cleaned; raise NotASet."""
    if len(content) > MAX_SET:
        raise NotASet(f"more than {MAX_SET} bytes")
    try:
        checks = msgspec.json.decode(content, type=CheckSet)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise NotASet(str(exc)) from exc
    return structs.replace(checks, questions=tuple(map(_cleaned, checks.questions)))


def _cleaned(question: Prepared) -> Prepared:
    if question.right and question.right not in LETTERS[: len(question.choices)]:
        raise NotASet(f"{question.right} is right, of {len(question.choices)} answers")
    if question.picture is not None:
        check_picture(question.picture)
    options = tuple(structs.replace(each, markup=clean(each.markup)) for each in question.choices)
    return structs.replace(question, markup=clean(question.markup), choices=options)


def picture_of(data: bytes) -> Picture:
    """Return a picture that was read from a file; raise NotASet."""
    picture = Picture("image/png" if data.startswith(PNG) else "image/jpeg", data)
    check_picture(picture)
    return picture


def check_picture(picture: Picture) -> None:
    """Raise NotASet for what no page should be handed."""
    if len(picture.data) > MAX_PICTURE:
        raise NotASet(f"a picture of {len(picture.data) >> 10} kB; at most {MAX_PICTURE >> 10}")
    size = _png_size(picture.data) if picture.media_type == "image/png" else _jpeg_size(picture.data)
    if size is None:
        raise NotASet("a picture that is neither PNG nor JPEG")
    if not all(0 < side <= MOST_PIXELS for side in size):
        raise NotASet(f"a picture of {size[0]} × {size[1]} points; at most {MOST_PIXELS} each way")


def _png_size(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(PNG) or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return what the first frame header says (ITU T.81, B.2.2)."""
    if not data.startswith(JPEG):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in SIZED:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
