"""A disk that is really full: registers are still taken, all else is refused in words, and room heals it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.errors import DiskFull
from sync.ledger import Ledger
from sync.names import Names
from sync.records import RegisterTaken, ScreenNote
from sync.reserve import Reserve
from sync.tables import Entry, Noted
from tests.sync.peers import Computer, Peer, a_lesson, node_id

KIB = 1024
DISK = 16_384 * KIB
RESERVE = 2048 * KIB
SLACK = 512 * KIB
NODE = node_id(2)
MOST = 20_000  # registers: far more than any reserve of this test holds


def _tmpfs(folder: Path) -> tuple[str, ...]:
    return ("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tirek-test", str(folder))


def _ext4(folder: Path) -> tuple[str, ...]:
    image = folder.parent / "image"
    with image.open("wb") as file:
        file.truncate(DISK)
    made = subprocess.run(("mkfs.ext4", "-q", "-m", "0", str(image)), capture_output=True, check=False)
    return ("mount", "-o", "loop", str(image), str(folder)) if made.returncode == 0 else ("false",)


class Disk:
    """A small file system, with a file that fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        self._filler = folder / "recordings"

    @property
    def free(self) -> int:
        """Return how many bytes are left."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Fill it with what recordings are."""
        with self._filler.open("ab") as file:
            while self.free > leave:
                try:
                    file.write(bytes(min(64 * KIB, self.free - leave)))
                    file.flush()
                except OSError:
                    return

    def make_room(self) -> None:
        """Delete what filled it."""
        self._filler.unlink()

    def open(self) -> Ledger:
        """Open a journal on it."""
        return Ledger(self.journal, NODE, Computer("pc"), self.reserve())

    def reserve(self) -> Reserve:
        """Return what is kept for registers."""
        return Reserve(self.journal, RESERVE, SLACK)


@pytest.fixture(params=[_tmpfs, _ext4])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A real file system that is small."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount: Callable[[Path], tuple[str, ...]] = request.param
    if os.geteuid() or subprocess.run(mount(folder), capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted only by root")
    yield Disk(folder)
    subprocess.run(("umount", "--lazy", str(folder)), check=True)  # a test that failed may hold files open


@pytest.fixture
def ledger(disk: Disk) -> Iterator[Ledger]:
    with closing(disk.open()) as opened:
        yield opened


def mark(ledger: Ledger, number: int = 1) -> Noted:
    """Take a register."""
    taken = RegisterTaken(a_lesson(number), dict.fromkeys(range(1, 25), "present"))
    return ledger.append([Entry("register", "aul", taken)]).result()[-1]


def note(ledger: Ledger) -> Noted:
    """Write what is no register."""
    return ledger.note("log", "aul", ScreenNote("the lamp is broken")).result()[-1]


def mark_until_nothing_goes(ledger: Ledger) -> int:
    """Take registers until there is no byte left for one; return how many were taken."""
    for number in range(MOST):
        try:
            mark(ledger, number)
        except DiskFull:
            return number
    raise AssertionError("the disk is never full")


def test_a_full_disk_refuses_all_but_registers_in_words(disk: Disk, ledger: Ledger) -> None:
    note(ledger)
    disk.fill()
    with pytest.raises(DiskFull, match="only registers"):
        note(ledger)
    assert [mark(ledger, number).seq for number in range(1, 21)] == list(range(1, 21))
    with pytest.raises(DiskFull, match="only registers"):
        note(ledger)


def test_all_but_registers_stops_before_the_disk_is_full(disk: Disk, ledger: Ledger) -> None:
    note(ledger)
    disk.fill(leave=SLACK - 64 * KIB)
    with pytest.raises(DiskFull):
        note(ledger)
    mark(ledger)
    assert disk.reserve().is_held, "the register did not need it"


def test_room_heals_it_without_opening_anew(disk: Disk, ledger: Ledger) -> None:
    note(ledger)
    disk.fill()
    mark_until_nothing_goes(ledger)
    disk.make_room()
    assert note(ledger).seq == 2
    assert disk.reserve().is_held, "the place for registers is kept again"
    disk.fill()
    with pytest.raises(DiskFull):
        note(ledger)
    mark(ledger)


def test_registers_end_only_with_the_last_byte_and_none_that_was_told_is_lost(
    disk: Disk, ledger: Ledger
) -> None:
    note(ledger)
    disk.fill()
    taken = mark_until_nothing_goes(ledger)
    assert not disk.reserve().is_held
    with pytest.raises(DiskFull, match="cannot be written"):
        mark(ledger)
    with pytest.raises(DiskFull, match="only registers"):
        note(ledger)
    assert _registers(ledger) == taken
    ledger.close()
    disk.make_room()
    again = Peer(disk.journal, NODE)
    with closing(again.ledger):
        assert len(again.facts("register")) == taken > 50
        assert again.faults() == []
        assert again.ledger.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)


def _registers(ledger: Ledger) -> int:
    query = "SELECT count(*) FROM event WHERE kind = 'register-taken'"
    return ledger.read(lambda db: int(db.execute(query).fetchone()[0]))


def test_registers_that_wait_together_with_others_are_taken_and_only_the_others_refused(
    disk: Disk, ledger: Ledger
) -> None:
    note(ledger)
    disk.fill()
    taken = RegisterTaken(a_lesson(1), {1: "ill"})
    pairs = [
        (ledger.note("register", "aul", taken), ledger.note("log", "aul", ScreenNote("x"))) for _ in range(20)
    ]
    assert [register.result()[-1].seq for register, _ in pairs] == list(range(1, 21))
    assert all(isinstance(other.exception(), DiskFull) for _, other in pairs)


def test_a_node_that_starts_on_a_full_disk_takes_registers(disk: Disk) -> None:
    names = disk.journal / "names.db"
    with closing(disk.open()) as ledger, closing(Names(names)) as opened:
        note(ledger)
        mark(ledger)
        sealed = opened.seal("p1", "Әлия")
    disk.fill()
    with closing(disk.open()) as ledger, closing(Names(names)) as opened:
        assert opened.open("p1", sealed) == "Әлия"
        assert mark(ledger, 2).seq == 2
        with pytest.raises(DiskFull):
            note(ledger)
        disk.make_room()
        assert note(ledger).seq == 2


def test_a_hub_with_a_full_disk_still_takes_what_a_classroom_brings(disk: Disk, tmp_path: Path) -> None:
    hub, room = Peer(disk.journal, NODE), Peer(tmp_path / "room", node_id(3))
    hub.enrols(room, "aul")
    hub.ledger.close()
    hub.ledger = disk.open()
    with closing(hub.ledger), closing(room.ledger):
        room.evens(hub)
        disk.fill()
        for number in range(30):
            room.register(a_lesson(number), {1: "ill"})
        room.evens(hub)
        assert len(hub.facts("register")) == 30
        assert hub.faults() == []
