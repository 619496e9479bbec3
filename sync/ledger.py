"""The journal of a node: every fact it wrote or was brought, in one SQLite file that survives anything.

WAL with `synchronous=FULL`: an answer means that the fact is on the disk. One thread writes (sync/writer.py);
other processes on the same computer, the commands of a technician, may write beside it, SQLite takes turns.
Nothing is deleted. What the facts mean is not looked at here.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import TypeVar

from sync import durable, migrations, soundness, tables
from sync.clock import Moment, Steered
from sync.errors import JournalBroken, JournalClosed, JournalError
from sync.records import Record
from sync.reserve import Reserve
from sync.streams import FLOWS
from sync.tables import Entry, Here, Noted
from sync.writer import Writer

BUSY = 15.0  # seconds to wait for another process that writes: an import commits several times a second
FILE = "journal.db"
BOOT = Path("/proc/sys/kernel/random/boot_id")
BOOT_GIVEN = "TIREK_BOOT"  # in the environment: the same, as the service manager knows it
PRAGMAS = (
    *("journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF", "wal_autocheckpoint = 1000"),
    "temp_store = MEMORY",  # or what a job could have to take back is written to a file, as much again
)

T = TypeVar("T")
Now = Callable[[], Moment]


def computer() -> Moment:
    """Return what this computer shows now."""
    return Moment(
        _boot()[:8], time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000, time.time_ns() // 1_000_000
    )


@cache
def _boot() -> str:
    """Return the name of this boot, which no process outlives."""
    try:
        return BOOT.read_text().strip()
    except FileNotFoundError:  # the sandbox of the service shows no more of /proc than processes
        return os.environ.get(BOOT_GIVEN, "")


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal's file as it must be opened; raise JournalBroken."""
    db = None
    try:
        db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as exc:
        if db is not None:
            db.close()
        raise JournalBroken(f"{path} cannot be opened: {exc}") from exc
    return db


class Ledger:
    """A node's journal. Reading is at once, writing returns a future that is resolved after the commit."""

    def __init__(self, folder: Path, node: str, now: Now = computer, reserve: Reserve | None = None) -> None:
        self.node = node
        self.path = folder / FILE
        self._now = now
        reserve = reserve or Reserve(folder)
        try:
            writing = self._opened(folder)
        except JournalBroken:  # a full disk has no room even for what SQLite opens a journal with
            if not reserve.release():
                raise
            writing = self._opened(folder)
        self._reading = connect(self.path)
        self._turn = threading.Lock()
        self._writer = Writer(writing, reserve)
        self._connections = (writing, self._reading)
        self._is_closed = False

    def _opened(self, folder: Path) -> sqlite3.Connection:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise JournalBroken(f"{folder} cannot be made: {exc.strerror}") from exc
        with durable.alone(folder):  # of two that make the tables at once SQLite turns one away
            db = connect(self.path)
            try:
                soundness.check_form(db, self.path)
                self._prepare(db)
            except JournalError:
                db.close()
                raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        try:
            if not migrations.is_current(db):
                migrations.apply(db)
            db.execute("BEGIN IMMEDIATE")
            Here(db)
            db.execute("COMMIT")
        except sqlite3.Error as exc:
            raise JournalBroken(f"{self.path} is no journal of ours: {exc}") from exc

    def append(self, entries: Iterable[Entry]) -> Future[list[Noted]]:
        """Write facts of this node, all or none; the answer comes when they are on the disk."""
        facts = list(entries)
        vital = all(FLOWS[entry.class_].vital for entry in facts)
        return self.write(
            lambda db: tables.append(db, self.node, facts, self._now()), vital=vital, facts=len(facts)
        )

    def note(self, class_: str, school: str, record: Record) -> Future[list[Noted]]:
        """Write one fact of this node."""
        return self.append([Entry(class_, school, record)])

    def write(
        self, job: Callable[[sqlite3.Connection], T], *, vital: bool = False, facts: int = 1
    ) -> Future[T]:
        """Run a job inside a transaction of the writer's thread; say so if it writes many facts."""
        return self._writer.submit(job, vital=vital, facts=facts)

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a short query at once; what takes longer opens a connection of its own (`reader`).

        It sees one state of the journal, however many statements it has. Raises JournalClosed.
        """
        with self._turn:
            if self._is_closed:  # a thread that was begun before the node's end may come this late
                raise JournalClosed(f"{self.path} is closed")
            self._reading.execute("BEGIN")
            try:
                return query(self._reading)
            finally:
                if self._reading.in_transaction:
                    self._reading.execute("ROLLBACK")

    def reader(self) -> sqlite3.Connection:
        """Return a connection for long reading in another thread; the caller closes it."""
        return connect(self.path)

    def now(self) -> int:
        """Return the milliseconds that this node's clock shows."""
        return self.read(lambda db: Here(db).clock.now(self._now()))

    def steer(self, true: int, of: str) -> Future[Steered]:
        """Follow a better clock, which shows `true` milliseconds now, and note that as a fact."""
        moment = self._now()  # when it was asked, not when the writer comes to it
        return self.write(lambda db: tables.steer(db, self.node, (true, of), moment), vital=True)

    def newest(self) -> int:
        """Return the arrival number of the newest fact, whatever process wrote it."""
        return self.read(lambda db: int(db.execute("SELECT coalesce(max(at), 0) FROM event").fetchone()[0]))

    def close(self) -> None:
        """Commit what waits and close the file."""
        self._writer.close()
        with self._turn:  # nobody may be in the middle of reading
            self._is_closed = True
            for each in self._connections:
                each.close()
