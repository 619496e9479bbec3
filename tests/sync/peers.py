"""Journals in one process whose exchanges a test carries, spoils and repeats, and clocks that it sets."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from sqlite3 import Connection

from msgspec import structs

from sync import chain, exchange, forks, protocol, streams, tables, tree
from sync.clock import Moment
from sync.errors import Forked
from sync.exchange import Child, Parent
from sync.ledger import FILE, Ledger
from sync.protocol import Head, Reply, Request
from sync.records import NodeEnrolled, RegisterTaken, lesson_id
from sync.reserve import Reserve
from sync.streams import StreamName
from sync.tables import Entry, Noted

NOON = 1_795_000_000_000  # milliseconds since 1970: a day of November 2026

Wire = Callable[[bytes], bytes]


class Lost(Exception):
    """What a wire raises that loses what it carries."""


class Computer:
    """What a computer shows: the test passes the time, and sets the clock."""

    def __init__(self, name: str, wall: int = NOON) -> None:
        self._name = name
        self._boots = 1
        self._mono = 1000
        self.wall = wall

    def __call__(self) -> Moment:
        self._mono += 1
        self.wall += 1
        return Moment(f"{self._name}-{self._boots}", self._mono, self.wall)

    def turn(self, ms: int) -> None:
        """Set the date forward or back."""
        self.wall += ms

    def wait(self, ms: int) -> None:
        """Pass time."""
        self._mono += ms
        self.wall += ms

    def reboot(self, wall: int) -> None:
        """Start again with another date."""
        self._boots += 1
        self._mono = 1000
        self.wall = wall


class Peer:
    """One node: a journal, and both sides of the exchange."""

    def __init__(
        self, folder: Path, node: str, wall: int = NOON, reserve: Reserve | None = None, school: str = "aul"
    ) -> None:
        self.node, self.folder, self._reserve, self._school = node, folder, reserve, school
        self.computer = Computer(folder.name, wall)
        self.open()

    def open(self) -> None:
        """Open the journal, also again."""
        self.ledger = Ledger(self.folder, self.node, self.computer, self._reserve)
        self.child = Child(self.node, self._school)

    def enrols(self, other: "Peer", school: str, *, enrols: bool = False) -> None:
        """Let another one in."""
        fact = NodeEnrolled(other.node, school, other.node * 4, enrols=enrols)
        moment = self.computer()
        self.ledger.write(lambda db: tree.admit(db, self.node, fact, "PEM", moment)).result()

    def register(self, lesson: str, marks: dict[int, str], school: str = "aul", **more: object) -> Noted:
        """Take a register."""
        taken = RegisterTaken(lesson, marks, **more)  # type: ignore[arg-type]  # the test names fields
        return self.ledger.append([Entry("register", school, taken)]).result()[-1]

    def asks(self, parent: "Peer", there: Wire = bytes, back: Wire = bytes) -> bool:
        """Exchange once with a parent over wires that may spoil what they carry; true if all was said."""
        now = self.ledger.now()
        request = self.ledger.read(lambda db: self.child.next(db, now, ()))
        asked = protocol.decode(there(protocol.encode(request)), Request)
        reply = protocol.decode(back(protocol.encode(parent.answers(self.node, asked))), Reply)
        arrived = exchange.read(reply)
        vital = all(map(exchange.is_vital, arrived))
        self.ledger.write(
            lambda db: self.child.take(db, reply, arrived, self.computer()), vital=vital
        ).result()
        return reply.heads is None and not arrived and not request.batches

    def answers(self, peer: str, request: Request) -> Reply:
        """Answer as a parent."""
        arrived = exchange.read(request)
        moment, vital = self.computer(), all(map(exchange.is_vital, arrived))
        return self.ledger.write(
            lambda db: Parent(db, self.node, peer, moment).answer(request, arrived, lambda _: {}), vital=vital
        ).result()

    def evens(self, parent: "Peer") -> None:
        """Exchange until there is nothing more to say, as the client does."""
        for _ in range(100):
            try:
                if self.asks(parent):
                    return
            except Forked as fork:
                self.part(parent, fork)
        raise AssertionError("they never agree")

    def part(self, parent: "Peer", fork: Forked) -> None:
        """Find where two histories part, as the client does."""
        name = streams.parse(fork.stream)
        theirs = parent.ledger.read(lambda db: forks.hashes(db, name, fork.head, 10_000))
        ours = dict(self.ledger.read(lambda db: forks.hashes(db, name, fork.head, 10_000)))
        common = protocol.common(theirs, ours)
        assert common is not None
        if name.node == self.node:
            self.ledger.write(
                lambda db: forks.move_tail(db, self.node, name, common, self.computer())
            ).result()
            self.child.forget()
        else:
            self.child.disagree(fork.stream, Head(common, ours[common]))

    def facts(self, *classes: str, school: str = "") -> list[tuple[str, str, int, str]]:
        """Return node, kind, time and body of all facts, or of some classes or a school, in a fixed order."""
        query = """SELECT stream.node, kind, hlc, body, stream.class
          FROM event JOIN stream ON stream.id = event.stream WHERE ?1 IN ('', stream.school)"""
        rows = self.ledger.read(lambda db: db.execute(query, (school,)).fetchall())
        return sorted(tuple(row[:4]) for row in rows if not classes or row[4] in classes)

    def copy(self, folder: Path) -> None:
        """Copy the journal as a disk is copied, or a backup made."""
        folder.mkdir()
        db = self.ledger.reader()
        db.execute("VACUUM INTO ?", (str(folder / FILE),))
        db.close()

    def faults(self) -> list[str]:
        """Return what is wrong with the streams of the journal: gaps, and hashes that are not theirs."""
        return self.ledger.read(lambda db: [fault for name in tables.held(db) for fault in _faults(db, name)])

    def streams(self) -> dict[str, tables.Held]:
        """Return how far every stream is held."""
        return {str(name): held for name, held in self.ledger.read(tables.held).items()}


def _faults(db: Connection, name: StreamName) -> Iterator[str]:
    row = tables.found(db, name)
    query = "SELECT seq, chain, hlc, kind, body FROM event WHERE stream = ? ORDER BY seq"
    running, last = chain.genesis(str(name)), 0
    for seq, hash_, *fact in db.execute(query, (row.id,)):
        running, last = chain.link(running, *fact), last + 1
        if (seq, hash_) != (last, running):
            yield f"{name}: {seq} stands where {last} should, or its hash is not its own"
    if (row.head, row.chain) != (last, running):
        yield f"{name}: ends at {last}, not at {row.head}, or with another hash"


def node_id(number: int) -> str:
    """Return the id of a node of a test."""
    return f"{number:016x}"


def a_lesson(number: int) -> str:
    """Return the id of a lesson of a test."""
    return lesson_id("7Б", f"2026-11-{1 + number % 28:02}", f"{8 + number // 28 % 8:02}:30")


def marks(rng: random.Random, pupils: int = 8) -> dict[int, str]:
    """Return a register's marks, most of them present."""
    absent = ("late", "ill", "excused", "unexcused")
    return {n: "present" if rng.random() < 0.93 else rng.choice(absent) for n in range(1, pupils + 1)}


def replaced(request: Request, **fields: object) -> Request:
    """Return a request with some fields changed."""
    return structs.replace(request, **fields)
