"""Finds the slides of finished recordings, one recording at a time, while no lesson is on.

What is done is known by the file beside a recording, so whoever is interrupted begins that recording anew:
a lesson of 45 minutes takes some seconds.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from time import monotonic

from edge.media.record import slides
from edge.media.record.recording import Recording
from edge.media.record.slides import MAX_PICTURE, Slide, Slides
from edge.media.record.store import Store
from edge.vision.wire import Found, Nothing, Scan
from edge.vision.worker import Worker, WorkerLost

LOOK = 2.0  # seconds between looks whether something was recorded, or healed
TRIES = 3  # times that a recording may cost a worker its life
MAX_FOUND = 2000  # slides of one recording that are listened to: one in 2 s of an hour
DISK_PAUSE = 60.0  # seconds until another try to write where the disk refused

log = logging.getLogger(__name__)


class LessonBegan(Exception):
    """Whoever looks through recordings makes way."""


class SlideFinder:
    """One part of a node: run it under `keep`. `is_busy` tells whether a lesson is on."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        is_busy: Callable[[], bool],
        look: float = LOOK,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._worker = worker
        self._is_busy = is_busy
        self._look = look
        self._clock = clock
        self._tries: dict[str, int] = {}
        self._folder = 0
        self._rests_until = 0.0

    async def run(self) -> None:
        """Look through what is due until cancelled."""
        while True:
            recording = None
            if not self._is_busy() and self._clock() >= self._rests_until:
                recording = await asyncio.to_thread(self._due)
            if recording is None:
                await asyncio.sleep(self._look)
            else:
                await self._look_through(recording)

    def _due(self) -> Recording | None:
        """Return the newest recording that is to be looked through."""
        folder = self._store.place.folder
        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            return None
        if changed == self._folder:
            return None
        for recording in self._store.list():
            try:
                if slides.is_due(self._store.place, recording):
                    return recording
            except OSError:
                continue
        self._folder = changed
        return None

    async def _look_through(self, recording: Recording) -> None:
        place = self._store.place
        try:
            state = await asyncio.to_thread(slides.state_of, place, recording)
            found, failed = await self._scanned(str(recording.path(place.folder)))
        except (LessonBegan, FileNotFoundError):
            return
        except WorkerLost as exc:
            found, failed = [], str(exc)
            self._tries[recording.id] = self._tries.get(recording.id, 0) + 1
            if self._tries[recording.id] < TRIES:
                await asyncio.sleep(self._look)
                return
        self._tries.pop(recording.id, None)
        kept = slides.longest(found, recording.seconds)
        listed = Slides(*state, tuple(slide for slide, _ in kept), failed)
        try:
            await asyncio.to_thread(self._save, recording, listed, [picture for _, picture in kept])
        except OSError as exc:
            log.warning("slides not written id=%s cause=%s", recording.id, exc)
            self._rests_until = self._clock() + DISK_PAUSE
            return
        log.info("slides found id=%s count=%d failed=%r", recording.id, len(kept), failed)

    async def _scanned(self, path: str) -> tuple[list[tuple[Slide, bytes]], str]:
        """Return what is found, and why not all of it; raise LessonBegan when one does, WorkerLost."""
        found: list[tuple[Slide, bytes]] = []
        async with aclosing(self._worker.answers(Scan(path))) as answers:
            async for said in answers:
                if self._is_busy():
                    raise LessonBegan
                if isinstance(said, Nothing):
                    return found, said.reason
                if isinstance(said, Found) and len(said.picture) <= MAX_PICTURE and len(found) < MAX_FOUND:
                    found.append((Slide(said.at, said.score), said.picture))
        return found, ""

    def _save(self, recording: Recording, listed: Slides, pictures: list[bytes]) -> None:
        """Write what was found, unless the recording went or became another meanwhile."""
        place = self._store.place
        if self._store.get(recording.id) is None:
            return
        if slides.state_of(place, recording) == (listed.size, listed.changed):
            slides.save(place, recording.id, listed, pictures)
