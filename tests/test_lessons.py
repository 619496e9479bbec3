"""What is live is recorded, whatever becomes of old recordings and of the part itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.lessons import Lessons
from edge.media.packet import Kind, Track
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.studio import Studio
from tests.media.lessons import lesson, packets, repeated

LOOK = 0.02  # seconds
DEADLINE = 10.0
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
