"""Lessons as a file wants them, and the rules that hold for all of them, wherever they were written."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from msgspec import Struct

from sync import records
from sync.importers.complaints import Complaints

SCHOOL_YEAR = timedelta(days=400)  # a rule without an end, or a slip of the keyboard, reaches no further
MAX_MINUTES = 240  # a day of practice; a lesson has 45
MAX_LESSONS = 50_000  # of a file: a year of a school with 35 classes
DAY = 24 * 60

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Lesson(Struct, frozen=True):
    """A lesson of a class on one day; the fields of records.LessonPlanned."""

    class_: str
    day: str
    starts: str
    subject: str
    minutes: int = 45
    teacher: str = ""
    hub: str = ""
    model: str = "streaming"
    topic: str = ""
    room: str = ""

    @property
    def id(self) -> str:
        """Return its name within the school."""
        return records.lesson_id(self.class_, self.day, self.starts)


class WantedLesson(Struct, frozen=True):
    """A lesson as a line of a file has it."""

    line: int
    lesson: Lesson


class Timetable(Struct, frozen=True):
    """The lessons of a file, the last day that it speaks about, and what was noticed while reading it."""

    lessons: tuple[WantedLesson, ...]
    last: str
    classes: frozenset[str]  # that it names, those without a lesson too
    notes: tuple[str, ...] = ()


class Term(Struct, frozen=True):
    """The days that are asked for: a rule is followed from the first to the last, or for a school year."""

    first: date
    last: date | None = None

    @property
    def bound(self) -> date:
        """Return the last day that a lesson may have."""
        return self.first + SCHOOL_YEAR

    @property
    def end(self) -> date:
        """Return the last day of a rule that does not say when it ends."""
        return min(self.last, self.bound) if self.last else self.bound


class Usual(Struct, frozen=True):
    """What a lesson is when the file does not say."""

    minutes: int = 45
    hub: str = ""
    model: str = "streaming"


USUAL = Usual()


def check_together(wanted: Sequence[WantedLesson], complaints: Complaints) -> None:
    """Complain about lessons of a class that overlap, once for each two lines, and about too many."""
    if len(wanted) > MAX_LESSONS:
        complaints.add(0, f"{len(wanted)} lessons, more than {MAX_LESSONS}")
    by_day: dict[tuple[str, str], list[WantedLesson]] = {}
    for one in wanted:
        by_day.setdefault((one.lesson.class_, one.lesson.day), []).append(one)
    told: set[tuple[int, int]] = set()
    for day in by_day.values():
        day.sort(key=lambda one: (one.lesson.starts, one.line))
        for earlier, later in pairwise(day):
            lines = (min(earlier.line, later.line), max(earlier.line, later.line))
            if ends(earlier.lesson) > minute(later.lesson.starts) and lines not in told:
                told.add(lines)
                wrong = f"class {later.lesson.class_} is in the lesson of line {lines[0]} then"
                complaints.add(lines[1], wrong, f"{later.lesson.day} {later.lesson.starts}")


def check_length(line: int, lesson_minutes: int, starts: str, complaints: Complaints) -> None:
    """Complain about a lesson that is no lesson long, or goes on after midnight."""
    if not 1 <= lesson_minutes <= MAX_MINUTES:
        complaints.add(line, f"not 1 to {MAX_MINUTES} minutes", str(lesson_minutes))
    elif minute(starts) + lesson_minutes > DAY:
        complaints.add(line, "goes on after midnight", f"{starts} and {lesson_minutes} minutes")


def ends(lesson: Lesson) -> int:
    """Return the minute of the day when a lesson ends."""
    return minute(lesson.starts) + lesson.minutes


def minute(starts: str) -> int:
    """Return the minute of the day of HH:MM."""
    return int(starts[:2]) * 60 + int(starts[3:])
