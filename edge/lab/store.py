"""The laboratory's own file: every run, its samples as they came, its marks. One thread writes.

Who writes commits four times a second and more. The last chunk of a channel is written anew each time until
it is full. A run that was not ended is one whose daemon died; it is ended by the next, with what it has.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from devices.template import Template
from edge.contract.notices import Bound
from edge.lab.active import MICRO, Anchor, Batch, Beginning, Mark, Scene
from edge.lab.chunks import SIZE, Chunk, Piece, Row, merged, pack
from edge.lab.failures import StoreFailed
from edge.lab.tables import FILE, opened

MOST_RUNS = 1000  # that are kept: 200 MB of runs of ten minutes; the journal has the summaries of all
ROOM = 16 << 20  # bytes that stay free: the journal needs 12 MB for registers, and they come first
COLUMNS = "id, experiment, template, began, class_group, lesson, recording, second, bound, simulated"
SUMMARY = f"SELECT {COLUMNS}, state, reason, seconds, samples, marks, lost FROM run"
GROWN = """UPDATE run SET samples = samples + ?, marks = marks + ?, seconds = max(seconds, ?) WHERE id = ?"""
ANCHORED = "UPDATE run SET began = ? WHERE id = ?"
END = "UPDATE run SET state = ?, reason = ?, seconds = ?, lost = ? WHERE id = ? AND state = 'running'"
LEFT = "UPDATE run SET state = 'stopped', reason = 'interrupted' WHERE state = 'running' AND id <> ?"
OLD = "SELECT number FROM run WHERE noted = 1 ORDER BY number DESC LIMIT -1 OFFSET ?"
FORGET = (
    *(f"DELETE FROM {table} WHERE run IN ({OLD})" for table in ("chunk", "mark", "anchor")),
    f"DELETE FROM run WHERE number IN ({OLD})",
)
MARKED = "INSERT INTO mark (run, at, value) VALUES (?, ?, ?)"
# Two marks of one moment: the later one was taken back.
WITHDRAWN = """UPDATE mark SET withdrawn = 1 WHERE rowid =
  (SELECT max(rowid) FROM mark WHERE run = ? AND at = ? AND withdrawn = 0)"""
NEW_CHUNK = "INSERT INTO chunk (run, channel, first, last, count, body) VALUES (?, ?, ?, ?, ?, ?)"
GROWN_CHUNK = "UPDATE chunk SET last = ?, count = ?, body = ? WHERE number = ?"
CHUNKS = "SELECT first, channel, count, body FROM chunk WHERE run = ?"

log = logging.getLogger(__name__)


class Kept(Struct, frozen=True):
    """A run as it is kept."""

    id: str
    experiment: str
    template: Template
    began: int
    group: int
    scene: Scene
    bound: tuple[Bound, ...]
    simulated: bool
    state: str
    reason: str
    seconds: float
    samples: int
    marks: int
    lost: int


class Store:
    """The file. One thread writes; reading opens the file anew, so that it disturbs nobody."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self.path = folder / FILE
        self._room = room
        self._db: sqlite3.Connection | None = None
        self._tails: dict[int, tuple[int, Piece]] = {}  # of the run that is written: chunk and its samples

    def begin(self, it: Beginning) -> None:
        """Keep a new run; raise StoreFailed."""
        row = (
            *(it.id, it.experiment, _encoded(it.template), it.wall, it.group),
            *(*it.scene, _encoded(it.bound), int(it.simulated)),
        )
        self._tails = {}
        with self._writing() as db:
            db.execute(f"INSERT INTO run ({COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)

    def add(self, run: str, batch: Batch) -> None:
        """Keep what was measured since; raise StoreFailed."""
        count = sum(len(piece.ats) for piece in batch.pieces.values())
        moments = [piece.ats[-1] for piece in batch.pieces.values()] + [mark.at for mark in batch.marks]
        with self._writing() as db:
            number = _number(db, run)
            for channel, piece in batch.pieces.items():
                self._append(db, number, channel, piece)
            db.executemany(MARKED, [(number, *mark) for mark in batch.marks])
            db.executemany(WITHDRAWN, [(number, mark.at) for mark in batch.withdrawn])
            db.executemany("INSERT INTO anchor VALUES (?, ?, ?)", [(number, *each) for each in batch.anchors])
            for anchor in batch.anchors:
                if anchor.at == 0:
                    db.execute(ANCHORED, (anchor.wall, run))
            marks = len(batch.marks) - len(batch.withdrawn)
            db.execute(GROWN, (count, marks, max(moments, default=0) / MICRO, run))

    def end(self, run: str, state: str, reason: str, seconds: float, lost: int = 0) -> None:
        """End a run; raise StoreFailed."""
        self._tails = {}
        with self._writing() as db:
            db.execute(END, (state, reason, seconds, lost, run))

    def settle(self, current: str = "", most: int = MOST_RUNS) -> None:
        """End the runs that nobody records any more, forget the oldest of many; raise StoreFailed."""
        with self._writing() as db:
            db.execute(LEFT, (current,))
            for statement in FORGET:
                db.execute(statement, (most,))

    def noted(self, run: str) -> None:
        """A run stands in the journal; raise StoreFailed."""
        with self._writing() as db:
            db.execute("UPDATE run SET noted = 1 WHERE id = ?", (run,))

    def unnoted(self) -> list[Kept]:
        """Return the ended runs that do not stand in the journal yet; raise StoreFailed."""
        return self._kept("WHERE state <> 'running' AND noted = 0 ORDER BY began")

    def recent(self, most: int) -> list[Kept]:
        """Return the newest runs, newest first; raise StoreFailed."""
        return self._kept("ORDER BY began DESC, number DESC LIMIT ?", most)

    def find(self, run: str) -> Kept | None:
        """Return a run; raise StoreFailed."""
        found = self._kept("WHERE id = ?", run)
        return found[0] if found else None

    def marks(self, run: str, withdrawn: bool = False) -> list[Mark]:
        """Return the moments that were marked, or those that were taken back; raise StoreFailed."""
        with self._reading() as db:
            query = "SELECT at, value FROM mark WHERE run = ? AND withdrawn = ? ORDER BY at"
            return [Mark(*row) for row in db.execute(query, (_number(db, run), withdrawn))]

    def anchors(self, run: str) -> list[Anchor]:
        """Return which time of day it was when; raise StoreFailed."""
        with self._reading() as db:
            query = "SELECT at, wall FROM anchor WHERE run = ? ORDER BY at, rowid"
            return [Anchor(*row) for row in db.execute(query, (_number(db, run),))]

    def channel(self, run: str, channel: int) -> Iterator[Piece]:
        """Yield what a channel measured, in order of time; raise StoreFailed."""
        with self._reading() as db:
            query = f"{CHUNKS} AND channel = ? ORDER BY first"
            for _, *row in db.execute(query, (_number(db, run), channel)):
                yield Chunk(*row).piece

    def counted(self, run: str, channel: int) -> tuple[int, int]:
        """Return how many samples a channel has, and the moment of the last; raise StoreFailed."""
        with self._reading() as db:
            query = "SELECT coalesce(sum(count), 0), coalesce(max(last), 0) FROM chunk"
            found = db.execute(f"{query} WHERE run = ? AND channel = ?", (_number(db, run), channel))
            count, last = found.fetchone()
            return int(count), int(last)

    def rows(self, run: str) -> Iterator[list[Row]]:
        """Yield all that was measured, in order of time, many rows at once; raise StoreFailed."""
        with self._reading() as db:
            chunks = db.execute(f"{CHUNKS} ORDER BY first, channel", (_number(db, run),))
            yield from merged((first, Chunk(*row)) for first, *row in chunks)

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _append(self, db: sqlite3.Connection, run: int, channel: int, piece: Piece) -> None:
        number, tail = self._tails.get(channel, (0, Piece([], [], [])))
        tail.grow(piece)
        while tail.ats:
            full, rest = tail.cut(0, SIZE), tail.cut(SIZE)
            written = (full.ats[-1], len(full.ats), pack(full))
            if number:
                db.execute(GROWN_CHUNK, (*written, number))
            else:
                number = db.execute(NEW_CHUNK, (run, channel, full.ats[0], *written)).lastrowid or 0
            if len(full.ats) < SIZE:
                break
            number, tail = 0, rest
        self._tails[channel] = (number, tail)

    def _kept(self, where: str, *values: str | int) -> list[Kept]:
        with self._reading() as db:
            rows = db.execute(f"{SUMMARY} {where}", values).fetchall()
        return [kept for row in rows if (kept := _read(row)) is not None]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            if self._db is None:
                self._db = opened(self.path)
            if self._is_full():
                raise StoreFailed("disk-full", f"{self.path}: less than {self._room} bytes are free")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._translated(), closing(opened(self.path)) as db:
            yield db

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            reason = "disk-full" if self._is_full() else "disk-error"
            raise StoreFailed(reason, f"{self.path}: {exc}") from exc

    def _is_full(self) -> bool:
        """A disk that is full shows in several errors of SQLite; how much is free says it plainly."""
        try:
            free = os.statvfs(self.path.parent)
        except OSError:
            return False
        return free.f_bavail * free.f_frsize < self._room


def _read(row: tuple[Any, ...]) -> Kept | None:
    """Return a run; None for one that a newer program made, in words that are not known here."""
    name, experiment, template, began, group, lesson, recording, second, bound, simulated, *rest = row
    try:
        made = msgspec.json.decode(template, type=Template)
        channels = msgspec.json.decode(bound, type=tuple[Bound, ...])
    except msgspec.DecodeError as exc:
        log.warning("run cannot be read id=%s reason=%r", name, str(exc))
        return None
    scene = Scene(lesson, recording, second)
    return Kept(name, experiment, made, began, group, scene, channels, bool(simulated), *rest)


def _number(db: sqlite3.Connection, run: str) -> int:
    found = db.execute("SELECT number FROM run WHERE id = ?", (run,)).fetchone()
    return int(found[0]) if found else 0


def _encoded(it: Template | tuple[Bound, ...]) -> str:
    return msgspec.json.encode(it).decode()
