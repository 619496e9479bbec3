"""What people and scripts open: nothing is lost, nothing is a formula, Excel asks no questions."""

import csv
import io
import itertools
import json
import tracemalloc
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sync.export.headings import load
from sync.export.sheets import (
    COLUMNS,
    FORMULA,
    MOST_CHARACTERS,
    NUMBER,
    Csv,
    JsonLines,
    Row,
    Sheet,
    write,
    write_xlsx,
)

ATTENDANCE = COLUMNS["attendance"]
ROW: Row = {
    "school": "aqtobe-12",
    "class": "5 «Ә»",
    "date": "2026-11-23",
    "starts": "09:00",
    "subject": "Қазақ тілі; әдебиет",
    "teacher": 'Нұрмұхаммедова "Іңкәр" Ғаниқызы',
    "number": 7,
    "code": "late",
    "signed": True,
    "reason": "бірінші жол\nекінші жол",
    "conflict": False,
    "register": "00000000000000ff",
    "at": 12,
}
FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "＝1+1",
    '=HYPERLINK("a")',
]
NUMBERS = ["-1", "+7", "-1,5", "+77010000000"]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def written(sheet: Sheet, *rows: Row, cursor: int = 12) -> bytes:
    out = io.BytesIO()
    write(rows, sheet, cursor, out)
    return out.getvalue()


def read(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))


def opened(path: Path) -> list[list[object]]:
    return [list(row) for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()]


def test_csv_is_what_excel_opens_by_double_click() -> None:
    content = written(Csv(("class", "number")), {"class": "5 «Ә»", "number": 7})
    assert content == b"\xef\xbb\xbfclass;number\r\n" + "5 «Ә»;7\r\n".encode()


def test_csv_gives_back_what_was_written() -> None:
    head, row = read(written(Csv(ATTENDANCE), ROW))
    assert head == list(ATTENDANCE)
    shown = {**dict.fromkeys(ATTENDANCE, ""), **ROW, "signed": "yes", "conflict": "no"}
    assert dict(zip(head, row, strict=True)) == {column: str(cell) for column, cell in shown.items()}


def test_csv_has_no_row_that_is_not_one() -> None:
    assert Csv(ATTENDANCE).tail(12) == b""


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_csv_is_a_text(text: str) -> None:
    assert read(written(Csv(("by",)), {"by": text}))[1] == ["'" + text]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_in_csv_stays_one(text: str) -> None:
    assert read(written(Csv(("by",)), {"by": text}))[1] == [text]


def test_a_negative_number_of_ours_stays_one() -> None:
    assert read(written(Csv(("number",)), {"number": -3}))[1] == ["-3"]


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_no_text_leaves_its_cell_or_becomes_a_formula(pairs: list[tuple[str, str]]) -> None:
    rows: list[Row] = [{"by": left, "reason": right} for left, right in pairs]
    back = read(written(Csv(("by", "reason")), *rows))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in back] == [
        [left.removeprefix("'"), right.removeprefix("'")] for left, right in pairs
    ]
    assert all(NUMBER.fullmatch(cell) for row in back for cell in row if cell.startswith(FORMULA))


def test_json_lines_have_every_column_by_its_own_name_and_the_exact_text() -> None:
    row, last = written(JsonLines(("by", "signed", "room", "at")), {**ROW, "by": "=1+1"}).splitlines()
    assert json.loads(row) == {"by": "=1+1", "signed": True, "room": None, "at": 12}
    assert json.loads(last) == {"cursor": 12}


def test_json_lines_without_rows_still_say_where_to_go_on() -> None:
    assert written(JsonLines(ATTENDANCE), cursor=0) == b'{"cursor":0}\n'


def test_a_conflict_is_an_object_for_scripts_and_words_for_people() -> None:
    row: Row = {"key": "unknown-pupil", "detail": {"numbers": "31"}}
    columns = ("key", "detail")
    assert json.loads(written(JsonLines(columns), row).splitlines()[0])["detail"] == {"numbers": "31"}
    assert read(written(Csv(columns), row))[1] == ["unknown-pupil", "numbers=31"]
    assert read(written(Csv(columns, load("kk")), row))[1][1] == "Сынып тізімінде жоқ нөмірлер: 31"


def test_a_language_gives_headings_and_words_but_leaves_what_people_wrote() -> None:
    row: Row = {"code": "ill", "signed": False, "by": "none", "register": "none"}
    content = written(Csv(("code", "signed", "by", "register"), load("kk")), row)
    assert read(content) == [
        ["Белгі", "Қол қойылды", "Кім белгіледі", "Журнал жазбасы"],
        ["ауырып жүр", "жоқ", "none", "жоқ"],
    ]


def test_a_workbook_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx([ROW, ROW], ATTENDANCE, path)
    shown = {**dict.fromkeys(ATTENDANCE, ""), **ROW, "signed": "yes", "conflict": "no"}
    assert opened(path) == [list(ATTENDANCE), list(shown.values()), list(shown.values())]


@pytest.mark.parametrize(
    "text", [*FORMULAS[:4], "{=1}", "https://a.kz", "mailto:a@b.kz", "007", "{1}", "\x01"]
)
def test_a_text_in_a_workbook_is_a_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx([{"by": text}], ("by",), path)
    assert opened(path)[1] == [text]
    with ZipFile(path) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in parts.namelist()  # where links would be


def test_a_workbook_has_headings_in_a_language(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx([ROW], ("class", "code"), path, load("kk"))
    assert opened(path) == [["Сынып", "Белгі"], ["5 «Ә»", "кешікті"]]


def test_a_workbook_without_rows_has_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx([], ("class", "code"), path)
    assert opened(path) == [["class", "code"]]


def test_a_cell_that_excel_could_not_hold_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx([{"body": "ұ" * 100_000}], ("body",), path)
    assert opened(path)[1] == ["ұ" * MOST_CHARACTERS]


def test_a_sheet_that_is_full_is_followed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(({"at": at} for at in range(5)), ("at",), path, most_rows=3)
    book = CalamineWorkbook.from_path(str(path))
    pages = [book.get_sheet_by_index(index).to_python() for index in range(len(book.sheet_names))]
    assert pages == [[["at"], [0], [1]], [["at"], [2], [3]], [["at"], [4]]]


def test_nothing_but_the_workbook_is_left_behind(tmp_path: Path) -> None:
    write_xlsx([ROW], ATTENDANCE, tmp_path / "a.xlsx")
    assert [file.name for file in tmp_path.iterdir()] == ["a.xlsx"]


def test_memory_does_not_grow_with_the_rows() -> None:
    few, many = (peak(rows) for rows in (1_000, 20_000))
    assert many < few + 20_000


def peak(rows: int) -> int:
    class Nowhere(io.BytesIO):
        def write(self, content: object) -> int:
            return 0

    tracemalloc.start()
    write(itertools.repeat(ROW, rows), Csv(ATTENDANCE), 0, Nowhere())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most
