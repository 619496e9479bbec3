"""The power goes at any moment, on a real ext4 with torn writes, while a lesson is recorded and marked."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct
from msgspec.structs import replace

from edge.media.record.durable import Disk, DiskFile
from edge.media.record.place import Place
from edge.media.record.store import Store
from edge.media.record.writer import Writer
from sync.ledger import Ledger, computer
from sync.records import RegisterTaken
from sync.reserve import Reserve
from sync.soundness import look, look_at_facts
from sync.tables import Entry
from tests.crash.volume import Acked, Volume, cuts, found, logged, require
from tests.media.lessons import TICK, captured, lesson, shown
from tests.media.test_power_cut import CLOCKS, FRAGMENT, MOMENT

CUTS = int(os.environ.get("CRASH_CUTS", "120"))  # each with its own disk; a soak asks for a thousand
CARELESS = 24  # cuts: enough to see that the test can fail
SECONDS = 8.0  # of the lesson: four fragments
SLACK = 0.3  # seconds of a lesson that are still on their way to a fragment
NODE = "0123456789abcdef"
EACH = 240  # cuts of one lesson at most: it has some 600 writes
SEED = 7
MEMORY, NEEDED = Path("/dev/shm"), 512 << 20


class Lazy(DiskFile):
    """A file whose writer does not wait for the disk."""

    def sync(self) -> None:
        """Do nothing."""


class LazyDisk(Disk):
    """A disk that nobody waits for."""

    def create(self, path: Path) -> DiskFile:
        """Create a file."""
        return Lazy(path)

    def sync_folder(self, folder: Path) -> None:
        """Do nothing."""


class Left(Struct):
    """What a cut cost, and what cannot be read after it."""

    registers: int = 0
    seconds: float = 0.0
    faults: list[str] = []


class Tuned(Ledger):
    """A journal with many checkpoints, and a writing connection that may be careless."""

    def __init__(self, folder: Path, synchronous: str) -> None:
        super().__init__(folder, NODE, computer, Reserve(folder, size=64 << 10, slack=0))
        writing, _ = self._connections
        if synchronous == "FULL":  # what does not wait is waited for in a checkpoint
            writing.execute("PRAGMA wal_autocheckpoint = 40")
        writing.execute(f"PRAGMA synchronous = {synchronous}")


def hold(volume: Volume, disk: Disk, synchronous: str) -> None:
    """Hold a lesson: after each tick of the recorder a register is saved."""
    given = lesson("H264", seconds=SECONDS)
    place = Place(volume.folder / "recordings", disk, 0)
    with closing(Tuned(volume.folder / "journal", synchronous)) as ledger:
        os.sync()
        volume.acknowledge(registers=0, seconds=0.0)
        writer = Writer(place, "lesson", given.tracks, lambda: MOMENT)
        due, taken = 0.0, 0
        for frame in given.frames:
            if captured(frame) >= due:
                writer.tick(due, CLOCKS)
                due += TICK
                taken = _take(ledger, taken)
                volume.acknowledge(registers=taken, seconds=captured(frame))
            writer.frame(replace(frame, arrival=captured(frame)))
        writer.close()


def _take(ledger: Ledger, taken: int) -> int:
    marks = dict.fromkeys(range(1, 25), "ill")
    for number in range(taken, taken + 4):
        lesson_ = RegisterTaken(f"7A 2026-11-{number % 28 + 1:02} 09:00", marks, by="x" * number)
        ledger.append([Entry("register", "aul", lesson_)]).result()
    return taken + 4


def look_around(folder: Path, acked: Acked) -> Left:
    """Start as a daemon does, and compare with what was promised."""
    left = Left(faults=[])
    journal = folder / "journal" / "journal.db"
    faults = [look(journal).fault, look_at_facts(journal).fault] if journal.exists() else []
    left.faults = [each for each in faults if each]
    with closing(Tuned(folder / "journal", "FULL")) as ledger:
        query = "SELECT count(*) FROM event WHERE kind = 'register-taken'"
        held = ledger.read(lambda db: int(db.execute(query).fetchone()[0]))
    left.registers = max(0, int(acked["registers"]) - held)
    left.seconds = acked["seconds"] - _recorded(folder, left)
    return left


def _recorded(folder: Path, left: Left) -> float:
    store = Store(folder, reserve=0)
    store.recover(lambda: False)
    paths = [path for each in store.list() if (path := store.path_of(each.id))]
    left.faults += [f"{each.id}: {each.state}" for each in store.list() if each.state == "recording"]
    return max((each.at for path in paths for track in shown(path).values() for each in track), default=0.0)


def after_each(folder: Path, count: int, seed: int = SEED) -> Iterator[Left]:
    """Cut the power of a lesson that was held so many times."""
    mounted = folder / "mnt"
    for acked, image in cuts(folder, count, Random(seed)):
        with found(image, mounted):
            try:
                yield look_around(mounted, acked)
            except (sqlite3.Error, OSError) as exc:
                yield Left(faults=[str(exc)])
        image.unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where volumes are: in memory, where there is enough of it."""
    require()
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < NEEDED:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tirek-crash-") as name:
        yield Path(name)


def test_no_cut_takes_a_saved_register_more_than_a_fragment_of_video_or_leaves_what_cannot_be_read(
    folder: Path,
) -> None:
    left = list[Left]()
    while len(left) < CUTS:
        lesson_ = folder / str(len(left))
        with logged(lesson_) as volume:
            hold(volume, Disk(), "FULL")
        left += after_each(lesson_, min(EACH, CUTS - len(left)), SEED + len(left))
        shutil.rmtree(lesson_)
    assert len(left) == CUTS
    assert [each.faults for each in left if each.faults] == []
    assert sum(each.registers for each in left) == 0
    assert max(each.seconds for each in left) <= FRAGMENT + SLACK


def test_writers_that_do_not_wait_for_the_disk_lose_what_they_promised(folder: Path) -> None:
    with logged(folder) as volume:
        hold(volume, LazyDisk(), "NORMAL")
    left = list(after_each(folder, CARELESS))
    assert sum(each.registers > 0 for each in left) > CARELESS / 4
    assert max(each.seconds for each in left) > FRAGMENT + SLACK
