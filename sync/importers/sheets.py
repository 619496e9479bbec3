"""Tables from files: CSV in any dress, XLSX, ODS or XLS become a header and rows of plain text.

Cells are trimmed, runs of spaces are one space, letters are composed (NFC): a й typed on a Mac is the same й.
"""

import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from sync.importers import delimited, workbooks
from sync.importers.complaints import MAX_ROWS, Complaints, Progress, silent, told

MAX_COLUMNS = 64  # a journal exports thirty


class Row(Struct, frozen=True):
    """A line of a table."""

    line: int  # of the file, or the row of the sheet
    cells: tuple[str, ...]


class Sheet(Struct, frozen=True):
    """A table: its header, its rows, and what was left out."""

    name: str
    header: Row
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read(name: str, content: bytes, progress: Progress = silent) -> Sheet:
    """Return the table in a file of this name; raise ImportRefused."""
    complaints = Complaints(name)
    complaints.check_size(content)
    notes: list[str] = []
    raw = list(_raw(content, complaints, notes))
    rows: list[Row] = []
    for done, (line, cells) in enumerate(raw, 1):
        _take(Row(line, _trimmed(cells)), rows, complaints)
        told(progress, done, len(raw))
    if not rows:
        raise complaints.refused(0, "a table without a line")
    complaints.settle()
    return Sheet(name, rows[0], tuple(rows[1:]), tuple(notes))


def _raw(content: bytes, complaints: Complaints, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    if workbooks.is_workbook(content):
        workbook = workbooks.opened(content, complaints)
        notes += [f"sheet {name!r} is not read: only the first one is" for name in workbook.others]
        source = workbooks.rows(workbook)
    else:
        source = delimited.rows(content, complaints)
    for number, (line, cells) in enumerate(source):
        if number > MAX_ROWS:
            raise complaints.refused(line, f"more than {MAX_ROWS} lines")
        yield line, cells


def _take(row: Row, rows: list[Row], complaints: Complaints) -> None:
    if not row.cells:
        return
    width = len(rows[0].cells) if rows else MAX_COLUMNS
    if len(row.cells) > width:
        complaints.add(row.line, f"{len(row.cells)} cells, more than the {width} of the header")
    rows.append(row)


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    """Return the cells as they are compared, without the empty ones at the end."""
    clean = [_clean(cell) for cell in cells]
    while clean and not clean[-1]:
        clean.pop()
    return tuple(clean)


def _clean(cell: str) -> str:
    if not cell.isprintable():  # a line break, a hard space, or a mark that nobody sees
        cell = "".join(letter for letter in cell if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", " ".join(cell.split()))
