"""What a day's lessons are to a teacher: which is due, and what became of each (core).

A lesson belongs to a day if any part of it does: one that began at 23:45 is still here at 00:10.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from edge.classroom.ties import EARLY, Tied
from edge.contract.notices import LessonState, PlannedLesson, RegisterState

MOST = 200  # lessons of one day: a school of 30 classes has as many


class Here(Struct, frozen=True):
    """What is known at this node beside the timetable."""

    recordings: Mapping[str, str]  # lesson → its newest recording
    growing: frozenset[str]  # lessons whose recording is being made
    streams: tuple[str, ...]  # live now
    known: Mapping[str, str]  # "CLASS SUBJECT" → the stream such a lesson had last
    registers: Callable[[str], RegisterState]
    running: str = ""  # the lesson that was begun at the screen


def lessons_of(lessons: Iterable[Tied], midnight: datetime) -> tuple[list[Tied], int]:
    """Return the lessons of the day that begins at this midnight, in order, and how many more there are."""
    begins, ends = _ms(midnight), _ms(midnight + timedelta(days=1))
    today = [each for each in lessons if each.begins < ends and each.ends > begins]
    today.sort(key=lambda each: (each.begins, each.class_, each.subject))
    return today[:MOST], max(0, len(today) - MOST)


def rows(today: Sequence[Tied], here: Here, now: int) -> tuple[PlannedLesson, ...]:
    """Return the lessons as the screen shows them; `now` in milliseconds since 1970."""
    return tuple(_row(each, here, now) for each in today)


def due(today: Sequence[Tied], running: str, now: int) -> str:
    """Return the lesson to be started now: the running, else the present, else the next, else the last."""
    held = [each for each in today if not each.cancelled]
    running_ones = [each for each in held if each.lesson == running]
    present = [each for each in held if each.begins <= now < each.ends]
    ahead = [each for each in held if each.begins > now]
    found = running_ones or present or ahead or held[-1:]
    return found[0].lesson if found else ""


def series(class_: str, subject: str) -> str:
    """Return what the lessons of one class in one subject have in common."""
    return f"{class_} {subject}"


def _row(lesson: Tied, here: Here, now: int) -> PlannedLesson:
    return PlannedLesson(
        lesson.lesson,
        lesson.starts,
        lesson.until,
        lesson.class_,
        lesson.subject,
        lesson.topic,
        lesson.teacher,
        lesson.hub,
        lesson.room,
        _state(lesson, here, now),
        here.registers(lesson.lesson),
        here.recordings.get(lesson.lesson, ""),
    )


def _state(lesson: Tied, here: Here, now: int) -> LessonState:
    if lesson.cancelled:
        return "cancelled"
    if lesson.lesson == here.running:
        return "running"
    if _is_live(lesson, here, now):
        return "live"
    if lesson.lesson in here.recordings:
        return "recorded"
    return "missing" if lesson.hub and lesson.ends <= now else "planned"


def _is_live(lesson: Tied, here: Here, now: int) -> bool:
    """Tell whether the hub gives this lesson now, as far as a node can know that."""
    if not (lesson.hub and lesson.begins - EARLY <= now < lesson.ends):
        return False
    if lesson.lesson in here.growing:
        return True
    known = here.known.get(series(lesson.class_, lesson.subject))
    return known in here.streams if known else len(here.streams) == 1


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
