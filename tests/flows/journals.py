"""What a journal's file holds, read without our code."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from msgspec import Struct

FACTS = """SELECT stream.id, node, incarnation, class, school, seq, hlc, kind, body, event.chain
  FROM event JOIN stream ON stream.id = event.stream ORDER BY stream.id, seq"""


class Fact(Struct, frozen=True):
    """One fact as it stands in a journal."""

    stream: int
    node: str
    incarnation: str
    class_: str
    school: str
    seq: int
    hlc: int
    kind: str
    body: str
    chain: bytes

    @property
    def content(self) -> bytes:
        """What its hashes are of."""
        return b"%d\0%s\0%s" % (self.hlc, self.kind.encode(), self.body.encode())

    @property
    def id(self) -> str:
        """Its name by content."""
        return sha256(self.content).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The name of its stream as it travels."""
        return f"{self.node}.{self.incarnation}.{self.class_}.{self.school}"


def journal_of(state: Path) -> Path:
    """Return the file in a node's state folder."""
    return state / "journal" / "journal.db"


def facts(state: Path, *kinds: str) -> list[Fact]:
    """Return the facts of a node's journal, of some kinds or of all, stream by stream."""
    with closing(sqlite3.connect(journal_of(state), timeout=15)) as db:
        found = [Fact(*row) for row in db.execute(FACTS)]
    return [fact for fact in found if fact.kind in kinds or not kinds]


def faults(state: Path) -> list[str]:
    """Return what is wrong with a node's files: nothing should be."""
    return [*_damage(state), *_gaps(state), *_wrong_hashes(state)]


def _damage(state: Path) -> Iterator[str]:
    for path in (journal_of(state), state / "journal" / "names.db"):
        with closing(sqlite3.connect(path, timeout=15)) as db:
            answer = db.execute("PRAGMA quick_check").fetchall()
        if answer != [("ok",)]:
            yield f"{path}: {answer}"


def _gaps(state: Path) -> Iterator[str]:
    with closing(sqlite3.connect(journal_of(state), timeout=15)) as db:
        heads = dict(db.execute("SELECT id, head FROM stream"))
    seqs: dict[int, list[int]] = {stream: [] for stream in heads}
    for fact in facts(state):
        seqs[fact.stream].append(fact.seq)
    for stream, head in heads.items():
        if seqs[stream] != list(range(1, head + 1)):
            yield f"{state}: stream {stream} has head {head} and {len(seqs[stream])} facts"


def _wrong_hashes(state: Path) -> Iterator[str]:
    for name, stream in groupby(facts(state), lambda fact: fact.name):
        running = sha256(name.encode()).digest()[:16]
        for fact in stream:
            running = sha256(running + fact.content).digest()[:16]
            if running != fact.chain:
                yield f"{state}: {name} {fact.seq} has another hash"
                break
