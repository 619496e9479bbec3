"""The disk refuses: the lesson goes on live, the recording stops, says why, and goes on when it can."""

import errno
import os
import subprocess
from asyncio import sleep, wait_for
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from edge.media.packet import Packet
from edge.media.record.durable import Disk, DiskFile
from edge.media.record.recorder import Recorder
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.record.verify import verify
from tests.disks import mounted
from tests.media.lessons import (
    DEADLINE,
    STEP,
    arriving,
    lesson,
    packets,
    play,
    repeated,
    reports,
    settled,
)

SMALL = 200_000  # bytes: two of a lesson's fragments


class RefusingDisk(Disk):
    """A disk that may be full, read-only or broken."""

    def __init__(self) -> None:
        self.refusal = 0
        self.free = 1 << 40

    def room(self, folder: Path) -> int:
        """Return what the test says."""
        return self.free

    def create(self, path: Path) -> DiskFile:
        """Create a file, unless refused."""
        self.check(path)
        return RefusedFile(self, path)

    def check(self, path: Path) -> None:
        """Refuse, if it is to."""
        if self.refusal:
            raise OSError(self.refusal, os.strerror(self.refusal), str(path))


class RefusedFile(DiskFile):
    """A file on it."""

    def __init__(self, disk: RefusingDisk, path: Path) -> None:
        super().__init__(path)
        self._disk = disk

    def write(self, chunk: bytes) -> None:
        """Write, unless refused; half of it may be there already, as on a real disk."""
        if self._disk.refusal:
            super().write(chunk[: len(chunk) // 2])
        self._disk.check(self.path)
        super().write(chunk)


class Session:
    """A lesson of four equal stretches, played one by one."""

    def __init__(self, state: Path, disk: Disk | None = None, reserve: int = 0) -> None:
        self.store = Store(state, disk, reserve)
        given = repeated(lesson("H264"), 4)
        self._events = arriving(packets(given), reports(given))
        self.recorder = Recorder(self.store.place, "lesson", given.tracks)
        self._seconds = 0.0

    async def go_on(self) -> None:
        """Play the next stretch."""
        begin, self._seconds = self._seconds, self._seconds + 6.0
        now = [event for event in self._events if begin <= event.arrival < self._seconds]
        await play(self.recorder, now, begin=begin)
        self.recorder.tick(self._seconds)
        await settled(self.recorder)

    async def end(self) -> list[Recording]:
        """Close and return the parts."""
        self.recorder.closed()
        await wait_for(self.recorder.ended(), DEADLINE)
        return self.store.list()[::-1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system that is nearly full."""
    with mounted(tmp_path / "disk", SMALL) as folder:
        yield folder


def remount(folder: Path, options: str) -> None:
    """Change a mounted file system."""
    subprocess.run(("mount", "-o", f"remount,{options}", str(folder)), check=True)


async def test_a_disk_that_fills_up_stops_the_recording_and_room_lets_it_go_on(small_disk: Path) -> None:
    session = Session(small_disk)
    await session.go_on()
    stopped = session.recorder.state
    remount(small_disk, "size=20m")
    await session.go_on()
    await session.go_on()
    resumed = session.recorder.state
    first, second = await session.end()
    verdicts = [verify(each.path(session.store.place.folder)) for each in (first, second)]
    assert (stopped.state, stopped.reason) == ("stopped", "disk-full")
    assert (resumed.state, resumed.reason) == ("recording", "")
    assert (first.reason, first.whole, first.state) == ("disk-full", False, "done")
    assert second.whole
    assert [verdict.unreadable for verdict in verdicts] == ["", ""]
    assert [tally.foreign for verdict in verdicts for tally in verdict.tracks.values()] == [0, 0, 0, 0]


async def test_a_read_only_disk_is_named_and_tried_again(small_disk: Path) -> None:
    remount(small_disk, "size=20m,ro")
    session = Session(small_disk)
    await session.go_on()
    stopped = session.recorder.state
    remount(small_disk, "size=20m,rw")
    await session.go_on()
    await session.go_on()
    (recording,) = await session.end()
    assert (stopped.state, stopped.reason) == ("stopped", "read-only")
    assert recording.whole


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [(errno.ENOSPC, "disk-full"), (errno.EROFS, "read-only"), (errno.EIO, "disk-error")],
)
async def test_any_refusal_stops_the_recording_and_leaves_what_was_whole(
    tmp_path: Path, refusal: int, reason: str
) -> None:
    disk = RefusingDisk()
    session = Session(tmp_path, disk)
    await session.go_on()
    disk.refusal = refusal
    await session.go_on()
    stopped = session.recorder.state
    disk.refusal = 0
    await session.go_on()
    await session.go_on()
    first, second = await session.end()
    assert (stopped.state, stopped.reason) == ("stopped", reason)
    assert (first.reason, first.whole) == (reason, False)
    assert second.whole
    assert 3.5 < first.seconds < 7.0
    assert verify(first.path(session.store.place.folder)).unreadable == ""


async def test_the_reserve_is_left_to_the_rest_of_the_node(tmp_path: Path) -> None:
    disk = RefusingDisk()
    session = Session(tmp_path, disk, reserve=1_000_000)
    await session.go_on()
    disk.free = 1_000_000
    await session.go_on()
    stopped = session.recorder.state
    disk.free = 1_200_000
    await session.go_on()
    waiting = session.recorder.state
    disk.free = 100_000_000
    await session.go_on()
    resumed = session.recorder.state
    await session.end()
    assert [each.state for each in (stopped, waiting, resumed)] == ["stopped", "stopped", "recording"]


async def test_without_room_for_a_finished_file_the_growing_one_stays_until_start_up(
    tmp_path: Path,
) -> None:
    disk = RefusingDisk()
    session = Session(tmp_path, disk, reserve=1_000_000)
    await session.go_on()
    disk.free = 1_150_000
    (left,) = await session.end()
    readable = verify(left.path(session.store.place.folder))
    disk.free = 1 << 40
    (done,) = session.store.recover(lambda: False)
    assert left.state == "finishing"
    assert readable.tracks["video"].frames == 150
    assert (done.state, done.whole) == ("done", True)


class HangingDisk(Disk):
    """A disk that answers when it likes."""

    def __init__(self) -> None:
        self.moves = Event()
        self.moves.set()

    def room(self, folder: Path) -> int:
        """Answer late."""
        self.moves.wait(DEADLINE)
        return super().room(folder)


async def test_frames_that_wait_too_long_for_the_disk_are_counted_and_marked_as_a_gap(tmp_path: Path) -> None:
    given = repeated(lesson("H264"), 16)
    disk = HangingDisk()
    store = Store(tmp_path, disk, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    events = arriving(packets(given), reports(given))
    await play(recorder, [event for event in events if event.arrival < 3.0])
    disk.moves.clear()
    for event in events:
        if isinstance(event, Packet) and 3.0 <= event.arrival < 90.0:
            recorder.packet(event)
    disk.moves.set()
    recorder.tick(90.0)
    await settled(recorder)
    await play(recorder, [event for event in events if event.arrival >= 90.0], begin=90.0)
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    (recording,) = store.list()
    assert recording.dropped == sum(len(given.of(kind)) - recording.frames[kind] for kind in recording.frames)
    assert recording.dropped > 0
    assert len(recording.gaps) == 1
    assert not recording.whole


class BuggyDisk(Disk):
    """A disk whose first file shows a bug of ours."""

    def __init__(self) -> None:
        self.bugs = 1

    def create(self, path: Path) -> DiskFile:
        """Create a file, the second time."""
        self.bugs -= 1
        if self.bugs >= 0:
            raise ZeroDivisionError
        return super().create(path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_breaks_is_built_anew_at_the_next_tick(tmp_path: Path) -> None:
    given = repeated(lesson("H264"), 2)
    store = Store(tmp_path, BuggyDisk(), reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    for packet in packets(given):
        recorder.packet(packet)
        if packet.marker:
            recorder.tick(packet.arrival)
            await sleep(STEP)
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    assert [recording.state for recording in store.list()] == ["done"]
