"""The disk that loses power proves itself on a plain table, before it judges the journal.

It must spare what SQLite promises to keep, and must take what SQLite does not promise.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import NamedTuple

import pytest

from tests.house.source import ROOT
from tests.sync.cut_disk import CUTS, CutDisk, Image, save

TRANSACTIONS = 100
FEWER = 50  # runs, where it is enough to see that something can be lost
# Before which step the power goes, and how many of the kind a run has at most.
MOMENTS = (("*", 30), ("*", 1500), ("* sync", 150), ("*.db *", 200))
GROUPS = (1, 3, 8, 50)  # rows of one transaction; the largest are written before they are committed


class Cut(NamedTuple):
    """What was acknowledged when the power went, and what was found afterwards."""

    acked: int
    kept: int
    is_whole: bool

    @property
    def lost(self) -> int:
        return max(0, self.acked - self.kept)


def test_wal_with_full_sync_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    cuts = cuts_of(tmp_path, "wal", "full")

    assert sum(cut.acked for cut in cuts) > 100 * len(cuts)
    assert [cut for cut in cuts if cut.lost or not cut.is_whole] == []


def test_wal_with_normal_sync_loses_rows_and_stays_whole(tmp_path: Path) -> None:
    cuts = cuts_of(tmp_path, "wal", "normal", FEWER)

    assert sum(cut.lost > 0 for cut in cuts) > len(cuts) / 4
    assert all(cut.is_whole for cut in cuts)


def test_without_sync_a_file_can_be_broken(tmp_path: Path) -> None:
    cuts = cuts_of(tmp_path, "wal", "off", FEWER)

    assert sum(cut.lost > 0 for cut in cuts) > len(cuts) / 4
    assert not all(cut.is_whole for cut in cuts)


def test_a_rollback_journal_is_gone_for_good_only_with_extra_sync(tmp_path: Path) -> None:
    extra = cuts_of(tmp_path, "delete", "extra", FEWER)
    full = cuts_of(
        tmp_path, "delete", "full", FEWER
    )  # the deletion that commits is not synced: it can come undone

    assert [cut for cut in extra if cut.lost or not cut.is_whole] == []
    assert any(cut.lost for cut in full)
    assert all(cut.is_whole for cut in full)


def test_the_live_database_does_not_notice_the_disk(tmp_path: Path) -> None:
    with CutDisk(tmp_path) as disk, closing(sqlite3.connect(tmp_path / "plain.db")) as db:
        db.executescript("CREATE TABLE row (n); INSERT INTO row VALUES (1); DELETE FROM row")

        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert disk.steps > 0


def test_a_database_elsewhere_is_on_no_disk_of_ours(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()

    with CutDisk(tmp_path / "cut") as disk, closing(sqlite3.connect(tmp_path / "plain.db")) as db:
        db.execute("CREATE TABLE row (n)")

    assert disk.steps == 0


def test_what_lay_on_the_disk_before_survives(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "plain.db")) as db:
        db.execute("CREATE TABLE row (n)")
    before = (tmp_path / "plain.db").read_bytes()

    with CutDisk(tmp_path) as disk:
        image = disk.cut(Random(1))

    assert image == {"plain.db": before}


def test_a_connection_can_ask_for_the_disk_by_name(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"

    with CutDisk(tmp_path) as disk, closing(sqlite3.connect(f"file:{path}?vfs=cut", uri=True)) as db:
        db.execute("CREATE TABLE row (n)")

    assert disk.steps > 0


def test_python_ends_in_peace_with_a_connection_that_was_forgotten(tmp_path: Path) -> None:
    forgets = f"""
import pathlib, sqlite3
from tests.sync.cut_disk import CutDisk
with CutDisk(pathlib.Path({str(tmp_path)!r})):
    db = sqlite3.connect({str(tmp_path / "plain.db")!r}, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE row (n); BEGIN; INSERT INTO row VALUES (1)")
"""
    ended = subprocess.run([sys.executable, "-c", forgets], cwd=ROOT, capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("seed", range(20))
def test_a_torn_write_leaves_whole_sectors(tmp_path: Path, seed: int) -> None:
    with CutDisk(tmp_path) as disk:
        file = disk.open(str(tmp_path / "file"), new_journal=False)
        assert file is not None
        file.write(0, b"o" * 2048)
        file.sync()
        file.write(100, b"n" * 1500)
        left = disk.cut(Random(seed))["file"]

    sectors = left[100:512], left[512:1024], left[1024:1536], left[1536:1600]
    assert all(len(set(sector)) == 1 for sector in sectors)
    assert left[:100] + left[1600:] == b"o" * (100 + 448)


def cuts_of(folder: Path, journal: str, synchronous: str, runs: int = CUTS) -> list[Cut]:
    """Cut the power of that many runs."""
    return [_run(folder / f"{synchronous}{seed}", journal, synchronous, seed) for seed in range(runs)]


def _run(folder: Path, journal: str, synchronous: str, seed: int) -> Cut:
    random, acked, images = Random(seed), [0], list[tuple[int, Image]]()
    (folder / "live").mkdir(parents=True)
    with CutDisk(folder / "live") as disk:
        what, most = random.choice(MOMENTS)
        disk.before(what, random.randrange(1, most), lambda: images.append((acked[-1], disk.cut(random))))
        with closing(_connect(folder / "live", journal, synchronous, random)) as db:
            db.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT)")
            for _ in range(TRANSACTIONS):
                acked.append(_insert(db, acked[-1], random))
            images.append((acked[-1], disk.cut(random)))
    save(images[0][1], folder / "found")
    cut = Cut(images[0][0], *_find(folder / "found" / "plain.db"))
    rmtree(folder)
    return cut


def _connect(folder: Path, journal: str, synchronous: str, random: Random) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "plain.db", isolation_level=None)
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute(f"PRAGMA wal_autocheckpoint = {random.choice((5, 50, 1000))}")
    db.execute("PRAGMA cache_size = 10")  # pages: a large transaction is on the disk before it is committed
    return db


def _insert(db: sqlite3.Connection, last: int, random: Random) -> int:
    numbers = range(last + 1, last + 1 + random.choice(GROUPS))
    db.execute("BEGIN IMMEDIATE")
    db.executemany("INSERT INTO row VALUES (?, ?)", [(n, "x" * random.randrange(500)) for n in numbers])
    db.execute("COMMIT")
    return numbers[-1]


def _find(path: Path) -> tuple[int, bool]:
    """Return how many rows are left, and whether they and the file are whole."""
    path.parent.mkdir(exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as db:
            is_whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'row'").fetchone():
                return 0, is_whole
            rows, last = db.execute("SELECT count(*), coalesce(max(n), 0) FROM row").fetchone()
    except sqlite3.DatabaseError:
        return 0, False
    return rows, is_whole and rows == last
