import asyncio
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from edge.media.packet import Frame
from edge.media.publish.feed import READ_AHEAD, feed
from edge.media.publish.files import FileSource
from edge.media.publish.source import Broken
from tests.fakes import FakeClock, FakeSource
from tests.media.clips import SMALL, lesson


def _pictures(count: int) -> list[Frame]:
    return [Frame("video", n * 3_600, b"%d" % n, n == 0, 0.0) for n in range(count)]


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("source")]


async def test_frames_leave_in_real_time_and_carry_the_moment_they_were_due() -> None:
    clock = FakeClock()
    left = []

    async for frame in feed(FakeSource(_pictures(26)), clock, clock.sleep):
        left.append((clock.now - 1000.0, frame.arrival - 1000.0))

    assert left[-1] == pytest.approx((1.0, 1.0))
    assert [at for at, _ in left] == pytest.approx([n * 0.04 for n in range(26)])


async def test_a_slow_reader_gets_every_frame_unchanged() -> None:
    clock = FakeClock()
    frames = _pictures(100)
    got = []

    async for frame in feed(FakeSource(frames), clock, clock.sleep):
        clock.now += 0.3
        got.append((frame.kind, frame.timestamp, frame.data, frame.key))

    assert got == [(frame.kind, frame.timestamp, frame.data, frame.key) for frame in frames]


async def test_live_frames_do_not_wait() -> None:
    clock = FakeClock()

    async for _ in feed(FakeSource(_pictures(50), live=True), clock, clock.sleep):
        pass

    assert clock.now == 1000.0


async def test_no_more_is_read_ahead_than_the_bound() -> None:
    clock = FakeClock()
    source = FakeSource(_pictures(10_000))

    async with aclosing(feed(source, clock, clock.sleep)) as frames:
        await anext(frames)

    assert source.taken <= 2 * READ_AHEAD


async def test_what_came_before_a_fault_is_still_sent() -> None:
    clock = FakeClock()
    frames = feed(FakeSource(_pictures(7), fails=Broken("the cable came out")), clock, clock.sleep)

    got = [await anext(frames) for _ in range(7)]
    with pytest.raises(Broken, match="the cable came out"):
        await anext(frames)

    assert [frame.data for frame in got] == [b"%d" % n for n in range(7)]
    assert _threads() == []


async def test_a_cancelled_feed_ends_a_blocked_source_and_its_thread() -> None:
    source = FakeSource(_pictures(1), fails=Broken("stopped"), blocks=True, live=True)
    first = asyncio.Event()

    async def watch() -> None:
        async with aclosing(feed(source)) as frames:
            async for _ in frames:
                first.set()

    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch())
        await first.wait()
        watching.cancel()

    assert watching.cancelled()
    assert source.ended
    assert _threads() == []


async def test_a_feed_left_early_closes_its_source() -> None:
    clock = FakeClock()
    source = FakeSource(_pictures(500))

    async with aclosing(feed(source, clock, clock.sleep)) as frames:
        async for frame in frames:
            if frame.timestamp >= 36_000:
                break

    assert source.closed.is_set()
    assert source.ended
    assert _threads() == []


async def test_a_real_file_arrives_whole_and_in_time(tmp_path: Path) -> None:
    path = lesson(tmp_path / "lesson.mkv")
    clock = FakeClock()

    got = [frame async for frame in feed(FileSource(path, SMALL), clock, clock.sleep)]

    assert [frame.data for frame in got] == [frame.data for frame in FileSource(path, SMALL).frames()]
    assert clock.now - 1000.0 == pytest.approx(2.4, abs=0.05)
    assert _threads() == []


async def test_real_time_is_real(tmp_path: Path) -> None:
    frames = _pictures(6)
    loop = asyncio.get_running_loop()
    start = loop.time()

    async for _ in feed(FakeSource(frames)):
        pass

    assert loop.time() - start >= 0.19
