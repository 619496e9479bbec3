"""Files that `sudo tirek …` writes to a stick: FAT has no owners, and the stick is pulled out at once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.commands.outside import Draft
from edge.journal import Journal

COMMANDS = {
    "support-bundle": ("support-bundle", "--out", "{stick}"),
    "snapshot": ("snapshot", "{stick}/journal.db"),
    "export": ("export", "attendance", "--out", "{stick}/attendance.csv"),
}
SUDO = {"SUDO_UID": "4321", "SUDO_GID": "4321", "SUDO_USER": "technician"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
compiled = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
# What FAT answers to root who gives a file away, the kernel answers to a root who may not.
UNABLE = ("setpriv", "--inh-caps=-chown", "--bounding-set=-chown")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A node that has run."""
    Journal(tmp_path / "state").close()
    return tmp_path / "state"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def typed(state: Path, stick: Path, words: tuple[str, ...], *before: str, **more: str) -> str:
    """Type a command that goes well; return what it said."""
    command = [sys.executable, "-m", "edge", *(word.format(stick=stick) for word in words)]
    environment: Mapping[str, str] = {**os.environ, **more}
    done = subprocess.run(
        [*before, *command, "--state", str(state)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@as_root
@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_file_system_without_owners_a_file_is_written_all_the_same(
    name: str, state: Path, stick: Path
) -> None:
    typed(state, stick, COMMANDS[name], *UNABLE, **SUDO)
    (made,) = stick.iterdir()
    found = made.stat()
    assert (found.st_uid, found.st_mode & 0o777, found.st_size > 0) == (0, 0o600, True)


@as_root
@pytest.mark.parametrize("name", COMMANDS)
def test_elsewhere_it_belongs_to_who_typed_it(name: str, state: Path, stick: Path) -> None:
    typed(state, stick, COMMANDS[name], **SUDO)
    (made,) = stick.iterdir()
    assert made.stat().st_uid == 4321


@compiled
@pytest.mark.parametrize("name", COMMANDS)
def test_when_it_is_said_that_a_file_is_there_the_stick_may_be_pulled_out(
    name: str, state: Path, stick: Path, tmp_path: Path
) -> None:
    library, order = tmp_path / "order.so", tmp_path / "order"
    source = Path(__file__).with_name("kept_order.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    typed(state, stick, COMMANDS[name], LD_PRELOAD=str(library), ORDER=str(order))
    (made,) = stick.iterdir()
    asked = [line.split(" ", 1) for line in order.read_text().splitlines() if str(stick) in line]
    assert [what for what, _ in asked] == ["fsync", "rename", "fsync", "fsync"], asked
    draft, named, again, folder = (Path(each) for _, each in asked)
    assert (draft.parent, named, again, folder) == (stick, made, made, stick)


def test_what_was_not_kept_leaves_nothing(stick: Path) -> None:
    draft = Draft(stick / "table.csv")
    draft.file.write(b"half of it")
    draft.drop()
    assert list(stick.iterdir()) == []
