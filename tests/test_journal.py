"""The journal of a node, opened: its hub is the one that the newest enrolment names."""

from pathlib import Path

import pytest

from edge.errors import JournalFailed
from edge.journal import Journal
from sync.joining.identity import PARENT_FILE, Parent, save_parent


def test_the_hub_is_read_once_and_anew_when_a_command_has_changed_it(tmp_path: Path) -> None:
    hub, room = Journal(tmp_path / "hub"), Journal(tmp_path / "room")
    try:
        its = hub.identity
        assert room.parent is None
        save_parent(room.folder, Parent("10.0.0.1:8443", its.certificate, its.node, "aul"))
        first = room.parent
        assert first is not None
        assert room.parent is first
        save_parent(room.folder, Parent("10.0.0.2:8443", its.certificate, its.node, "aul"))
        assert room.parent is not None
        assert room.parent.address == "10.0.0.2:8443"
        (room.folder / PARENT_FILE).write_bytes(b"{")
        for _ in range(2):
            with pytest.raises(JournalFailed):
                _ = room.parent
        (room.folder / PARENT_FILE).unlink()
        assert room.parent is None
    finally:
        hub.close()
        room.close()
