"""The facts about checks of one journal, heard as they arrive: by the class's side and by the hub's.

Only what is new is read: an index leads to it. Of a journal that has just been opened the newest arrivals are
looked through, which are more than a day's. What was heard is never changed, only replaced: any thread may
ask for it while another one reads.
"""

import asyncio
from collections.abc import Iterable
from sqlite3 import Connection
from threading import Lock

from edge.checks.progress import Begun
from edge.journal import Journal
from sync.checks import KINDS, Check, Said, one
from sync.clock import pack
from sync.export.instants import Clocks, Noted
from sync.records import (
    CheckAnswered,
    CheckAsked,
    CheckEnded,
    ClockSeen,
    ClockStarted,
    LessonStarted,
    Unreadable,
    decode,
    fact_id,
)

LOOKED_BACK = 50_000  # arrivals before the start: a region's of a day
MOST_CHECKS = 400  # that are remembered, the one heard of longest ago is forgotten: a region's of a day
MOST_SAID = 2000  # facts about one check: each of 400 classes answers five times
MOST_BEGUN = 4096  # nodes of which the newest lesson is remembered
RECENT_CLOCK = 16  # facts about this node's own clock: several days of starts
FLOWS = ("teaching", "answer")  # the classes that facts about checks are of
READ = (*KINDS, "lesson-started", "clock-started", "clock-seen")

SCHOOL = "coalesce(nullif(stream.school, ''), node.school, '')"
# The second condition on the kind is that of the index.
NEWER = f"""SELECT event.at, stream.node, {SCHOOL}, stream.class, event.hlc, event.kind, event.body FROM event
  JOIN stream ON stream.id = event.stream LEFT JOIN node ON node.id = stream.node
  WHERE event.kind = ?1 AND event.at > ?2 AND event.at <= ?3
  AND event.kind NOT IN ('register-taken', 'audited', 'lesson-held') ORDER BY event.at"""
NEWEST = "SELECT coalesce(max(event.at), 0) FROM event"

Row = tuple[int, str, str, str, int, str, str]


class Heard:
    """What is known of checks, and who began which lesson: as of the last look, without waiting for the next.

    `look` reads the journal, in any thread but that of the loop; `fresh` has one do so.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._turn = Lock()  # of threads that look
        self._asking = asyncio.Lock()  # of who waits for a thread's look: one at a time takes one
        self._seen = -1
        self._said: dict[str, dict[tuple[str, str], Said]] = {}  # by check; by fact and the stream it is in
        self._checks: dict[str, Check] = {}
        self._begun: dict[str, Begun] = {}
        self._noted: list[Noted] = []  # about the clock of this very node
        self._clocks = Clocks([])
        self.checks: dict[str, Check] = {}  # by name
        self.begun: dict[str, Begun] = {}  # by node
        self.version = 0  # counted up whenever there is something new

    def look(self) -> dict[str, Check]:
        """Return all checks as they stand, in a thread; raises JournalError."""
        with self._turn:
            newest, rows = self.journal.ledger.read(self._new)
            if rows:
                self._hear(rows)
                self.version += 1
            self._seen = newest
            return self.checks

    async def fresh(self) -> dict[str, Check]:
        """Return all checks as they stand, looked at beside the loop; raises JournalError."""
        async with self._asking:
            return await asyncio.to_thread(self.look)

    def now(self) -> int:
        """Return the time by the hub's clock, as far as ours was compared with it: ours may run ahead."""
        shown = self.journal.ledger.now()
        instant = self._clocks.at(self.journal.identity.node, pack(shown))
        return instant.ms if instant else shown

    def _new(self, db: Connection) -> tuple[int, list[Row]]:
        newest = int(db.execute(NEWEST).fetchone()[0])
        after = self._seen if self._seen >= 0 else max(0, newest - LOOKED_BACK)
        if after == newest:
            return newest, []
        rows = [row for kind in READ for row in db.execute(NEWER, (kind, after, newest))]
        return newest, sorted(rows)

    def _hear(self, rows: Iterable[Row]) -> None:
        touched = {name for row in rows if (name := self._take(row))}
        for name in touched:
            check = one(self._said[name].values())
            if check is not None:
                self._checks[name] = check
        while len(self._said) > MOST_CHECKS:
            oldest = next(iter(self._said))
            del self._said[oldest]
            self._checks.pop(oldest, None)
        self.checks, self.begun = dict(self._checks), dict(self._begun)

    def _take(self, row: Row) -> str:
        """Take one fact; return the check that it is about, "" for none."""
        at, node, school, class_, hlc, kind, body = row
        try:
            record = decode(kind, body)
        except Unreadable:
            return ""
        if isinstance(record, LessonStarted):
            self._begin(node, Begun(record.lesson, record.stream, hlc))
        elif isinstance(record, ClockStarted | ClockSeen):
            self._compare(Noted(node, hlc, record))
        elif isinstance(record, CheckAsked | CheckEnded | CheckAnswered) and class_ in FLOWS:
            return self._keep(
                Said(fact_id(hlc, kind, body), hlc, node, class_ == "teaching", record, school, at)
            )
        return ""

    def _keep(self, said: Said) -> str:
        check = said.record.check
        known = self._said.pop(check, {})
        self._said[check] = known  # to the end: it was heard of last
        if len(known) < MOST_SAID:
            known[said.id, said.node] = said
        return check

    def _compare(self, noted: Noted) -> None:
        if noted.node == self.journal.identity.node:
            self._noted = [*self._noted, noted][-RECENT_CLOCK:]
            self._clocks = Clocks(self._noted)

    def _begin(self, node: str, begun: Begun) -> None:
        before = self._begun.pop(node, None)
        self._begun[node] = begun if before is None or before.hlc <= begun.hlc else before
        if len(self._begun) > MOST_BEGUN:
            del self._begun[next(iter(self._begun))]
