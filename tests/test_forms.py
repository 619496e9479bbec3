"""A journal that a later release wrote in a form of its own: nothing of it is touched."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from edge import opening
from edge.commands import readable
from edge.config import Config, from_table
from edge.doctor import appliance, keeping
from edge.doctor.facts import Facts, JournalFacts, Release
from edge.errors import JournalFailed
from edge.journal import Journal
from sync.errors import JournalNewer
from sync.soundness import FORM


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A node whose journal was written by a release of later."""
    state = tmp_path / "state"
    Journal(state, "aul").close()
    with closing(sqlite3.connect(state / "journal" / "journal.db")) as db:
        db.execute(f"PRAGMA user_version = {FORM + 1}")
    return from_table({"name": "room", "state": str(state)}, "test")


def content(config: Config) -> str:
    """Return the hash of the journal's file."""
    return sha256((Path(config.state) / "journal" / "journal.db").read_bytes()).hexdigest()


def test_it_is_refused_in_words_and_left_as_it_is(config: Config) -> None:
    before = content(config)
    with pytest.raises(JournalFailed, match=f"newer release: it has form {FORM + 1}"):
        Journal(Path(config.state), "aul")
    assert content(config) == before
    assert [path.name for path in (Path(config.state) / "journal").glob("damaged*")] == []


def test_lessons_go_on_without_it(config: Config) -> None:
    before, found = content(config), opening.opened(config)
    try:
        assert found.trouble == "journal-broken"
        assert found.journal.ledger.newest() == 0
    finally:
        found.journal.close()
        opening.forget(found)
    assert content(config) == before


def test_who_would_go_back_is_told_before_anything_changes(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "tirek.toml"
    path.write_text(f'name = "room"\nstate = "{config.state}"\n')
    readable.check(FORM + 1, path)
    with pytest.raises(JournalNewer, match=f"only {FORM} can be read"):
        readable.check(FORM, path)


def test_a_computer_without_a_journal_or_a_configuration_keeps_nobody_from_anything(tmp_path: Path) -> None:
    readable.check(0, tmp_path / "absent.toml")
    path = tmp_path / "tirek.toml"
    path.write_text(f'name = "room"\nstate = "{tmp_path}/never"\n')
    readable.check(0, path)


def test_the_doctor_says_which_way_is_closed() -> None:
    newer = Facts(0, journal=JournalFacts(True, form=FORM + 1), release=Release("2.0", "1.0"))
    assert keeping.journal(newer).state == "todo"
    assert "no way back to 1.0" in appliance.release(newer).said
