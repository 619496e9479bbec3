"""Readers of a board with Firmata: ours, as in the daemon, and pyfirmata2."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pyfirmata2  # type: ignore[import-untyped]  # it has none
import uvloop

from devices.driver import Sample
from devices.drivers.firmata import Firmata
from devices.drivers.firmata_parts import parse
from devices.line import Instrument
from devices.port import Port
from edge.board import Board
from edge.lab.bench import Bench
from tests.bench.contract import Ready
from tests.bench.devices.contract import BoardPlan, Event, Noticed, Used
from tests.bench.peers.speech import orders, say

LAMP = 13  # its pin
PROFILE = """
rate = {rate}
sensor = [{{name = "voltage", part = "voltage", pin = "A0"}}]
actuator = [{{name = "lamp", part = "switch", pin = 13}}]
"""


Switch = Callable[[float], None]


class Notes:
    """What happened."""

    def __init__(self) -> None:
        self.samples = 0
        self.events: list[Event] = []

    def note(self, what: str) -> None:
        """Something was noticed now."""
        self.events.append(Event(time.monotonic(), what))

    def take(self, count: int) -> None:
        """Samples have come."""
        if not self.samples:
            self.note("sample")
        self.samples += count

    def taken(self) -> Noticed:
        """Return what was noticed, once."""
        events, self.events = self.events, []
        return Noticed(events)


@asynccontextmanager
async def ours(plan: BoardPlan, notes: Notes) -> AsyncIterator[Switch]:
    """The daemon's bench with one board."""
    profile = parse(PROFILE.format(rate=plan.rate), "bench")
    uno = Instrument("uno", "uno", lambda: Firmata(profile), lambda: Port(plan.path, 57_600))
    bench = Bench(Board(), [uno])

    def take(_: str, samples: list[Sample]) -> None:
        notes.take(len(samples))

    bench.sink = take
    notes.note("opens")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.run())
        yield partial(bench.drive, "uno", "lamp")
        running.cancel()


@asynccontextmanager
async def peer(plan: BoardPlan, notes: Notes) -> AsyncIterator[Switch]:
    """pyfirmata2, as its examples use it; a board that is gone it never finds again."""

    def take(_: float) -> None:
        notes.take(1)

    notes.note("opens")
    board = await asyncio.to_thread(pyfirmata2.Arduino, plan.path)
    board.analog[0].register_callback(take)
    board.samplingOn(1000 // plan.rate)
    board.analog[0].enable_reporting()
    yield board.digital[LAMP].write
    board.samplerThread.stop()
    board.analog, board.digital = [], []  # at its end it would still write to them


WAYS = {"ours": ours, "pyfirmata2": peer}


async def main(plan: BoardPlan) -> None:
    """Read all the time; tell what happened meanwhile."""
    notes = Notes()
    async with WAYS[plan.way](plan, notes) as switch:
        say(Ready())
        async for order in orders():
            if order.do == "notices":
                say(notes.taken())
            elif order.do == "switch":
                notes.note("switch")
                switch(order.count)
                say(notes.taken())
            else:
                samples, cpu = notes.samples, time.process_time()
                await asyncio.sleep(order.seconds)
                say(Used(time.process_time() - cpu, notes.samples - samples))


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=BoardPlan)))
