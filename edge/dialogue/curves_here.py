"""What this very class measures, told to whoever looks at the lesson's chart, and to nobody else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from msgspec import structs

from devices.driver import Sample
from edge.dialogue.curves import MOST_CHANNELS, MOST_TITLE, Channel, Curve, Told
from edge.lab.active import Active, Beginning

PERIOD = 1.0  # seconds between two messages
NOTHING = -1.0  # seconds: no point was sent

Running = Callable[[], tuple[str, str]]
Bring = Callable[[Told], Awaitable[bool]]


class CurvesHere:
    """A part to be kept running; `tap` is given to the laboratory."""

    def __init__(
        self,
        node: str,
        running: Running,
        wants: Callable[[str], bool],
        bring: Bring,
        period: float = PERIOD,
    ) -> None:
        """`wants` tells whether somebody looks at a lesson's curves; `bring` whether what is sent arrived."""
        self._node = node
        self._running = running
        self._wants = wants
        self._bring = bring
        self._period = period
        self._beginning: Beginning | None = None
        self._began = 0
        self._curves: list[Curve] = []
        self._sent: list[float] = []  # of each curve the seconds of the newest point that arrived
        self._for = ""  # whose chart they were sent to

    def tap(self, active: Active, device: str, samples: Iterable[Sample]) -> None:
        """Take what was measured in the experiment that runs."""
        if active.beginning is not self._beginning:
            channels = active.beginning.bound[:MOST_CHANNELS]
            self._beginning, self._curves = active.beginning, [Curve() for _ in channels]
            self._forget()
        self._began = active.began
        for number, seconds, value in active.measured(device, samples):
            if number < len(self._curves):
                self._curves[number].add(seconds, value)

    async def run(self) -> None:
        """Tell what is new, once a second while somebody looks, until cancelled."""
        while True:
            _, stream = self._running()
            if not stream or not self._wants(stream):
                self._forget()
            elif told := self._told(stream):
                await self._send(told)
            await asyncio.sleep(self._period)

    async def _send(self, told: Told) -> None:
        if not await self._bring(told):
            self._forget()  # a hub that was started anew knows nothing: all of it again
        elif self._beginning is not None and told.run == self._beginning.id:
            for number, channel in enumerate(told.channels):
                if channel.points:
                    self._sent[number] = channel.points[-1][0]

    def _told(self, stream: str) -> Told | None:
        """Return what was not told yet; None if there is nothing."""
        if stream != self._for:
            self._forget()
            self._for = stream
        it = self._beginning
        if it is None:
            return None
        new = [each.after(sent) for each, sent in zip(self._curves, self._sent, strict=True)]
        if not any(new):
            return None
        named = zip(it.bound, it.template.wants, new, strict=False)
        channels = [Channel(bound.quantity, bound.unit, points, want.name) for bound, want, points in named]
        title = {lang: text[:MOST_TITLE] for lang, text in structs.asdict(it.template.title).items()}
        return Told(stream, self._node, it.id, it.experiment, self._began, channels, title)

    def _forget(self) -> None:
        """Nothing was sent yet."""
        self._sent = [NOTHING] * len(self._curves)
