"""Which lesson of the timetable a recording is of (core).

What was begun at the screen says so itself (LessonStarted). Of what nobody began, the timetable tells: if one
lesson from a hub, and no other, took place during most of the recording, it is that one.
"""

from collections.abc import Iterable, Mapping, Sequence

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


def tie(spans: Iterable[Span], started: Sequence[Started], lessons: Mapping[str, Tied]) -> dict[str, Tied]:
    """Return the lessons of the recordings that are of one."""
    found = {span.id: _of(span, started, lessons) for span in spans}
    return {id_: tied for id_, tied in found.items() if tied is not None}


def _of(span: Span, started: Sequence[Started], lessons: Mapping[str, Tied]) -> Tied | None:
    named = [
        each.lesson
        for each in started
        if each.stream == span.stream and span.begins - LONGEST <= each.at <= span.ends
    ]
    tied = lessons.get(named[-1]) if named else None
    if tied is not None and span.begins <= tied.ends + EARLY:  # what began long after its end is another
        return tied
    during = [each for each in lessons.values() if each.hub and not each.cancelled and _covers(each, span)]
    return during[0] if len(during) == 1 else None


def _covers(lesson: Tied, span: Span) -> bool:
    """Tell whether a recording was made mostly during a lesson."""
    common = min(lesson.ends, span.ends) - max(lesson.begins - EARLY, span.begins)
    return common * 2 >= span.ends - span.begins and common > 0
