"""Files for these tests: tables, workbooks, ZIP files and calendars, made in memory; and the samples."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from sync.importers.complaints import ImportRefused
from sync.importers.lessons import Term

SAMPLES = Path(__file__).parent / "samples"
ZONE = ZoneInfo("Asia/Aqtobe")
FIRST = date(2026, 9, 1)  # a Tuesday
AUTUMN = Term(FIRST, date(2026, 12, 25))

Table = Iterable[Sequence[object]]


def sample(name: str) -> bytes:
    """Return the bytes of a sample."""
    return (SAMPLES / name).read_bytes()


def table(
    rows: Table, delimiter: str = ";", encoding: str = "utf-8-sig", quoting: int = csv.QUOTE_MINIMAL
) -> bytes:
    """Return rows as CSV."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # an int is a style
    return text.getvalue().encode(encoding)


def workbook(*sheets: Table) -> bytes:
    """Return an XLSX file of these sheets."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write(number, column, value)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a ZIP file of these members."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def calendar(*events: str) -> bytes:
    """Return a calendar of events, each the lines of one; the first BEGIN:VEVENT is in line 4."""
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//\n{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def complaints(refused: pytest.ExceptionInfo[ImportRefused]) -> list[str]:
    """Return what was complained about."""
    return refused.value.complaints
