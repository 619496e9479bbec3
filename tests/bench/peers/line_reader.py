"""Readers of several instruments that print lines: ours with and without its laboratory, and pyserial's two.

Each notes when which line had become a number; ours with the laboratory finds that in its file afterwards.
"""

import asyncio
import sys
import threading
import time
from array import array
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec
import serial  # type: ignore[import-untyped]  # it has none
import serial_asyncio_fast
import uvloop

from devices.driver import Channel, Sample
from devices.drivers.lines import Lines
from devices.errors import LineLost
from devices.line import Instrument
from devices.port import Port
from edge.board import Board
from edge.contract.notices import Bound
from edge.lab.active import MICRO, Active, Beginning, Scene
from edge.lab.bench import Bench
from edge.lab.experiments import FLUSH
from edge.lab.store import Store
from tests.bench.contract import Ready
from tests.bench.devices.contract import RATE, SCALE, ReaderPlan, Used
from tests.bench.peers.line_writer import NAMES
from tests.bench.peers.speech import orders, say
from tests.lab.runs import template

RUN = "bench"
BAUD = 115_200
LOOK = 0.05
WAIT = 0.5  # seconds a thread waits for a line before it looks whether it shall end
CHANNELS = [Channel(name, name, "m", 0.0, 1000.0, 3, RATE) for name in NAMES]


class Arrivals:
    """When each line of each instrument had become a number; 0.0: never."""

    def __init__(self, plan: ReaderPlan) -> None:
        self.times = [array("d", bytes(8 * plan.lines)) for _ in plan.paths]
        self._folder = Path(plan.folder)

    def note(self, device: int, value: float) -> None:
        """A line has come."""
        self.times[device][round(value * SCALE)] = time.monotonic()

    def take(self, device: int, line: bytes) -> None:
        """Note a line as the scripts do that read them."""
        with suppress(ValueError, IndexError):  # half of one, or two halves
            self.note(device, float(line.decode().partition(":")[2].partition(";")[0]))

    def keep(self) -> int:
        """Write everything to files; return how many came."""
        for number, times in enumerate(self.times):
            (self._folder / f"arrivals-{number}").write_bytes(times.tobytes())
        return sum(sum(1 for each in times if each) for times in self.times)


@asynccontextmanager
async def threads(plan: ReaderPlan, arrivals: Arrivals) -> AsyncIterator[None]:
    """pyserial: a thread for each port, which calls readline()."""
    ends = threading.Event()

    def read(number: int, port: serial.Serial) -> None:
        while not ends.is_set():
            if line := port.readline():
                arrivals.take(number, line)
        port.close()

    ports = [serial.Serial(path, BAUD, timeout=WAIT) for path in plan.paths]
    readers = [threading.Thread(target=read, args=each) for each in enumerate(ports)]
    for each in readers:
        each.start()
    try:
        yield
    finally:
        ends.set()
        for each in readers:
            each.join()


class _Protocol(asyncio.Protocol):
    def __init__(self, arrivals: Arrivals, number: int) -> None:
        self._arrivals = arrivals
        self._number = number
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._arrivals.take(self._number, line)


@asynccontextmanager
async def protocols(plan: ReaderPlan, arrivals: Arrivals) -> AsyncIterator[None]:
    """pyserial-asyncio-fast: a protocol for each port."""
    loop = asyncio.get_running_loop()
    transports = []
    for number, path in enumerate(plan.paths):
        made = partial(_Protocol, arrivals, number)
        transport, _ = await serial_asyncio_fast.create_serial_connection(loop, made, path, baudrate=BAUD)
        transports.append(transport)
    yield
    for each in transports:
        each.close()


@asynccontextmanager
async def ports(plan: ReaderPlan, arrivals: Arrivals) -> AsyncIterator[None]:
    """Ours, as the others: read and parsed, and nothing more."""

    async def read(number: int, port: Port) -> None:
        driver = Lines(CHANNELS[: plan.quantities])
        with suppress(LineLost):
            while True:
                piece = await port.read()
                for each in driver.feed(piece, port.at):
                    if isinstance(each, Sample) and each.channel == NAMES[0]:
                        arrivals.note(number, each.raw)

    opened = [Port(path, BAUD) for path in plan.paths]
    async with asyncio.TaskGroup() as tasks:
        for number, port in enumerate(opened):
            tasks.create_task(read(number, port))
        yield
        for port in opened:
            port.close()


@asynccontextmanager
async def laboratory(plan: ReaderPlan, arrivals: Arrivals) -> AsyncIterator[None]:
    """Ours as in the daemon: the bench watches and tells, the store keeps everything."""
    names = [f"instrument-{number}" for number in range(len(plan.paths))]
    bench = Bench(
        Board(), [_instrument(*each, plan.quantities) for each in zip(names, plan.paths, strict=True)]
    )
    bound = tuple(Bound(each.quantity, name, each.name, each.unit) for name in names for each in CHANNELS)
    store, began = Store(Path(plan.folder)), bench.clock()
    active = Active(Beginning(RUN, "bench", template(1), 0, 1, Scene(), bound), began)
    bench.sink = active.take

    async def flush(writer: ThreadPoolExecutor) -> None:
        await asyncio.get_running_loop().run_in_executor(writer, store.add, RUN, active.collected())

    async def keep(writer: ThreadPoolExecutor) -> None:
        while True:
            await asyncio.sleep(FLUSH)
            await flush(writer)

    with ThreadPoolExecutor(1) as writer:
        writer.submit(store.begin, active.beginning).result()
        async with asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(bench.run()), tasks.create_task(keep(writer))]
            while any(each.state == "gone" for each in bench.devices()):  # noqa: ASYNC110  # it has no event
                await asyncio.sleep(LOOK)
            yield
            for each in work:
                each.cancel()
        await flush(writer)
        writer.submit(store.close).result()
    for at, channel, value, _ in chain.from_iterable(store.rows(RUN)):
        if channel % len(CHANNELS) == 0:
            arrivals.times[channel // len(CHANNELS)][round(value * SCALE)] = began + at / MICRO


def _instrument(name: str, path: str, quantities: int) -> Instrument:
    return Instrument(name, name, lambda: Lines(CHANNELS[:quantities]), lambda: Port(path, BAUD))


WAYS = {"threads": threads, "protocols": protocols, "ports": ports, "laboratory": laboratory}


async def main(plan: ReaderPlan) -> None:
    """Read from the order to begin until the one to end."""
    arrivals = Arrivals(plan)
    asked = orders()
    async with WAYS[plan.way](plan, arrivals):
        say(Ready())
        await anext(asked)
        before = time.process_time()
        say(Used(0.0))
        await asyncio.sleep((await anext(asked)).seconds)
        cpu = time.process_time() - before
    say(Used(cpu, arrivals.keep()))
    await anext(asked, None)


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=ReaderPlan)))
