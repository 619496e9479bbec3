"""Records every stream that comes alive, and finishes what an earlier run had to leave."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from msgspec import structs

from edge.media.record.recorder import Recorder, RecordingState, now_utc
from edge.media.record.reel import Reel
from edge.media.record.store import Store
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.supervise import once

TICK = 0.25  # seconds between ticks of the recorders: holes are given up and disks looked at again
STOP_TIME = 2.5  # seconds a stopping node waits for files to close: systemd and people expect 3


def _nobody() -> None:
    """Tell nobody."""


class Lessons:
    """The recording side of a node."""

    def __init__(
        self,
        store: Store,
        studio: Studio,
        record: bool,
        ended: Callable[[], None] = _nobody,
        wall: Callable[[], datetime] = now_utc,
    ) -> None:
        self._store = store
        self._wall = wall  # asked from the recorders' threads
        self._studio = studio
        self._recorders: dict[str, Recorder] = {}
        self._told: dict[str, RecordingState] = {}
        self._ending: set[Recorder] = set()
        self._off: set[str] = set()  # streams whose recording was ended while they were live
        self._record = record
        self._stopping = False
        self._begun = asyncio.Event()  # a recorder is to be driven
        self._tell_ended = ended  # called when recordings were finished
        studio.watch(self._opened)

    def _opened(self, stream: Stream) -> None:
        self._off.discard(stream.name)
        if self._record and not self._stopping:
            self._begin(stream)

    def _begin(self, stream: Stream) -> None:
        before = self._recorders.pop(stream.name, None)
        if before is not None:
            self._ending.add(before)
        recorder = Recorder(self._store.place, stream.name, list(stream.tracks.values()), self._wall)
        self._recorders[stream.name] = recorder
        stream.attach(recorder)
        self._begun.set()

    def state(self, stream: str) -> RecordingState:
        """Return what the recorder of a stream does."""
        recorder = self._recorders.get(stream)
        return recorder.state if recorder else RecordingState("off")

    def takes(self) -> dict[str, int]:
        """Return how often the writer of each recording came for more: who hangs shows the same again."""
        return {name: each.takes for name, each in self._recorders.items() if not each.is_closed}

    def reels(self, stream: str) -> tuple[Reel, ...]:
        """Return the files of a stream's recording that are written or finished now."""
        ended = [reel for each in self._ending if each.stream == stream for reel in each.reels]
        recorder = self._recorders.get(stream)
        growing = recorder.reels if recorder else ()
        return (*(structs.replace(reel, growing=False) for reel in ended), *growing)

    def record(self, stream: Stream, on: bool) -> None:
        """Record a live stream from now on, whatever the configuration says, or end its recording."""
        recorder = self._recorders.get(stream.name)
        if on and recorder is None and not self._stopping:
            self._off.discard(stream.name)
            self._begin(stream)
            stream.request_key(asyncio.get_running_loop().time())
        elif not on:
            self._off.add(stream.name)
            if recorder is not None:
                stream.detach(recorder)
                recorder.closed()
                self._ending.add(self._recorders.pop(stream.name))

    async def run(self) -> None:
        """Finish old recordings in a thread and drive the recorders until cancelled."""
        loop = asyncio.get_running_loop()
        self._stopping = False
        self._store.remember_unfinished()
        self._resume()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(once(self._recover, "recovery"))
                while True:
                    self._begun.clear()
                    self._tick(loop.time())
                    if self._recorders or self._ending:
                        await asyncio.sleep(TICK)
                    else:
                        await self._begun.wait()
        finally:
            await self._stop()

    def _resume(self) -> None:
        """Record what is live already: this part was run before, and its recorders were closed."""
        for stream in self._studio.streams.values():
            if self._record and stream.name not in self._recorders and stream.name not in self._off:
                self._begin(stream)

    async def _recover(self) -> None:
        await asyncio.to_thread(self._store.recover, self._is_stopping)
        self._tell_ended()

    def _tick(self, now: float) -> None:
        for recorder in (*self._recorders.values(), *self._ending):
            recorder.tick(now)
        if any(recorder.is_done for recorder in (*self._recorders.values(), *self._ending)):
            self._tell_ended()
        self._ending = {recorder for recorder in self._ending if not recorder.is_done}
        self._recorders = {name: each for name, each in self._recorders.items() if not each.is_done}
        states = {name: recorder.state for name, recorder in self._recorders.items()}
        if states != self._told:
            self._told = states
            self._studio.announce()

    def _is_stopping(self) -> bool:
        return self._stopping

    async def _stop(self) -> None:
        """Close every file; what takes long is left to the next start."""
        self._stopping = True
        self._ending.update(self._recorders.values())
        self._recorders.clear()
        for recorder in self._ending:
            recorder.hurry()
        try:
            async with asyncio.timeout(STOP_TIME):
                await asyncio.gather(*(recorder.ended() for recorder in self._ending))
        except TimeoutError:
            return
