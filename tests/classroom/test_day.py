"""A teacher's day: which lesson is due, and what became of each."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from edge.classroom.day import MOST, Here, due, lessons_of, rows
from edge.classroom.ties import EARLY, Tied
from edge.contract.notices import PlannedLesson, RegisterState

MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
DAY = round(MIDNIGHT.timestamp() * 1000)
MINUTE = 60_000


def _at(hours: int, minutes: int = 0) -> int:
    return DAY + (hours * 60 + minutes) * MINUTE


def _lesson(name: str, hours: int, minutes: int = 0, *, length: int = 45, **more: object) -> Tied:
    begins = _at(hours, minutes)
    lesson = Tied(name, "7Б", "2026-11-26", "Физика", "", "", "hub-1", begins, begins + length * MINUTE)
    return structs.replace(lesson, **more)


FIRST, SECOND = _lesson("first", 9), _lesson("second", 10)


def _none(lesson: str) -> RegisterState:
    return "none"


def _here(**more: object) -> Here:
    return structs.replace(Here({}, frozenset(), (), {}, _none), **more)


def _row(lesson: Tied, here: Here, now: int) -> PlannedLesson:
    return rows([lesson], here, now)[0]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (_at(7), "first"),
        (_at(9), "first"),
        (_at(9, 44), "first"),
        (_at(9, 45), "second"),
        (_at(10, 30), "second"),
        (_at(18), "second"),
    ],
)
def test_due_is_the_present_lesson_else_the_next_else_the_last(now: int, expected: str) -> None:
    assert due([FIRST, SECOND], "", now) == expected


def test_the_lesson_that_runs_is_due_though_its_time_is_over() -> None:
    assert due([FIRST, SECOND], "first", _at(10, 5)) == "first"


def test_a_cancelled_lesson_is_never_due() -> None:
    assert due([structs.replace(FIRST, cancelled=True), SECOND], "first", _at(9)) == "second"
    assert due([structs.replace(FIRST, cancelled=True)], "", _at(9)) == ""


def test_a_day_without_lessons_has_none_that_is_due() -> None:
    assert due([], "", _at(9)) == ""
    assert rows([], _here(), _at(9)) == ()


def test_a_lesson_over_midnight_belongs_to_both_days() -> None:
    night = _lesson("night", 23, 45)
    tomorrow = MIDNIGHT.replace(day=27)
    assert lessons_of([night], MIDNIGHT)[0] == [night]
    assert lessons_of([night], tomorrow)[0] == [night]
    assert lessons_of([FIRST], tomorrow)[0] == []


def test_a_lesson_that_begins_at_midnight_belongs_to_the_day_it_begins() -> None:
    zero = _lesson("zero", 0)
    assert lessons_of([zero], MIDNIGHT)[0] == [zero]
    assert lessons_of([zero], MIDNIGHT.replace(day=25))[0] == []


def test_lessons_come_in_order_of_time_and_no_more_than_a_screen_can_use() -> None:
    many = [_lesson(f"{number}", 8, number % 60) for number in range(MOST + 50)]
    shown, more = lessons_of(many, MIDNIGHT)
    assert (len(shown), more) == (MOST, 50)
    assert [each.begins for each in shown] == sorted(each.begins for each in shown)


def test_a_lesson_is_planned_before_it_and_missing_after_it() -> None:
    assert _row(FIRST, _here(), _at(8)).state == "planned"
    assert _row(FIRST, _here(), _at(9, 45)).state == "missing"


def test_a_lesson_that_no_hub_gives_cannot_be_missing() -> None:
    assert _row(structs.replace(FIRST, hub=""), _here(), _at(12)).state == "planned"


def test_the_only_stream_at_the_time_of_a_lesson_is_that_lesson_live() -> None:
    assert _row(FIRST, _here(streams=("lesson",)), _at(9) - EARLY).state == "live"
    assert _row(FIRST, _here(streams=("lesson",)), _at(9) - EARLY - 1).state == "planned"
    assert _row(FIRST, _here(streams=("lesson",)), _at(9, 45)).state == "missing"


def test_of_several_streams_the_one_that_the_class_had_before_is_its_lesson() -> None:
    here = _here(streams=("chemistry", "physics"))
    assert _row(FIRST, here, _at(9)).state == "planned"
    known = structs.replace(here, known={"7Б Физика": "physics"})
    assert _row(FIRST, known, _at(9)).state == "live"
    other = structs.replace(here, known={"7Б Физика": "biology"})
    assert _row(FIRST, other, _at(9)).state == "planned"


def test_a_lesson_whose_recording_grows_is_live_and_afterwards_recorded() -> None:
    here = _here(recordings={"first": "r1"}, growing=frozenset({"first"}))
    assert _row(FIRST, here, _at(9, 10)).state == "live"
    row = _row(FIRST, here, _at(9, 50))
    assert (row.state, row.recording) == ("recorded", "r1")


def test_running_and_cancelled_go_before_everything() -> None:
    here = _here(running="first", recordings={"first": "r"})
    assert _row(FIRST, here, _at(9)).state == "running"
    assert _row(structs.replace(FIRST, cancelled=True), here, _at(9)).state == "cancelled"


def test_a_row_tells_how_its_register_stands() -> None:
    def signed(lesson: str) -> RegisterState:
        return "signed" if lesson == "first" else "none"

    shown = rows([FIRST, SECOND], _here(registers=signed), _at(9))
    assert [each.register for each in shown] == ["signed", "none"]
