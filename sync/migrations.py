"""The journal's tables. Each change and the note that it was made are one transaction.

A change only adds, so that the release before can still read the file after a way back. The notes stand in
the table of sqlite-utils, which made the journals of earlier releases.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

SET = "journal"
NOTES = (
    """CREATE TABLE IF NOT EXISTS _sqlite_migrations (
         id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS idx__sqlite_migrations_migration_set_name
         ON _sqlite_migrations (migration_set, name)""",
)
NOTED = "SELECT 1 FROM _sqlite_migrations WHERE migration_set = ? AND name = ?"
NOTE = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"

FIRST = (
    # One row a stream: how far it is held here, and how far the node above and the one above that hold it.
    """CREATE TABLE stream (
         id INTEGER PRIMARY KEY, node TEXT NOT NULL, incarnation TEXT NOT NULL, class TEXT NOT NULL,
         school TEXT NOT NULL, head INTEGER NOT NULL, chain BLOB NOT NULL,
         acked INTEGER NOT NULL DEFAULT 0, above INTEGER NOT NULL DEFAULT 0,
         UNIQUE (node, incarnation, class, school)) STRICT""",
    # `at` counts arrivals at this node and is the cursor of exports; `body` is what its writer wrote.
    """CREATE TABLE event (
         at INTEGER PRIMARY KEY, stream INTEGER NOT NULL REFERENCES stream, seq INTEGER NOT NULL,
         hlc INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, chain BLOB NOT NULL,
         UNIQUE (stream, seq)) STRICT""",
    # The kinds that a node reads whole at every start and export are few among many registers.
    "CREATE INDEX event_kind ON event (kind) WHERE kind NOT IN ('register-taken', 'audited', 'lesson-held')",
    # The registers of one lesson are looked up when it is marked again, or shown.
    """CREATE INDEX register_lesson ON event (
         CASE WHEN json_valid(body) THEN json_extract(body, '$.lesson') END) WHERE kind = 'register-taken'""",
    # One row: who writes here and what its clock showed.
    """CREATE TABLE here (
         id INTEGER PRIMARY KEY CHECK (id = 1), incarnation TEXT NOT NULL,
         renewed INTEGER NOT NULL DEFAULT 0, renewals INTEGER NOT NULL DEFAULT 0,
         last INTEGER NOT NULL DEFAULT 0, boot TEXT NOT NULL DEFAULT '', mono INTEGER NOT NULL DEFAULT 0,
         ms INTEGER NOT NULL DEFAULT 0) STRICT""",
    # Who belongs to the tree below this node; a certificate only for those who dial this very node.
    """CREATE TABLE node (
         id TEXT PRIMARY KEY, school TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
         certificate TEXT NOT NULL DEFAULT '', via TEXT NOT NULL, enrols INTEGER NOT NULL DEFAULT 0,
         revoked INTEGER NOT NULL DEFAULT 0) STRICT""",
    # When a child was last heard, when it last had nothing left to bring, how much waited then, and by how
    # many milliseconds its clock was ahead.
    """CREATE TABLE contact (
         node TEXT PRIMARY KEY, heard INTEGER NOT NULL, even INTEGER NOT NULL DEFAULT 0,
         waiting INTEGER NOT NULL DEFAULT 0, ahead INTEGER NOT NULL DEFAULT 0) STRICT""",
    """CREATE TABLE invitation (
         key TEXT PRIMARY KEY, school TEXT NOT NULL, enrols INTEGER NOT NULL, made INTEGER NOT NULL,
         expires INTEGER NOT NULL, node TEXT NOT NULL DEFAULT '') STRICT""",
)


def first_tables(db: sqlite3.Connection) -> None:
    """Streams, facts, nodes."""
    for statement in FIRST:
        db.execute(statement)


def troubles_of_children(db: sqlite3.Connection) -> None:
    """Why a child keeps nothing, by its last request; "" if it does."""
    db.execute("ALTER TABLE contact ADD COLUMN trouble TEXT NOT NULL DEFAULT ''")


Change = Callable[[sqlite3.Connection], None]
CHANGES: tuple[Change, ...] = (first_tables, troubles_of_children)  # in their order, for good


def is_current(db: sqlite3.Connection) -> bool:
    """Tell whether a file has all changes; those that a newer release noted do not matter."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
        return False
    return all(db.execute(NOTED, (SET, change.__name__)).fetchone() for change in CHANGES)


def apply(db: sqlite3.Connection, changes: Sequence[Change] = CHANGES) -> None:
    """Make all changes that a file does not have yet; `db` commits by itself. Raises sqlite3.Error."""
    for statement in NOTES:
        db.execute(statement)
    for change in changes:
        db.execute("BEGIN IMMEDIATE")
        try:
            if db.execute(NOTED, (SET, change.__name__)).fetchone() is None:
                change(db)
                db.execute(NOTE, (SET, change.__name__, str(datetime.now(UTC))))
        except BaseException:
            if db.in_transaction:  # a full disk has rolled it back already
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
