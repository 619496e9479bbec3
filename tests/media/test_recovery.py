"""Interrupted recordings become readable ones."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from random import Random
from signal import SIGKILL

import msgspec
import pytest

from edge.media.packet import Codec
from edge.media.record.index import SIZE
from edge.media.record.recorder import Recorder
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.record.verify import verify
from tests.media.lessons import (
    DEADLINE,
    Lesson,
    arriving,
    lesson,
    packets,
    play,
    repeated,
    reports,
    settled,
    shown,
)

FRAGMENT = 2.0
SLACK = 0.6  # seconds: a tick, and what waits for the other track
TAILS = [
    bytes(100_000),
    Random(1).randbytes(100_000),
    b"\0\0\1\0moof" + bytes(50_000),
    b"\x1f\x43\xb6\x75\x01\0\0\0\0\0\0\x10" + bytes(16),
]
ROOT = Path(__file__).parents[2]


async def record_until_killed(given: Lesson, state: Path, seconds: float) -> float:
    """Record in a process of its own and kill it; return how far it was."""
    source = state / "lesson"
    source.write_bytes(msgspec.msgpack.encode(given))
    command = (sys.executable, "-m", "tests.media.recording_process", str(source), str(state))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    try:
        async with asyncio.timeout(DEADLINE):
            reached = await _reach(process, seconds)
    finally:
        process.send_signal(SIGKILL)
        await process.wait()
    return reached


async def _reach(process: Process, seconds: float) -> float:
    assert process.stdout is not None
    reached = 0.0
    async for line in process.stdout:
        if line == b"finishing\n":
            return reached
        reached = float(line)
        if reached >= seconds:
            return reached
    raise AssertionError("the process ended by itself")


async def leave(state: Path, given: Lesson) -> tuple[Recorder, Recording]:
    """Record a lesson without an end."""
    store = Store(state, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.tick(given.seconds + 1.0)
    await settled(recorder)
    (recording,) = store.list()
    return recorder, recording


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_killed_recording_keeps_all_but_the_last_fragment(
    tmp_path: Path, codec: Codec, seed: int
) -> None:
    given = repeated(lesson(codec), 8)
    reached = await record_until_killed(given, tmp_path, Random(seed).uniform(6.0, 40.0))
    (recovered,) = Store(tmp_path, reserve=0).recover(lambda: False)
    verdict = verify(recovered.path(tmp_path / "recordings"))
    assert verdict.unreadable == ""
    assert verdict.seconds >= reached - FRAGMENT - SLACK
    assert {kind: (tally.foreign, tally.errors) for kind, tally in verdict.tracks.items()} == {
        "video": (0, 0),
        "audio": (0, 0),
    }


async def test_a_process_killed_while_it_finishes_loses_nothing(tmp_path: Path) -> None:
    given = repeated(lesson("H264"), 8)
    await record_until_killed(given, tmp_path, 1000.0)
    store = Store(tmp_path, reserve=0)
    store.recover(lambda: False)
    (recording,) = store.list()
    assert recording.frames == {"video": 1200, "audio": 2400}
    assert recording.state == "done"


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.parametrize("tail", TAILS, ids=["zeros", "noise", "moof", "cluster"])
async def test_a_tail_of_zeros_or_garbage_is_cut_off(tmp_path: Path, codec: Codec, tail: bytes) -> None:
    recorder, left = await leave(tmp_path, lesson(codec))
    path = left.path(tmp_path / "recordings")
    with path.open("ab") as file:
        file.write(tail)
    (recovered,) = Store(tmp_path, reserve=0).recover(lambda: False)
    verdict = verify(path)
    recorder.hurry()
    await recorder.ended()
    assert verdict.unreadable == ""
    assert verdict.seconds > 3.5
    assert [tally.foreign for tally in verdict.tracks.values()] == [0, 0]
    assert recovered.state == "interrupted"


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_last_fragment_of_the_right_size_but_zeroed_is_cut_off(tmp_path: Path, codec: Codec) -> None:
    recorder, left = await leave(tmp_path, lesson(codec))
    path = left.path(tmp_path / "recordings")
    content = path.read_bytes()
    path.write_bytes(content[:-5000] + bytes(5000))
    Store(tmp_path, reserve=0).recover(lambda: False)
    verdict = verify(path)
    recorder.hurry()
    await recorder.ended()
    assert verdict.unreadable == ""
    assert 1.5 < verdict.seconds < 2.1
    assert [tally.foreign for tally in verdict.tracks.values()] == [0, 0]


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_damaged_index_costs_nothing_of_the_recording(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec)
    recorder, left = await leave(tmp_path, given)
    index = tmp_path / "recordings" / f"{left.id}.idx"
    index.write_bytes(index.read_bytes()[: -300 * SIZE])
    Store(tmp_path, reserve=0).recover(lambda: False)
    kept = shown(left.path(tmp_path / "recordings"))
    recorder.hurry()
    await recorder.ended()
    sent = [frame.data for frame in given.of("video")]
    assert [frame.data for frame in kept["video"]] == sent[: len(kept["video"])]
    assert len(kept["video"]) > 0


async def test_a_recording_without_index_and_description_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "holiday.mp4").write_bytes(b"mine")
    store = Store(tmp_path, reserve=0)
    assert store.recover(lambda: False) == []
    assert (folder / "holiday.mp4").read_bytes() == b"mine"


async def test_recovery_stops_when_the_node_stops(tmp_path: Path) -> None:
    recorder, _ = await leave(tmp_path, lesson("H264"))
    recorder.hurry(grace=0.0)
    await recorder.ended()
    store = Store(tmp_path, reserve=0)
    assert store.recover(lambda: True) == []
    assert store.list()[0].state == "finishing"
    assert not list((tmp_path / "recordings").glob("*.new"))
