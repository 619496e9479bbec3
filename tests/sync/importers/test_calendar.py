"""A calendar of weekly rules becomes lessons in the school's zone, within a school year."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.importers import calendar as importer
from sync.importers import formats
from sync.importers.complaints import ImportRefused
from sync.importers.lessons import SCHOOL_YEAR, Lesson, Term, Timetable
from tests.sync.importers.files import AUTUMN, FIRST, ZONE, calendar, complaints, sample

START = "DTSTART;TZID=Asia/Aqtobe:20260907T083000\nDURATION:PT45M\n"
BASE = f"UID:1\n{START}SUMMARY:7Б Физика\n"


def _read(*events: str, term: Term = AUTUMN) -> Timetable:
    return importer.read("t.ics", calendar(*events), ZONE, term)


def _days(read: Timetable) -> list[str]:
    return [one.lesson.day for one in read.lessons]


def _only(*events: str) -> Lesson:
    (one,) = _read(*events).lessons
    return one.lesson


def _refused(*events: str, term: Term = AUTUMN) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        _read(*events, term=term)
    return complaints(refused)


def _mondays(first: str, last: str) -> list[str]:
    day, days = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        days.append(day.isoformat())
        day += timedelta(days=7)
    return days


def test_a_term_with_holidays_and_a_moved_lesson_is_read_whole() -> None:
    read = formats.read_timetable("t.ics", sample("timetable.ics"), ZONE, AUTUMN)
    physics = [one.lesson for one in read.lessons if one.lesson.subject == "Физика"]
    weekly = [lesson.day for lesson in physics if lesson.starts == "08:30"]
    left_out = {"2026-09-21", "2026-10-26", "2026-11-02"}
    assert weekly == [day for day in _mondays("2026-09-07", "2026-12-21") if day not in left_out]
    assert physics[0] == Lesson(
        *("7Б", "2026-09-07", "08:30", "Физика", 45, "Сейітова Г.", "Опорная школа №12", "streaming"),
        room="21 кабинет",
    )
    assert (
        Lesson("7Б", "2026-09-22", "11:00", "Физика", 45, "Иманов Е.", topic="Зертханалық жұмыс") in physics
    )
    assert read.last == "2026-12-25"


def test_one_event_of_two_classes_in_utc_is_two_lessons_in_local_time() -> None:
    read = importer.read("t.ics", sample("timetable.ics"), ZONE, AUTUMN)
    chemistry = [one.lesson for one in read.lessons if one.lesson.subject == "Химия"]
    assert [(one.class_, one.day, one.starts, one.model) for one in chemistry] == [
        (class_, day, "09:25", "online-teaching")
        for day in ("2026-09-08", "2026-09-15", "2026-09-22")
        for class_ in ("9А", "7Б")
    ]


def test_whole_days_and_meetings_are_left_out_and_told() -> None:
    read = importer.read("t.ics", sample("timetable.ics"), ZONE, AUTUMN)
    assert read.notes == (
        "line 49: 'Күзгі каникул' is of whole days: not a lesson, not read",
        "line 56: 'Педсовет' names no class: not a lesson, not read",
    )


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["2026-09-07", "2026-09-14", "2026-09-21"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2", ["2026-09-07", "2026-09-21"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260914", ["2026-09-07", "2026-09-14"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260914T033000Z", ["2026-09-07", "2026-09-14"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260914T032959Z", ["2026-09-07"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3", ["2026-09-07", "2026-09-10", "2026-09-14"]),
        ("RRULE:FREQ=DAILY;COUNT=2", ["2026-09-07", "2026-09-08"]),
        (
            "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Asia/Aqtobe:20260914T083000",
            ["2026-09-07", "2026-09-21"],
        ),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20260914T033000Z", ["2026-09-07", "2026-09-21"]),
        ("RDATE;TZID=Asia/Aqtobe:20260909T083000", ["2026-09-07", "2026-09-09"]),
        ("", ["2026-09-07"]),
    ],
)
def test_a_rule_gives_its_days_and_no_others(rule: str, days: list[str]) -> None:
    assert _days(_read(f"{BASE}{rule}")) == days


def test_a_rule_without_an_end_stops_at_the_end_of_the_days_asked_for() -> None:
    read = _read(f"{BASE}RRULE:FREQ=WEEKLY")
    assert _days(read) == _mondays("2026-09-07", "2026-12-21")
    assert read.notes == ("line 4: repeats without end: followed to 2026-12-25",)
    assert read.last == "2026-12-25"


def test_a_rule_without_an_end_stops_after_a_school_year() -> None:
    read = _read(f"{BASE}RRULE:FREQ=WEEKLY", term=Term(FIRST))
    assert _days(read)[-1] == "2027-10-04"
    assert read.last == (FIRST + SCHOOL_YEAR).isoformat() == "2027-10-06"


def test_a_rule_of_last_year_is_followed_from_the_first_day() -> None:
    old = BASE.replace("20260907", "20250901")
    assert _days(_read(f"{old}RRULE:FREQ=WEEKLY;UNTIL=20260920"))[0] == "2026-09-07"


@pytest.mark.parametrize(
    ("replaced", "days"),
    [
        ("DTSTART;TZID=Asia/Aqtobe:20260915T100000", ["2026-09-07", "2026-09-15", "2026-09-21"]),
        (f"{START.splitlines()[0]}\nSTATUS:CANCELLED", ["2026-09-07", "2026-09-21"]),
        (f"{START.splitlines()[0]}\nSUMMARY:Отмена", ["2026-09-07", "2026-09-21"]),
        ("DTSTART;VALUE=DATE:20260914", ["2026-09-07", "2026-09-21"]),
    ],
)
def test_an_occurrence_may_be_moved_or_cancelled(replaced: str, days: list[str]) -> None:
    moved = f"UID:1\nRECURRENCE-ID;TZID=Asia/Aqtobe:20260914T083000\n{replaced}\n"
    moved += "" if "SUMMARY" in moved else "SUMMARY:7Б Физика\n"
    read = _read(f"{BASE}RRULE:FREQ=WEEKLY;COUNT=3", moved)
    assert sorted(_days(read)) == days


def test_a_cancelled_event_still_names_its_class() -> None:
    read = _read(f"{BASE}STATUS:CANCELLED", BASE.replace("7Б", "9А").replace("UID:1", "UID:2"))
    assert (_days(read), sorted(read.classes)) == (["2026-09-07"], ["7Б", "9А"])


@pytest.mark.parametrize(
    "start", [":20260907T083000", ":20260907T033000Z", ";TZID=Asia/Tokyo:20260907T123000"]
)
@pytest.mark.parametrize("rule", ["", "RRULE:FREQ=WEEKLY;COUNT=1", "RRULE:FREQ=WEEKLY;UNTIL=20260907"])
def test_any_zone_becomes_the_schools_and_none_is_the_schools(start: str, rule: str) -> None:
    lesson = _only(f"UID:1\nDTSTART{start}\nSUMMARY:7Б Физика\n{rule}")
    assert (lesson.day, lesson.starts) == ("2026-09-07", "08:30")


@given(st.datetimes(datetime(2026, 9, 1), datetime(2026, 10, 1)), st.integers(1, 8))  # noqa: DTZ001 (local)
def test_a_weekly_lesson_is_at_the_same_local_time_all_term(begins: datetime, weeks: int) -> None:
    begins = begins.replace(second=0, microsecond=0, hour=begins.hour % 20)
    start = f"DTSTART;TZID=Asia/Aqtobe:{begins:%Y%m%dT%H%M%S}"
    read = _read(f"UID:1\nSUMMARY:7Б Физика\n{start}\nRRULE:FREQ=WEEKLY;COUNT={weeks}")
    assert [(one.lesson.day, one.lesson.starts) for one in read.lessons] == [
        (f"{begins + timedelta(weeks=week):%Y-%m-%d}", f"{begins:%H:%M}") for week in range(weeks)
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("SUMMARY:7Б Физика", Lesson("7Б", "2026-09-07", "08:30", "Физика")),
        ("SUMMARY:7Б Физика\nX-TIREK-CLASS:9А", Lesson("9А", "2026-09-07", "08:30", "7Б Физика")),
        ("SUMMARY:Физика\nCATEGORIES:важное,9 «а»", Lesson("9А", "2026-09-07", "08:30", "Физика")),
        (
            "SUMMARY:7Б Физика\nCATEGORIES:цифрлық шешімдер",
            Lesson("7Б", "2026-09-07", "08:30", "Физика", model="digital-solutions"),
        ),
        (
            "SUMMARY:7Б Физика\nCATEGORIES:онлайн\nX-TIREK-MODEL:магнитная школа",
            Lesson("7Б", "2026-09-07", "08:30", "Физика", model="hub-and-magnet"),
        ),
        (
            'SUMMARY:7Б Физика\nORGANIZER;CN="Сейітова Г.":mailto:a@b.invalid\nX-TIREK-TEACHER:Иманов Е.',
            Lesson("7Б", "2026-09-07", "08:30", "Физика", teacher="Иманов Е."),
        ),
        (
            "SUMMARY:7Б Физика\nORGANIZER:mailto:a@b.invalid",
            Lesson("7Б", "2026-09-07", "08:30", "Физика"),
        ),
    ],
)
def test_class_model_and_teacher_are_found_by_the_written_rules(lines: str, expected: Lesson) -> None:
    assert _only(f"UID:1\n{START}{lines}") == expected


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ("UID:1\nSUMMARY:7Б Физика", "an event with no start, or with two"),
        (BASE + "DTSTART:20260907T000000Z", "an event with no start, or with two"),
        (BASE + "RRULE:FREQ=SECONDLY", "repeats neither weekly nor daily: 'FREQ=SECONDLY'"),
        (
            BASE + "RRULE:FREQ=MONTHLY;BYMONTHDAY=30",
            "repeats neither weekly nor daily: 'FREQ=MONTHLY;BYMONTHDAY=30'",
        ),
        (BASE + "RRULE:FREQ=WEEKLY;BYHOUR=1,2", "repeats neither weekly nor daily: 'FREQ=WEEKLY;BYHOUR=1,2'"),
        (BASE + "RRULE:FREQ=WEEKLY;INTERVAL=0", "repeats not once: 'FREQ=WEEKLY;INTERVAL=0'"),
        (BASE + "RRULE:FREQ=WEEKLY;BYDAY=1MO", "not days of the week: 'FREQ=WEEKLY;BYDAY=1MO'"),
        (BASE + "RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "more than one rule of repetition"),
        (BASE + "X-TIREK-MODEL:радио", None),
        (BASE.replace("7Б Физика", "7Б"), "no subject: '7Б'"),
        (BASE.replace("PT45M", "PT5H"), "not 1 to 240 minutes: '300'"),
        (BASE.replace("T083000", "T235000"), "goes on after midnight: '23:50 and 45 minutes'"),
        (BASE.replace("20260907", "10010101"), "begins before the year 2000"),
        (BASE.replace("Asia/Aqtobe", "Asia/Nowhere"), "an unknown time zone: 'Asia/Nowhere'"),
        (
            BASE.replace("20260907T083000", "tomorrow"),
            "not a DTSTART: 'Wrong date format tomorrow'",
        ),
        (BASE.replace("Физика", "Ф" * 300), "more than 200 letters: 'ФФФ"),
    ],
)
def test_an_event_that_cannot_be_a_lesson_is_refused_with_its_line(event: str, complaint: str | None) -> None:
    other = BASE.replace("7Б", "9А").replace("UID:1", "UID:2")
    (said,) = _refused(other, event)
    where = 4 + len(other.strip().splitlines()) + 2
    assert said.startswith(f"t.ics line {where}: {complaint or 'not a model (streaming'}")


def test_a_weekly_lesson_that_is_wrong_is_complained_about_once() -> None:
    event = BASE.replace("Физика", "") + "RRULE:FREQ=WEEKLY"
    assert _refused(event) == ["t.ics line 4: no subject: '7Б'"]


@pytest.mark.parametrize("rule", ["COUNT=2147483647", "INTERVAL=2147483647", "UNTIL=99991231"])
def test_a_rule_with_absurd_numbers_is_followed_no_further_than_the_term(rule: str) -> None:
    days = _days(_read(f"{BASE}RRULE:FREQ=WEEKLY;{rule}"))
    assert days[0] == "2026-09-07"
    assert days[-1] <= "2026-12-25"


def test_a_calendar_may_begin_with_a_byte_order_mark() -> None:
    read = formats.read_timetable("t.ics", b"\xef\xbb\xbf" + calendar(BASE), ZONE, AUTUMN)
    assert _days(read) == ["2026-09-07"]


def test_two_events_of_a_class_at_once_are_refused() -> None:
    assert _refused(BASE, BASE.replace("UID:1", "UID:2").replace("Физика", "Химия")) == [
        "t.ics line 10: class 7Б is in the lesson of line 4 then: '2026-09-07 08:30'"
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"BEGIN:VCALENDAR\r\ngarbage\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nSUMMARY:\xff\xfe\r\nEND:VCALENDAR\r\n",
    ],
)
def test_what_is_no_calendar_or_an_empty_one_is_refused(content: bytes) -> None:
    with pytest.raises(ImportRefused) as refused:
        formats.read_timetable("t.ics", content, ZONE, AUTUMN)
    assert complaints(refused)[0].startswith("t.ics: ")


@given(st.data())
def test_a_damaged_calendar_is_read_or_refused_in_words(data: st.DataObject) -> None:
    content = bytearray(sample("timetable.ics"))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    complained: list[str] = []
    try:
        importer.read("t.ics", bytes(content), ZONE, AUTUMN)
    except ImportRefused as refused:
        complained = refused.complaints
    assert all(complaint.startswith("t.ics") for complaint in complained)
