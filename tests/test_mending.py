"""A journal that is put right at a start, by itself, and the power goes while that is done."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.config import Config
from edge.journal import Journal, Upstream
from edge.mending import MENDED, Mended, Salvaging, look_after, mended
from edge.upkeep import RESULT, keep_up, load
from sync import durable
from sync.backups import set_aside
from sync.records import RegisterTaken
from sync.soundness import Verdict, look_at_facts
from sync.tables import Entry
from tests.flows.crew import until
from tests.flows.journals import facts, journal_of

NIGHT, NIGHT_OF_2010 = 1_795_700_000.0, 1_262_300_000.0
DAMAGE = b"not what it was " * 256


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A node without a hub that has ten registers, the first five in a backup."""
    state = tmp_path / "school"
    take(state, 0, 5)
    assert keep_up(Config("school", str(state)), NIGHT).is_good
    take(state, 5, 10)
    return state


def take(state: Path, first: int, last: int) -> None:
    """Take registers."""
    with closing(Journal(state)) as journal:
        for number in range(first, last):
            register = RegisterTaken(f"7Б 2026-11-26 {number:02}:00", {1: "ill"})
            journal.ledger.append([Entry("register", "aul", register)]).result()


def lessons(state: Path) -> list[str]:
    """Return the lessons whose registers are there."""
    return sorted(msgspec.json.decode(fact.body)["lesson"] for fact in facts(state, "register-taken"))


ALL = [f"7Б 2026-11-26 {number:02}:00" for number in range(10)]


def test_what_is_whole_is_left_alone(state: Path) -> None:
    look_after(state)
    assert mended(state) == Mended()
    assert lessons(state) == ALL


def test_a_journal_without_its_first_page_is_as_it_was_in_the_night(state: Path) -> None:
    with journal_of(state).open("r+b") as file:
        file.write(DAMAGE)
    look_after(state)
    done = mended(state)
    assert (done.file, done.salvaged, done.backup[:8]) == ("journal.db", 0, "journal-")
    assert lessons(state) == ALL[:5]


def test_a_journal_that_is_gone_or_empty_comes_back_from_the_backup(state: Path) -> None:
    journal_of(state).unlink()
    look_after(state)
    assert lessons(state) == ALL[:5]
    journal_of(state).write_bytes(b"")
    look_after(state)
    assert lessons(state) == ALL[:5]


def test_a_new_node_has_nothing_to_be_put_right(tmp_path: Path) -> None:
    look_after(tmp_path)
    assert not (tmp_path / MENDED).exists()


def rot(state: Path) -> None:
    """Change a fact in a page that looks whole: only a night finds that."""
    with closing(sqlite3.connect(journal_of(state))) as db, db:
        db.execute("UPDATE event SET body = replace(body, 'ill', 'hmm') WHERE kind = 'register-taken'")


@pytest.mark.parametrize("has_night", [True, False])
def test_what_a_night_of_2010_finds_is_put_right_after_a_mending_of_2026(
    state: Path, has_night: bool
) -> None:
    if not has_night:
        (state / RESULT).unlink()
    journal_of(state).unlink()
    look_after(state)
    assert mended(state).at > NIGHT_OF_2010 * 1000
    rot(state)
    assert keep_up(Config("school", str(state)), NIGHT_OF_2010).journal
    look_after(state)
    assert look_at_facts(journal_of(state)) == Verdict()
    first = mended(state)
    look_after(state)
    assert mended(state) == first, "once is enough"


def test_what_an_earlier_release_put_right_is_not_looked_at_again(state: Path) -> None:
    rot(state)
    keep_up(Config("school", str(state)), NIGHT)
    durable.save(state / MENDED, b'{"at":%d,"file":"journal.db"}' % (NIGHT * 1000))
    assert mended(state).answers(load(state))
    durable.save(state / MENDED, b'{"at":%d,"file":"journal.db"}' % (NIGHT * 1000 - 1))
    assert not mended(state).answers(load(state))


@pytest.mark.parametrize("has_backup", [True, False])
async def test_after_a_power_cut_in_the_middle_the_next_start_ends_it(state: Path, has_backup: bool) -> None:
    """The file was set aside, and nothing had taken its place."""
    if not has_backup:
        for each in (state / "backup").iterdir():
            each.unlink()
    aside = set_aside(journal_of(state), "20261126T080000Z")
    note = Mended(1, "journal.db", "damaged", waits=str(aside))
    durable.save(state / MENDED, msgspec.json.encode(note))

    look_after(state)
    with closing(Journal(state)) as journal:
        part = Salvaging(state, journal, Upstream(journal, lambda: None))
        await until_salvaged(part, state)
    assert lessons(state) == ALL
    assert look_at_facts(journal_of(state)) == Verdict()


async def until_salvaged(part: Salvaging, state: Path) -> None:
    """Run the part until nothing waits any more."""
    running = asyncio.create_task(part.run())
    await until(lambda: not mended(state).waits)
    running.cancel()


def test_a_damaged_page_of_many_costs_what_is_on_it_at_most(state: Path) -> None:
    take(state, 10, 24)
    with closing(sqlite3.connect(journal_of(state))) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'register_lesson'").fetchone()
    with journal_of(state).open("r+b") as file:  # an index: every fact is still there
        file.seek((root - 1) * 4096)
        file.write(os.urandom(4096))
    look_after(state)
    assert mended(state).salvaged == 19
    assert lessons(state) == [f"7Б 2026-11-26 {number:02}:00" for number in range(24)]
    assert mended(state).waits == ""
