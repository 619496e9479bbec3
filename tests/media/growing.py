"""A recording that really grows, as fast as the hub talks: packets of a lesson, each when it is due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edge.media.packet import Codec, Packet
from edge.media.record.recorder import Recorder
from edge.media.record.store import Store
from tests.media.lessons import Event, arriving, lesson, packets, repeated, reports, settled

STEP = 0.02  # seconds
ROUNDS = 20  # of six seconds
DEADLINE = 40.0
MOST_WAITING = 500  # frames that are handed over at once: what a recorder is too slow for it drops


class Growing:
    """A recorder that is fed; nothing arrives between the two moments of `silence`."""

    def __init__(self, store: Store, codec: Codec | None, silence: tuple[float, float] = (0.0, 0.0)) -> None:
        given = repeated(lesson(codec), ROUNDS)
        self.store = store
        self.recorder = Recorder(store.place, "lesson", given.tracks)
        sent = arriving(packets(given), reports(given))
        self._events = [each for each in sent if not silence[0] < each.arrival < silence[1]]
        self._fed = 0
        self._sends = asyncio.Event()
        self._sends.set()

    @property
    def id(self) -> str:
        """The recording's name."""
        return self.recorder.reels[-1].id

    @property
    def seconds(self) -> float:
        """How much was sent."""
        return self.recorder.reels[-1].seconds

    def stop(self) -> None:
        """The hub falls silent."""
        self._sends.clear()

    async def end(self) -> None:
        """End the recording and wait until it is finished."""
        self.stop()
        self.recorder.closed()
        await self.recorder.ended()

    async def feed(self, ahead: float) -> None:
        """Send for ever, beginning with what is ahead."""
        loop = asyncio.get_running_loop()
        began = loop.time() - ahead
        while self._fed < len(self._events):
            await self._sends.wait()
            now = loop.time() - began
            while self._fed < len(self._events) and self._events[self._fed].arrival <= now:
                self._send(self._events[self._fed])
                self._fed += 1
                if self.recorder.backlog > MOST_WAITING:
                    self.recorder.tick(self._events[self._fed].arrival)
                    await settled(self.recorder)
            self.recorder.tick(now)
            await asyncio.sleep(STEP)

    def _send(self, event: Event) -> None:
        if isinstance(event, Packet):
            self.recorder.packet(event)
        else:
            self.recorder.report(event.kind, event.ntp, event.timestamp)


@asynccontextmanager
async def growing(
    store: Store, codec: Codec | None, ahead: float = 12.0, silence: tuple[float, float] = (0.0, 0.0)
) -> AsyncIterator[Growing]:
    """Record a lesson that goes on; `ahead` seconds of it have been recorded already."""
    made = Growing(store, codec, silence)
    async with asyncio.TaskGroup() as tasks:
        feeding = tasks.create_task(made.feed(ahead))
        async with asyncio.timeout(DEADLINE):
            while True:
                if made.recorder.reels and made.seconds >= ahead - 1:
                    break
                await asyncio.sleep(STEP)
        try:
            yield made
        finally:
            feeding.cancel()
            await made.end()
