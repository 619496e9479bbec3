"""Watches the lessons that this node gets from its hub: black, frozen or silent is told within 5 s.

A few lessons at most; a look every half second; the worker decodes. When the worker is lost nothing is
known for a while, and the lesson does not notice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from edge.media.sight import Sight
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.vision.judge import Judge
from edge.vision.peek import Peek, Peeked
from edge.vision.wire import Glimpse, Hear, Level, Look
from edge.vision.worker import Worker, WorkerLost

TICK = 0.5  # seconds between looks
MAX_WATCHED = 4  # lessons at once: rooms of a school that learn from different hubs; the rest goes unwatched
REPEAT = 5.0  # seconds between reports while something is wrong: a hub that restarted knows nothing

log = logging.getLogger(__name__)

Tell = Callable[[str, Sight], Awaitable[bool]]


class Watched:
    """One publication of one stream."""

    def __init__(self, stream: Stream, worker: Worker, now: float) -> None:
        self.stream = stream
        self.publication = stream.publication
        self.sight = Sight()
        self.told: tuple[Sight, float] = (Sight(), now)
        self._worker = worker
        self._peek = Peek(stream)
        self._judge = Judge(now, "video" in stream.tracks, "audio" in stream.tracks)
        self._before = b""

    @property
    def is_over(self) -> bool:
        """Nothing more comes of it."""
        return self.stream.ended or not self.stream.live or self.stream.publication != self.publication

    async def look(self, now: float) -> None:
        """Look once."""
        peeked = self._peek.look(now)
        self._judge.flow(peeked.look)
        try:
            await self._show(peeked)
            await self._play(peeked, now)
        except WorkerLost:
            self._judge.blind()
            self._before = b""
        if self._judge.asks(now):
            self.stream.request_key(now)
        self.sight = self._judge.verdict(now)

    async def _show(self, peeked: Peeked) -> None:
        key, codec = peeked.key, self._peek.codec
        if key is None or codec is None or not self._judge.wants(key.arrival):
            return
        seen = await self._worker.ask(Look(codec, key.data, self._before))
        if isinstance(seen, Glimpse):
            self._before = key.data
            self._judge.picture(key.arrival, seen)

    async def _play(self, peeked: Peeked, now: float) -> None:
        if not peeked.sounds:
            return
        heard = await self._worker.ask(Hear(peeked.sounds))
        if isinstance(heard, Level):
            self._judge.sound(now, heard.decibels)


class Watchdog:
    """One part of a node: run it under `keep`. `pulled` names what comes from the hub, `tell` tells it."""

    def __init__(self, studio: Studio, worker: Worker, pulled: Callable[[], list[str]], tell: Tell) -> None:
        self._studio = studio
        self._worker = worker
        self._pulled = pulled
        self._tell = tell
        self._watched: dict[str, Watched] = {}

    def sight(self, stream: str) -> Sight:
        """Return what is known of a stream; nothing where nobody looks."""
        watched = self._watched.get(stream)
        return watched.sight if watched else Sight()

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                now = asyncio.get_running_loop().time()
                self._choose(now)
                for watched in tuple(self._watched.values()):
                    await watched.look(now)
                    await self._report(watched, now)
                await asyncio.sleep(TICK)
        finally:
            self._watched.clear()

    def _choose(self, now: float) -> None:
        pulled = self._pulled()
        gone = [name for name, each in self._watched.items() if each.is_over or name not in pulled]
        for name in gone:
            del self._watched[name]
        for name in pulled:
            stream = self._studio.streams.get(name)
            if stream is None or not stream.live or name in self._watched:
                continue
            if len(self._watched) < MAX_WATCHED:
                self._watched[name] = Watched(stream, self._worker, now)

    async def _report(self, watched: Watched, now: float) -> None:
        before, at = watched.told
        if watched.sight == before and not (watched.sight.fault and now - at >= REPEAT):
            return
        if watched.sight.fault != before.fault:
            log.info("lesson looks stream=%s fault=%r", watched.stream.name, watched.sight.fault)
        if await self._tell(watched.stream.name, watched.sight):
            watched.told = (watched.sight, now)
