"""What a timetable would change: lessons planned, changed and cancelled, as few facts as say it.

A timetable speaks of the classes that it names, from a first day to the last day that it speaks about: a
lesson of theirs in that time that is not in the file is cancelled. Before the first day nothing changes, nor
after the last. One fact for each lesson of the week, with its days. The second import changes nothing.
"""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from sync.importers.complaints import Progress, silent, told
from sync.importers.lessons import WEEKDAYS, Lesson, Timetable, WantedLesson
from sync.records import LessonCancelled, LessonPlanned, Record

REASON = "not in the new timetable"
MOST_DAYS = 3  # that a line names one by one


class TimetablePlan(Struct, frozen=True):
    """The facts, and what they change in words."""

    facts: tuple[Record, ...]
    lines: tuple[str, ...]


def plan(
    timetable: Timetable, current: Iterable[Lesson], from_day: date, progress: Progress = silent
) -> TimetablePlan:
    """Return what a timetable changes from a day on; `current` are the lessons that are planned now."""
    first = from_day.isoformat()
    now = {lesson.id: lesson for lesson in current}
    planned: dict[tuple[Lesson, str], list[WantedLesson]] = {}
    past = same = 0
    for done, one in enumerate(timetable.lessons, 1):
        before = now.get(one.lesson.id)
        if one.lesson.day < first:
            past += 1
        elif before == one.lesson:
            same += 1
        else:
            planned.setdefault((_weekly(one.lesson), _difference(before, one.lesson)), []).append(one)
        told(progress, done, len(timetable.lessons))
    cancelled = _cancelled(timetable, now.values(), first)
    lines = [
        *timetable.notes,
        *(_planned_line(lesson, said, group) for (lesson, said), group in planned.items()),
        *(_cancelled_line(group) for group in cancelled.values()),
        *([f"before {first}, not changed: {past} lessons"] if past else []),
        f"no change: {same} lessons",
    ]
    return TimetablePlan((*_planned_facts(planned), *_cancelled_facts(cancelled)), tuple(lines))


def _weekly(lesson: Lesson) -> Lesson:
    return replace(lesson, day="")


def _difference(before: Lesson | None, lesson: Lesson) -> str:
    if before is None:
        return "new"
    names = [name for name in lesson.__struct_fields__ if getattr(before, name) != getattr(lesson, name)]
    return ", ".join(f"{name} was {getattr(before, name)!r}" for name in names)


def _planned_facts(planned: dict[tuple[Lesson, str], list[WantedLesson]]) -> list[LessonPlanned]:
    days: dict[Lesson, list[str]] = {}
    for (lesson, _), group in planned.items():
        days.setdefault(lesson, []).extend(one.lesson.day for one in group)
    return [
        LessonPlanned(
            *(lesson.class_, lesson.starts, tuple(sorted(days[lesson])), lesson.subject, lesson.minutes),
            *(lesson.teacher, lesson.hub, lesson.model, lesson.topic, lesson.room),
        )
        for lesson in days
    ]


def _cancelled(
    timetable: Timetable, current: Iterable[Lesson], first: str
) -> dict[tuple[str, str, str], list[Lesson]]:
    """Return the lessons that do not take place any more, by class, time and subject."""
    kept = {one.lesson.id for one in timetable.lessons}
    groups: dict[tuple[str, str, str], list[Lesson]] = {}
    for lesson in sorted(current, key=lambda lesson: (lesson.class_, lesson.day, lesson.starts)):
        covered = lesson.class_ in timetable.classes and first <= lesson.day <= timetable.last
        if covered and lesson.id not in kept:
            groups.setdefault((lesson.class_, lesson.starts, lesson.subject), []).append(lesson)
    return groups


def _cancelled_facts(groups: dict[tuple[str, str, str], list[Lesson]]) -> list[LessonCancelled]:
    days: dict[tuple[str, str], list[str]] = {}
    for (class_, starts, _), group in groups.items():
        days.setdefault((class_, starts), []).extend(lesson.day for lesson in group)
    return [LessonCancelled(*key, tuple(sorted(days[key])), REASON) for key in days]


def _planned_line(lesson: Lesson, said: str, group: list[WantedLesson]) -> str:
    lines = sorted({one.line for one in group})
    where = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
    days = _days(one.lesson for one in group)
    return f"{where}: {lesson.class_} {lesson.starts} {lesson.subject}: {said}, {days}"


def _cancelled_line(group: list[Lesson]) -> str:
    one = group[0]
    return f"{one.class_} {one.starts} {one.subject}: cancelled, {_days(group)}"


def _days(lessons: Iterable[Lesson]) -> str:
    days = sorted(lesson.day for lesson in lessons)
    named = sorted({date.fromisoformat(day).weekday() for day in days})
    weekdays = ", ".join(WEEKDAYS[day] for day in named)
    if len(days) <= MOST_DAYS:
        return f"{weekdays} {', '.join(days)}"
    return f"{weekdays} {days[0]} to {days[-1]} ({len(days)} lessons)"
