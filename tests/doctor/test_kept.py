"""What the doctor finds in a real state folder, and a support bundle out of a real journal."""

import json
import tarfile
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import from_table
from edge.doctor.kept import Kept, kept
from edge.doctor.looking import now
from edge.journal import Journal
from sync.records import QuestionAsked, RegisterTaken, RosterChanged
from sync.tables import Entry

CHILD, TOKEN, PIN, QUESTION = "Ахметов Әлихан", "very-secret-token", "86420975", "Неге минус?"


def _kept(state: Path) -> Kept:
    return kept(from_table({"name": "room", "state": str(state)}, "test"), now())


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A node that took a register of a class with one pupil."""
    folder = tmp_path / "state"
    journal = Journal(folder, "aul")
    facts = [
        Entry("roster", "aul", RosterChanged("p1", "7Б", 1, journal.names.seal("p1", CHILD))),
        Entry("register", "aul", RegisterTaken("7Б 2026-11-26 09:00", {1: "ill"})),
        Entry("talk", "aul", QuestionAsked("", "lesson", QUESTION)),
    ]
    journal.ledger.append(facts).result()
    journal.close()
    return folder


def test_a_journal_that_is_well_is_counted_and_its_clock_compared(state: Path) -> None:
    found = _kept(state).journal
    assert (found.is_there, found.fault, found.was_looked_at) == (True, "", True)
    assert found.facts == 4, "three, and that this computer came up"
    assert abs(found.clock - now()) < 60_000
    assert abs(found.born - now()) < 600_000


def test_a_damaged_journal_is_found_and_so_is_one_without_tables(state: Path) -> None:
    path = state / "journal" / "journal.db"
    for end in ("-wal", "-shm"):
        (path.parent / (path.name + end)).unlink(missing_ok=True)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    assert _kept(state).journal.fault
    path.write_bytes(b"")
    assert _kept(state).journal.fault == "its tables are not there"


def test_a_folder_that_is_not_there_is_no_folder(tmp_path: Path) -> None:
    assert _kept(tmp_path / "never").folder is None


def test_no_child_and_no_secret_leaves_with_the_support_bundle(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / f"{CHILD}.{TOKEN}").mkdir()  # a folder is listed with its size
    token = f'[[token]]\nname = "Айгүл"\nsha256 = "{"ab" * 32}"\nmay = ["watch"]\n'
    lines = [
        f'name = "room"\nstate = "{state}"\nlisten = ["127.0.0.1:1"]\npin = "{PIN}"',
        f'parent = "http://127.0.0.1:2"\nparent_token = "{TOKEN}"\n{token}',
    ]
    (tmp_path / "tirek.toml").write_text("\n".join(lines))
    asked = ["support-bundle", "--config", str(tmp_path / "tirek.toml"), "--out", str(tmp_path)]
    assert main(asked) == 0
    with tarfile.open(capsys.readouterr().out.partition(": ")[0]) as archive:
        files = [(each.name, archive.extractfile(each)) for each in archive]
        texts = {name.rpartition("/")[2]: file.read().decode() for name, file in files if file is not None}
    everything = "\n".join(texts.values())
    assert [each for each in (CHILD, TOKEN, PIN, QUESTION, "ab" * 32) if each in everything] == []
    assert "***.***" in texts["disks.txt"]
    assert '"register-taken"' in texts["journal.json"]
    assert json.loads(texts["doctor.json"])[0]["name"] == "system"
    assert "parent_token" in texts["config.json"]


def test_a_support_bundle_that_cannot_be_written_is_said(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["support-bundle", "--state", str(state), "--out", str(tmp_path / "never")]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
