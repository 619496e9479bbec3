"""What classes said in their lessons, and who they are: the journal's newest facts, kept in step with it.

Only what arrived since the last look is read: a raised hand costs one row, however many schools there are.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from sqlite3 import Connection

from msgspec import Struct

from edge.classroom.spoken import Said, Spoken, plain
from edge.dialogue.strip import RegisterWord, Speaker
from edge.journal import Journal
from sync import tree
from sync.clock import ms_of
from sync.export import minutes
from sync.export.instants import Clocks, Noted
from sync.export.source import FACT, Fact, register_of
from sync.fold import fold
from sync.membership import Member, Members
from sync.records import (
    ClockSeen,
    ClockStarted,
    FloorGiven,
    HandRaised,
    LessonStarted,
    NodeEnrolled,
    NodeRevoked,
    QuestionAnswered,
    QuestionAsked,
    Record,
    RegisterTaken,
    fact_id,
)

RECENT = {"talk": 100, "teaching": 400, "control": 16}  # facts of a stream that are read back at a start:
# what a class can say in one lesson, what a hub teacher can in a morning, several days of starts
ARRIVALS = 20_000  # newest facts among which begun lessons are looked for: what 134 schools bring in a day
MAX_AGE = 3 * 3_600_000  # milliseconds: a double lesson and its break; what is older was said in another one
MOST_ANSWERS = 2000  # that are remembered, the oldest forgotten
MOST_GIVEN = 2000  # facts of floors that are remembered
MOST_REGISTERS = 2000  # lessons whose registers are remembered
UNREADABLE = "…"  # for a question of letters that nobody sees
MOST_READ = 2000  # facts at once: hearing them takes the time of a blink
FLOWS_OF: dict[type[Record], tuple[str, ...]] = {  # what says it in another flow may be written by anybody
    HandRaised: ("talk",),
    QuestionAsked: ("talk",),
    QuestionAnswered: ("teaching",),
    FloorGiven: ("teaching",),
    LessonStarted: ("log",),
    ClockStarted: ("control",),
    ClockSeen: ("control",),
    NodeEnrolled: ("control",),
    NodeRevoked: ("control",),
    RegisterTaken: ("register", "correction"),
}

OF_CLASS = f"""{FACT} FROM stream LEFT JOIN node ON node.id = stream.node
  CROSS JOIN event ON event.stream = stream.id AND event.seq > stream.head - ?2
  WHERE stream.class = ?1 ORDER BY event.hlc, event.seq"""
SINCE = f"""{FACT} FROM event JOIN stream ON stream.id = event.stream
  LEFT JOIN node ON node.id = stream.node
  WHERE event.at > ? ORDER BY event.at LIMIT {MOST_READ}"""
BEGUN = f"""{FACT} FROM event JOIN stream ON stream.id = event.stream
  LEFT JOIN node ON node.id = stream.node
  WHERE event.at > ? AND event.kind = 'lesson-started' ORDER BY event.at"""


class Kept(Struct, frozen=True):
    """What a class said, and when by its own clock."""

    hlc: int
    record: Said
    id: str


class Began(Struct, frozen=True):
    """The lesson that a node began last."""

    at: int  # arrival
    hlc: int
    lesson: str
    stream: str


class Reply(Struct, frozen=True):
    """What a hub's teacher answered."""

    at: int  # arrival
    ms: int  # milliseconds since 1970
    fact: QuestionAnswered


class Sayings:
    """The newest facts of lessons; `name` is what this very node is called."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name
        self.version = 0  # arrival of the newest fact that says anything here
        self._cursor = -1  # arrival of the newest fact that was looked at
        self._turn = asyncio.Lock()  # of two pages that look at once, one reads
        self._said: dict[str, deque[Kept]] = {}
        self._begun: dict[str, Began] = {}  # by node
        self._given: deque[tuple[int, str, FloorGiven]] = deque(maxlen=MOST_GIVEN)  # hlc, writer, what
        self._replies: dict[str, Reply] = {}  # by question
        self._noted: dict[str, deque[Noted]] = {}
        self._clocks: Clocks | None = None
        self._registers: dict[tuple[str, str], RegisterWord] = {}
        self._members: Members | None = None

    async def look(self) -> None:
        """Read what is new, if anything is."""
        async with self._turn:
            while self._journal.ledger.newest() > self._cursor:
                facts, self._cursor = await asyncio.to_thread(self._journal.ledger.read, self._news)
                for fact, record in facts:
                    self._hear(fact, record)
                    self.version = max(self.version, fact.at)

    def now(self) -> int:
        """Return the milliseconds since 1970 that this node's clock shows."""
        return self._journal.ledger.now()

    def newest(self) -> int:
        """Return the arrival of the newest fact of the journal."""
        return self._journal.ledger.newest()

    def members(self) -> Members:
        """Return who belongs to the tree below, with this node itself."""
        if self._members is None:
            me = self._journal.identity.node
            found = self._journal.ledger.read(lambda db: tree.members(db, me))
            # With it itself: a class may sit before a hub too. It is nobody's child.
            mine = Member(me, self._journal.school, self._name, "", "", enrols=True)
            self._members = Members(me, {**found.of, me: mine})
        return self._members

    def asked(self, stream: str, question: str) -> str | None:
        """Return the text of a question that was asked in a lesson; None if none was."""
        for facts in self._said.values():
            for each in facts:
                record = each.record
                if each.id == question and isinstance(record, QuestionAsked) and record.stream == stream:
                    return plain(record.text) or UNREADABLE
        return None

    @property
    def answers(self) -> dict[str, str]:
        """Return what was answered, by question."""
        return {question: each.fact.text for question, each in self._replies.items()}

    def replies(self, stream: str, after: int) -> list[Reply]:
        """Return what was answered in lessons of a stream after an arrival, the newest first."""
        found = [each for each in self._replies.values() if each.fact.stream == stream and each.at > after]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def began(self, lesson: str, stream: str) -> int | None:
        """Return the arrival of the fact that this very node began a lesson; None if it began another one."""
        mine = self._begun.get(self._journal.identity.node)
        is_it = mine is not None and (mine.lesson, mine.stream) == (lesson, stream)
        return mine.at if mine is not None and is_it else None

    def minutes(self, stream: str, now: int) -> dict[str, float]:
        """Return for how many minutes each class spoke to all in the lesson that runs."""
        clocks = self._in_time()
        given = [
            (at, fact)
            for hlc, writer, fact in self._given
            if fact.stream == stream and now - (at := _moment(clocks, writer, hlc)) <= MAX_AGE
        ]
        return minutes.spoken(given, now)

    def speakers(self, stream: str, now: int) -> dict[str, Speaker]:
        """Return what each class said in its newest lesson on this stream; who only began it says nothing."""
        clocks = self._in_time()
        found = {node: self._speaker(node, stream, clocks, now) for node in tuple(self._said)}
        return {node: speaker for node, speaker in found.items() if speaker is not None}

    def lessons(self, stream: str, now: int) -> dict[str, str]:
        """Return the lesson that each node began last, of those that began it on this stream."""
        clocks = self._in_time()
        return {
            node: each.lesson
            for node, each in self._begun.items()
            if each.stream == stream and now - _moment(clocks, node, each.hlc) <= MAX_AGE
        }

    async def begun(self) -> dict[str, str]:
        """Look, and return the stream of the lesson that each node began last, unless that is long over."""
        await self.look()
        clocks, now = self._in_time(), self.now()
        return {
            node: each.stream
            for node, each in self._begun.items()
            if abs(now - _moment(clocks, node, each.hlc)) <= MAX_AGE
        }

    def register(self, school: str, lesson: str) -> RegisterWord:
        """Return how the register of a lesson stands."""
        if not lesson:
            return "none"
        known = self._registers.get((school, lesson))
        if known is None:
            taken = self._journal.ledger.read(lambda db: register_of(db, school, lesson)).taken
            standing = fold(taken)
            known = "none" if standing is None else ("signed" if standing.signed else "draft")
            if len(self._registers) >= MOST_REGISTERS:
                self._registers.clear()
            self._registers[school, lesson] = known
        return known

    def _speaker(self, node: str, stream: str, clocks: Clocks, now: int) -> Speaker | None:
        spoken: dict[str, Spoken] = {}
        newest: str | None = None
        said = self._said[node]
        while said and now - _moment(clocks, node, said[0].hlc) > MAX_AGE:
            said.popleft()
        for each in said:
            record = each.record
            if record.stream != stream:
                continue
            at = _moment(clocks, node, each.hlc)
            spoken.setdefault(record.lesson, Spoken()).hear(record, each.id, at)
            if isinstance(record, QuestionAsked) or record.up:  # a hand goes down after a class has left, too
                newest = record.lesson
        return None if newest is None else Speaker(newest, spoken[newest])

    def _news(self, db: Connection) -> tuple[list[tuple[Fact, Record]], int]:
        """Return what is new and can be read, and up to which arrival; the first time what is recent."""
        newest = int(db.execute("SELECT coalesce(max(at), 0) FROM event").fetchone()[0])
        if self._cursor < 0:
            rows = [row for class_, most in RECENT.items() for row in db.execute(OF_CLASS, (class_, most))]
            rows += db.execute(BEGUN, (newest - ARRIVALS,)).fetchall()
        else:
            rows = db.execute(SINCE, (self._cursor,)).fetchall()
            newest = rows[-1][0] if len(rows) == MOST_READ else newest
        read = ((fact, fact.read()) for fact in (Fact(*row) for row in rows))
        known = ((fact, record) for fact, record in read if record is not None)
        return [each for each in known if each[0].class_ in FLOWS_OF.get(type(each[1]), ())], newest

    def _hear(self, fact: Fact, record: Record) -> None:
        if isinstance(record, HandRaised | QuestionAsked):
            kept = Kept(fact.hlc, record, fact_id(fact.hlc, fact.kind, fact.body))
            self._said.setdefault(fact.node, deque(maxlen=RECENT["talk"])).append(kept)
        elif isinstance(record, LessonStarted):
            self._begun[fact.node] = Began(fact.at, fact.hlc, record.lesson, record.stream)
        elif isinstance(record, ClockStarted | ClockSeen):
            noted = self._noted.setdefault(fact.node, deque(maxlen=RECENT["control"]))
            noted.append(Noted(fact.node, fact.hlc, record))
            self._clocks = None
        elif isinstance(record, NodeEnrolled | NodeRevoked):
            self._members = None
        elif isinstance(record, RegisterTaken):
            self._registers.pop((fact.school, record.lesson), None)
        elif self._teaches(fact.node):
            self._hear_teacher(fact, record)

    def _teaches(self, node: str) -> bool:
        """Tell whether somebody may speak of lessons that are seen here: this node, or one above it."""
        return node == self._journal.identity.node or node not in self.members().of

    def _hear_teacher(self, fact: Fact, record: Record) -> None:
        if isinstance(record, QuestionAnswered):
            self._replies.pop(record.question, None)
            ms = _moment(self._in_time(), fact.node, fact.hlc)
            self._replies[record.question] = Reply(fact.at, ms, record)
            if len(self._replies) > MOST_ANSWERS:
                del self._replies[next(iter(self._replies))]
        elif isinstance(record, FloorGiven):
            self._given.append((fact.hlc, fact.node, record))

    def _in_time(self) -> Clocks:
        if self._clocks is None:
            noted: Iterable[Noted] = (each for facts in self._noted.values() for each in facts)
            self._clocks = Clocks(noted, {self._journal.identity.node})
        return self._clocks


def _moment(clocks: Clocks, node: str, hlc: int) -> int:
    instant = clocks.at(node, hlc)
    return instant.ms if instant else ms_of(hlc)
