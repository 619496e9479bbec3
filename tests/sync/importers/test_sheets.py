"""Tables come out the same whatever program, encoding and delimiter they went through."""

import csv
import unicodedata
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.importers import delimited, sheets, workbooks
from sync.importers.complaints import MAX_FILE, MAX_ROWS, ImportRefused
from tests.sync.importers.files import complaints, sample, table, workbook

KAZAKH = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"
CELLS = st.text(alphabet=KAZAKH + KAZAKH.lower() + "abcXYZ 0123456789;,\t\n\"'-.№«»", max_size=20)
RUSSIAN_CELLS = st.text(alphabet="АБВГДЕЁЖЗИЙКабвгдеёжзийк 019;,\t\n\"'-.№", max_size=20)
HEADER = ("class", "number", "name")


def _rows(name: str, content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in sheets.read(name, content).rows]


def _tidy(row: tuple[str, ...]) -> tuple[str, ...]:
    cells = [unicodedata.normalize("NFC", " ".join(cell.split())) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8),
    delimiter=st.sampled_from(";,\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_any_delimiter_encoding_and_quoting_gives_the_same_rows(
    rows: list[tuple[str, ...]], delimiter: str, encoding: str, quoting: int
) -> None:
    read = _rows("r.csv", table([HEADER, *rows], delimiter, encoding, quoting))
    assert read == [tidy for row in rows if (tidy := _tidy(row))]


@given(rows=st.lists(st.tuples(RUSSIAN_CELLS, RUSSIAN_CELLS, RUSSIAN_CELLS), max_size=8))
def test_cp1251_gives_the_same_rows_where_it_has_the_letters(rows: list[tuple[str, ...]]) -> None:
    read = _rows("r.csv", table([("Класс", "№", "ФИО"), *rows], ";", "cp1251"))
    assert read == [tidy for row in rows if (tidy := _tidy(row))]


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_a_workbook_gives_the_same_rows_as_a_text(rows: list[tuple[str, ...]]) -> None:
    # XlsxWriter takes a text that begins with = for a formula; the letters here have none.
    assert _rows("r.xlsx", workbook([HEADER, *rows])) == _rows("r.csv", table([HEADER, *rows]))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_are_refused_in_words(content: bytes) -> None:
    complained: list[str] = []
    try:
        sheets.read("r.csv", content)
    except ImportRefused as refused:
        complained = refused.complaints
    assert all(complaint.startswith("r.csv") for complaint in complained)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    content = b'a;b\r\n\r\n"two\r\nlines";x\r\n;\r\nlast;y\r\n'
    assert [(row.line, row.cells) for row in sheets.read("r.csv", content).rows] == [
        (3, ("two lines", "x")),
        (6, ("last", "y")),
    ]


def test_rows_of_a_workbook_are_counted_as_excel_counts_them() -> None:
    read = sheets.read("r.xlsx", workbook([(), HEADER, (), ("7Б", 1, "Аян")]))
    assert (read.header.line, read.rows[0].line, read.rows[0].cells) == (2, 4, ("7Б", "1", "Аян"))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a;b,c;d", ";"),
        ("a,b", ","),
        ("a\tb\tc;d", "\t"),
        ('"a;b;c",d', ","),
        ("one", ";"),
        ("\r\n\r\na,b", ","),
        ("a;b,c", ";"),
    ],
)
def test_the_delimiter_is_seen_in_the_header(header: str, expected: str) -> None:
    assert delimited.delimiter(header) == expected


def test_the_order_that_excel_gives_itself_is_followed() -> None:
    read = sheets.read("r.csv", b"sep=,\r\na;1,b\r\nx,y\r\n")
    assert (read.header.cells, read.rows[0].line, read.rows[0].cells) == (("a;1", "b"), 3, ("x", "y"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7.0, "7"),
        (7.5, "7.5"),
        (12, "12"),
        ("7Б", "7Б"),
        (True, "True"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23), "2026-11-23"),  # noqa: DTZ001 (a cell has no zone)
        (datetime(2026, 11, 23, 9, 5), "2026-11-23 09:05"),  # noqa: DTZ001
        (time(9, 5), "09:05"),
        (timedelta(hours=9, minutes=5), "09:05"),
    ],
)
def test_a_cell_is_what_one_would_type(value: workbooks.Value, expected: str) -> None:
    assert workbooks.text(value) == expected


def test_letters_that_nobody_sees_are_dropped_and_others_composed() -> None:
    content = "name\nАй\u200bгүл\u00a0 \u00adИ\u0306сова\n".encode()
    assert _rows("r.csv", content) == [("Айгүл Йсова",)]


def test_only_the_first_sheet_is_read_and_it_is_said() -> None:
    read = sheets.read("r.xlsx", workbook([HEADER, ("7Б", 1, "Аян")], [("other",)]))
    assert len(read.rows) == 1
    assert read.notes == ("sheet 'Sheet2' is not read: only the first one is",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "r: an empty file"),
        (b"  \r\n", "r: an empty file"),
        (b";;;\r\n", "r: a table without a line"),
        (b" " * MAX_FILE + b"xx", f"r: 20 MiB, more than {MAX_FILE >> 20} MiB"),
        (b"a;b\n1;2\nx\x00y;3\n", r"r line 3: not a table: '\x00'"),
        (b'a;b\n1;2\n"x;3\n', "r line 3: quotes that do not match: 'unexpected end of data'"),
        (b'a;b\n"x"y;3\n', """r line 2: quotes that do not match: '\\';\\' expected after \\'"\\''"""),
        (b"a;b\n1;2;3\n", "r line 2: 3 cells, more than the 2 of the header"),
        (b"\xef\xbb\xbfa;b\nx\xff;1\n", "r line 2: not utf-8, save the table as CSV UTF-8: 'byte FF'"),
        (b"a;b\nx\x98;1\n", "r line 2: not cp1251, save the table as CSV UTF-8: 'byte 98'"),
        (b"PK\x03\x04 and no more", "r: a broken ZIP file: 'File is not a zip file'"),
        (
            workbooks.XLS + b"x" * 600,
            "r: not a workbook, or one with a password: 'Cannot detect file format'",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_line_and_reason(content: bytes, complaint: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r", content)
    assert complaints(refused) == [complaint]


def test_a_file_of_utf8_with_one_broken_letter_is_not_taken_for_cp1251() -> None:
    content = "класс;имя\n7Б;Айгүл Серікова\n".encode() + b"7\xd0;x\n"
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.csv", content)
    assert complaints(refused)[0].startswith("r.csv line 3: not utf-8")


def test_more_lines_than_a_region_has_pupils_are_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.csv", b"a;b\n" + b"1;2\n" * (MAX_ROWS + 1))
    assert complaints(refused) == [f"r.csv line {MAX_ROWS + 2}: more than {MAX_ROWS} lines"]


def test_fifty_complaints_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.csv", b"a\n" + b"1;2\n" * 60)
    assert len(complaints(refused)) == 51
    assert complaints(refused)[-1] == "and 10 more"


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    sheets.read("r.csv", sample("roster-tab.tsv"), lambda done, total: told.append((done, total)))
    assert told == [(3, 3)]
