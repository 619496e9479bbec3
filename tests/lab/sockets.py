"""A computer whose USB sockets are folders: instruments are plugged in and out, and played behind them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from devices.far_port import FarPort
from devices.registry import Far, simulators
from edge.api import Unable
from edge.board import Board
from edge.config import SerialPort
from edge.contract.commands import Command
from edge.contract.notices import Blanks, Device
from edge.lab.bench import Bench
from edge.lab.latch import Latch
from edge.lab.plugging import Plugging, Roots
from edge.lab.robots import Robots
from tests.lab.steady import Steady

DEADLINE = 60.0  # seconds for anything to happen on a busy machine
UNO = {"idVendor": "2341", "idProduct": "0043", "serial": "5573", "product": "Uno"}
CLONE = {"idVendor": "1a86", "idProduct": "7523", "product": "USB Serial"}  # which have no serial number


class Desk:
    """A computer, its sockets, and what a test does with them."""

    def __init__(self, folder: Path, given: tuple[SerialPort, ...] = (), speed: float = 1.0) -> None:
        self.folder = folder
        self.board = Board()
        self.clock = Steady()
        self.bench = Bench(self.board, [], clock=lambda: speed * self.clock())
        self.robots = Robots(self.bench, Latch(folder / "lab"))
        self.roots = Roots(folder / "sys", folder / "dev")
        self.plugging = Plugging(folder / "lab", self.bench, given, self.roots)
        self.playing: list[FarPort] = []
        self.tasks = asyncio.TaskGroup()
        for each in ("sys/class/tty", "dev"):
            (folder / each).mkdir(parents=True, exist_ok=True)

    def plug(self, name: str, place: str, usb: dict[str, str], far: Far | str) -> FarPort:
        """Put an instrument into a socket."""
        port = self.play(far, self.folder / "dev" / name)
        device = self.folder / "sys/devices/usb1" / place
        leaf = device / f"{place}:1.0" / name
        (leaf / "tty" / name).mkdir(parents=True)
        for key, value in usb.items():
            (device / key).write_text(f"{value}\n")
        (leaf.parent / "bInterfaceNumber").write_text("00\n")
        (leaf / "tty" / name / "device").symlink_to(leaf)
        (self.folder / "sys/class/tty" / name).symlink_to(leaf / "tty" / name)
        return port

    def unplug(self, name: str, place: str, port: FarPort) -> None:
        """Pull it out."""
        (self.folder / "sys/class/tty" / name).unlink()
        shutil.rmtree(self.folder / "sys/devices/usb1" / place)
        port.unplug()

    def play(self, far: Far | str, link: Path) -> FarPort:
        """Play an instrument behind a path."""
        port = FarPort(simulators()[far]() if isinstance(far, str) else far, link, self.clock)
        self.playing.append(port)
        self.tasks.create_task(port.run())
        return port

    def device(self, part: str) -> Device | None:
        """Return the device whose id has this in it."""
        return next((each for each in self.bench.devices() if part in each.id), None)

    async def sees(self, part: str, is_it: Callable[[Device], bool]) -> Device:
        """Return a device once this is true of it."""
        found: Device | None = None
        try:
            async with asyncio.timeout(DEADLINE):
                while (found := self.device(part)) is None or not is_it(found):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{part}: it is {found}") from None
        return found

    async def ask(self, command: Command) -> Any:
        """Give an order; raise Unable."""
        return await {**self.plugging.desks(), **self.robots.desks()}[type(command)](command)

    async def ask_once_it_can(self, command: Command) -> None:
        """Give an order to somebody who says "not now", as soon as he does not."""
        async with asyncio.timeout(DEADLINE):
            while (key := await self.ask_or_refused(command)) == "not-now":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert key == ""

    async def ask_or_refused(self, command: Command) -> str:
        """Give an order; return why it is refused, nothing if it is not."""
        try:
            await self.ask(command)
        except Unable as exc:
            return exc.key
        return ""

    async def refused(self, command: Command) -> tuple[str, Blanks]:
        """Return why it is refused."""
        try:
            await self.ask(command)
        except Unable as exc:
            return exc.key, exc.blanks
        raise AssertionError(f"{command} was not refused")


@asynccontextmanager
async def desk(folder: Path, *given: SerialPort, speed: float = 1.0) -> AsyncIterator[Desk]:
    """Open a laboratory at a computer, and run its parts; its seconds may be shorter than ours."""
    it = Desk(folder, given, speed)
    async with it.tasks:
        parts = (it.clock.run, it.bench.run, it.robots.run, it.plugging.run)
        running = [it.tasks.create_task(part()) for part in parts]
        try:
            yield it
        finally:
            for each in running:
                each.cancel()
            await asyncio.wait(running)
            for port in it.playing:
                port.unplug()


def ready(it: Device) -> bool:
    """It is there, known, and speaks."""
    return it.state == "ready" and it.kind != "unknown"
