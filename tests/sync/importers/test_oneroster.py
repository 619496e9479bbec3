"""OneRoster 1.1 and 1.2 give the same pupils; what is not whole is refused."""

import csv
import zipfile
from datetime import date
from io import BytesIO, StringIO

import pytest

from sync.importers import formats, oneroster
from sync.importers.complaints import ImportRefused
from sync.importers.roster import WantedPupil
from tests.sync.importers.files import FIRST, complaints, sample, zipped

WHO = [
    ("7Б", "Әбдірахманова Жанна", "u-102"),
    ("7Б", "Бекмұханов Данияр Асқарұлы", "u-101"),
    ("7Б", "Қонысбай Нұрлан", "u-103"),
    ("9А", "Өтеген Ерасыл", "u-105"),
    ("9А", "Үкібай Айым", "u-104"),
]

Tables = dict[str, list[list[str]]]


def _tables(name: str = "oneroster-1.1.zip") -> Tables:
    with zipfile.ZipFile(BytesIO(sample(name))) as archive:
        return {
            member: list(csv.reader(StringIO(archive.read(member).decode()))) for member in archive.namelist()
        }


def _packed(tables: Tables, folder: str = "") -> bytes:
    members = {}
    for name, rows in tables.items():
        text = StringIO(newline="")
        csv.writer(text).writerows(rows)
        members[folder + name] = text.getvalue().encode()
    return zipped(members)


def _set(tables: Tables, file: str, row: int, column: str, value: str) -> Tables:
    tables[file][row][tables[file][0].index(column)] = value
    return tables


def _who(content: bytes, today: date = FIRST) -> list[tuple[str, str, str]]:
    read = formats.read_roster("o.zip", content, today)
    return [(pupil.class_, pupil.name, pupil.external) for pupil in read.pupils]


@pytest.mark.parametrize("name", ["oneroster-1.1.zip", "oneroster-1.2.zip"])
def test_both_versions_give_the_homerooms_by_the_kazakh_alphabet(name: str) -> None:
    read = oneroster.read(name, sample(name), FIRST)
    assert [(pupil.class_, pupil.name, pupil.external) for pupil in read.pupils] == WHO
    assert all(pupil.number is None for pupil in read.pupils)
    assert read.notes == ("1 scheduled classes are not read: a roster has homerooms",)


def test_birth_dates_and_identifiers_are_not_taken_over() -> None:
    read = oneroster.read("o.zip", sample("oneroster-1.1.zip"), FIRST)
    assert "2014-03-12" not in str(read)
    assert "000000000000" not in str(read)


def test_an_enrollment_counts_until_the_day_that_it_ends() -> None:
    content = sample("oneroster-1.2.zip")
    assert ("7Б", "Ержан Мира", "u-106") in _who(content, date(2026, 5, 24))
    assert ("7Б", "Ержан Мира", "u-106") not in _who(content, date(2026, 5, 25))


def test_files_may_lie_in_a_folder_and_have_a_mark() -> None:
    assert _who(_packed(_tables(), "export/2026/")) == WHO


@pytest.mark.parametrize(
    ("file", "row", "column"),
    [("users.csv", 1, "status"), ("enrollments.csv", 1, "status")],
)
def test_who_is_to_be_deleted_is_not_read(file: str, row: int, column: str) -> None:
    assert _who(_packed(_set(_tables(), file, row, column, "tobedeleted"))) == [
        one for one in WHO if one[2] != "u-101"
    ]


def test_a_class_that_nobody_is_in_stays_as_it_is() -> None:
    tables = _tables()
    tables["enrollments.csv"] = [row for row in tables["enrollments.csv"] if "c-9a" not in row]
    read = oneroster.read("o.zip", _packed(tables), FIRST)
    assert {pupil.class_ for pupil in read.pupils} == {"7Б"}
    assert "class 9А has no pupils in the file: it stays as it is" in read.notes


def test_without_homerooms_any_class_is_one() -> None:
    tables = _tables()
    tables["classes.csv"] = [tables["classes.csv"][0], tables["classes.csv"][3]]
    tables["enrollments.csv"] = [row for row in tables["enrollments.csv"] if "c-phys" in row or "role" in row]
    assert _who(_packed(tables)) == [("Физика 7Б", "Бекмұханов Данияр Асқарұлы", "u-101")]


def test_a_source_id_that_looks_like_an_iin_is_not_kept() -> None:
    tables = _tables()
    for file, column in (("users.csv", "sourcedId"), ("enrollments.csv", "userSourcedId")):
        _set(tables, file, 1, column, "140312500123")
    tables["enrollments.csv"] = [row for row in tables["enrollments.csv"] if "c-phys" not in row]
    read = oneroster.read("o.zip", _packed(tables), FIRST)
    assert WantedPupil(2, "7Б", None, "Бекмұханов Данияр Асқарұлы") in read.pupils
    assert "sourcedId of 'Бекмұханов Данияр Асқарұлы' looks like an IIN: not kept" in read.notes
    assert "140312500123" not in str(read)


def _two_schools() -> Tables:
    tables = _set(_tables(), "classes.csv", 2, "schoolSourcedId", "o-2")
    tables["orgs.csv"].append(["o-2", "active", "", "Школа № 3", "school", "third", ""])
    return tables


@pytest.mark.parametrize("school", ["o-2", "third", "школа №3"])
def test_one_of_several_schools_is_taken_by_id_identifier_or_name(school: str) -> None:
    read = oneroster.read("o.zip", _packed(_two_schools()), FIRST, school)
    assert {pupil.class_ for pupil in read.pupils} == {"9А"}


@pytest.mark.parametrize("school", ["", "other"])
def test_several_schools_need_a_choice(school: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        oneroster.read("o.zip", _packed(_two_schools()), FIRST, school)
    assert complaints(refused) == [
        f"o.zip: which school? There are Школа-лицей села Ақжар, Школа № 3; not one of them: {school!r}"
    ]


def _without(file: str) -> Tables:
    return {name: rows for name, rows in _tables().items() if name != file}


def _lacking(file: str, column: str) -> Tables:
    tables = _tables()
    at = tables[file][0].index(column)
    tables[file] = [row[:at] + row[at + 1 :] for row in tables[file]]
    return tables


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        (_without("users.csv"), "o.zip: no users.csv in it"),
        (_lacking("users.csv", "givenName"), "o.zip/users.csv line 1: no column givenName"),
        (
            _set(_tables(), "manifest.csv", 10, "value", "delta"),
            "o.zip/manifest.csv line 11: only what changed; export the whole (bulk): 'file.enrollments'",
        ),
        (
            _set(_tables(), "enrollments.csv", 1, "classSourcedId", "c-0"),
            "o.zip/enrollments.csv line 2: a class that is not in classes.csv: 'c-0'",
        ),
        (
            _set(_tables(), "enrollments.csv", 1, "userSourcedId", "u-0"),
            "o.zip/enrollments.csv line 2: somebody who is not in users.csv: 'u-0'",
        ),
        (
            _set(_tables(), "enrollments.csv", 2, "userSourcedId", "u-105"),
            "o.zip/enrollments.csv line 6: in 7Б and 9А at once: 'Өтеген Ерасыл'",
        ),
        (
            _set(_tables(), "enrollments.csv", 1, "endDate", "soon"),
            "o.zip/enrollments.csv line 2: not a date: 'soon'",
        ),
        (
            _set(_tables(), "users.csv", 1, "familyName", "Ли 5"),
            "o.zip/users.csv line 2: digits in a name: 'Ли # Данияр Асқарұлы'",
        ),
    ],
)
def test_what_is_not_whole_is_refused_with_file_and_line(tables: Tables, complaint: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        oneroster.read("o.zip", _packed(tables), FIRST)
    assert complaints(refused) == [complaint]
