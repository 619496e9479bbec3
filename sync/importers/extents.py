"""How far the cells of a workbook reach, seen in its XML before a library unfolds it.

The reader lays a sheet out as a full rectangle: one word in cell XFD1048576 would ask for 500 GB and end the
process; so would a count of 10^12 shared words, and broken XML keeps it busy for ever (found by mutating
files). So each part is parsed here first; what is not well-formed or has a document type is refused. Cells
that are merely coloured reach far in honest files and hold nothing: they do not count.
"""

import re
from collections.abc import Iterable
from xml.parsers import expat

PLACE = re.compile(r"([A-Z]{0,3})(\d{1,7})")  # the last there is: XFD1048576
COUNTS = ("count", "uniqueCount")
REPEATED = ("table:number-rows-repeated", "table:number-columns-repeated")
ODS_CELLS = ("table-cell", "covered-table-cell")
MOST = 9_999_999  # of anything that is counted

Extent = tuple[int, int]  # rows, columns


class Unreadable(ValueError):
    """A part that is not XML, or a cell that is nowhere."""


def of_workbook(members: dict[str, bytes]) -> Extent:
    """Return the most rows and columns that a cell with something in it needs; raise Unreadable."""
    parts = {name: content for name, content in members.items() if content.lstrip()[:1] in (b"<", b"\xef")}
    return _most(_reach(name, content) for name, content in parts.items())


def _reach(name: str, content: bytes) -> Extent:
    sheet = _Sheet()
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.opened
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as exc:  # LookupError: an encoding nobody knows
        raise Unreadable(f"{name}: {exc}") from exc
    return sheet.reach


def _no_doctype(*declared: object) -> None:
    raise Unreadable(f"a document type {declared[0]!r}")


class _Sheet:
    """Where the parser is: a cell counts as soon as something is inside it."""

    def __init__(self) -> None:
        self.reach: Extent = (0, 0)
        self._row = self._column = 0
        self._repeated = 1  # how often this row stands there
        self._in_cell = False

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """Follow one tag."""
        for name in COUNTS:
            _number(attributes.get(name, "0"))
        local = tag.rpartition(":")[2]
        if local in ("row", "c"):
            self._opened_in_xlsx(local, attributes.get("r", ""))
        elif local == "table":
            self._row, self._column, self._repeated, self._in_cell = 0, 0, 0, False
        elif local == "table-row":
            self._row, self._column, self._in_cell = self._row + self._repeated, 0, False
            self._repeated = _number(attributes.get(REPEATED[0], "1"))
        elif local in ODS_CELLS:
            self._column += _number(attributes.get(REPEATED[1], "1"))
            self._in_cell = True
        elif self._in_cell:
            self._fill()

    def _opened_in_xlsx(self, local: str, address: str) -> None:
        letters, row = _place(address) if address else ("", 0)
        if local == "row":
            self._row, self._column, self._in_cell = row or self._row + 1, 0, False
        else:
            self._row, self._column = (row, _column(letters)) if row else (self._row, self._column + 1)
            self._in_cell, self._repeated = True, 0

    def _fill(self) -> None:
        self.reach = _most((self.reach, (self._row + self._repeated, self._column)))


def _place(address: str) -> tuple[str, int]:
    place = PLACE.fullmatch(address)
    if place is None:
        raise Unreadable(f"a cell at {address!r}")
    return place[1], int(place[2])


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MOST)):
        raise Unreadable(f"{text!r} of something")
    return int(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _most(extents: Iterable[Extent]) -> Extent:
    rows = columns = 0
    for extent in extents:
        rows, columns = max(rows, extent[0]), max(columns, extent[1])
    return rows, columns
