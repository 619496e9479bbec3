"""Recordings get their slides when no lesson is on: found, written, redone, and removed with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.media.record import recording as notes
from edge.media.record import slides
from edge.media.record.recording import Recording
from edge.media.record.slides import MAX_SLIDES, Slide
from edge.media.record.store import Store
from edge.vision.chapters import SlideFinder
from edge.vision.worker import Worker
from tests.flows.crew import until
from tests.vision.slideshow import Plan, make

IDENT = "lesson-20261126T083000Z"
PLAN = Plan(3, seconds=36.0, size=(320, 180), noise=2.0)
FOUND = 240.0  # seconds for a worker that gets what is left of a busy computer


class Room:
    """A store with one recording, and somebody who looks for slides."""

    def __init__(self, state: Path) -> None:
        self.store = Store(state, reserve=0)
        self.store.place.prepare()
        self.is_busy = False
        self.worker = Worker("idle", FOUND, start_time=FOUND)
        self._finder = SlideFinder(self.store, self.worker, lambda: self.is_busy, look=0.05)

    def record(self, plan: Plan = PLAN) -> None:
        """Put a finished recording there, or another in its place."""
        file = make(self.store.place.folder.parent, plan).path
        recording = Recording(
            id=IDENT, stream="lesson", started="2026-11-26T08:30:00Z", media_type="video/mp4", state="done"
        )
        recording.seconds = plan.seconds
        file.replace(recording.path(self.store.place.folder))
        notes.save(self.store.place.disk, self.store.place.folder, recording)

    @property
    def found(self) -> slides.Slides | None:
        """What is written."""
        return slides.of(self.store.place, IDENT)

    def pictures(self) -> int:
        """How many pictures there are."""
        return len(list(self.store.place.folder.glob("*.jpg")))

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Run what a node runs."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part()) for part in (self.worker.run, self._finder.run)]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


async def test_a_finished_recording_gets_slides_and_a_healed_one_gets_them_anew(room: Room) -> None:
    room.record()
    async with room.looking():
        first = await until(lambda: room.found, FOUND)
        assert len(first.chapters) == room.pictures() >= 2
        assert first.chapters[0] == Slide(0.0, 1.0)
        room.record(replace(PLAN, seed=4, dwell=(60.0, 61.0)))
        again = await until(lambda: room.found if room.found != first else None, FOUND)
    assert len(again.chapters) == room.pictures() == 1


async def test_a_lesson_that_begins_is_not_disturbed_and_nothing_is_lost(room: Room) -> None:
    room.record()
    room.is_busy = True
    async with room.looking():
        for _ in range(10):
            await asyncio.sleep(0.02)
        assert (room.worker.pid, room.found) == (None, None)
        room.is_busy = False
        await until(lambda: room.found, FOUND)


async def test_a_file_that_cannot_be_read_is_tried_once(room: Room) -> None:
    room.record()
    (room.store.place.folder / f"{IDENT}.mp4").write_bytes(bytes(3000))
    async with room.looking():
        found = await until(lambda: room.found, FOUND)
    assert found.failed
    recording = room.store.get(IDENT)
    assert recording is not None
    assert not slides.is_due(room.store.place, recording)


async def test_what_is_there_is_known_after_a_restart(room: Room) -> None:
    room.record()
    async with room.looking():
        await until(lambda: room.found, FOUND)
    recording = Store(room.store.place.folder.parent).get(IDENT)
    assert recording is not None
    assert not slides.is_due(room.store.place, recording)
    assert [each.id for each in room.store.list()] == [IDENT]


def test_slides_go_with_their_recording(room: Room) -> None:
    room.record()
    slides.save(room.store.place, IDENT, slides.Slides(1, 1, (Slide(0.0, 1.0),)), [b"jpeg"])
    assert room.pictures() == 1
    room.store.remove(IDENT)
    assert list(room.store.place.folder.iterdir()) == []


def test_of_too_many_slides_those_shown_longest_are_kept() -> None:
    begins = [number * 10.0 + (number % 3) for number in range(3 * MAX_SLIDES)]
    kept = slides.longest([(Slide(at, 1.0), b"") for at in begins], begins[-1] + 100)
    assert len(kept) == MAX_SLIDES
    assert [slide.at for slide, _ in kept] == sorted(slide.at for slide, _ in kept)
    assert kept[-1][0].at == begins[-1]
