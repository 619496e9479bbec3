"""Rows as files that people and scripts open: CSV for Excel, JSON lines, XLSX.

CSV is what a Russian or Kazakh Excel opens by double click: a byte order mark, semicolons, CRLF. Nothing in a
cell is ever a formula there: text that would be one gets an apostrophe in front, unless it is a number. Who
needs the exact text takes JSON lines.

JSON lines end with `{"cursor": AT}`: who has this line has everything. CSV has no such line, because Excel
would show it as a row of data: there the cursor is where the export began to be read (an export is a
snapshot, so it is known before the first row), and goes beside the file: a header over HTTP, standard error
at the command line. XLSX can only be written whole, to a file.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from sync.export.headings import Headings, in_words

Cell = str | int | bool | None | Mapping[str, str]
Row = Mapping[str, Cell]
Page = Any  # xlsxwriter's Worksheet and Format
Look = Any

COLUMNS: dict[str, tuple[str, ...]] = {
    "attendance": (
        *("school", "class", "date", "starts", "subject", "teacher", "hub", "model", "number", "code"),
        *("signed", "by", "reason", "taken_at", "clock", "conflict", "register", "at"),
    ),
    "lessons": (
        *("school", "class", "date", "starts", "minutes", "subject", "teacher", "hub", "model", "topic"),
        *("room", "state", "register", "at"),
    ),
    "log": ("at", "node", "school", "kind", "time", "clock", "body"),
    "conflicts": ("school", "lesson", "key", "detail", "at"),
    "checks": (
        *("school", "class", "date", "week", "starts", "subject", "teacher", "hub", "model", "check"),
        *("question", "item", "place", "local", "asked_at", "clock", "right", "of", "answered", "rights"),
        *("share", "A", "B", "C", "D", "at"),
    ),
    "talk": (
        *("school", "class", "date", "week", "starts", "subject", "teacher", "hub", "model", "stream"),
        *("hands", "questions", "answered", "spoken", "at"),
    ),
}

# Columns in which a word of the machine stands: elsewhere it is what somebody wrote.
WORDED = {"code", "signed", "conflict", "clock", "state", "register", "model", "local"}

# What makes a formula of a cell in Excel and LibreOffice, in full width too (a Japanese keyboard's).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?")  # what Excel holds without losing digits
MOST_CHARACTERS = 32_767  # of a cell in Excel; more makes a file that it calls damaged
MOST_ROWS = 1_048_576  # of a sheet in Excel, the heading among them
WIDE = 12
WIDTHS = {
    8: ("number", "starts", "minutes", "place", "of", "answered", "rights", "share", "A", "B", "C", "D"),
    10: ("at", "date"),
    18: ("school", "model", "node", "register", "key"),
    24: ("subject", "teacher", "by", "lesson", "taken_at", "time"),
    40: ("topic", "reason", "detail", "body", "question", "pupils"),
}
WIDTH_OF = {column: width for width, columns in WIDTHS.items() for column in columns}


class Sheet(Protocol):
    """A way to write rows one by one."""

    media_type: str

    def head(self) -> bytes:
        """Return what stands before the first row."""

    def row(self, row: Row) -> bytes:
        """Return one row."""

    def tail(self, cursor: int) -> bytes:
        """Return what stands after the last row."""


class Csv:
    """Rows for Excel and everything else that reads tables."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, columns: Sequence[str], headings: Headings | None = None) -> None:
        self._columns = columns
        self._headings = headings
        self._line = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")

    def head(self) -> bytes:
        """Return the byte order mark and the headings."""
        return self._encoded(_titles(self._columns, self._headings)).encode("utf-8-sig")

    def row(self, row: Row) -> bytes:
        """Return one line in which no cell is a formula."""
        cells = [_shown(column, row, self._headings) for column in self._columns]
        line = self._encoded([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
        return line.encode("utf-8", "replace")

    def tail(self, cursor: int) -> bytes:
        """Return nothing: see above for where the cursor is."""
        return b""

    def _encoded(self, cells: Sequence[str | int]) -> str:
        line: str = self._line.writerow(cells)  # what its file's write() returned
        return line


class JsonLines:
    """Rows for scripts: the columns' own names, the exact text, the cursor in the last line."""

    media_type = "application/x-ndjson"

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._json = msgspec.json.Encoder()

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def row(self, row: Row) -> bytes:
        """Return one object with every column, null for what is not known."""
        return self._json.encode({column: row.get(column) for column in self._columns}) + b"\n"

    def tail(self, cursor: int) -> bytes:
        """Return the line that says where the next export goes on, and that this one is whole."""
        return self._json.encode({"cursor": cursor}) + b"\n"


def write(rows: Iterable[Row], sheet: Sheet, cursor: int, out: BinaryIO) -> None:
    """Write rows as they come; no more than one is held."""
    out.write(sheet.head())
    for row in rows:
        out.write(sheet.row(row))
    out.write(sheet.tail(cursor))


def write_xlsx(
    rows: Iterable[Row],
    columns: Sequence[str],
    path: Path,
    headings: Headings | None = None,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write a workbook; where one sheet of Excel is full another begins. Its scratch files lie beside it."""
    import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs; 3 MB that a daemon needs when asked for one

    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        titles = _titles(columns, headings)
        line = most_rows
        for row in rows:
            if line == most_rows:
                page, line = _begun(book.add_worksheet(), columns, titles, bold), 1
            _write_line(page, line, [_shown(column, row, headings) for column in columns])
            line += 1
        if not book.worksheets():
            _begun(book.add_worksheet(), columns, titles, bold)


class _Echo:
    """A file for csv.writer that gives back what it is to write."""

    def write(self, text: str) -> str:
        return text


def _begun(page: Page, columns: Sequence[str], titles: Sequence[str], bold: Look) -> Page:
    for index, column in enumerate(columns):
        page.set_column(index, index, WIDTH_OF.get(column, WIDE))
        page.write_string(0, index, titles[index], bold)
    page.freeze_panes(1, 0)
    return page


def _write_line(page: Page, line: int, cells: Sequence[str | int]) -> None:
    for index, cell in enumerate(cells):
        if isinstance(cell, int):
            page.write_number(line, index, cell)
        elif cell:
            page.write_string(line, index, cell[:MOST_CHARACTERS])


def _titles(columns: Sequence[str], headings: Headings | None) -> list[str]:
    return [headings.columns.get(column, column) if headings else column for column in columns]


def _shown(column: str, row: Row, headings: Headings | None) -> str | int:
    """Return what a person sees in a cell."""
    value = row.get(column)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, str):
        return headings.words.get(value, value) if headings and column in WORDED else value
    if value is None or isinstance(value, int):
        return "" if value is None else value
    return headings.sentence(str(row.get("key")), value) if headings else in_words(value)


def _harmless(cell: str) -> str:
    if not cell.lstrip(" \u00a0\ufeff").startswith(FORMULA) or NUMBER.fullmatch(cell):
        return cell
    return "'" + cell
