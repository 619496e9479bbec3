"""A technician's `sudo tirek …` beside a daemon that is not root."""

import os
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.commands.place import give_to_who_types, opened
from edge.commands.screen import printable
from sync.records import ScreenNote

OWNER = 4321  # the daemon's user
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder of the daemon's user, which that user can reach."""
    base = Path(tempfile.mkdtemp(prefix="tirek-place-"))
    base.chmod(0o755)
    folder = base / "state"
    folder.mkdir()
    os.chown(folder, OWNER, OWNER)
    yield folder
    shutil.rmtree(base)


def _note(state: Path) -> None:
    with opened(Namespace(state=str(state), config=None)) as journal:
        journal.ledger.note("log", "", ScreenNote("a note")).result()


@as_root
def test_what_root_writes_belongs_to_the_daemons_user(state: Path) -> None:
    _note(state)
    owners = {each.name: each.stat().st_uid for each in (state / "journal").iterdir()}
    assert {"journal.db", "names.db", "node.pem", "reserve"} <= owners.keys()
    assert set(owners.values()) == {OWNER}
    assert (os.geteuid(), os.getegid()) == (0, 0)


@as_root
def test_what_is_published_by_sudo_is_read_as_who_types_and_kept_as_the_daemons_user(
    state: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "a.mp4"
    secret.write_bytes(b"only root may read this")
    secret.chmod(0o600)
    assert main(["invite", "aul", "--state", str(state)]) == 0
    assert main(["library", "add", str(secret), "--state", str(state)]) == 0
    kept = [*(state / "content").iterdir(), state / "journal" / "publisher.pem"]
    assert len(kept) == 4
    assert {each.stat().st_uid for each in kept} == {OWNER}


@as_root
def test_what_is_exported_by_sudo_belongs_to_who_typed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(OWNER))
    monkeypatch.setenv("SUDO_GID", str(OWNER + 1))
    with (tmp_path / "attendance.csv").open("wb") as file:
        give_to_who_types(file.fileno())
    owner = (tmp_path / "attendance.csv").stat()
    assert (owner.st_uid, owner.st_gid) == (OWNER, OWNER + 1)


@as_root
def test_root_follows_no_link_out_of_the_folder(state: Path) -> None:
    secret = state.parent / "secret"
    secret.write_bytes(b"root's own")
    secret.chmod(0o600)
    _note(state)
    for name in ("reserve", "names.db"):
        (state / "journal" / name).unlink()
        (state / "journal" / name).symlink_to(secret)
    with pytest.raises(Exception, match=r"names\.db"):
        _note(state)
    assert secret.read_bytes() == b"root's own"
    assert secret.stat().st_uid == 0


def test_what_somebody_else_wrote_moves_no_cursor() -> None:
    assert printable("Айгүл \x1b[31m\nroot") == "Айгүл �[31m�root"
