"""A classroom that hears a lesson-like flow, and fetches a large file beside it: politely, or as it likes."""

import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import uvloop
from yarl import URL

from edge.config import Config, from_table
from edge.content.hub import HubAway, HubDoor
from edge.content.polite import Budget, Ongoing
from edge.content.steering import Steering
from edge.hubs import Hubs
from edge.journal import Journal
from edge.media.estimate import LinkEstimate, Strain
from edge.media.rtp import Unwrapper
from sync.budget import Policy
from sync.joining.identity import Parent, save_parent
from tests.bench.contract import Beside, BulkRoomPlan, Order, Ready
from tests.bench.peers.bulk_hub import PATH
from tests.bench.peers.lesson_flow import PORT
from tests.bench.peers.speech import orders, say

WAIT = 1.0  # seconds between looks whether something may be fetched
ASKED_EVERY = 0.5  # seconds between small exchanges


class Flow(asyncio.DatagramProtocol):
    """The lesson's receiver: what the budget feels, and what is measured."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._estimate = LinkEstimate()
        self._sequences, self._stamps = Unwrapper(16), Unwrapper(32)
        self._first = self._highest = 0
        self._arrived = 0
        self._reported = (0, 0)
        self._delays: list[float] = []

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Take a packet."""
        now = self._loop.time()
        sequence = self._sequences.feed(int.from_bytes(data[2:4], "big"))
        self._first = self._first or sequence
        self._highest = max(self._highest, sequence)
        self._arrived += 1
        self._estimate.moved("video", self._stamps.feed(int.from_bytes(data[4:8], "big")), now)
        self._delays.append((time.monotonic_ns() - int.from_bytes(data[12:20], "big")) / 1e6)

    def strain(self) -> Strain:
        """Return what the link does to the lesson."""
        return self._estimate.strain(self._loop.time(), self._counted())

    def report(self) -> tuple[int, int, list[float]]:
        """Return the packets expected and arrived since the last time, and their delays in ms."""
        expected, arrived = self._counted()
        before, self._reported = self._reported, (expected, arrived)
        delays, self._delays = self._delays, []
        return expected - before[0], arrived - before[1], delays

    def _counted(self) -> tuple[int, int]:
        return (self._highest - self._first + 1 if self._first else 0), self._arrived


class Fetch:
    """One bulk transfer that begins when it is told to."""

    def __init__(self, plan: BulkRoomPlan, flow: Flow) -> None:
        state = Path(plan.state)
        config: Config = from_table({"name": "room", "state": plan.state, "discover": False}, "bench")
        journal = Journal(state)
        save_parent(journal.folder, Parent(plan.hub, plan.certificate, plan.node, "aul"))
        self._polite = plan.polite
        self.door = HubDoor(config, journal, Hubs("0" * 16, _nothing))
        strain = flow.strain if plan.lesson else _none
        self.budget = Budget(Policy(), state, _clock, lambda: Ongoing(plan.lesson), strain)
        self._purse = self.budget.purse("content")
        self.octets = 0
        self.trips: list[float] = []

    async def run(self) -> None:
        """Fetch for ever."""
        while True:
            if self._polite and not self._purse.allowance().rate:
                await asyncio.sleep(WAIT)
                continue
            try:
                async with self.door.open() as parent:
                    url = parent.url.join(URL(PATH))
                    async with parent.http.get(url, headers=parent.headers) as response:
                        await self._read(response)
            except (HubAway, aiohttp.ClientError, OSError, TimeoutError) as exc:
                sys.stderr.write(f"fetch: {exc!r}\n")
                await asyncio.sleep(WAIT)

    async def ask(self) -> None:
        """Time small exchanges over a connection of their own."""
        async with self.door.open() as parent:
            while True:
                began = time.monotonic()
                async with parent.http.get(parent.url.join(URL("/small"))) as response:
                    await response.read()
                self.trips.append((time.monotonic() - began) * 1e3)
                await asyncio.sleep(ASKED_EVERY)

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        while piece := await response.content.readany():
            self.octets += len(piece)
            if not self._polite:
                continue
            owed = self._purse.owed(len(piece), asyncio.get_running_loop().time())
            await asyncio.sleep(owed)
            if not self._purse.allowance().rate:
                return

    def waits(self) -> str:
        """Return why nothing may be fetched."""
        return self._purse.allowance().why if self._polite else ""


def _nothing() -> None:
    """Wake nobody."""


def _none() -> Strain | None:
    return None


def _clock() -> datetime:
    return datetime.now(UTC)


async def main(plan: BulkRoomPlan) -> None:
    """Obey: "fetch" begins, "report" tells what came in so many seconds."""
    loop = asyncio.get_running_loop()
    _, flow = await loop.create_datagram_endpoint(Flow, ("0.0.0.0", PORT))
    fetch = Fetch(plan, flow)
    steering = Steering(fetch.budget, fetch.door)
    tasks = [asyncio.ensure_future(part) for part in (fetch.budget.run(), steering.run())]
    say(Ready())
    async for order in orders():
        if order.do in ("fetch", "ask"):
            tasks.append(asyncio.ensure_future(getattr(fetch, "run" if order.do == "fetch" else "ask")()))
            say(Ready())
        else:
            say(await _report(order, flow, fetch))
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _report(order: Order, flow: Flow, fetch: Fetch) -> Beside:
    flow.report()
    fetch.trips.clear()
    began, before = time.monotonic(), fetch.octets
    await asyncio.sleep(order.seconds)
    seconds = time.monotonic() - began
    expected, arrived, delays = flow.report()
    return Beside(expected, arrived, delays, fetch.octets - before, seconds, fetch.waits(), list(fetch.trips))


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=BulkRoomPlan)))
