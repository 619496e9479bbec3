"""The day as Today shows it (core): which lesson is selected, and what Enter does with it."""

from typing import Literal, NamedTuple

from edge.contract.notices import Day, Health, Lesson, Light, Link, PlannedLesson

HEARD = ("good", "poor", "sound-only")

Entering = Literal["free", "running", "start", "offer", "cancelled"]


class Selection(NamedTuple):
    """The selected lesson, whether the teacher moved there, and on which day."""

    lesson: str = ""
    moved: bool = False
    date: str = ""


def selected(day: Day, before: Selection) -> Selection:
    """Return the selection on this day: the teacher's own while her lesson is there, else the due one."""
    ids = [lesson.id for lesson in day.lessons]
    if before.moved and before.date == day.date and before.lesson in ids:
        return before
    due = day.due if day.due in ids else (ids[0] if ids else "")
    return Selection(due, False, day.date)


def lesson_of(day: Day | None, lesson_id: str) -> PlannedLesson | None:
    """Return a lesson of the day."""
    lessons = day.lessons if day else ()
    return next((lesson for lesson in lessons if lesson.id == lesson_id), None)


def title(day: Day | None, lesson_id: str, between: str) -> str:
    """Return class, time and subject of a lesson; its id where the day has it no more."""
    lesson = lesson_of(day, lesson_id)
    if lesson is None:
        return lesson_id
    return between.join((lesson.class_, f"{lesson.starts}–{lesson.ends}", lesson.subject))


def entering(lesson: PlannedLesson | None, runs: Lesson, link: Link | None) -> Entering:
    """Return what Enter does: go to the lesson that runs, start one, or offer its recording."""
    if lesson is None:
        return "free" if runs.state == "none" else "running"
    if runs.state != "none" and runs.lesson == lesson.id:
        return "running"
    if lesson.state == "cancelled":
        return "cancelled"
    heard = link is None or link.state in HEARD
    if lesson.recording and (lesson.state == "recorded" or not heard):
        return "offer"
    return "start"


def light(health: Health | None, name: str) -> Light | None:
    """Return one of the four lights."""
    lights = health.lights if health else ()
    return next((each for each in lights if each.name == name), None)
