"""What to do when one stream has two histories: a disk was copied, or a backup was put back.

Nothing is overwritten. Who wrote the stream moves what only this journal has into a new incarnation, under a
name that nobody else uses; the rest of the old stream comes back from whoever holds it.
"""

import sqlite3

from msgspec import structs

from sync import chain
from sync.clock import Moment
from sync.streams import StreamName
from sync.tables import Here, Row, found, hash_at, opened

PAGE = 256  # hashes of one answer: 6 kB, and most forks are younger


def hashes(db: sqlite3.Connection, name: StreamName, last: int, most: int) -> list[tuple[int, str]]:
    """Return number and hash of up to `most` facts of a stream, back from `last`; 0 is its beginning."""
    row = found(db, name)
    query = "SELECT seq, chain FROM event WHERE stream = ? AND seq <= ? ORDER BY seq DESC LIMIT ?"
    newest = [(seq, chain.shown(hash_)) for seq, hash_ in db.execute(query, (row.id, last, most))]
    return newest if len(newest) == most else [*newest, (0, chain.shown(chain.genesis(str(name))))]


def move_tail(db: sqlite3.Connection, me: str, name: StreamName, common: int, moment: Moment) -> None:
    """Continue our own facts of a forked stream in a new incarnation; not one is lost, none stands twice.

    Raise RenewedTooOften.
    """
    here = Here(db)
    if name.incarnation == here.incarnation:
        here.renew(moment)
    old = opened(db, name)
    if old.head > common:
        _move(db, old, common, opened(db, StreamName(me, here.incarnation, name.class_, name.school)))


def move_school(db: sqlite3.Connection, me: str, school: str) -> None:
    """Put what this node wrote before anybody told it the id of its school under that id.

    What a parent holds already stays: it is of the school that this computer belonged to then. The rest of
    that stream would be refused by who knows this computer under the new id only.
    """
    query = """SELECT acked, node, incarnation, class, school FROM stream
      WHERE node = ? AND acked < head AND school NOT IN ('', ?)"""
    for acked, *row in db.execute(query, (me, school)).fetchall():
        name = StreamName(*row)
        if not name.flow.by_hub:
            _move(db, opened(db, name), acked, opened(db, structs.replace(name, school=school)))


def _move(db: sqlite3.Connection, old: Row, common: int, new: Row) -> None:
    """Move the facts of a stream after a number to the end of another one."""
    query = "SELECT at, hlc, kind, body FROM event WHERE stream = ? AND seq > ? ORDER BY seq"
    rest = hash_at(db, old, common)
    for at, *fact in db.execute(query, (old.id, common)).fetchall():
        new.head += 1
        new.chain = chain.link(new.chain, *fact)
        change = "UPDATE event SET stream = ?, seq = ?, chain = ? WHERE at = ?"
        db.execute(change, (new.id, new.head, new.chain, at))
    for row, head, hash_ in ((old, common, rest), (new, new.head, new.chain)):
        db.execute("UPDATE stream SET head = ?, chain = ? WHERE id = ?", (head, hash_, row.id))
    db.execute("UPDATE stream SET acked = min(acked, head), above = min(above, head)")
