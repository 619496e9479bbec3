"""An export as a file: the rows of a journal, as CSV, JSON lines or XLSX."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from sync.errors import JournalError
from sync.export import headings
from sync.export.rows import Named, Rows, Selection
from sync.export.sheets import COLUMNS, Csv, JsonLines, write, write_xlsx
from sync.export.source import Source

DRAFT = "export-"  # begins the name of a folder in which an export is made

MEDIA_TYPES: Mapping[str, str] = {
    "csv": Csv.media_type,
    "jsonl": JsonLines.media_type,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class OrderWrong(JournalError):
    """What is asked for cannot be exported."""


class Order(Struct, frozen=True):
    """What to export and how."""

    what: str = "attendance"
    format: str = "csv"
    selection: Selection = Selection()
    lang: str = ""  # of headings and words; the columns' own names without it
    named: Named = {}  # names of pupils, for who may see them
    pupils: bool = False  # with what each pupil answered, by roster number

    def check(self) -> None:
        """Raise OrderWrong."""
        for value, known in ((self.what, COLUMNS), (self.format, MEDIA_TYPES)):
            if value not in known:
                raise OrderWrong(f"{value[:40]!r} is none of {', '.join(known)}")


def export(
    source: Source, order: Order, out: BinaryIO, scratch: Path, progress: Callable[[int, int], None]
) -> int:
    """Write an export; return the cursor that the next one goes on from. Raise BadCursor, OrderWrong.

    A workbook is made in `scratch` first: what holds names stays in the folder that is meant for them.
    """
    order.check()
    rows = Rows(source, order.selection, progress, order.named).of(order.what)
    columns = _columns(order)
    words = headings.load(order.lang) if order.lang else None
    if order.format == "xlsx":
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=scratch) as folder:
            path = Path(folder) / "export.xlsx"
            write_xlsx(rows, columns, path, words)
            with path.open("rb") as file:
                shutil.copyfileobj(file, out)
    else:
        sheet = JsonLines(columns) if order.format == "jsonl" else Csv(columns, words)
        write(rows, sheet, source.newest, out)
    return source.newest


def _columns(order: Order) -> tuple[str, ...]:
    columns = COLUMNS[order.what]
    if order.what == "checks" and order.pupils:
        return (*columns[:-1], "pupils", columns[-1])
    if order.what != "attendance" or not order.named:
        return columns
    place = columns.index("number") + 1
    return (*columns[:place], "name", *columns[place:])
