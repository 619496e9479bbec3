"""Stops robots when no daemon does: opens their ports and says the stop of their drivers (shell).

systemd runs this after a crash. Who does not prove that it stands is started anew, and if that does not help
either a person is told to switch it off: a stop that was only sent is never called one that was obeyed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from msgspec import Struct

from devices.driver import Driver, Status
from devices.errors import DeviceError, LineLost, PortBusy, PortForbidden
from devices.identity import identify
from devices.port import Port
from devices.ports import plugged
from devices.workshop import made, setting
from edge.errors import TirekError
from edge.lab.known import Book, Record
from edge.lab.memory import FILE, checked
from edge.lab.obedience import Obedience, Patience

TURN = 0.1  # seconds between two turns of a driver
OPENS = 8.0  # seconds for an adapter to be opened: the kernel gives one that is dead five for each question
DYING = 1.5  # seconds for the kernel to take the ports from a daemon that has just been killed

# stopped: it has proven that it stands. told: it was told, and has no way to prove it. The others are told of
# to a person: unproven, not reached, and the port taken, forbidden or broken.
Fate = Literal["stopped", "told", "unproven", "absent", "busy", "forbidden", "failed"]
Mover = tuple[Record, str]  # with its port's path; "" while it is not plugged in


class BookUnreadable(TirekError):
    """Nobody knows any more which devices move."""


class Halted(Struct, frozen=True):
    """What became of one device."""

    device: str
    path: str
    fate: Fate = "stopped"
    why: str = ""  # in words; of a port that is taken, who has it: name (PID number)

    @property
    def holder_number(self) -> str:
        """Return the number of the program that has the port, "" where nobody may look."""
        return self.why.partition("(PID ")[2].rstrip(")") if self.fate == "busy" else ""


def movers(folder: Path, ports: Mapping[str, str] | None = None) -> list[Mover]:
    """Return all that moves of what is remembered, with its port; raise BookUnreadable."""
    path = folder / FILE
    try:
        book = checked(path)
    except (OSError, ValueError) as exc:
        raise BookUnreadable(f"{path} cannot be read, so nobody knows what moves: {exc}") from exc
    there = _paths(book) if ports is None else ports
    return [(each, there.get(each.id) or _given(each)) for each in book.devices if each.moves]


async def halt(folder: Path, found: Sequence[Mover], is_dying: bool = False) -> list[Halted]:
    """Stop them all at once; `is_dying`: whoever has a port was killed just now, and lets go of it."""
    async with asyncio.TaskGroup() as tasks:
        halting = [tasks.create_task(_halt(folder, *each, DYING if is_dying else 0.0)) for each in found]
    return [each.result() for each in halting]


async def _halt(folder: Path, record: Record, path: str, patience: float) -> Halted:
    if not path:
        return Halted(record.id, path, "absent")
    try:
        port = await _opened(path, record.baud, patience)
    except PortBusy as exc:
        return Halted(record.id, path, "busy", exc.holder)
    except PortForbidden as exc:
        return Halted(record.id, path, "forbidden", str(exc))
    except LineLost as exc:
        return Halted(record.id, path, "failed", str(exc))
    try:
        driver = made(record.driver, setting(folder, record.driver, record.profile))
        return Halted(record.id, path, await _stop(port, driver))
    except DeviceError as exc:  # a profile that is wrong by now, or a line that breaks
        port.reset()
        return Halted(record.id, path, "failed", str(exc))
    finally:
        port.close()
        await port.gone()  # a reset is done aside, and must not end with this program


async def _opened(path: str, baud: int, patience: float) -> Port:
    """Open a port; who has it may still be dying."""
    until = asyncio.get_running_loop().time() + patience
    while True:
        try:
            async with asyncio.timeout(OPENS):
                return await Port.open(path, baud)
        except TimeoutError as exc:
            raise LineLost(f"{path}: the adapter does not answer") from exc
        except PortBusy:
            if asyncio.get_running_loop().time() >= until:
                raise
        await asyncio.sleep(TURN)


async def _stop(port: Port, driver: Driver) -> Fate:
    """Say the stop until it is proven; raise LineLost."""
    clock = asyncio.get_running_loop().time
    it, patience = Obedience(), Patience.of(driver)
    port.urge(driver.stop())
    proves = driver.is_stopping
    it.told(clock(), patience)
    listens_until = clock() + (0.0 if proves else driver.obeys)
    running: str | None = None  # nobody knows yet
    while True:
        running = await _heard(port, driver, running)
        is_proven = not driver.is_stopping and port.is_sent and not running
        step = it.step(clock(), is_proven and clock() >= listens_until, patience)
        if not it.is_awaited:
            return "stopped" if proves or running == "" else "told"
        if step == "doubt":
            return "unproven"
        if step == "reset" and driver.last_resort != "none":
            port.reset(driver.last_resort)
        elif step in ("say", "greet"):
            port.urge(driver.stop())
        port.write(driver.ask(clock()))


async def _heard(port: Port, driver: Driver, running: str | None) -> str | None:
    """Let a driver hear what comes within one turn; return the program that it said last that it runs."""
    piece, clock = b"", asyncio.get_running_loop().time
    with suppress(TimeoutError):
        async with asyncio.timeout(TURN):
            piece = await port.read()
    for each in driver.feed(piece, clock()):
        if isinstance(each, Status) and each.running is not None:
            running = each.running
    return running


def _given(record: Record) -> str:
    """Return the path of a port that the configuration names, if it is there."""
    return record.path if record.path and Path(record.path).exists() else ""


def _paths(book: Book) -> dict[str, str]:
    """Return the ports of what is on USB, by device."""
    return {book.name(identity.id): path for path, identity in identify(plugged()).items()}
