"""A roster comes in as hub staff have it, or comes back with every line that is wrong."""

import pytest

from sync.importers import formats, roster
from sync.importers.complaints import ImportRefused
from sync.importers.roster import WantedPupil
from tests.sync.importers.files import FIRST, complaints, sample, table


def _people(name: str) -> list[tuple[str, int | None, str]]:
    read = formats.read_roster(name, sample(name), FIRST)
    return [(pupil.class_, pupil.number, pupil.name) for pupil in read.pupils]


@pytest.mark.parametrize("name", ["roster-excel-utf8.csv", "roster-excel-unicode.txt"])
def test_a_kazakh_table_is_read_as_excel_saves_it(name: str) -> None:
    assert _people(name) == [
        ("7Б", 1, "Әбдірахманова Жанна"),
        ("7Б", 2, "Бекмұханов Данияр"),
        ("7Б", 3, "Қонысбай Нұрлан"),
        ("9А", 1, "Өтеген Ерасыл"),
        ("9А", 2, "Үкібай Айым"),
        ("9А", 3, "Һасен Іңкәр"),
    ]


def test_a_workbook_is_read_from_its_first_line_that_is_not_empty() -> None:
    read = roster.read("roster.xlsx", sample("roster.xlsx"))
    assert read.pupils[0] == WantedPupil(3, "7Б", 1, "Әбдірахманова Жанна")
    assert read.notes == ("sheet 'Заметки' is not read: only the first one is",)


def test_family_and_given_name_may_stand_apart() -> None:
    assert _people("roster-tab.tsv") == [("9А", 1, "Өтеген Ерасыл"), ("9А", 2, "Үкібай Айым")]


def test_iin_and_birth_date_are_left_in_the_file_and_lost_letters_are_told() -> None:
    read = roster.read("r.csv", sample("roster-excel-cp1251.csv"))
    assert [pupil.name for pupil in read.pupils][2:4] == ["Горбань Ёлка", "?онысбай Н?рлан"]
    assert read.notes == (
        "column 'ИИН' is not read: an IIN or a birth date is never stored",
        "column 'Дата рождения' is not read: an IIN or a birth date is never stored",
        "line 5: '?' in '?онысбай Н?рлан': Kazakh letters were lost, save as CSV UTF-8 or XLSX",
    )
    assert "0000000" not in str(read)


def test_a_kazakh_header_in_cp1251_is_still_known() -> None:
    content = table([("Сынып", "Н?мірі", "Аты-ж?ні"), ("7Б", 1, "Аян")], encoding="cp1251")
    assert roster.read("r.csv", content).pupils == (WantedPupil(2, "7Б", 1, "Аян"),)


def test_every_line_that_is_wrong_is_told_in_order() -> None:
    with pytest.raises(ImportRefused) as refused:
        roster.read("r.csv", sample("roster-broken.csv"))
    assert complaints(refused) == [
        "r.csv line 3: number twice in class 7Б, as in line 2: '1'",
        "r.csv line 4: not a number from 1 to 99: 'два'",
        "r.csv line 5: not a class: ''",
        "r.csv line 6: not a name: ''",
        "r.csv line 7: not a number from 1 to 99: '0'",
        "r.csv line 8: digits in a name: 'Жумабай ############'",
    ]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("класс", "имя ученика")], "no column number (or: №, номер, нөмір, no)"),
        ([("№", "ФИО")], "no column class (or: класс, сынып, сыныбы, класс/сынып)"),
        ([("класс", "№", "тел.")], "no column name (or: ФИО, аты-жөні; or two: family and given)"),
        ([("класс", "№", "фамилия")], "no column name (or: ФИО, аты-жөні; or two: family and given)"),
        ([("класс", "№", "ФИО", "Аты-жөні")], "two columns for name, 'ФИО' and: 'Аты-жөні'"),
        ([("класс", "Класс", "№", "ФИО")], "two columns for class, 'класс' and: 'Класс'"),
    ],
)
def test_a_header_that_lacks_a_column_or_has_two_is_refused(
    rows: list[tuple[str, ...]], complaint: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        roster.read("r.csv", table([*rows, ("7Б", "1")]))
    assert complaints(refused) == [f"r.csv line 1: {complaint}"]


def test_a_table_without_a_pupil_would_empty_the_school_and_is_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        roster.read("r.csv", table([("класс", "№", "ФИО")]))
    assert complaints(refused) == ["r.csv: no pupil in it"]


def test_a_name_of_more_than_two_hundred_letters_is_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        roster.read("r.csv", table([("класс", "№", "ФИО"), ("7Б", 1, "а" * 201)]))
    assert complaints(refused)[0].startswith("r.csv line 2: more than 200 letters for name: 'ааа")


def test_a_long_cell_in_a_column_that_is_not_read_hurts_nobody() -> None:
    read = roster.read("r.csv", table([("класс", "№", "ФИО", "ИИН"), ("7Б", 1, "Аян", "1" * 300)]))
    assert len(read.pupils) == 1


def test_a_name_twice_in_a_class_is_told_and_let_in() -> None:
    read = roster.read("r.csv", table([("класс", "№", "ФИО"), ("7Б", 1, "Ли Ан"), ("7 б", 2, "Ли Ан")]))
    assert read.notes == ("line 3: 'Ли Ан' is in 7Б twice, as in line 2",)
