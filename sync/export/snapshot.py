"""A copy of what the journal means, for other programs to look around in: plain tables without names."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from sync.errors import JournalError
from sync.export.files import DRAFT
from sync.export.headings import in_words
from sync.export.rows import Rows, Selection
from sync.export.sheets import COLUMNS, Row
from sync.export.source import Source

INDEXES = {
    "attendance": ("school", "date"),
    "lessons": ("school", "date"),
    "conflicts": ("school",),
    "talk": ("school", "date"),
    "checks": ("school", "date"),
}


def snapshot(source: Source, out: BinaryIO, scratch: Path, progress: Callable[[int, int], None]) -> None:
    """Write a SQLite file with a table for each export; it is made in `scratch`."""
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=scratch) as folder:
        path = Path(folder) / "snapshot.db"
        try:
            _write(source, path, progress)
        except sqlite3.Error as exc:
            raise JournalError(f"the snapshot cannot be written: {exc}") from exc
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)


def _write(source: Source, path: Path, progress: Callable[[int, int], None]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        for what, columns in COLUMNS.items():
            rows = Rows(source, Selection(), progress, {}).of(what)
            _fill(db, what, columns, rows)
        for what, indexed in INDEXES.items():
            db.execute(f"CREATE INDEX {what}_by_{'_'.join(indexed)} ON {what} ({', '.join(indexed)})")
        db.execute("COMMIT")


def _fill(db: sqlite3.Connection, what: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    integers = {"number", "minutes", "at", "hands", "questions", "answered", "spoken"}
    integers |= {"place", "of", "rights", "share", "A", "B", "C", "D"}
    typed = (f'"{column}" {"INTEGER" if column in integers else "TEXT"}' for column in columns)
    db.execute(f"CREATE TABLE {what} ({', '.join(typed)})")
    places = ", ".join("?" * len(columns))
    cells = ([_cell(row.get(column)) for column in columns] for row in rows)
    db.executemany(f"INSERT INTO {what} VALUES ({places})", cells)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return in_words(value) if isinstance(value, dict) else value
