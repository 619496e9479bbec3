"""The lessons of this node's school as its journal has them, and which recordings belong to them.

Reading a year's timetable takes tens of milliseconds, so it is kept until the journal has new facts about it.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from edge.classroom.ties import Calendar, Span, Started, Tied
from edge.exports import source
from edge.journal import Journal
from edge.media.record.recording import Recording
from sync.clock import ms_of
from sync.export.source import Planned
from sync.records import lesson_parts

NEWER = """SELECT 1 FROM event WHERE at > ?
  AND kind IN ('lesson-planned', 'lesson-cancelled', 'lesson-started') LIMIT 1"""


class Lessons:
    """All lessons of a school by name, and which of them were begun at a screen, oldest first."""

    def __init__(self, by_name: Mapping[str, Tied], started: Sequence[Started]) -> None:
        self.by_name = by_name
        self.started = started
        self._calendar = Calendar(by_name, started)

    def of(self, recordings: Iterable[Recording]) -> dict[str, Tied]:
        """Return the lessons of those recordings that are of one."""
        tied = {each.id: self.one(each) for each in recordings}
        return {id_: lesson for id_, lesson in tied.items() if lesson is not None}

    def one(self, recording: Recording) -> Tied | None:
        """Return the lesson that a recording is of."""
        span = span_of(recording)
        return self._calendar.of(span) if span is not None else None


class Timetable:
    """Reads the journal; may be asked from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._turn = threading.Lock()
        self._school, self._seen = "", -1
        self._lessons = Lessons({}, ())

    def lessons(self) -> Lessons:
        """Return the lessons as they are now; raises JournalError."""
        with self._turn:
            school, newest = self._journal.school, self._journal.ledger.newest()
            if school != self._school or self._has_newer():
                self._lessons = self._read(school)
            self._school, self._seen = school, newest
            return self._lessons

    def lesson_of(self, recording: Recording) -> str:
        """Return the name of the lesson that was recorded; "" if it is of none. Raises JournalError."""
        tied = self.lessons().one(recording)
        return tied.lesson if tied else ""

    def _has_newer(self) -> bool:
        query = self._journal.ledger.read
        return self._seen < 0 or query(lambda db: db.execute(NEWER, (self._seen,)).fetchone()) is not None

    def _read(self, school: str) -> Lessons:
        with source(self._journal) as facts:
            planned, started = facts.timetable(school), facts.started(school)
        by_name = {name: tied for name, each in planned.items() if (tied := _tied(name, each)) is not None}
        begun = [Started(record.lesson, record.stream, ms_of(fact.hlc)) for fact, record in started]
        return Lessons(by_name, tuple(begun))


def span_of(recording: Recording) -> Span | None:
    """Return when a recording was made; None if its note does not say."""
    try:
        began = datetime.fromisoformat(recording.started)
    except ValueError:
        return None
    if began.tzinfo is None:
        began = began.replace(tzinfo=UTC)
    begins = round(began.timestamp() * 1000)
    return Span(recording.id, recording.stream, begins, begins + round(recording.seconds * 1000))


def _tied(name: str, planned: Planned) -> Tied | None:
    plan, (class_, day, starts) = planned.plan, lesson_parts(name)
    try:
        begins = datetime.fromisoformat(f"{day}T{starts}").astimezone()  # the zone of this computer
    except (ValueError, OverflowError):  # a fact of a writer that does not know our calendar
        return None
    ends = begins + timedelta(minutes=plan.minutes)
    return Tied(
        name,
        class_,
        day,
        plan.subject,
        plan.topic,
        plan.teacher,
        plan.hub,
        round(begins.timestamp() * 1000),
        round(ends.timestamp() * 1000),
        f"{begins:%H:%M}",
        f"{ends:%H:%M}",
        plan.model,
        plan.room,
        planned.cancelled,
    )
