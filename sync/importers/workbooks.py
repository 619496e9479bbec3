"""Tables as workbooks: XLSX, ODS and XLS, the first visible sheet as rows of text with their numbers."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO

from msgspec import Struct

from sync.importers import archives, extents
from sync.importers.complaints import MAX_ROWS, Complaints

XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE2, also the wrapping of an XLSX with a password
MAX_EXTENT = (1 + MAX_ROWS, 256)  # columns: all that Excel 97 had

Value = int | float | str | bool | time | date | datetime | timedelta


class Workbook(Struct, frozen=True):
    """The sheet that is read and the names of those that are not."""

    rows: list[list[Value]]
    others: list[str]


def is_workbook(content: bytes) -> bool:
    """Whether this begins as a workbook does."""
    return archives.is_zip(content) or content.startswith(XLS)


def rows(workbook: Workbook) -> Iterator[tuple[int, list[str]]]:
    """Yield each row and its number."""
    for number, row in enumerate(workbook.rows, 1):
        yield number, [text(value) for value in row]


def opened(content: bytes, complaints: Complaints) -> Workbook:
    """Return the first visible sheet; raise ImportRefused."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    harmless = _harmless(content, complaints)
    try:
        with CalamineWorkbook.from_object(BytesIO(harmless)) as book:
            visible = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
            ]
            if not visible:
                raise complaints.refused(0, "no sheet in the workbook")
            table = book.get_sheet_by_name(visible[0]).to_python(skip_empty_area=False)
            return Workbook(table, visible[1:])
    except CalamineError as exc:
        raise complaints.refused(0, "not a workbook, or one with a password", str(exc)) from exc


def _harmless(content: bytes, complaints: Complaints) -> bytes:
    if content.startswith(XLS):
        return content  # cannot ask for more than 65,536 rows of 256 columns
    unpacked = archives.members(content, complaints)
    try:
        reach = extents.of_workbook(unpacked)
    except extents.Unreadable as exc:
        raise complaints.refused(0, "a broken workbook", str(exc)) from exc
    if reach[0] > MAX_EXTENT[0] or reach[1] > MAX_EXTENT[1]:
        most = f"{MAX_EXTENT[0]} rows or {MAX_EXTENT[1]} columns"
        raise complaints.refused(0, f"more than {most}: cells reach row {reach[0]}, column {reach[1]}")
    return archives.repacked(unpacked)


def text(value: Value) -> str:
    """Return a cell as one would type it: 7, 7.5, 2026-11-23, 09:00."""
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
