"""The hub's side of hands and questions: what classes say in a lesson, for the page of its teacher."""

import asyncio
from collections.abc import Iterable
from sqlite3 import Connection

from aiohttp import web
from msgspec import Struct, to_builtins

from edge.access import Door, asker_of
from edge.classroom.spoken import Asked, Said, Spoken
from edge.journal import Journal
from edge.media.negotiate import Refused
from edge.media.stream import NAME
from edge.views import wait
from sync.clock import ms_of
from sync.export.instants import Clocks, Noted
from sync.records import (
    ClockSeen,
    ClockStarted,
    HandRaised,
    QuestionAsked,
    Record,
    Unreadable,
    decode,
    fact_id,
    lesson_parts,
)

LOOK = 0.2  # seconds between looks at the journal while a page waits; a hand is to be seen within 0.3 s
RECENT = 100  # facts of each class that are looked at: what it can say in one lesson
RECENT_CLOCK = 16  # facts about itself of each node that are looked at: several days of starts
MAX_AGE = 3 * 3_600_000  # milliseconds: a double lesson and its break; what is older was said in another one
MOST_SHOWN = 20  # questions of one class, the newest
MOST_CLASSES = 400  # on one page: three in each school of the largest hub

NEWEST = """SELECT coalesce(max(event.at), 0) FROM stream
  CROSS JOIN event ON event.stream = stream.id AND event.seq = stream.head WHERE stream.class = 'talk'"""
SCHOOL = "coalesce(nullif(stream.school, ''), node.school, '')"
OF_CLASS = f"""SELECT stream.node, coalesce(node.name, ''), {SCHOOL}, event.hlc, event.kind, event.body
  FROM stream LEFT JOIN node ON node.id = stream.node
  CROSS JOIN event ON event.stream = stream.id AND event.seq > stream.head - ?2
  WHERE stream.class = ?1 ORDER BY event.hlc, event.seq"""


class Speaker(Struct):
    """One class, and what it says in the lesson it is in."""

    node: str
    name: str  # what its computer is called; "" if it has no name
    school: str
    lesson: str
    spoken: Spoken


class Row(Struct, frozen=True, rename={"class_": "class"}):
    """One class as the page gets it; times are milliseconds since 1970 by this node's clock."""

    node: str
    name: str
    class_: str
    hand: int
    asked: int
    questions: list[Asked]


class Fact(Struct, frozen=True):
    """One fact with who wrote it."""

    node: str
    name: str
    school: str
    hlc: int
    kind: str
    body: str

    def read(self) -> Record | None:
        """Return what it says; None if this node cannot read it."""
        try:
            return decode(self.kind, self.body)
        except Unreadable:
            return None


class Hands:
    """One route: who has raised a hand in a lesson, and what was asked."""

    def __init__(self, journal: Journal, door: Door, name: str) -> None:
        self._journal = journal
        self._door = door
        self._name = name  # of this very node: a class may sit before it too
        self._looked = -1  # arrival of the newest fact at the last look
        self._version = 0  # arrival of the newest thing that a class said

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.get("/api/streams/{stream}/talk", self._talk)]

    async def _talk(self, request: web.Request) -> web.Response:
        self._door.admit(asker_of(request.remote, request.headers), "publish")
        stream = request.match_info["stream"]
        if NAME.fullmatch(stream) is None:
            raise Refused(400, "stream-name", f"{stream[:80]!r} is not a stream name")
        after = request.query.get("after", "")
        if after.isdecimal():
            await self._news(int(after[:18]), wait(request.query.get("wait", "")))
        version = self._newest()
        now = self._journal.ledger.now()
        classes = await asyncio.to_thread(self.classes, stream, now)
        return web.json_response({"version": version, "now": now, "classes": to_builtins(classes)})

    async def _news(self, after: int, patience: float) -> None:
        """Wait until a class has said something after this version; another one than it is news at once."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    if self._newest() != after:
                        return
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            return

    def _newest(self) -> int:
        """Return the version; the journal says cheaply that nothing at all is new."""
        newest = self._journal.ledger.newest()
        if newest != self._looked:
            self._version = self._journal.ledger.read(lambda db: int(db.execute(NEWEST).fetchone()[0]))
            self._looked = newest
        return self._version

    def classes(self, stream: str, now: int) -> list[Row]:
        """Return what classes say in the lesson of a stream: raised hands first, the oldest before all."""
        me = self._journal.identity.node
        said, control = self._journal.ledger.read(_recent)
        clocks = Clocks(_noted(control), {me})
        speakers = _speakers(said, stream, clocks, now)
        rows = [_row(each, self._name if each.node == me else each.name) for each in speakers]
        return sorted(rows, key=lambda row: (not row.hand, row.hand, row.name, row.class_))[:MOST_CLASSES]


def _recent(db: Connection) -> tuple[list[Fact], list[Fact]]:
    """Return the last facts of every class, and of every node about its clock."""
    said = [Fact(*row) for row in db.execute(OF_CLASS, ("talk", RECENT))]
    return said, [Fact(*row) for row in db.execute(OF_CLASS, ("control", RECENT_CLOCK))]


def _noted(control: Iterable[Fact]) -> Iterable[Noted]:
    for fact in control:
        record = fact.read()
        if isinstance(record, ClockStarted | ClockSeen):
            yield Noted(fact.node, fact.hlc, record)


def _speakers(said: Iterable[Fact], stream: str, clocks: Clocks, now: int) -> list[Speaker]:
    """Return each class with what it said in its newest lesson on this stream."""
    found: dict[tuple[str, str], Speaker] = {}
    newest: dict[str, Speaker] = {}
    for fact in said:
        record = fact.read()
        if not isinstance(record, HandRaised | QuestionAsked) or record.stream != stream:
            continue
        instant = clocks.at(fact.node, fact.hlc)
        at = instant.ms if instant else ms_of(fact.hlc)
        if now - at > MAX_AGE:
            continue
        new = Speaker(fact.node, fact.name, fact.school, record.lesson, Spoken())
        speaker = found.setdefault((fact.node, record.lesson), new)
        speaker.spoken.hear(record, fact_id(fact.hlc, fact.kind, fact.body), at)
        if _says_something(record):
            newest[fact.node] = speaker
    return list(newest.values())


def _says_something(said: Said) -> bool:
    """Tell it from a hand that goes down, as one does after a class has left for its next lesson."""
    return isinstance(said, QuestionAsked) or said.up


def _row(speaker: Speaker, name: str) -> Row:
    class_, day, _ = lesson_parts(speaker.lesson)
    asked = speaker.spoken.asked
    return Row(
        speaker.node,
        name or speaker.school or speaker.node,
        class_ if day else "",  # a lesson without a timetable has no class
        speaker.spoken.hand,
        len(asked),
        asked[-MOST_SHOWN:],
    )
