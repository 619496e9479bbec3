"""What people write in cells is understood, or not at all."""

from datetime import date

import pytest

from sync.importers import cells, columns, roster, timetable
from sync.records import MODELS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[
            (text, "7Б")
            for text in ("7Б", "7б", "7 Б", "07Б", "7-Б", "7 «Б»", '7 "б"', "7Б класс", "7 Б сынып")
        ],
        ("7A", "7А"),  # Latin to Cyrillic
        ("7a", "7А"),
        ("11ә", "11Ә"),
        ("7D", "7D"),  # no Cyrillic letter looks like it
        ("7", "7"),
        ("1 класс", "1"),
        ("Дайындық тобы", "Дайындық тобы"),
        ("", ""),
        ("x" * 33, ""),
    ],
)
def test_a_class_is_written_in_one_way(written: str, expected: str) -> None:
    assert cells.class_name(written) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("7Б Физика", ("7Б", "Физика")),
        ("7 б: Физика", ("7Б", "Физика")),
        ("7 «Б» — Физика", ("7Б", "Физика")),
        ("7 Физика", ("7", "Физика")),
        ("11А Қазақ тілі", ("11А", "Қазақ тілі")),
        ("7Б", ("7Б", "")),
        ("Физика", ("", "Физика")),
        ("2026 жыл", ("", "2026 жыл")),
        ("", ("", "")),
    ],
)
def test_a_summary_begins_with_a_class_or_has_none(summary: str, expected: tuple[str, str]) -> None:
    assert cells.class_and_rest(summary) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("8:30", ("08:30", None)),
        ("08.30", ("08:30", None)),
        ("23:59:00", ("23:59", None)),
        ("8:30-9:15", ("08:30", 45)),
        ("8.30 – 9.15", ("08:30", 45)),
        *[(text, None) for text in ("", "8", "24:00", "8:60", "8:3", "9:15-8:30", "8:30-", "830", "8:30:15")],
    ],
)
def test_a_time_is_read_with_colon_or_dot(written: str, expected: tuple[str, int | None] | None) -> None:
    assert cells.clock(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[(text, date(2026, 11, 3)) for text in ("2026-11-03", "03.11.2026", "3.11.2026", "3/11/2026")],
        *[(text, None) for text in ("", "31.02.2026", "2026-13-01", "3.11.26", "0000-01-01", "вторник")],
    ],
)
def test_a_date_is_iso_or_day_month_year(written: str, expected: date | None) -> None:
    assert cells.day(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[(text, 1) for text in ("Monday", "mon", "Понедельник", "пн.", "дүйсенбі", "Дс", "д?йсенбі", "1")],
        *[(text, 3) for text in ("среда", "ср", "сәрсенбі", "с?рсенбі")],
        *[(text, 5) for text in ("жұма", "ж?ма", "Пятница")],
        *[(text, 7) for text in ("вс", "жексенбі", "Sunday")],
        *[(text, None) for text in ("", "0", "8", "сегодня", "2026-11-03")],
    ],
)
def test_a_weekday_is_known_in_three_languages_and_in_cp1251(written: str, expected: int | None) -> None:
    assert cells.weekday(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[(model, model) for model in MODELS],
        *[(text, "streaming") for text in ("Трансляция", "стриминг", "тікелей эфир")],
        *[(text, "online-teaching") for text in ("Онлайн", "онлайн-обучение", "online", "онлайн оқыту")],
        *[(text, "hub-and-magnet") for text in ("опорная и магнитная школа", "Тірек мектеп")],
        *[(text, "digital-solutions") for text in ("цифровые решения", "Цифрлық шешім", "цифрлы? шешім")],
        ("телевизор", None),
        ("", None),
    ],
)
def test_a_model_is_known_in_three_languages(written: str, expected: str | None) -> None:
    assert cells.model(written) == expected


@pytest.mark.parametrize("written", ["", "0", "100", "-1", "1.5", "x", "٣", "9" * 9])
def test_a_roster_number_is_from_one_to_ninety_nine(written: str) -> None:
    assert cells.number(written, 99) is None


@pytest.mark.parametrize("table", [roster.COLUMNS, timetable.COLUMNS])
def test_no_name_of_a_column_means_two_columns(table: tuple[columns.Column, ...]) -> None:
    names = {columns.fold(word): column.key for column in table for word in (column.key, *column.words)}
    known = columns.known_words(table)
    assert all(known[name.translate(columns.MANGLED)] == key for name, key in names.items())
    assert sum(len({columns.fold(w) for w in (c.key, *c.words)}) for c in table) == len(names)
