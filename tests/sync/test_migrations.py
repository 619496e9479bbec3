"""Changes of the journal's tables: each made once, whole or not at all, and noted as earlier releases did."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from sync import migrations


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        yield db


def test_a_file_is_current_once_all_changes_are_made(empty: sqlite3.Connection) -> None:
    assert not migrations.is_current(empty)
    migrations.apply(empty)
    assert migrations.is_current(empty)


def test_a_change_is_made_once(empty: sqlite3.Connection) -> None:
    made: list[str] = []

    def change(db: sqlite3.Connection) -> None:
        made.append("change")

    migrations.apply(empty, [change])
    migrations.apply(empty, [change])
    assert made == ["change"]


def test_a_change_that_fails_halfway_leaves_nothing_and_is_made_the_next_time(
    empty: sqlite3.Connection,
) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE one (n INTEGER)")
        db.execute("CREATE TABLE two (n INTEGER)")

    empty.execute("CREATE TABLE two (n INTEGER)")
    with pytest.raises(sqlite3.OperationalError, match="two"):
        migrations.apply(empty, [*migrations.CHANGES, change])
    assert migrations.is_current(empty)
    empty.execute("DROP TABLE two")
    migrations.apply(empty, [*migrations.CHANGES, change])
    assert empty.execute("SELECT count(*) FROM one").fetchone() == (0,)


def test_a_journal_of_the_first_release_gets_what_came_later_and_its_program_writes_on_in_it(
    empty: sqlite3.Connection,
) -> None:
    migrations.apply(empty, [migrations.first_tables])
    old = "INSERT INTO contact (node, heard, even, waiting, ahead) VALUES (?, 1, 0, 0, 0)"
    empty.execute(old, ("room",))
    migrations.apply(empty)
    empty.execute(old, ("hall",))
    assert empty.execute("SELECT node, trouble FROM contact").fetchall() == [("room", ""), ("hall", "")]


def test_a_journal_that_sqlite_utils_made_is_changed_from_there_on(empty: sqlite3.Connection) -> None:
    migrations.first_tables(empty)
    empty.executescript(  # as its release 4.2 wrote them
        """CREATE TABLE "_sqlite_migrations" (
             "id" INTEGER PRIMARY KEY, "migration_set" TEXT, "name" TEXT, "applied_at" TEXT);
           CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
             ON "_sqlite_migrations" ("migration_set", "name");
           INSERT INTO _sqlite_migrations VALUES
             (1, 'journal', 'first_tables', '2026-11-26 17:22:15.145931+00:00')"""
    )
    migrations.apply(empty)
    assert migrations.is_current(empty)
    migrations.apply(empty)
