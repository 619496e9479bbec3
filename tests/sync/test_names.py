"""Names of children are sealed, and forgotten for good: no byte of a key stays in a file."""

import random
import sqlite3
import stat
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BadRequest, JournalBroken, JournalClosed
from sync.names import BLOCK, Forgotten, Names

SINCE = "2026-11-23"
KEY = "AAECAwQFBgcICQoLDA0ODw"
IMPORT = """
import sys
from pathlib import Path
from sync.names import Names
names = Names(Path(sys.argv[1]))
for number in range(100):
    names.seal(f"{sys.argv[2]}-{number}", "Әлия")
    names.seal(f"both-{number}", "Әлия")
"""


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    opened = Names(tmp_path / "names.db")
    yield opened
    opened.close()


def raw_key(names: Names, pupil: str) -> bytes:
    return urlsafe_b64decode(names.keys_of([pupil])[pupil] + "==")


def bytes_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_a_sealed_name_can_be_read_by_who_has_the_key(names: Names) -> None:
    sealed = names.seal("p1", "Әбдірахманұлы Ғани")
    assert names.open("p1", sealed) == "Әбдірахманұлы Ғани"


def test_closed_names_refuse_whoever_comes_late_in_words(tmp_path: Path) -> None:
    names = Names(tmp_path / "late.db")
    names.close()
    with pytest.raises(JournalClosed, match="closed"):
        names.keys_of(["p1"])
    with pytest.raises(JournalClosed, match="closed"):
        names.seal("p1", "Әлия")


def test_a_sealed_name_shows_neither_the_name_nor_its_length(names: Names) -> None:
    short, long = names.seal("p1", "Ли"), names.seal("p2", "Нұрмұхаммедова Іңкәр")
    assert len(short) == len(long)
    assert "Ли".encode() not in urlsafe_b64decode(short + "==")


def test_the_same_name_is_never_sealed_alike(names: Names) -> None:
    assert names.seal("p1", "Әлия") != names.seal("p1", "Әлия")


def test_a_name_sealed_for_one_pupil_cannot_be_given_to_another(names: Names) -> None:
    names.learn({"p1": KEY, "p2": KEY})
    assert names.open("p2", names.seal("p1", "Әлия")) is None


@pytest.mark.parametrize("text", ["", "Ә", "AAAA", "%%%", "A" * 200, "AAECAwQFBgcICQoLDA0ODwA"])
def test_a_text_that_is_no_sealed_name_is_no_name(names: Names, text: str) -> None:
    names.seal("p1", "Әлия")
    assert names.open("p1", text) is None


@given(at=st.integers(0, 91), change=st.integers(1, 255))
def test_a_changed_text_is_no_name(tmp_path_factory: pytest.TempPathFactory, at: int, change: int) -> None:
    names = Names(tmp_path_factory.getbasetemp() / "changed.db")
    raw = bytearray(urlsafe_b64decode(names.seal("p1", "Әлия") + "=="))
    raw[at] ^= change
    assert names.open("p1", urlsafe_b64encode(raw).decode()) is None
    names.close()


def test_a_name_of_any_length_can_be_read(names: Names) -> None:
    said = {f"p{length}": "ұ" * length for length in range(2 * BLOCK)}
    assert names.open_all(names.seal_all(said)) == said


def test_keys_handed_down_open_the_names_below(names: Names, tmp_path: Path) -> None:
    sealed = names.seal("p1", "Әлия")
    below = Names(tmp_path / "below.db")
    assert below.missing(["p1", "p2", "p1"]) == ["p1", "p2"]
    below.learn(names.keys_of(["p1", "p2"]))
    assert below.open("p1", sealed) == "Әлия"
    assert below.missing(["p1", "p2"]) == ["p2"]
    below.close()


def test_the_parents_key_replaces_ours(names: Names) -> None:
    names.seal("p1", "Әлия")
    names.learn({"p1": KEY})
    assert names.keys_of(["p1"]) == {"p1": KEY}


@pytest.mark.parametrize("text", ["", "Ә", "AAAA", KEY + "AAAA"])
def test_a_key_that_is_none_is_refused_and_nothing_learned(names: Names, text: str) -> None:
    with pytest.raises(BadRequest, match="p2"):
        names.learn({"p1": KEY, "p2": text})
    assert names.missing(["p1"]) == ["p1"]


def test_a_forgotten_pupil_has_no_name_and_no_key(names: Names) -> None:
    sealed = names.seal("p1", "Әлия")
    names.forget("p1", SINCE)
    assert names.open("p1", sealed) is None
    assert names.keys_of(["p1"]) == {}
    assert names.forgotten() == {"p1": SINCE}


def test_a_forgotten_pupil_is_neither_asked_for_nor_learned_again(names: Names) -> None:
    names.forget("p1", SINCE)
    names.learn({"p1": KEY, "p2": KEY})
    assert names.missing(["p1"]) == []
    assert names.keys_of(["p1", "p2"]) == {"p2": KEY}


def test_a_forgotten_pupil_is_not_sealed_again_by_an_import(names: Names) -> None:
    names.forget("p1", SINCE)
    with pytest.raises(Forgotten, match="p1"):
        names.seal_all({"p0": "Әлия", "p1": "Ғани"})
    assert names.missing(["p0"]) == ["p0"]


def test_forgetting_twice_keeps_the_first_date(names: Names) -> None:
    names.forget("p1", SINCE)
    names.forget("p1", "2027-01-01")
    assert names.forgotten() == {"p1": SINCE}


def test_a_destroyed_key_is_nowhere_in_the_files(names: Names, tmp_path: Path) -> None:
    names.seal("p1", "Әлия")
    key = raw_key(names, "p1")
    assert key in bytes_below(tmp_path)
    names.forget("p1", SINCE)
    assert key not in bytes_below(tmp_path)


def test_no_destroyed_key_of_a_whole_region_is_left_between_the_others(names: Names, tmp_path: Path) -> None:
    chance = random.Random(7)
    pupils = [f"{chance.getrandbits(64):016x}" for _ in range(3_000)]
    names.seal_all(dict.fromkeys(pupils, "Әлия"))
    keys = {pupil: raw_key(names, pupil) for pupil in pupils}
    gone = set(chance.sample(pupils, 100))
    for pupil in gone:
        names.forget(pupil, SINCE)
    raw = bytes_below(tmp_path)
    assert {pupil for pupil in pupils if keys[pupil] not in raw} == gone


def test_no_name_is_in_the_file(names: Names, tmp_path: Path) -> None:
    names.seal("p1", "Нұрмұхаммедова")
    assert "Нұрмұхаммедова".encode() not in bytes_below(tmp_path)


def test_nobody_else_may_read_the_keys(names: Names, tmp_path: Path) -> None:
    names.seal("p1", "Әлия")
    assert [stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()] == [0o600]


def test_a_key_is_there_after_the_process_that_made_it_is_gone(names: Names, tmp_path: Path) -> None:
    sealed = names.seal("p1", "Әлия")
    again = Names(tmp_path / "names.db")
    assert again.open("p1", sealed) == "Әлия"
    again.close()


def test_what_one_process_forgets_is_forgotten_in_the_others(names: Names, tmp_path: Path) -> None:
    sealed = names.seal("p1", "Әлия")
    other = Names(tmp_path / "names.db")
    other.forget("p1", SINCE)
    assert names.open("p1", sealed) is None
    other.close()


def test_several_processes_seal_at_once(names: Names, tmp_path: Path) -> None:
    command = [sys.executable, "-c", IMPORT, str(tmp_path / "names.db")]
    imports = [subprocess.Popen([*command, who]) for who in ("a", "b", "c")]
    assert [each.wait(timeout=60) for each in imports] == [0, 0, 0]
    assert len(names.keys_of(f"{who}-{n}" for who in ("a", "b", "c", "both") for n in range(100))) == 400


def test_a_file_that_holds_no_keys_is_named(tmp_path: Path) -> None:
    path = tmp_path / "names.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(JournalBroken, match=r"names\.db"):
        Names(path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "names.db")
    base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(JournalBroken, match="newer version"):
        Names(tmp_path / "names.db")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalBroken, match="nowhere"):
        Names(tmp_path / "nowhere" / "names.db")
