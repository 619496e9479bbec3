"""The day as Today shows it (core)."""

import pytest

from edge.contract.notices import Day, Lesson, Link, PlannedLesson
from tests.tui.fake_daemon import a_day, a_lesson
from tui.timetable import Selection, entering, selected

LOST, GOOD = Link("lost"), Link("good")


def test_the_due_lesson_is_selected_first() -> None:
    day = a_day()
    assert selected(day, Selection()).lesson == day.due


def test_the_selection_follows_the_due_lesson_until_she_moves() -> None:
    earlier, later = a_day(due=2), a_day(due=3)
    assert selected(later, selected(earlier, Selection())).lesson == later.due


def test_the_selection_stays_where_she_moved() -> None:
    earlier, later = a_day(due=2), a_day(due=3)
    hers = Selection(earlier.lessons[0].id, True, earlier.date)
    assert selected(later, hers) == hers


def test_a_lesson_that_is_gone_leaves_the_due_one_selected() -> None:
    assert selected(a_day(), Selection("8Ә 2026-11-26 08:00", True, "2026-11-26")).lesson == a_day().due


def test_the_next_day_begins_with_its_due_lesson() -> None:
    day = a_day()
    assert selected(day, Selection(day.lessons[0].id, True, "2026-11-25")).lesson == day.due


def test_a_day_without_lessons_has_nothing_selected() -> None:
    assert selected(Day("2026-11-26"), Selection()).lesson == ""


@pytest.mark.parametrize(
    ("lesson", "runs", "link", "does"),
    [
        (a_lesson(), Lesson(), GOOD, "start"),
        (a_lesson(), Lesson(), LOST, "start"),
        (a_lesson(), Lesson(), None, "start"),
        (a_lesson(recording="r1"), Lesson(), GOOD, "start"),
        (a_lesson(recording="r1"), Lesson(), LOST, "offer"),
        (a_lesson(state="recorded", recording="r1"), Lesson(), GOOD, "offer"),
        (a_lesson(state="missing"), Lesson(), LOST, "start"),
        (a_lesson(state="missing", recording="r1"), Lesson(), LOST, "offer"),
        (a_lesson(state="cancelled"), Lesson(), GOOD, "cancelled"),
        (a_lesson(), Lesson("live", a_lesson().id), LOST, "running"),
        (a_lesson(), Lesson("live", "8Ә 2026-11-26 08:00"), GOOD, "start"),
        (None, Lesson(), GOOD, "free"),
        (None, Lesson("live"), GOOD, "running"),
    ],
)
def test_enter_does_what_can_be_done(
    lesson: PlannedLesson | None, runs: Lesson, link: Link | None, does: str
) -> None:
    assert entering(lesson, runs, link) == does
