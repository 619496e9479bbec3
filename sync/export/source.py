"""What exports are made of: the facts of one school at a time, read from a journal."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct

from sync import rosters, tree
from sync.clock import ms_of
from sync.errors import BadCursor
from sync.export.instants import Clocks, Noted
from sync.export.review import Known
from sync.fold import Taken
from sync.records import (
    CheckAnswered,
    CheckAsked,
    CheckEnded,
    ClockSeen,
    ClockStarted,
    FloorGiven,
    HandRaised,
    LessonCancelled,
    LessonHeld,
    LessonPlanned,
    LessonStarted,
    QuestionAnswered,
    QuestionAsked,
    Record,
    RegisterTaken,
    Unreadable,
    decode,
    fact_id,
    lesson_id,
)

# A node that was not enrolled yet wrote without a school; the tree knows by now where it stands.
SCHOOL = "coalesce(nullif(stream.school, ''), node.school, '')"
FACT = f"SELECT event.at, stream.node, {SCHOOL}, stream.class, event.hlc, event.kind, event.body"
FACTS = f"{FACT} FROM event JOIN stream ON stream.id = event.stream LEFT JOIN node ON node.id = stream.node"
# CROSS JOIN: of a region's facts only those of the school are looked at, not all of them for each school.
OF_SCHOOL = f"""{FACT} FROM stream LEFT JOIN node ON node.id = stream.node
  CROSS JOIN event ON event.stream = stream.id WHERE {SCHOOL} = ?"""
RECENT = 10_000  # facts: of fewer new ones each lesson is looked up by itself, of more all are read
LESSON = "CASE WHEN json_valid(body) THEN json_extract(body, '$.lesson') END"  # as in the index


class Fact(Struct, frozen=True):
    """One fact with where it comes from."""

    at: int
    node: str
    school: str
    class_: str
    hlc: int
    kind: str
    body: str

    @property
    def id(self) -> str:
        """Return its name by content."""
        return fact_id(self.hlc, self.kind, self.body)

    def read(self) -> Record | None:
        """Return what it says; None if this node cannot read it."""
        try:
            return decode(self.kind, self.body)
        except Unreadable:
            return None


class Planned(Struct):
    """A lesson of the timetable as the newest fact has it."""

    plan: LessonPlanned
    at: int
    cancelled: bool = False


class Register(Struct, frozen=True):
    """All registers of one lesson, and the newest arrival among them."""

    lesson: str
    taken: list[Taken]
    at: int


class Source:
    """One journal, as it stands when reading begins."""

    def __init__(self, db: sqlite3.Connection, me: str, parent: str = "") -> None:
        self._db = db
        db.execute("BEGIN")  # a snapshot: what is written meanwhile is in the next export
        self.newest = int(db.execute("SELECT coalesce(max(at), 0) FROM event").fetchone()[0])
        self.clocks = Clocks(self._clock_facts(), {parent or me})
        self._me = me
        self._members = tree.members(db, me)
        self._below: dict[str, set[str]] = {}

    def check(self, after: int) -> None:
        """Raise BadCursor for a place that this journal does not have."""
        if not 0 <= after <= self.newest:
            raise BadCursor(f"no cursor {after}: this journal has 0 to {self.newest}")

    def schools(self) -> list[str]:
        """Return every school that any fact is about."""
        rows = self._db.execute(
            f"SELECT DISTINCT {SCHOOL} FROM stream LEFT JOIN node ON node.id = stream.node"
        )
        return sorted(school for (school,) in rows if school)

    def log(self, after: int, school: str) -> Iterator[Fact]:
        """Yield every fact in the order of arrival."""
        where = f"WHERE event.at > ?1 AND (?2 = '' OR {SCHOOL} = ?2) ORDER BY event.at"
        yield from (Fact(*row) for row in self._db.execute(f"{FACTS} {where}", (after, school)))

    def registers(self, school: str, after: int = 0) -> Iterator[Register]:
        """Yield the lessons of a school by name, with all their registers, if any of these is newer."""
        if self.newest - after < RECENT:
            for lesson in self._touched(school, after):
                yield register_of(self._db, school, lesson)
            return
        read = list(_read(self._of(school, "register-taken")))
        read.sort(key=lambda each: (each[1].lesson, each[0].at))
        for lesson, group in groupby(read, lambda each: each[1].lesson):
            register = _register(lesson, list(group))
            if register.at > after:
                yield register

    def _touched(self, school: str, after: int) -> list[str]:
        where = f"WHERE event.at > ? AND event.kind = 'register-taken' AND {SCHOOL} = ?"
        facts = (Fact(*row) for row in self._db.execute(f"{FACTS} {where}", (after, school)))
        return sorted({record.lesson for _, record in _read(facts)})

    def timetable(self, school: str) -> dict[str, Planned]:
        """Return all lessons ever planned for a school, by name, as the newest fact about each has it."""
        lessons: dict[str, Planned] = {}
        for fact in self._of(school, "lesson-planned", "lesson-cancelled"):
            record = fact.read()
            if isinstance(record, LessonPlanned):
                for day in record.days:
                    lessons[lesson_id(record.class_, day, record.starts)] = Planned(record, fact.at)
            elif isinstance(record, LessonCancelled):
                for day in record.days:
                    _cancel(lessons, lesson_id(record.class_, day, record.starts), fact.at)
        return lessons

    def held(self, school: str) -> list[tuple[Fact, LessonHeld]]:
        """Return what was live at the nodes of a school."""
        read = ((fact, fact.read()) for fact in self._of(school, "lesson-held"))
        return [(fact, record) for fact, record in read if isinstance(record, LessonHeld)]

    def started(self, school: str) -> list[tuple[Fact, LessonStarted]]:
        """Return which lessons were begun at the screens of a school, oldest first."""
        read = ((fact, fact.read()) for fact in self._of(school, "lesson-started"))
        return [(fact, record) for fact, record in read if isinstance(record, LessonStarted)]

    def said(self, school: str) -> list[tuple[Fact, HandRaised | QuestionAsked]]:
        """Return hands and questions of the classes of a school, oldest first."""
        read = ((fact, fact.read()) for fact in self._of(school, "hand-raised", "question-asked"))
        return [
            (fact, record)
            for fact, record in read
            if isinstance(record, HandRaised | QuestionAsked) and fact.class_ == "talk"
        ]

    def taught(self) -> Iterator[tuple[Fact, FloorGiven | QuestionAnswered]]:
        """Yield to whom hubs gave the floor and what they answered, oldest first at each hub."""
        for fact in self._of_hubs("floor-given", "question-answered"):
            record = fact.read()
            if isinstance(record, FloorGiven | QuestionAnswered):
                yield fact, record

    def asked_by_hubs(self) -> Iterator[tuple[Fact, CheckAsked | CheckEnded]]:
        """Yield the quick checks that hubs asked and ended."""
        for fact in self._of_hubs("check-asked", "check-ended"):
            record = fact.read()
            if isinstance(record, CheckAsked | CheckEnded):
                yield fact, record

    def _of_hubs(self, *kinds: str) -> list[Fact]:
        """Return what hubs wrote in their lessons, oldest first at each hub."""
        where = f"WHERE event.kind IN ({', '.join('?' * len(kinds))}) AND stream.class = 'teaching'"
        rows = self._db.execute(f"{FACTS} {where} ORDER BY event.hlc, event.seq", kinds).fetchall()
        return [Fact(*row) for row in rows]

    def checked(self, school: str) -> Iterator[tuple[Fact, CheckAsked | CheckEnded | CheckAnswered]]:
        """Yield what the classes of a school answered to quick checks, and asked themselves."""
        for fact in self._of(school, "check-asked", "check-ended", "check-answered"):
            record = fact.read()
            if isinstance(record, CheckAsked | CheckEnded | CheckAnswered) and fact.class_ == "answer":
                yield fact, record

    def moment(self, node: str, hlc: int) -> int:
        """Return when a node noted something, in milliseconds since 1970, in truth as far as is known."""
        instant = self.clocks.at(node, hlc)
        return instant.ms if instant else ms_of(hlc)

    def is_below(self, node: str, hub: str) -> bool:
        """Tell whether a node is a hub or belongs to the tree below it; all are below what is above us."""
        if hub != self._me and hub not in self._members.of:
            return True
        if hub not in self._below:
            self._below[hub] = self._members.below(hub)
        return node in self._below[hub]

    def hub_schools(self) -> set[str]:
        """Return the schools of the hubs below this node."""
        return {each.school for each in self._members.of.values() if each.enrols and not each.revoked}

    def has_below(self) -> bool:
        """Tell whether anybody is below this node: then it is a hub itself."""
        return bool(self._members.of)

    def homes(self) -> dict[str, str]:
        """Return the school of each node below."""
        return dict(self._db.execute("SELECT id, school FROM node WHERE school != ''"))

    def unread(self, school: str, after: int) -> list[Fact]:
        """Return the facts that this node cannot read."""
        rows = self._db.execute(f"{OF_SCHOOL} AND event.at > ? ORDER BY event.at", (school, after))
        return [fact for fact in (Fact(*row) for row in rows) if fact.read() is None]

    def known(self, school: str, timetable: Mapping[str, Planned]) -> Known:
        """Return what registers of a school can be compared with."""
        numbers = rosters.numbers(self._db, school) if school in rosters.schools(self._db) else None
        return Known(timetable or None, numbers)

    def _of(self, school: str, *kinds: str) -> list[Fact]:
        marks = ", ".join("?" * len(kinds))
        where = f"AND event.kind IN ({marks}) ORDER BY event.hlc, stream.node"
        return [Fact(*row) for row in self._db.execute(f"{OF_SCHOOL} {where}", (school, *kinds))]

    def _clock_facts(self) -> Iterator[Noted]:
        query = f"{FACTS} WHERE event.kind IN ('clock-started', 'clock-seen')"
        for fact in (Fact(*row) for row in self._db.execute(query)):
            record = fact.read()
            if isinstance(record, ClockStarted | ClockSeen):
                yield Noted(fact.node, fact.hlc, record)


def register_of(db: sqlite3.Connection, school: str, lesson: str) -> Register:
    """Return the registers of one lesson, found without looking at any other."""
    query = f"{FACTS} WHERE event.kind = 'register-taken' AND {LESSON} = ?1 AND {SCHOOL} = ?2"
    facts = [Fact(*row) for row in db.execute(query, (lesson, school)).fetchall()]
    # A body that names two lessons is of the one that all readers find, which SQLite need not have found.
    return _register(lesson, [each for each in _read(facts) if each[1].lesson == lesson])


def _read(facts: Iterable[Fact]) -> Iterator[tuple[Fact, RegisterTaken]]:
    """Yield the registers that can be read."""
    for fact in facts:
        record = fact.read()
        if isinstance(record, RegisterTaken):
            yield fact, record


def _register(lesson: str, read: list[tuple[Fact, RegisterTaken]]) -> Register:
    taken = [
        Taken(fact.id, fact.hlc, fact.node, fact.class_ == "correction", record) for fact, record in read
    ]
    return Register(lesson, taken, max((fact.at for fact, _ in read), default=0))


def _cancel(lessons: dict[str, Planned], lesson: str, at: int) -> None:
    if lesson in lessons:
        lessons[lesson] = Planned(lessons[lesson].plan, at, cancelled=True)
