"""The streams of a node: who publishes under which name, and who wants to know."""

import asyncio
from collections.abc import Callable

from edge.media.negotiate import Refused, own_track
from edge.media.packet import Kind, Track
from edge.media.stream import RETURN_TIME, Stream

STALE = 3.0  # seconds without a packet after which a name may be taken over: a publisher whose link was cut
SWEEP = 0.5  # seconds between looks for publishers that did not return

Watcher = Callable[[Stream], None]
Make = Callable[[str, dict[Kind, Track], float], Stream]


class Studio:
    """All streams by name. Every change counts `version` up and wakes those who wait for it."""

    def __init__(self, limit: int, return_time: float = RETURN_TIME, make: Make = Stream) -> None:
        self.streams: dict[str, Stream] = {}
        self.version = 1
        self._make = make
        self._limit = limit
        self._reserved: set[str] = set()
        self._left: dict[str, float] = {}
        self._return_time = return_time
        self._changed = asyncio.Event()
        self._watchers: list[Watcher] = []
        self._loop = asyncio.get_running_loop()

    def watch(self, opened: Watcher) -> None:
        """Call `opened` with every stream that begins; its drains learn of its end themselves."""
        self._watchers.append(opened)

    def reserve(self, name: str) -> None:
        """Keep a name for a publisher who is about to connect; raise Refused if it is in use."""
        self.expect(name)
        self._reserved.add(name)

    def expect(self, name: str) -> None:
        """Raise Refused if nobody else could publish under this name now."""
        stream = self.streams.get(name)
        busy = stream is not None and stream.live and self._loop.time() - stream.heard < STALE
        if busy or name in self._reserved:
            raise Refused(409, "name-taken", f"somebody publishes as {name} already", name=name)
        if stream is None and len(self.streams) + len(self._reserved) >= self._limit:
            raise Refused(503, "too-many", f"{self._limit} streams are open")

    def release(self, name: str) -> None:
        """Give a reserved name back."""
        self._reserved.discard(name)

    def begin(self, name: str, tracks: dict[Kind, Track]) -> Stream:
        """Open a stream for a connected publication, or continue the one whose publisher left."""
        held = self.streams.get(name)
        if held is not None and not _continues(held, tracks):
            self._end(held)
            held = None
        if held is None:
            own = {kind: own_track(track) for kind, track in tracks.items()}
            held = self.streams[name] = self._make(name, own, self._loop.time())
            for opened in self._watchers:
                opened(held)
        self._left.pop(name, None)
        held.begin()
        self.announce()
        return held

    def leave(self, stream: Stream, publication: int) -> None:
        """This publication is over; the stream ends unless another one follows in time."""
        if stream.ended or stream.publication != publication:
            return
        stream.left()
        self._left[stream.name] = self._loop.time()
        self.announce()

    def announce(self) -> None:
        """Count a change and wake who waits for one."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def news(self, after: int, wait: float) -> None:
        """Return once the version is newer than `after`, or after `wait` seconds."""
        if self.version > after:
            return
        changed = self._changed
        try:
            async with asyncio.timeout(wait):
                await changed.wait()
        except TimeoutError:
            return

    async def run(self) -> None:
        """End streams whose publishers did not return; end all when cancelled."""
        try:
            while True:
                while not self.streams:
                    await self._changed.wait()
                await asyncio.sleep(SWEEP)
                now = self._loop.time()
                for stream in self.streams.values():
                    stream.rate(now)
                for name, left in tuple(self._left.items()):
                    if now - left > self._return_time:
                        self._end(self.streams[name])
        finally:
            for stream in tuple(self.streams.values()):
                self._end(stream)

    def _end(self, stream: Stream) -> None:
        self.streams.pop(stream.name, None)
        self._left.pop(stream.name, None)
        stream.end()
        self.announce()


def _continues(stream: Stream, tracks: dict[Kind, Track]) -> bool:
    held = {kind: track.codec for kind, track in stream.tracks.items()}
    return held == {kind: track.codec for kind, track in tracks.items()}
