"""Stops robots when no daemon does: opens their ports and says the stop of their drivers (shell).

systemd runs this after a crash. A board that does not take the stop, or says that it still runs after a
second, is started anew by its DTR line.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from devices.driver import Driver, Status
from devices.errors import DeviceError, LineLost
from devices.identity import identify
from devices.port import Port
from devices.ports import plugged
from devices.workshop import made, setting
from edge.lab.known import Book, Record
from edge.lab.memory import FILE, read

OBEYS = 1.0  # seconds in which a stop is said again where a driver wants that; all is to stand within three
TURN = 0.1  # seconds between two turns of a driver


class Halted(Struct, frozen=True):
    """What became of one device."""

    device: str
    path: str
    fault: str = ""  # "" if it was stopped


def movers(folder: Path, ports: Mapping[str, str] | None = None) -> list[tuple[Record, str]]:
    """Return what moves of all that is remembered and plugged in, with its port's path."""
    book = read(folder / FILE)
    paths = _paths(book) if ports is None else ports
    return [
        (each, paths.get(each.id, each.path))
        for each in book.devices
        if each.moves and (each.id in paths or (each.path and Path(each.path).exists()))
    ]


async def halt(folder: Path, found: Sequence[tuple[Record, str]]) -> list[Halted]:
    """Stop them all at once."""
    async with asyncio.TaskGroup() as tasks:
        halting = [tasks.create_task(_halt(folder, record, path)) for record, path in found]
    return [each.result() for each in halting]


async def _halt(folder: Path, record: Record, path: str) -> Halted:
    try:
        port = await Port.open(path, record.baud)
    except LineLost as exc:
        return Halted(record.id, path, str(exc))
    try:
        driver = made(record.driver, setting(folder, record.driver, record.profile))
        if not await _stops(port, driver):
            port.reset()
    except DeviceError as exc:  # a profile that is wrong by now, or a line that breaks
        port.reset()
        return Halted(record.id, path, str(exc))
    finally:
        port.close()
    return Halted(record.id, path)


async def _stops(port: Port, driver: Driver) -> bool:
    """Say the stop, and again where the driver wants that; tell whether it was taken; raise LineLost."""
    clock = asyncio.get_running_loop().time
    until, running = clock() + OBEYS, ""
    port.urge(driver.stop())
    while clock() < until:
        piece = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN):
                piece = await port.read()
        for each in driver.feed(piece, clock()):
            if isinstance(each, Status) and each.running is not None:
                running = each.running
        port.write(driver.ask(clock()))
    return port.is_sent and not running


def _paths(book: Book) -> dict[str, str]:
    """Return the ports of what is on USB, by device."""
    return {book.name(identity.id): path for path, identity in identify(plugged()).items()}
