"""Many cheap viewers in one process, the same process for every relay."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import msgspec
from aiortc import RTCPeerConnection

from tests.bench.contract import Joined, Ready, Seen, ViewerPlan
from tests.bench.lesson import Lesson
from tests.bench.peers.signalling import new_connection, watch
from tests.bench.peers.speech import orders, run, say
from tests.bench.peers.viewer import CheapViewer

AT_ONCE = 5  # viewers connecting together: a class does not come through the door all at once
REPORT_PERIOD = 1.0  # seconds between the reports of one viewer (RFC 3550 section 6.2: about this for video)
LATE = 0.3  # seconds for what was sent before the end of a measurement to arrive


class Crowd:
    """Viewers of one stream."""

    def __init__(self, plan: ViewerPlan) -> None:
        self._plan = plan
        self._lesson = Lesson(Path(plan.lesson))
        self._connections: list[RTCPeerConnection] = []
        self._viewers: list[CheapViewer] = []

    async def join(self, count: int) -> Joined:
        """Connect until there are `count` viewers."""
        while (lacking := count - len(self._viewers)) > 0:
            async with asyncio.TaskGroup() as several:
                for _ in range(min(AT_ONCE, lacking)):
                    several.create_task(self._connect())
        return Joined(len(self._viewers), dict(Counter(viewer.srtp for viewer in self._viewers)))

    async def measure(self, seconds: float) -> Seen:
        """Count what comes for some seconds."""
        viewers = self._viewers
        for viewer in viewers:
            viewer.start_measuring()
        await asyncio.sleep(seconds)
        packets = [viewer.packets for viewer in viewers]
        await asyncio.sleep(LATE)
        return Seen(
            viewers=len(viewers),
            packets=sum(packets),
            fewest=min(packets),
            missing=sum(len(source.missing) for viewer in viewers for source in viewer.sources.values()),
            asked=sum(viewer.asked for viewer in viewers),
            answered=sum(viewer.answered for viewer in viewers),
            reports=sum(viewer.reports for viewer in viewers),
            arrivals=[arrival for viewer in viewers for arrival in viewer.arrivals],
        )

    async def report(self) -> None:
        """Let each viewer in turn send its reports, for ever."""
        while True:
            for viewer in list(self._viewers):
                await viewer.report()
                await asyncio.sleep(REPORT_PERIOD / len(self._viewers))
            if not self._viewers:
                await asyncio.sleep(REPORT_PERIOD)

    async def leave(self) -> None:
        """Close every connection."""
        for viewer in self._viewers:
            viewer.close()
        async with asyncio.TaskGroup() as closing:
            for pc in self._connections:
                closing.create_task(pc.close())

    async def _connect(self) -> None:
        pc = new_connection()
        self._connections.append(pc)
        await watch(pc, self._plan.source)
        viewer = CheapViewer(pc, self._lesson)
        viewer.take_over()
        self._viewers.append(viewer)


async def main(plan: ViewerPlan) -> None:
    """Watch until told to end."""
    crowd = Crowd(plan)
    say(Ready())
    async with asyncio.TaskGroup() as tasks:
        reporting = tasks.create_task(crowd.report())
        async for order in orders():
            say(await (crowd.join(order.count) if order.do == "join" else crowd.measure(order.seconds)))
        reporting.cancel()
    await crowd.leave()


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=ViewerPlan)))
