"""The journal's rows: what is read and written inside a transaction. Plain functions of a connection."""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, structs

from sync import chain, protocol, streams
from sync.clock import Anchor, HybridClock, Moment, Steered, is_believable, utc
from sync.errors import BadRequest, Forked, RenewedTooOften, TooLarge
from sync.protocol import Batch, Head
from sync.records import ClockSeen, ClockStarted, Fact, Record, encode, fact_id
from sync.streams import StreamName

NEW_EVENT = "INSERT INTO event (stream, seq, hlc, kind, body, chain) VALUES (?, ?, ?, ?, ?, ?)"
STREAMS = "SELECT node, incarnation, class, school, head, chain, acked, above FROM stream"
SAVE_HERE = """UPDATE here SET incarnation = ?, renewed = ?, renewals = ?, last = ?, boot = ?, mono = ?,
  ms = ?"""
RENEWAL_TIME = 3_600_000  # milliseconds
AROUND = 24  # bytes of a fact as it travels beside kind and body: brackets, quotes, a first time in full
MOST_RENEWALS = 8  # in that time: nobody copies a disk more often; each makes new streams at every node above


class Entry(Struct, frozen=True):
    """A fact to be written: its class, the school it is about, and what happened."""

    class_: str
    school: str
    record: Record


class Noted(Struct, frozen=True):
    """A fact that stands in the journal."""

    id: str
    at: int
    hlc: int
    stream: StreamName
    seq: int


class Row(Struct):
    """One stream while it is written."""

    id: int
    name: StreamName
    head: int
    chain: bytes


class Held(Struct, frozen=True):
    """How far a stream is held: here, at the parent, and above the parent."""

    seq: int
    chain: bytes
    acked: int
    above: int


class Sent(Struct, frozen=True):
    """A batch to send, how many facts are in it, and the hash after them."""

    batch: Batch
    count: int
    last: str


class Here:
    """Who writes in this journal, and the clock; kept in one row."""

    def __init__(self, db: sqlite3.Connection) -> None:
        query = "SELECT incarnation, renewed, renewals, last, boot, mono, ms FROM here"
        found = db.execute(query).fetchone()
        if found is None:
            found = (secrets.token_hex(8), 0, 0, 0, "", 0, 0)
            db.execute("INSERT INTO here (id, incarnation) VALUES (1, ?)", found[:1])
        self.incarnation: str = found[0]
        self._renewed, self._renewals = found[1:3]
        self.clock = HybridClock(found[3], Anchor(*found[4:]) if found[4] else None)
        self._db = db

    def may_renew(self, moment: Moment) -> bool:
        """Tell whether a new incarnation may be taken: peers that ask for one again and again get none."""
        is_fresh = self.clock.now(moment) - self._renewed > RENEWAL_TIME
        return is_fresh or bool(self._renewals < MOST_RENEWALS)

    def renew(self, moment: Moment) -> None:
        """Take a new incarnation: somebody else may write under the old one; raise RenewedTooOften."""
        if not self.may_renew(moment):
            raise RenewedTooOften(f"{MOST_RENEWALS} copies of this node's streams within an hour")
        now = self.clock.now(moment)
        if now - self._renewed > RENEWAL_TIME:
            self._renewed, self._renewals = now, 0
        self._renewals += 1
        self.incarnation = secrets.token_hex(8)
        self.save()

    def save(self) -> None:
        """Keep it."""
        anchor = self.clock.anchor or Anchor("", 0, 0)
        row = (self.incarnation, self._renewed, self._renewals, self.clock.last, *structs.astuple(anchor))
        self._db.execute(SAVE_HERE, row)


def append(db: sqlite3.Connection, me: str, entries: Iterable[Entry], moment: Moment) -> list[Noted]:
    """Write facts of our own, each at the end of its stream; return them as noted; raise TooLarge."""
    here = Here(db)
    if here.clock.begin(moment):
        entries = [Entry("control", "", ClockStarted(moment.boot, here.clock.now(moment))), *entries]
    noted = []
    for entry in entries:
        row = opened(db, StreamName(me, here.incarnation, entry.class_, entry.school))
        fact = (here.clock.tick(moment), *_travels(*encode(entry.record)))
        at = extend(db, row, [fact])
        noted.append(Noted(fact_id(*fact), at, fact[0], row.name, row.head))
    here.save()
    return noted


def _travels(kind: str, body: str) -> tuple[str, str]:
    """What no peer would take would stop its stream for ever."""
    size = len(body.encode())
    if size > protocol.MAX_BODY:
        raise TooLarge(f"a fact of {size} bytes ({kind}); at most {protocol.MAX_BODY}")
    return kind, body


def begin(db: sqlite3.Connection, me: str, moment: Moment) -> None:
    """Note that this computer came up, if that was not noted yet: before anything is said of its clock."""
    anchor = Here(db).clock.anchor
    if anchor is None or anchor.boot != moment.boot:
        append(db, me, [], moment)


def steer(db: sqlite3.Connection, me: str, better: tuple[int, str], moment: Moment) -> Steered:
    """Follow a better clock (milliseconds, whose) and note that; raise BadRequest if it cannot be right."""
    true, of = better
    if not is_believable(true):
        raise BadRequest(
            f"the clock of {of} shows a time that cannot be: {utc(true) or 'beyond any calendar'}"
        )
    begin(db, me, moment)
    here = Here(db)
    seen = here.clock.steer(true, moment)
    here.save()
    append(db, me, [Entry("control", "", ClockSeen(moment.boot, of, seen.offset, seen.rest))], moment)
    return seen


def opened(db: sqlite3.Connection, name: StreamName) -> Row:
    """Return the row of a stream, made if it is new; raise ValueError for a name that could not travel."""
    row = found(db, name)
    if row.id == 0:
        streams.parse(str(name))
        new = "INSERT INTO stream (node, incarnation, class, school, head, chain) VALUES (?, ?, ?, ?, 0, ?)"
        row.id = int(db.execute(new, (*structs.astuple(name), row.chain)).lastrowid or 0)
    return row


def found(db: sqlite3.Connection, name: StreamName) -> Row:
    """Return the row of a stream; number 0, and nothing in it, if it is new."""
    query = (
        "SELECT id, head, chain FROM stream WHERE node = ? AND incarnation = ? AND class = ? AND school = ?"
    )
    row = db.execute(query, structs.astuple(name)).fetchone()
    return Row(row[0], name, row[1], row[2]) if row else Row(0, name, 0, chain.genesis(str(name)))


def extend(db: sqlite3.Connection, row: Row, facts: Iterable[Fact]) -> int:
    """Put facts at the end of a stream; return the arrival number of the last."""
    rows = []
    for fact in facts:
        row.head += 1
        row.chain = chain.link(row.chain, *fact)
        rows.append((row.id, row.head, *fact, row.chain))
    db.executemany(NEW_EVENT, rows)
    db.execute("UPDATE stream SET head = ?, chain = ? WHERE id = ?", (row.head, row.chain, row.id))
    return int(db.execute("SELECT max(at) FROM event").fetchone()[0])


def take(db: sqlite3.Connection, batch: Batch, facts: list[Fact]) -> list[Fact]:
    """Append what follows the head of a stream, and return that; raise Forked, with nothing written.

    Duplicates and facts beyond a gap change nothing (sync/protocol.py).
    """
    row = found(db, streams.parse(batch.stream))
    if batch.first > row.head + 1:
        return []
    running = hash_at(db, row, batch.first - 1)
    if chain.shown(running) != batch.after:
        raise Forked(batch.stream, row.head)
    old = facts[: row.head + 1 - batch.first]
    for fact in old:
        running = chain.link(running, *fact)
    if old and running != hash_at(db, row, batch.first - 1 + len(old)):
        raise Forked(batch.stream, row.head)
    new = facts[len(old) :]
    if new:
        extend(db, opened(db, row.name), new)
    return new


def hash_at(db: sqlite3.Connection, row: Row, seq: int) -> bytes:
    """Return the running hash of a stream after one of its facts."""
    if seq == row.head:
        return row.chain
    if seq == 0:
        return chain.genesis(str(row.name))
    query = "SELECT chain FROM event WHERE stream = ? AND seq = ?"
    return bytes(db.execute(query, (row.id, seq)).fetchone()[0])


def facts(db: sqlite3.Connection, name: StreamName, first: int, most: int) -> tuple[bytes, list[Fact]]:
    """Return the hash before a number of a stream and up to `most` facts from there on."""
    row = found(db, name)
    query = "SELECT hlc, kind, body FROM event WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT ?"
    return hash_at(db, row, first - 1), db.execute(query, (row.id, first, most)).fetchall()


def held(db: sqlite3.Connection) -> dict[StreamName, Held]:
    """Return every stream and how far it is held."""
    rows = db.execute(STREAMS)
    return {StreamName(*row[:4]): Held(*row[4:]) for row in rows}


def count_streams(db: sqlite3.Connection, node: str) -> int:
    """Return how many streams of a node are here."""
    return int(db.execute("SELECT count(*) FROM stream WHERE node = ?", (node,)).fetchone()[0])


def heads(of: dict[StreamName, Held], which: Callable[[StreamName], bool]) -> dict[str, Head]:
    """Return the heads of some streams as they travel; `above` is how far the node above us holds them."""
    return {
        str(name): Head(each.seq, chain.shown(each.chain), each.acked)
        for name, each in of.items()
        if each.seq and which(name)
    }


class Room(Struct):
    """What still fits into a message."""

    facts: int = protocol.BATCH_FACTS
    size: int = protocol.BATCH_BYTES

    def take(self, sent: Sent) -> None:
        """A batch is in it now."""
        self.facts -= sent.count
        self.size -= len(sent.batch.events)


def batch_of(db: sqlite3.Connection, name: StreamName, first: int, room: Room | None = None) -> Sent | None:
    """Return the next batch of a stream; None if nothing follows, or has room."""
    room = room or Room()
    if room.facts <= 0 or first > found(db, name).head:
        return None
    before, candidates = facts(db, name, first, room.facts)
    picked = list(_within(candidates, room.size))
    if not picked:
        room.facts = 0  # full: nobody looks whether something smaller would fit
        return None
    last = hash_at(db, found(db, name), first + len(picked) - 1)
    return Sent(protocol.batch(str(name), first, before, picked), len(picked), chain.shown(last))


def _within(candidates: Iterable[Fact], most: int) -> Iterator[Fact]:
    size = 0
    for fact in candidates:
        size += len(fact[2].encode()) + len(fact[1]) + AROUND
        if size > most:
            return
        yield fact
