"""A run as a table that a Russian or Kazakh Excel opens by double click (core).

A byte order mark, semicolons, CRLF, and a comma in numbers: with a point, Excel makes dates of them. Above
the table stands what was measured, when and with what; each moment is a row; marks are numbered.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter

from msgspec import Struct

from devices.units import shown
from edge.contract.notices import Bound
from edge.lab.active import MICRO, Row
from sync.export.sheets import FORMULA

MARK = -1  # in the place of a channel's number

Words = Mapping[str, str]


class About(Struct, frozen=True):
    """What stands above the table."""

    title: str  # of the experiment, in the language of the words
    began: datetime  # local
    seconds: float
    group: int
    lesson: str
    bound: tuple[Bound, ...]
    simulated: bool


class _Echo:
    """A file for csv.writer that gives back what it is to write."""

    def write(self, text: str) -> str:
        return text


def table(
    about: About, rows: Iterable[Row], marks: Sequence[int], words: Words, lang: str
) -> Iterator[bytes]:
    """Yield the file, line by line."""
    line = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n").writerow
    yield b"\xef\xbb\xbf"
    for cells in (*_head(about, words, lang), [], _columns(about.bound, words, lang)):
        yield _encoded(line([_harmless(cell) for cell in cells]))
    marked: Iterable[Row] = ((at, MARK, float(number), 0) for number, at in enumerate(marks, 1))
    for at, together in groupby(merge(rows, marked, key=itemgetter(0)), key=itemgetter(0)):
        yield _encoded(line(_cells(at, together, len(about.bound), words["beyond"])))


def _head(about: About, words: Words, lang: str) -> list[list[str]]:
    rows = [
        [words["experiment"], about.title],
        [words["began"], f"{about.began:%Y-%m-%d %H:%M:%S}"],
        [words["lasted"], number(round(about.seconds, 1))],
        [words["group"], str(about.group)],
    ]
    if about.lesson:
        rows.append([words["lesson"], about.lesson])
    for each in about.bound:
        rows.append([words["measured"], _quantity(each, words, lang), each.device, each.channel])
    if about.simulated:
        rows.append([words["warning"], words["simulated"]])
    return rows


def _columns(bound: Sequence[Bound], words: Words, lang: str) -> list[str]:
    measured = [_quantity(each, words, lang) for each in bound]
    return [words["time"], *measured, words["mark"], words["flag"]]


def _quantity(each: Bound, words: Words, lang: str) -> str:
    name = words.get(f"quantity-{each.quantity}", each.quantity)
    return f"{name}, {shown(each.unit).get(lang, each.unit)}"


def _cells(at: int, together: Iterable[Row], width: int, beyond: str) -> list[str]:
    values, mark, flag = [""] * width, "", ""
    for _, channel, value, is_beyond in together:
        if channel == MARK:
            mark = f"{value:.0f}"
        else:
            values[channel] = number(value)
            flag = beyond if is_beyond else flag
    return [number(at / MICRO), *values, mark, flag]


def number(value: float) -> str:
    """Return a number with all its digits and a comma."""
    return f"{value:.10g}".replace(".", ",")


def _harmless(cell: str) -> str:
    """Nothing in a cell is ever a formula."""
    return "'" + cell if cell.lstrip().startswith(FORMULA) else cell


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
