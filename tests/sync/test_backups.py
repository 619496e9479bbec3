"""Backups of a journal in use: whole, private, few, and what a damaged file still proves."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync import backups, soundness
from sync.backups import BackupFailed, Backups, put_journal_back, set_aside
from sync.ledger import FILE, Ledger
from sync.names import Names
from sync.records import RegisterTaken
from sync.salvage import salvage
from sync.tables import Entry, Here
from tests.sync.peers import Computer, a_lesson, node_id

ME = node_id(2)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "journal", ME, Computer("pc"))) as opened:
        yield opened


def take(ledger: Ledger, *numbers: int) -> None:
    """Take registers."""
    for number in numbers:
        ledger.append([Entry("register", "aul", RegisterTaken(a_lesson(number), {1: "ill"}))]).result()


def registers(path: Path) -> list[tuple[str, int]]:
    """Return lesson and number of the registers in a file."""
    query = """SELECT json_extract(body, '$.lesson'), seq FROM event JOIN stream ON stream.id = stream
      WHERE kind = 'register-taken' ORDER BY at"""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def test_a_backup_of_a_journal_in_use_is_whole_and_nobody_elses_to_read(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, 1, 2, 3)
    made = Backups(tmp_path).make(ledger.path, "20261126T032000Z")
    take(ledger, 4)
    assert registers(made) == registers(ledger.path)[:3]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert [each.name for each in made.parent.iterdir()] == [made.name]


def test_a_week_of_backups_is_kept_and_no_more_than_the_bound(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, 1)
    for day in range(10, 20):
        Backups(tmp_path).make(ledger.path, f"202611{day}T032000Z")
    kept = Backups(tmp_path).list()
    assert [each.name[14:16] for each in kept] == ["19", "18", "17", "16", "15", "14", "13"]


def test_a_night_in_1970_or_2040_makes_a_backup_neither_the_oldest_nor_the_newest(
    ledger: Ledger, tmp_path: Path
) -> None:
    kept = Backups(tmp_path)
    for day in range(10, 17):
        kept.make(ledger.path, f"202611{day}T032000Z")
    early = kept.make(ledger.path, "19700101T000100Z")
    assert kept.newest_good() == early
    late = kept.make(ledger.path, "20400101T000100Z")
    assert kept.newest_good() == late
    for day in range(20, 27):
        last = kept.make(ledger.path, f"202611{day}T032000Z")
    assert kept.newest_good() == last
    assert [each.name[8:12] for each in kept.list()] == ["2026"] * backups.KEEP


def test_backups_of_an_earlier_release_are_read_and_are_older_whatever_their_date(
    ledger: Ledger, tmp_path: Path
) -> None:
    kept = Backups(tmp_path)
    old = [tmp_path / "backup" / f"journal-{year}1126T032000Z.db" for year in (2026, 2040)]
    for each in old:
        take(ledger, 1)
        kept.make(ledger.path, "20261126T032000Z").rename(each)
    assert kept.list() == [old[1], old[0]]
    assert kept.newest_good() == old[1]
    new = kept.make(ledger.path, "20261127T032000Z")
    assert kept.list() == [new, old[1], old[0]]


def test_an_earlier_release_finds_the_newest_by_its_name(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, 1)
    made = [Backups(tmp_path).make(ledger.path, f"202611{day}T032000Z") for day in (25, 26, 27)]
    assert sorted(made, key=lambda each: each.name) == made


def test_without_room_there_is_no_backup_and_the_last_one_stays(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, 1)
    for day in ("24", "25"):
        Backups(tmp_path).make(ledger.path, f"202611{day}T032000Z")
    with pytest.raises(BackupFailed, match="the disk lacks"):
        Backups(tmp_path).make(ledger.path, "20261126T032000Z", leave=1 << 60)
    assert [each.name for each in Backups(tmp_path).list()] == ["journal-20261125T032000Z-000002.db"]


def test_a_damaged_backup_is_passed_over(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, 1)
    older, newer = (Backups(tmp_path).make(ledger.path, f"2026112{day}T032000Z") for day in (4, 5))
    with newer.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(4096))
    assert Backups(tmp_path).newest_good() == older


def test_a_journal_that_was_put_back_writes_under_a_new_incarnation_and_proves_what_came_after(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, 1, 2)
    made = Backups(tmp_path).make(ledger.path, "20261126T032000Z")
    take(ledger, 3, 4)
    before = registers(ledger.path)
    ledger.close()
    aside = set_aside(ledger.path, "20261126T080000Z")
    put_journal_back(made, ledger.path, Computer("pc")())
    assert salvage(aside, ledger.path, ME, rest=False) == 2
    assert salvage(aside, ledger.path, ME, rest=True) == 0, "twice is as good as once"
    assert registers(ledger.path) == before
    with closing(Ledger(tmp_path / "journal", ME, Computer("pc"))) as again:
        take(again, 5)
        incarnation = again.read(lambda db: Here(db).incarnation)
    assert registers(ledger.path)[-1] == (a_lesson(5), 1)
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT incarnation FROM here").fetchone() != (incarnation,)
    assert soundness.look_at_facts(ledger.path) == soundness.Verdict()


def test_what_stands_behind_a_gap_comes_over_when_nobody_can_fill_it(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, 1, 2, 3, 4, 5)
    ledger.close()
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute("DELETE FROM event WHERE kind = 'register-taken' AND seq = 2")
    assert "fact 2 is missing" in soundness.look_at_facts(ledger.path).fault
    aside = set_aside(ledger.path, "20261126T080000Z")
    Ledger(tmp_path / "journal", ME, Computer("pc")).close()
    brought = salvage(aside, ledger.path, ME, rest=False)
    brought += salvage(aside, ledger.path, ME, rest=True)
    assert brought == len(registers(ledger.path)) + 1, "and that the computer came up"
    lessons = sorted(lesson for lesson, _ in registers(ledger.path))
    assert lessons == sorted(a_lesson(number) for number in (1, 3, 4, 5))
    assert soundness.look_at_facts(ledger.path) == soundness.Verdict()


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path: Path) -> None:
    folder = tmp_path / FILE
    folder.mkdir()
    assert soundness.look(folder) == soundness.Verdict(whole=False)
    assert not soundness.is_empty(folder)


def test_looking_at_a_large_file_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.execute("PRAGMA page_size = 512")  # many pages: a tenth of a second and more to look at
        db.execute("CREATE TABLE large (content)")
        db.execute("INSERT INTO large VALUES (zeroblob(64 << 20))")
    tries = range(20)  # a busy computer may be late with the interrupt, but not every time
    assert any(not soundness.look(tmp_path / FILE, seconds=0.0).whole for _ in tries)
    assert soundness.look(tmp_path / FILE, seconds=60.0) == soundness.Verdict()


def test_who_is_forgotten_is_forgotten_in_the_backup_and_in_files_that_were_set_aside(tmp_path: Path) -> None:
    path, backup = tmp_path / "journal" / "names.db", tmp_path / "backup" / backups.NAMES
    path.parent.mkdir()
    with closing(Names(path, backup)) as names:
        sealed = names.seal_all({"p1": "Әлия", "p2": "Ержан"})
        key = names.keys_of(["p1"])["p1"]
        names.back_up()
        aside = path.parent / "broken-20261126T080000Z" / "names.db"
        aside.parent.mkdir()
        aside.write_bytes(path.read_bytes())
        names.forget("p1", "2026-11-26")
        names.back_up()
    with closing(Names(backup)) as kept:
        assert kept.open_all(sealed) == {"p2": "Ержан"}
        assert list(kept.forgotten()) == ["p1"]
        kept.learn({"p1": key})
        assert kept.open_all(sealed) == {"p2": "Ержан"}
    assert not aside.exists()


def test_a_damaged_backup_of_keys_is_destroyed_when_somebody_is_to_be_forgotten(tmp_path: Path) -> None:
    path, backup = tmp_path / "journal" / "names.db", tmp_path / "backup" / backups.NAMES
    path.parent.mkdir()
    with closing(Names(path, backup)) as names:
        sealed = names.seal("p1", "Әлия")
        names.back_up()
        backup.write_bytes(b"not what it was " * 512)
        names.forget("p1", "2026-11-26")
        assert names.open("p1", sealed) is None
    assert not backup.exists()
