"""A timetable of weekdays and dates becomes lessons with days, or every line that is wrong."""

from datetime import date

import pytest

from sync.importers import lessons, timetable
from sync.importers.complaints import ImportRefused
from sync.importers.lessons import Lesson, Term, Timetable, Usual, WantedLesson
from tests.sync.importers.files import AUTUMN, FIRST, complaints, sample, table

HEADER = ("day", "start", "class", "subject", "minutes", "model", "from", "until")
OPEN = Term(FIRST)


def _read(*rows: tuple[object, ...], term: Term = AUTUMN) -> Timetable:
    return timetable.read("t.csv", table([HEADER, *rows]), term)


def _days(read: Timetable) -> list[str]:
    return [one.lesson.day for one in read.lessons]


def test_a_russian_table_in_cp1251_is_read_as_excel_saves_it() -> None:
    read = timetable.read("t.csv", sample("timetable-excel-cp1251.csv"), AUTUMN)
    first = {one.line: one for one in reversed(read.lessons)}
    hub = "Опорная школа №12"
    assert list(first.values())[::-1] == [
        WantedLesson(2, Lesson("7Б", "2026-09-07", "08:30", "Физика", 45, "Сейитова Г.", hub, room="21")),
        WantedLesson(
            3, Lesson("9А", "2026-09-07", "09:25", "Химия", 45, "Сейитова Г.", hub, "online-teaching")
        ),
        WantedLesson(4, Lesson("7Б", "2026-09-02", "10:20", "Информатика", 40, model="digital-solutions")),
        WantedLesson(
            5,
            Lesson(
                *("9А", "2026-11-26", "14:00", "Олимпиада по физике", 90, "Иманов Е.", hub, "hub-and-magnet"),
                room="Актовый зал",
            ),
        ),
    ]
    assert (read.last, sorted(read.classes)) == ("2026-12-25", ["7Б", "9А"])


def test_a_workbook_with_dates_and_times_as_cells_is_read() -> None:
    read = timetable.read("t.xlsx", sample("timetable.xlsx"), OPEN)
    assert len(read.lessons) == 9
    assert read.lessons[0].lesson == Lesson(
        "7Б", "2026-09-02", "09:00", "Қазақ тілі", 45, "Сейітова Г.", model="streaming"
    )
    assert read.lessons[-1].lesson == Lesson("7", "2026-11-23", "11:30", "Физика")


def test_a_weekday_is_every_week_between_the_later_and_the_earlier_bounds() -> None:
    read = _read(("ср", "9:00", "7Б", "Физика", "", "", "14.09.2026", "01.10.2026"))
    assert _days(read) == ["2026-09-16", "2026-09-23", "2026-09-30"]
    assert read.last == "2026-10-01"


def test_a_weekday_without_bounds_is_in_the_days_that_are_asked_for() -> None:
    read = _read(("вт", "9:00", "7Б", "Физика"), term=Term(FIRST, date(2026, 9, 15)))
    assert _days(read) == ["2026-09-01", "2026-09-08", "2026-09-15"]


def test_a_weekday_that_began_before_the_first_day_is_followed_from_there() -> None:
    read = _read(("вт", "9:00", "7Б", "Физика", "", "", "2026-01-01", "2026-09-08"))
    assert _days(read) == ["2026-09-01", "2026-09-08"]


def test_a_line_of_the_last_term_is_over_and_said_to_be() -> None:
    read = _read(("вт", "9:00", "7Б", "Физика", "", "", "", "2026-05-25"), ("вт", "9:00", "9А", "Химия"))
    assert {one.line for one in read.lessons} == {3}
    assert read.notes == ("line 2: over since 2026-05-25",)
    assert read.classes == {"7Б", "9А"}


def test_what_a_line_does_not_say_is_as_usual() -> None:
    content = table([HEADER, ("2026-09-02", "9:00", "7Б", "Физика")])
    read = timetable.read("t.csv", content, AUTUMN, Usual(40, "aqtobe-12", "online-teaching"))
    assert read.lessons[0].lesson == Lesson(
        *("7Б", "2026-09-02", "09:00", "Физика", 40, "", "aqtobe-12", "online-teaching")
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("завтра", "9:00", "7Б", "Физика"), "neither a weekday nor a date: 'завтра'"),
        (("30.02.2026", "9:00", "7Б", "Физика"), "neither a weekday nor a date: '30.02.2026'"),
        (("пн", "25:00", "7Б", "Физика"), "not a time such as 08:30: '25:00'"),
        (("пн", "", "7Б", "Физика"), "not a time such as 08:30: ''"),
        (("пн", "9:00", "", "Физика"), "not a class: ''"),
        (("пн", "9:00", "7Б", ""), "no subject"),
        (("пн", "9:00", "7Б", "Физика", "сорок"), "not 1 to 240 minutes: 'сорок'"),
        (("пн", "9:00", "7Б", "Физика", "0"), "not 1 to 240 minutes: '0'"),
        (("пн", "9:00", "7Б", "Физика", "241"), "not 1 to 240 minutes: '241'"),
        (("пн", "23:30", "7Б", "Физика"), "goes on after midnight: '23:30 and 45 minutes'"),
        (
            ("пн", "9:00", "7Б", "Физика", "", "радио"),
            "not a model (streaming, online-teaching, hub-and-magnet, digital-solutions): 'радио'",
        ),
        (("пн", "9:00", "7Б", "Физика", "", "", "скоро"), "from: not a date: 'скоро'"),
        (("пн", "9:00", "7Б", "Физика", "", "", "", "лето"), "until: not a date: 'лето'"),
        (
            ("пн", "9:00", "7Б", "Физика", "", "", "2026-10-10", "2026-10-09"),
            "from is after until: '2026-10-10 2026-10-09'",
        ),
        (
            ("пн", "9:00", "7Б", "Физика", "", "", "", "2036-12-25"),
            "more than 400 days from 2026-09-01: '2036-12-25'",
        ),
        (("2025-07-01", "9:00", "7Б", "Физика"), "more than 400 days from 2026-09-01: '2025-07-01'"),
        (
            ("пн", "9:00", "7Б", "Физика", "", "", "2026-09-08", "2026-09-13"),
            "no Monday from 2026-09-08 to 2026-09-13",
        ),
    ],
)
def test_a_line_that_is_wrong_is_refused_with_its_value(row: tuple[object, ...], complaint: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        _read(("2026-09-01", "8:00", "9А", "Химия"), row)
    assert complaints(refused) == [f"t.csv line 3: {complaint}"]


def test_a_weekday_without_an_end_is_a_question_not_a_year_of_lessons() -> None:
    with pytest.raises(ImportRefused) as refused:
        _read(("пн", "9:00", "7Б", "Физика"), term=OPEN)
    assert complaints(refused) == [
        "t.csv line 2: every week until when? Fill the column until, or say so for all lines"
    ]


@pytest.mark.parametrize(
    ("other", "day"),
    [
        (("пн", "9:00", "7 «Б»", "Химия"), "2026-09-07 09:00"),
        (("пн", "9:44", "7Б", "Химия"), "2026-09-07 09:44"),
        (("2026-10-05", "8:30", "7Б", "Химия"), "2026-10-05 09:00"),
    ],
)
def test_two_lessons_of_a_class_at_once_are_refused_once(other: tuple[object, ...], day: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        _read(("пн", "9:00", "7Б", "Физика"), other)
    assert complaints(refused) == [f"t.csv line 3: class 7Б is in the lesson of line 2 then: '{day}'"]


def test_one_teacher_may_teach_two_classes_at_once() -> None:
    read = _read(("2026-09-07", "9:00", "7Б", "Физика"), ("2026-09-07", "9:00", "7А", "Физика"))
    assert len(read.lessons) == 2


def test_more_lessons_than_a_large_school_has_are_refused() -> None:
    rows = [("пн", "9:00", f"{number}", "Физика") for number in range(3000)]
    with pytest.raises(ImportRefused) as refused:
        _read(*rows, term=Term(FIRST, date(2027, 8, 1)))
    assert complaints(refused)[0].endswith(f"more than {lessons.MAX_LESSONS} lessons")
