"""The laboratory's file and its tables: opened, made, put aside when it is broken (shell).

WAL with `synchronous=FULL`: what was committed survives a kill and a power cut.
"""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

FILE = "lab.db"
BUSY = 2.0  # seconds to wait for a technician's command that reads the same file
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 1000")
TABLES = (
    # `template` is the experiment as it was then: its file may be another one when the run is looked at.
    """CREATE TABLE run (
         number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL,
         template TEXT NOT NULL, began INTEGER NOT NULL, class_group INTEGER NOT NULL,
         lesson TEXT NOT NULL, recording TEXT NOT NULL, second REAL NOT NULL,
         bound TEXT NOT NULL, simulated INTEGER NOT NULL,
         state TEXT NOT NULL DEFAULT 'running', reason TEXT NOT NULL DEFAULT '',
         seconds REAL NOT NULL DEFAULT 0, samples INTEGER NOT NULL DEFAULT 0,
         marks INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,
         noted INTEGER NOT NULL DEFAULT 0) STRICT""",
    # Samples of one channel, packed (edge/lab/chunks.py). Values are as they came, and are never changed.
    """CREATE TABLE chunk (
         number INTEGER PRIMARY KEY, run INTEGER NOT NULL, channel INTEGER NOT NULL,
         first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
    "CREATE INDEX chunk_run ON chunk (run, first)",
    """CREATE TABLE mark (
         run INTEGER NOT NULL, at INTEGER NOT NULL, value REAL,
         withdrawn INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX mark_run ON mark (run, at)",
    # Which time of day it was then: the first of a run, and one whenever the clock was set.
    "CREATE TABLE anchor (run INTEGER NOT NULL, at INTEGER NOT NULL, wall INTEGER NOT NULL) STRICT",
    "CREATE INDEX anchor_run ON anchor (run, at)",
)
NEWEST = 2  # PRAGMA user_version of a file with all changes; 1 was never released, and is put aside
ASIDE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")

log = logging.getLogger(__name__)


def opened(path: Path) -> sqlite3.Connection:
    """Return the file, with its tables; one that is no database of ours is put aside; raise sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        db = _connected(path)
        if _version(db) != 1:
            return db
        db.close()
        _put_aside(path, "of another time")
    except sqlite3.DatabaseError as exc:
        if exc.sqlite_errorname not in ASIDE:
            raise
        _put_aside(path, str(exc))
    return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        if _version(db) == 0:
            _make_tables(db)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _make_tables(db: sqlite3.Connection) -> None:
    """The change and the note that it was made are one transaction."""
    db.execute("BEGIN EXCLUSIVE")
    if _version(db) == 0:  # nobody was faster
        for statement in TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {NEWEST}")
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _put_aside(path: Path, reason: str) -> None:
    log.error("laboratory file is broken: put aside path=%s reason=%r", path, reason)
    for each in (path, *path.parent.glob(f"{FILE}-*")):
        with suppress(FileNotFoundError):
            each.rename(each.with_name(f"broken-{each.name}"))
