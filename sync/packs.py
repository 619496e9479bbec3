"""A journal on a stick: what a node and its parent would have told each other over a link that is not there.

A pack down has all that is about a school, from the first fact on; one up has what the parent is not known
to hold. Whatever was taken before changes nothing, so packs may come in any order, and twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from sync import chain, exchange, protocol, streams, tables, tree
from sync.clock import Moment
from sync.errors import BadRequest, Forked, TooLarge
from sync.exchange import Child, Parent, Shared
from sync.protocol import Batch, Head, Reply, Request
from sync.streams import StreamName

LENGTH = 4  # bytes before each message, big endian
MOST_MESSAGES = 20_000  # of a pack: a region's ten years


class Recipient(Struct, frozen=True):
    """A node of the school that a pack is for."""

    node: str
    certificate: str  # PEM


class Brought(Struct, frozen=True):
    """What a pack changed."""

    facts: int  # that were new
    refused: tuple[str, ...] = ()  # streams that its maker may not write
    lacking: tuple[str, ...] = ()  # streams with facts that follow others which are not here yet


def recipients(db: sqlite3.Connection, school: str) -> list[Recipient]:
    """Return the computers of a school that were let in by this very node."""
    query = "SELECT id, certificate FROM node WHERE school = ? AND certificate != '' AND NOT revoked"
    return [Recipient(*row) for row in db.execute(query, (school,))]


def maker(db: sqlite3.Connection, node: str) -> tuple[str, str]:
    """Return school and certificate (PEM) of a node that this one let in; two empty strings for others."""
    query = "SELECT school, certificate FROM node WHERE id = ? AND certificate != '' AND NOT revoked"
    return db.execute(query, (node,)).fetchone() or ("", "")


def down(db: sqlite3.Connection, me: str, nodes: Iterable[str]) -> Iterator[Reply]:
    """Yield what these children would be sent, and how far this node holds what they wrote."""
    held = tables.held(db)
    shared = [(Shared(db, me, node), node) for node in nodes]
    heads: dict[str, Head] = {}
    names: set[StreamName] = set()
    for each, _ in shared:
        heads |= tables.heads(held, each.brings)
        names |= {name for name in held if each.holds(name) and name.node not in each.nodes}
    yield Reply(heads=heads)
    for batches in _messages(db, [(name, 1) for name in names]):
        yield Reply(batches=batches)


def up(db: sqlite3.Connection, me: str, whole: bool = False) -> Iterator[Request]:
    """Yield what the parent is not known to hold, or all that it may be told."""
    below = tree.below(db, me)
    held = {name: each for name, each in tables.held(db).items() if name.node in below and name.flow.up}
    begin = [(name, 1 if whole else min(each.acked, each.seq) + 1) for name, each in held.items()]
    for batches in _messages(db, begin):
        yield Request(batches=batches)


def take_down(
    db: sqlite3.Connection, child: tuple[str, str], messages: Sequence[Reply], moment: Moment
) -> Brought:
    """Apply what the parent of a node (id, school) packed, all or nothing; raise Forked, BadRequest."""
    me, school = child
    tables.begin(db, me, moment)
    takes = Child(me, school).takes(db)
    new, refused, lacking = 0, set(), set()
    for each in (arrived for message in messages for arrived in exchange.read(message)):
        if not takes(each.name):
            refused.add(each.batch.stream)
        elif tables.found(db, each.name).head < each.batch.first - 1:
            lacking.add(each.batch.stream)
        else:
            new += exchange.absorb(db, each, moment).facts
    for message in messages:
        _acknowledge(db, me, message.heads or {})
    return Brought(new, tuple(sorted(refused)), tuple(sorted(lacking)))


def take_up(
    db: sqlite3.Connection, hub: tuple[str, str], messages: Sequence[Request], moment: Moment
) -> Brought:
    """Apply what a child packed (this node's id, the child's), all or nothing; raise Forked, BadRequest."""
    me, peer = hub
    tables.begin(db, me, moment)
    before = _newest(db)
    refused: set[str] = set()
    lacking = set()
    for message in messages:
        arrived = exchange.read(message)
        refused |= set(Parent(db, me, peer, moment).bring(arrived))
        lacking |= {
            each.batch.stream
            for each in arrived
            if tables.found(db, each.name).head < each.batch.first - 1 and each.batch.stream not in refused
        }
    return Brought(_newest(db) - before, tuple(sorted(refused)), tuple(sorted(lacking)))


def encode(messages: Iterable[Request | Reply]) -> Iterator[bytes]:
    """Yield the pieces of a file of messages."""
    for message in messages:
        wire = protocol.encode(message)
        yield len(wire).to_bytes(LENGTH, "big") + wire


def decode(content: bytes, kind: type[protocol.T]) -> list[protocol.T]:
    """Return the messages of a file; raise BadRequest."""
    messages: list[protocol.T] = []
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + LENGTH], "big")
        at += LENGTH
        if at + size > len(content):
            raise BadRequest(f"the journal of a pack ends in the middle of a message, at byte {at}")
        if len(messages) >= MOST_MESSAGES:
            raise TooLarge(f"more than {MOST_MESSAGES} messages in a pack")
        messages.append(protocol.decode(content[at : at + size], kind))
        at += size
    return messages


def _messages(db: sqlite3.Connection, begin: Iterable[tuple[StreamName, int]]) -> Iterator[tuple[Batch, ...]]:
    """Yield the batches of streams from these numbers on, as many at a time as a message has room for."""
    room, batches = tables.Room(), list[Batch]()
    for name, first in sorted(begin, key=lambda each: (each[0].flow.rank, each[0])):
        while first <= tables.found(db, name).head:
            sent = tables.batch_of(db, name, first, room)
            if sent is None:
                yield tuple(batches)
                room, batches = tables.Room(), []
                continue
            room.take(sent)
            batches.append(sent.batch)
            first += sent.count
    if batches:
        yield tuple(batches)


def _acknowledge(db: sqlite3.Connection, me: str, heads: dict[str, Head]) -> None:
    """Note what the parent holds: an older pack that comes late takes nothing back."""
    below = tree.below(db, me)
    query = """UPDATE stream SET acked = max(acked, ?1), above = max(above, ?2)
      WHERE node = ?3 AND incarnation = ?4 AND class = ?5 AND school = ?6 AND head >= ?1"""
    for text, head in heads.items():
        name = streams.parse(text)
        row = tables.found(db, name)
        if name.node in below and 0 < head.seq <= row.head:
            if chain.shown(tables.hash_at(db, row, head.seq)) != head.chain:
                raise Forked(text, head.seq)
            db.execute(query, (head.seq, head.above, name.node, name.incarnation, name.class_, name.school))


def _newest(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(at), 0) FROM event").fetchone()[0])
