"""The power goes at any moment of a journal's life; what was acknowledged before is there afterwards.

A life begins with what the cut before left, or with an empty folder. Its cut may come in the first migration,
between appends, inside a large one, in a checkpoint, at closing, or while the life mends what it found.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import NamedTuple

from sync import chain, tables
from sync.clock import RELEASE, Moment
from sync.ledger import Ledger
from sync.records import RegisterTaken, ScreenNote, fact_id
from sync.reserve import Reserve
from sync.streams import StreamName
from sync.tables import Entry
from tests.sync.cut_disk import CUTS, CutDisk, Image, save

NODE = "0123456789abcdef"
CARELESS = 20  # computers: enough to see that the test can fail
LIVES = 3  # of one computer, one after the other
APPENDS = 60
SIZES = (1, 1, 1, 2, 5, 5, 300)  # facts of one append; the largest are written before they are committed
WAITING = (1, 4, 30)  # appends on their way at the same time: a group commit takes them together
# Before which step the power goes, and how many of the kind a life has at most: while it opens, anywhere,
# around a commit, in a checkpoint, in the first conversion to a log or at closing.
MOMENTS = (("*", 40), ("*", 2000), ("* sync", 60), ("*.db *", 200), ("* delete", 3))
CHECKPOINTS = (10, 50, 1000)  # pages of the log: many checkpoints, few, none before the end
CACHE = 10  # pages: what does not fit in is on the disk before it is committed


class Tuned(Ledger):
    """A journal whose writing connection is made for a test; `synchronous` None leaves it as it is."""

    def __init__(self, folder: Path, checkpoint: int, synchronous: str | None = None) -> None:
        moments = (Moment(folder.name, number, RELEASE + number) for number in count())
        super().__init__(folder, NODE, lambda: next(moments), Reserve(folder, size=0, slack=0))
        writing, _ = self._connections
        writing.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
        writing.execute(f"PRAGMA cache_size = {CACHE}")
        if synchronous is not None:
            writing.execute(f"PRAGMA synchronous = {synchronous}")


class Cut(NamedTuple):
    """What a cut did to a journal."""

    acked: int  # before it, in all lives
    lost: int
    faults: list[str]


def test_no_cut_takes_an_acknowledged_fact_or_breaks_a_stream(tmp_path: Path) -> None:
    cuts = [cut for seed in range(CUTS // LIVES) for cut in lives(tmp_path / str(seed), seed)]

    assert sum(cut.acked for cut in cuts) > 10 * CUTS
    assert [cut for cut in cuts if cut.lost or cut.faults] == []


def test_a_journal_that_does_not_wait_for_the_disk_loses_acknowledged_facts(tmp_path: Path) -> None:
    cuts = [cut for seed in range(CARELESS) for cut in lives(tmp_path / str(seed), seed, "NORMAL")]

    assert sum(cut.lost > 0 for cut in cuts) > len(cuts) / 10
    assert [cut.faults for cut in cuts if cut.faults] == []


def lives(folder: Path, seed: int, synchronous: str | None = None) -> Iterator[Cut]:
    """Cut the power of one computer several times, and look each time at what is left."""
    random, acked, image = Random(seed), set[str](), Image()
    for number in range(LIVES):
        begun = folder / str(number)
        begun.mkdir(parents=True)
        save(image, begun)
        new, image = _live(begun, random, synchronous)
        found, faults = _look(image, folder / f"found{number}")
        yield Cut(len(acked | new), len((acked | new) - found), faults)
        acked = (acked | new) & found
    rmtree(folder)


def _live(folder: Path, random: Random, synchronous: str | None) -> tuple[set[str], Image]:
    """Return which facts were acknowledged at the cut, and what it left."""
    acked, cuts = list[str](), list[tuple[set[str], Image]]()
    with CutDisk(folder) as disk:
        what, most = random.choice(MOMENTS)
        chance = Random(random.random())  # of its own: the cut happens in another thread
        disk.before(what, random.randrange(1, most), lambda: cuts.append((set(acked), disk.cut(chance))))
        with closing(Tuned(folder, random.choice(CHECKPOINTS), synchronous)) as ledger:
            _write(ledger, random, acked)
            if random.random() < 0.5:  # or it is closed first
                cuts.append((set(acked), disk.cut(chance)))
        cuts.append((set(acked), disk.cut(chance)))
    return cuts[0]


def _write(ledger: Ledger, random: Random, acked: list[str]) -> None:
    for _ in range(APPENDS // (waiting := random.choice(WAITING))):
        futures = [ledger.append(_facts(random)) for _ in range(waiting)]
        for future in futures:
            future.add_done_callback(lambda done: acked.extend(noted.id for noted in done.result()))
        for future in futures:
            future.result()


def _facts(random: Random) -> list[Entry]:
    taken = RegisterTaken("7A 2026-11-02 09:00", {1: "ill"}, by="x" * random.randrange(200))
    register = Entry("register", "aul", taken)
    note = Entry("log", random.choice(("aul", "dala")), ScreenNote("n" * random.randrange(500)))
    return [random.choice((register, note)) for _ in range(random.choice(SIZES))]


def _look(image: Image, folder: Path) -> tuple[set[str], list[str]]:
    """Return the facts that a new journal finds after a cut, and what is wrong with it."""
    save(image, folder)
    with closing(Tuned(folder, CHECKPOINTS[-1])) as ledger:
        found = set(ledger.read(_ids))
        heads = ledger.read(tables.held)
        noted = ledger.note("log", "aul", ScreenNote("we are back")).result()[-1]
        faults = ledger.read(lambda db: list(_faults(db)))
    expected = heads[noted.stream].seq + 1 if noted.stream in heads else 1
    return found, faults if noted.seq == expected else [*faults, f"{noted.seq} follows {expected - 1}"]


def _ids(db: sqlite3.Connection) -> list[str]:
    return [fact_id(*fact) for fact in db.execute("SELECT hlc, kind, body FROM event")]


def _faults(db: sqlite3.Connection) -> Iterator[str]:
    for (verdict,) in db.execute("PRAGMA integrity_check").fetchall():
        if verdict != "ok":
            yield verdict
    streams = db.execute("SELECT id, node, incarnation, class, school, head, chain FROM stream").fetchall()
    for number, *name, head, kept in streams:
        yield from _faults_of(db, number, StreamName(*name), head, kept)


def _faults_of(
    db: sqlite3.Connection, number: int, name: StreamName, head: int, kept: bytes
) -> Iterator[str]:
    running = chain.genesis(str(name))
    events = db.execute(
        "SELECT seq, chain, hlc, kind, body FROM event WHERE stream = ? ORDER BY seq", (number,)
    )
    last = 0
    for last, (seq, hash_, *fact) in enumerate(events, 1):
        running = chain.link(running, *fact)
        if (seq, hash_) != (last, running):
            yield f"{name}: {seq} stands where {last} should, or its hash is wrong"
    if (head, kept) != (last, running):
        yield f"{name}: ends at {last}, not at {head}, or with another hash"
