"""A copy of what the journal means, for other programs to look around in: plain tables without names."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from sqlite_utils import Database

from sync.errors import JournalError
from sync.export.files import DRAFT
from sync.export.headings import in_words
from sync.export.rows import Rows, Selection
from sync.export.sheets import COLUMNS, Row
from sync.export.source import Source

INDEXES = {"attendance": ("school", "date"), "lessons": ("school", "date"), "conflicts": ("school",)}


def snapshot(source: Source, out: BinaryIO, scratch: Path, progress: Callable[[int, int], None]) -> None:
    """Write a SQLite file with the tables attendance, lessons, log and conflicts; it is made in `scratch`."""
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=scratch) as folder:
        path = Path(folder) / "snapshot.db"
        try:
            _write(source, path, progress)
        except sqlite3.Error as exc:
            raise JournalError(f"the snapshot cannot be written: {exc}") from exc
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)


def _write(source: Source, path: Path, progress: Callable[[int, int], None]) -> None:
    with closing(Database(path)) as db:
        for what, columns in COLUMNS.items():
            rows = Rows(source, Selection(), progress, {}).of(what)
            _fill(db, what, columns, rows)
        for what, indexed in INDEXES.items():
            db.table(what).create_index(list(indexed))
        db.conn.commit()


def _fill(db: Database, what: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    integers = {"number", "minutes", "at"}
    table = db.table(what)
    table.create({column: int if column in integers else str for column in columns})
    table.insert_all({column: _cell(row.get(column)) for column in columns} for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return in_words(value) if isinstance(value, dict) else value
