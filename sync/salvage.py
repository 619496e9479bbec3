"""What a damaged journal still has of its own node's facts, brought over into the one that took its place.

Each fact is proved by its hash, which goes on from the last fact that the new journal has. What stands behind
a gap waits until the hub has filled that; if it cannot, it goes on under the new incarnation.
What others wrote comes back from them, so it is left.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import structs

from sync import chain, tables
from sync.records import Fact
from sync.soundness import BUSY
from sync.streams import StreamName
from sync.tables import Here

STRIDE = 256  # rows read at once; of a stride with a damaged page each row is tried alone
ROWS = """SELECT stream, seq, hlc, kind, body, chain FROM event WHERE at BETWEEN ? AND ?"""

Found = dict[tuple[int, int], tuple[Fact, bytes]]  # by stream and number


def salvage(damaged: Path, journal: Path, me: str, rest: bool) -> int:
    """Bring over what goes on from where the journal ends; return how many facts that were.

    With `rest` also what stands behind a gap, under the new incarnation: to be said when whoever holds more
    of these streams has brought it. Twice is as good as once. Raise sqlite3.Error of the journal.
    """
    try:
        with closing(sqlite3.connect(damaged, timeout=BUSY)) as old:
            names, found = _streams(old, me), _read(old)
    except sqlite3.Error:  # not even the list of streams can be read
        return 0
    with closing(sqlite3.connect(journal, timeout=BUSY, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        count = sum(_continue(db, name, number, found) for number, name in names.items())
        if rest:
            count += sum(_move(db, name, number, found) for number, name in names.items())
        db.execute("COMMIT")
    return count


def _streams(db: sqlite3.Connection, me: str) -> dict[int, StreamName]:
    query = "SELECT id, node, incarnation, class, school FROM stream WHERE node = ?"
    return {number: StreamName(*name) for number, *name in db.execute(query, (me,))}


def _read(db: sqlite3.Connection) -> Found:
    """Return every row that can be read."""
    found: Found = {}
    last = db.execute("SELECT max(at) FROM event").fetchone()[0] or 0
    for first in range(1, last + 1, STRIDE):
        try:
            _take(found, db, first, first + STRIDE - 1)
        except sqlite3.Error:
            for each in range(first, first + STRIDE):
                _try(found, db, each)
    return found


def _try(found: Found, db: sqlite3.Connection, at: int) -> None:
    try:
        _take(found, db, at, at)
    except sqlite3.Error:
        return


def _take(found: Found, db: sqlite3.Connection, first: int, last: int) -> None:
    for stream, seq, hlc, kind, body, hash_ in db.execute(ROWS, (first, last)):
        if isinstance(body, str) and isinstance(kind, str) and isinstance(hlc, int):
            found[stream, seq] = ((hlc, kind, body), hash_)


def _continue(db: sqlite3.Connection, name: StreamName, number: int, found: Found) -> int:
    """Bring over what is proved by the hashes."""
    row = tables.found(db, name)
    facts: list[Fact] = []
    running = row.chain
    while (number, row.head + len(facts) + 1) in found:
        fact, hash_ = found[number, row.head + len(facts) + 1]
        running = chain.link(running, *fact)
        if running != hash_:
            break
        facts.append(fact)
    return _bring(db, name, facts)


def _move(db: sqlite3.Connection, name: StreamName, number: int, found: Found) -> int:
    """Bring over what stands behind a gap that nobody fills, unless it is there already."""
    query = "SELECT hlc FROM event JOIN stream ON stream.id = event.stream WHERE node = ?"
    there = {hlc for (hlc,) in db.execute(query, (name.node,))}  # no two facts of a node have one time
    head = tables.found(db, name).head
    behind = sorted(seq for stream, seq in found if stream == number and seq > head)
    facts = [fact for seq in behind if (fact := found[number, seq][0])[0] not in there and _is_json(fact[2])]
    return _bring(db, structs.replace(name, incarnation=Here(db).incarnation), facts)


def _bring(db: sqlite3.Connection, name: StreamName, facts: list[Fact]) -> int:
    if facts:
        tables.extend(db, tables.opened(db, name), facts)
        here = Here(db)
        here.clock.last = max(here.clock.last, *(fact[0] for fact in facts))
        here.save()
    return len(facts)


def _is_json(body: str) -> bool:
    try:
        msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return False
    return True
