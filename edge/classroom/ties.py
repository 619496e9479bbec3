"""Which lesson of the timetable a recording is of (core).

What was begun at the screen says so itself (LessonStarted). Of what nobody began, the timetable tells: if one
lesson from a hub, and no other, took place during most of the recording, it is that one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping

from msgspec import Struct

EARLY = 15 * 60_000  # milliseconds: a class sits down, and starts, before its lesson begins
LONGEST = (
    3 * 3_600_000
)  # milliseconds a lesson runs at most: a part of a recording that begins later is another


class Tied(Struct, frozen=True):
    """A lesson of the timetable, with when it is, in milliseconds since 1970."""

    lesson: str
    class_: str
    day: str
    subject: str
    topic: str
    teacher: str
    hub: str
    begins: int
    ends: int
    starts: str = ""  # local time, HH:MM
    until: str = ""
    model: str = "streaming"
    room: str = ""
    cancelled: bool = False


class Started(Struct, frozen=True):
    """A lesson was begun with a stream."""

    lesson: str
    stream: str
    at: int  # milliseconds since 1970


class Span(Struct, frozen=True):
    """A recording: when it began and ended, in milliseconds since 1970."""

    id: str
    stream: str
    begins: int
    ends: int


class Calendar:
    """The lessons of a school, looked up by time: a year has ten thousand, a disk a thousand recordings."""

    def __init__(self, lessons: Mapping[str, Tied], started: Iterable[Started]) -> None:
        self._lessons = lessons
        guessed = (each for each in lessons.values() if each.hub and not each.cancelled)
        self._guessed = sorted(guessed, key=lambda each: each.begins)
        self._longest = max((each.ends - each.begins for each in self._guessed), default=0)
        self._started: dict[str, list[Started]] = {}
        for each in sorted(started, key=lambda each: each.at):
            self._started.setdefault(each.stream, []).append(each)

    def of(self, span: Span) -> Tied | None:
        """Return the lesson that a recording is of."""
        tied = self._begun(span)
        if tied is not None and span.begins <= tied.ends + EARLY:  # what began long after its end is another
            return tied
        during = [each for each in self._around(span) if _covers(each, span)]
        return during[0] if len(during) == 1 else None

    def _begun(self, span: Span) -> Tied | None:
        begun = self._started.get(span.stream, [])
        last = bisect_right(begun, span.ends, key=lambda each: each.at) - 1
        if last < 0 or begun[last].at < span.begins - LONGEST:
            return None
        return self._lessons.get(begun[last].lesson)

    def _around(self, span: Span) -> list[Tied]:
        first = bisect_left(self._guessed, span.begins - self._longest, key=lambda each: each.begins)
        last = bisect_right(self._guessed, span.ends + EARLY, key=lambda each: each.begins)
        return self._guessed[first:last]


def _covers(lesson: Tied, span: Span) -> bool:
    """Tell whether a recording was made mostly during a lesson."""
    common = min(lesson.ends, span.ends) - max(lesson.begins - EARLY, span.begins)
    return common * 2 >= span.ends - span.begins and common > 0
