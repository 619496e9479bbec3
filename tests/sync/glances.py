"""What a journal of a test holds, looked at and spoiled, for the tests that compare many of them."""

from collections.abc import Iterable, Iterator
from sqlite3 import Connection

from sync import checks, streams, tables
from sync.checks import Check, Said
from sync.export.source import Source
from sync.fold import Standing, fold
from sync.protocol import Batch
from sync.records import CheckAnswered, CheckAsked, CheckEnded, decode, fact_id
from tests.sync.peers import Peer, a_lesson

Damage = tuple[float, int, str]


def damaged(damage: Damage, wire: bytes) -> bytes:
    """Return a message as it comes out of a bad wire."""
    where, flips, way = damage
    place = int(where * (len(wire) - 1))
    if way == "cut":
        return wire[:place]
    if way == "more":
        return wire + bytes([flips]) * (1 + place % 9)
    return wire[:place] + bytes([wire[place] ^ flips]) + wire[place + 1 :]


def later_batches(db: Connection, batches: Iterable[Batch], ahead: int) -> Iterator[Batch]:
    """Yield what follows these batches after a gap."""
    for batch in batches:
        found = tables.batch_of(db, streams.parse(batch.stream), batch.first + ahead)
        if found is not None:
            yield found.batch


def dumped(peer: Peer) -> list[object]:
    """Return all that is written in a journal."""
    written = ("stream", "event", "node", "here", "contact")
    return peer.ledger.read(lambda db: [db.execute(f"SELECT * FROM {table}").fetchall() for table in written])


def ids_of(peer: Peer) -> set[str]:
    """Return the ids of all facts."""
    return {fact_id(hlc, kind, body) for _, kind, hlc, body in peer.facts()}


def standings_of(peer: Peer, school: str) -> dict[str, Standing | None]:
    """Return what counts for each lesson of a school."""
    db = peer.ledger.reader()
    try:
        return {each.lesson: fold(each.taken) for each in Source(db, peer.node).registers(school)}
    finally:
        db.close()


def folded_checks(peer: Peer, school: str) -> dict[str, Check]:
    """Return what became of checks, as far as one school knows of it."""

    def rows(db: Connection) -> list[tuple[str, str, str, int, str, str]]:
        query = """SELECT stream.node, stream.class, stream.school, event.hlc, event.kind, event.body
          FROM event JOIN stream ON stream.id = event.stream
          WHERE event.kind LIKE 'check-%' AND stream.school IN ('', ?)"""
        return db.execute(query, (school,)).fetchall()

    said = []
    for node, class_, of, hlc, kind, body in peer.ledger.read(rows):
        record = decode(kind, body)
        assert isinstance(record, CheckAsked | CheckEnded | CheckAnswered)
        said.append(Said(fact_id(hlc, kind, body), hlc, node, class_ == "teaching", record, of))
    return checks.fold(said)


def heads_of(peer: Peer, school: str, lesson: int) -> tuple[str, ...]:
    """Return the ids of the registers of a lesson that nothing has replaced."""
    standing = standings_of(peer, school).get(a_lesson(lesson))
    return tuple(head.id for head in standing.heads) if standing else ()
