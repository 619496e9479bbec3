"""What is live is recorded, whatever becomes of old recordings and of the part itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.lessons import Lessons
from edge.media.packet import Kind, Track
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.studio import Studio
from tests.media.lessons import lesson, packets, repeated

LOOK = 0.02  # seconds
DEADLINE = 30.0
GIVEN = lesson("VP8", sound=False)
TRACKS: dict[Kind, Track] = {track.kind: track for track in GIVEN.tracks}


class DamagedStore(Store):
    """A store with an old recording that nobody foresaw."""

    def recover(self, hurried: Callable[[], bool]) -> list[Recording]:
        """Fall over it."""
        raise IndexError("an old recording that nobody foresaw")


@asynccontextmanager
async def _running(lessons: Lessons) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(lessons.run())
        await asyncio.sleep(0)  # until it waits for the first time
        yield running
        running.cancel()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            if is_so():
                return
            await asyncio.sleep(LOOK)


async def test_an_old_recording_that_cannot_be_recovered_ends_no_live_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    studio = Studio(1)
    lessons = Lessons(DamagedStore(tmp_path, reserve=0), studio, record=True)
    with caplog.at_level(logging.ERROR):
        async with _running(lessons) as running:
            await _until(lambda: "recovery" in caplog.text)
            stream = studio.begin("lesson", TRACKS)
            for packet in packets(GIVEN):
                stream.take(packet)
            await _until(lambda: lessons.state("lesson").state == "recording")
            assert not running.done()


async def test_a_live_lesson_is_recorded_again_when_the_part_is_run_again(tmp_path: Path) -> None:
    studio, store = Studio(1), Store(tmp_path, reserve=0)
    lessons = Lessons(store, studio, record=True)
    sent = packets(repeated(GIVEN, 2))
    rounds = sent[: len(sent) // 2], sent[len(sent) // 2 :]
    stream = studio.begin("lesson", TRACKS)
    for part in rounds:
        async with _running(lessons):
            for packet in part:
                stream.take(packet)
            await _until(lambda: lessons.state("lesson").state == "recording")
    assert [each.state for each in store.list()] == ["done", "done"]


async def test_recording_can_be_ended_and_begun_again_while_the_lesson_goes_on(tmp_path: Path) -> None:
    studio, store = Studio(1), Store(tmp_path, reserve=0)
    lessons = Lessons(store, studio, record=True)
    stream = studio.begin("lesson", TRACKS)
    sent = iter(packets(repeated(GIVEN, 3)))

    def is_recording() -> bool:
        stream.take(next(sent))
        return lessons.state("lesson").state == "recording"

    async with _running(lessons):
        await _until(is_recording)
        (first,) = lessons.reels("lesson")
        lessons.record(stream, on=False)
        assert lessons.state("lesson").state == "off"
        await _until(lambda: [each.state for each in store.list()] == ["done"])
        for _ in range(20):
            stream.take(next(sent))
        lessons.record(stream, on=True)
        await _until(is_recording)
        (second,) = [reel for reel in lessons.reels("lesson") if reel.growing]
    assert {first.id, second.id} == {each.id for each in store.list()}


async def test_what_was_ended_at_the_screen_is_not_recorded_by_a_part_that_is_run_again(
    tmp_path: Path,
) -> None:
    studio, store = Studio(1), Store(tmp_path, reserve=0)
    lessons = Lessons(store, studio, record=True)
    stream = studio.begin("lesson", TRACKS)
    async with _running(lessons):
        lessons.record(stream, on=False)
    async with _running(lessons):
        assert lessons.state("lesson").state == "off"
        lessons.record(stream, on=True)
        assert lessons.reels("lesson") == ()


async def test_a_node_that_records_nothing_does_so_when_it_is_told_to(tmp_path: Path) -> None:
    studio, store = Studio(1), Store(tmp_path, reserve=0)
    lessons = Lessons(store, studio, record=False)
    stream = studio.begin("lesson", TRACKS)
    sent = iter(packets(GIVEN))

    def is_recording() -> bool:
        stream.take(next(sent))
        return lessons.state("lesson").state == "recording"

    async with _running(lessons):
        lessons.record(stream, on=True)
        await _until(is_recording)


async def test_a_recording_has_the_time_that_the_journal_knows_and_not_that_of_a_dead_battery(
    tmp_path: Path,
) -> None:
    studio, store = Studio(1), Store(tmp_path, reserve=0)
    known = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    lessons = Lessons(store, studio, record=True, wall=lambda: known)
    stream = studio.begin("lesson", TRACKS)
    async with _running(lessons):
        for packet in packets(GIVEN):
            stream.take(packet)
        await _until(lambda: lessons.state("lesson").state == "recording")
    (recording,) = store.list()
    assert recording.started == "2026-11-26T09:30:00Z"
    assert store.list(since=known) == [recording]
    assert store.list(since=known + timedelta(seconds=1)) == []


async def test_a_writer_that_finishes_its_files_is_not_said_to_hang(tmp_path: Path) -> None:
    studio = Studio(1)
    lessons = Lessons(Store(tmp_path, reserve=0), studio, record=True)
    stream = studio.begin("lesson", TRACKS)
    async with _running(lessons):
        for packet in packets(GIVEN):
            stream.take(packet)
        await _until(lambda: lessons.takes().get("lesson", 0) > 0)
        stream.end()
        assert lessons.takes() == {}  # whatever the minutes that a long file takes
