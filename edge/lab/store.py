"""The laboratory's own file: every run, its samples as they came, its marks. One thread writes.

WAL with `synchronous=FULL`: what was committed survives a kill and a power cut. Who writes commits four times
a second. A run that was not ended is one whose daemon died; it is ended by the next, with what it has.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.contract.notices import Bound
from edge.errors import TirekError
from edge.lab.active import MICRO, Beginning, Row

FILE = "lab.db"
BUSY = 2.0  # seconds to wait for a technician's command that reads the same file
MOST_RUNS = 1000  # that are kept: 200 MB of runs of ten minutes; the journal has the summaries of all
ROOM = 16 << 20  # bytes that stay free: the journal needs 12 MB for registers, and they come first
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 1000")
TABLES = (
    """CREATE TABLE run (
         number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL,
         began INTEGER NOT NULL, class_group INTEGER NOT NULL,
         lesson TEXT NOT NULL, bound TEXT NOT NULL, simulated INTEGER NOT NULL,
         state TEXT NOT NULL DEFAULT 'running', reason TEXT NOT NULL DEFAULT '',
         seconds REAL NOT NULL DEFAULT 0, samples INTEGER NOT NULL DEFAULT 0,
         marks INTEGER NOT NULL DEFAULT 0, noted INTEGER NOT NULL DEFAULT 0) STRICT""",
    # In order of time, so that writing appends and an export reads on; `value` is never changed.
    """CREATE TABLE sample (
         run INTEGER NOT NULL, at INTEGER NOT NULL, channel INTEGER NOT NULL, value REAL NOT NULL,
         beyond INTEGER NOT NULL, PRIMARY KEY (run, at, channel)) STRICT, WITHOUT ROWID""",
    "CREATE TABLE mark (run INTEGER NOT NULL, at INTEGER NOT NULL) STRICT",
    "CREATE INDEX mark_run ON mark (run, at)",
)
NEWEST = 1  # PRAGMA user_version of a file with all changes
SUMMARY = """SELECT id, experiment, began, class_group, lesson, bound, simulated, state, reason, seconds,
  samples, marks FROM run"""
GROWN = """UPDATE run SET samples = samples + ?, marks = marks + ?, seconds = max(seconds, ?)
  WHERE id = ?"""
END = """UPDATE run SET state = ?, reason = ?, seconds = ? WHERE id = ? AND state = 'running'"""
LEFT = """UPDATE run SET state = 'stopped', reason = 'interrupted' WHERE state = 'running' AND id <> ?"""
OLD = "SELECT number FROM run WHERE noted = 1 ORDER BY number DESC LIMIT -1 OFFSET ?"
FORGET = (
    f"DELETE FROM sample WHERE run IN ({OLD})",
    f"DELETE FROM mark WHERE run IN ({OLD})",
    f"DELETE FROM run WHERE number IN ({OLD})",
)
# The smallest and the largest value of each column of a chart, with the moments at which they were measured.
CURVE = """SELECT at, min(value) AS value FROM sample WHERE run = :run AND channel = :channel
  GROUP BY at / :step UNION SELECT at, max(value) FROM sample WHERE run = :run AND channel = :channel
  GROUP BY at / :step ORDER BY at"""

log = logging.getLogger(__name__)


class StoreFailed(TirekError):
    """The laboratory's file cannot be written or read; `reason` is a word key."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


class Kept(Struct, frozen=True):
    """A run as it is kept."""

    id: str
    experiment: str
    began: int
    group: int
    lesson: str
    bound: tuple[Bound, ...]
    simulated: bool
    state: str
    reason: str
    seconds: float
    samples: int
    marks: int


class Store:
    """The file. One thread writes; reading opens the file anew, so that it disturbs nobody."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self.path = folder / FILE
        self._room = room
        self._db: sqlite3.Connection | None = None

    def begin(self, it: Beginning) -> None:
        """Keep a new run; raise StoreFailed."""
        row = (it.id, it.experiment, it.wall, it.group, it.lesson, _encoded(it.bound), int(it.simulated))
        columns = "id, experiment, began, class_group, lesson, bound, simulated"
        with self._writing() as db:
            db.execute(f"INSERT INTO run ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def add(self, run: str, rows: Sequence[Row], marks: Sequence[int]) -> None:
        """Keep what was measured since; raise StoreFailed."""
        with self._writing() as db:
            number = _number(db, run)
            db.executemany("INSERT INTO sample VALUES (?, ?, ?, ?, ?)", [(number, *row) for row in rows])
            db.executemany("INSERT INTO mark VALUES (?, ?)", [(number, at) for at in marks])
            last = max((at for at, *_ in [*rows, *zip(marks, strict=True)]), default=0)
            db.execute(GROWN, (len(rows), len(marks), last / MICRO, run))

    def end(self, run: str, state: str, reason: str, seconds: float) -> None:
        """End a run; raise StoreFailed."""
        with self._writing() as db:
            db.execute(END, (state, reason, seconds, run))

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

    def curve(self, run: str, channel: int, points: int) -> list[tuple[int, float]]:
        """Return a channel, at most so many points that show every peak; raise StoreFailed."""
        with self._reading() as db:
            number = _number(db, run)
            query = "SELECT max(at), count(*) FROM sample WHERE run = ? AND channel = ?"
            last, count = db.execute(query, (number, channel)).fetchone()
            step = 1 if count <= points else int(last) * 2 // points + 1
            return db.execute(CURVE, {"run": number, "channel": channel, "step": step}).fetchall()

    def marks(self, run: str) -> list[int]:
        """Return the moments that were marked; raise StoreFailed."""
        with self._reading() as db:
            query = "SELECT at FROM mark WHERE run = ? ORDER BY at"
            return [at for (at,) in db.execute(query, (_number(db, run),))]

    def rows(self, run: str) -> Iterator[Row]:
        """Yield all that was measured, in order of time; raise StoreFailed."""
        with self._reading() as db:
            query = "SELECT at, channel, value, beyond FROM sample WHERE run = ? ORDER BY at, channel"
            yield from db.execute(query, (_number(db, run),))

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _kept(self, where: str, *values: str | int) -> list[Kept]:
        with self._reading() as db:
            rows = db.execute(f"{SUMMARY} {where}", values).fetchall()
        return [Kept(*(*row[:5], _decoded(row[5]), bool(row[6]), *row[7:])) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            if self._db is None:
                self._db = _opened(self.path)
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
        with self._translated(), closing(_opened(self.path)) as db:
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


def _opened(path: Path) -> sqlite3.Connection:
    """Return the file, with its tables; one that is no database is put aside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError as exc:
        if exc.sqlite_errorname not in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise
        log.error("laboratory file is broken: put aside path=%s reason=%r", path, str(exc))
        for each in (path, *path.parent.glob(f"{FILE}-*")):
            with suppress(FileNotFoundError):
                each.rename(each.with_name(f"broken-{each.name}"))
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        if db.execute("PRAGMA user_version").fetchone()[0] < NEWEST:
            _make_tables(db)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _make_tables(db: sqlite3.Connection) -> None:
    """The change and the note that it was made are one transaction."""
    db.execute("BEGIN EXCLUSIVE")
    if db.execute("PRAGMA user_version").fetchone()[0] < NEWEST:  # nobody was faster
        for statement in TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {NEWEST}")
    db.execute("COMMIT")


def _number(db: sqlite3.Connection, run: str) -> int:
    found = db.execute("SELECT number FROM run WHERE id = ?", (run,)).fetchone()
    return int(found[0]) if found else 0


def _encoded(bound: tuple[Bound, ...]) -> str:
    return msgspec.json.encode(bound).decode()


def _decoded(text: str) -> tuple[Bound, ...]:
    return msgspec.json.decode(text, type=tuple[Bound, ...])
