"""`tirek device stop`: by the daemon, or without one; what became of each device is said, nothing is hidden.

Status 0: all of them stand, as far as they can prove it. 1: a person has to see to one of them.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.client import Client, DaemonAway, DaemonDiffers, Refused
from edge.commands.asking import sentence
from edge.commands.place import CommandRefused, as_owner, who
from edge.commands.screen import printable
from edge.contract.commands import StopDevice, StopEverything
from edge.contract.notices import Device, Devices
from edge.lab.halting import Halted, Mover, halt, movers
from edge.lab.latch import Latch

LONGEST = 2.0  # seconds for a daemon to answer; who is to stop robots does not wait longer for one that hangs
PROOF = 10.0  # seconds for a board to prove that it stands: twice a boot and an answer
OFF = "switch it off by its own button"
NOTHING = "nothing that moves is known here"


class NobodyThere(Exception):
    """No daemon answers, or not in time."""


def by_daemon(socket: Path, device: str | None) -> int:
    """Let the daemon stop one device, or all; raise NobodyThere, CommandRefused."""
    try:
        devices = asyncio.run(_stopped(socket, device))
    except Refused as exc:
        raise CommandRefused(sentence(exc)) from exc
    except DaemonAway as exc:
        raise NobodyThere(f"no daemon at {socket}") from exc
    except DaemonDiffers as exc:
        raise CommandRefused(f"the daemon is another version: {exc}") from exc
    except TimeoutError as exc:
        raise NobodyThere(f"the daemon at {socket} does not answer") from exc
    for each in devices:
        print(f"{each.id}: {_stand(each)}")
    if not devices:
        print(NOTHING)
    return int(any(each.stopping for each in devices))


def alone(folder: Path, device: str | None, is_after_crash: bool) -> int:
    """Stop one device or all without a daemon; raise CommandRefused, BookUnreadable."""
    if device is None and not is_after_crash and folder.is_dir():
        _latch(folder)
    known = [each for each in movers(folder) if device in (None, each[0].id)]
    if device is not None and not any(path for _, path in known):
        raise CommandRefused(f"{device}: nothing of this name that moves is plugged in")
    return _told(known, asyncio.run(halt(folder, known, is_after_crash)))


def _latch(folder: Path) -> None:
    """Keep everything stopped when the daemon is there again; what is written is the daemon's."""
    with as_owner(folder):
        latch = Latch(folder)
        latch.close(who(), time.time_ns() // 1_000_000)
        latch.write()


def _told(known: Sequence[Mover], halted: Sequence[Halted]) -> int:
    """Say what became of each; return the status."""
    labels = {record.id: record.label for record, _ in known}
    for each in halted:
        label = f" ({printable(labels[each.device])})" if labels[each.device] else ""
        print(f"{each.device}{label}: {_fate(each)}")
    if not halted:
        print(NOTHING)
    bad = [each for each in halted if each.fate not in ("stopped", "told", "absent")]
    for each in bad:
        print(f"{each.device}: NOT stopped: {OFF}", file=sys.stderr)
    return int(bool(bad))


def _fate(it: Halted) -> str:
    if it.fate == "busy":
        number = it.holder_number
        first = f"end PID {number} first" if number else "end that program first; root sees which"
        return f"its port is in use by {it.why or 'another program'}: {first}"
    said = {
        "stopped": "stopped",
        "told": "told to stop; it has no way to prove that it did",
        "unproven": "told to stop, and NOT confirmed stopped",
        "absent": f"not plugged in, so nothing was sent; if it moves, {OFF}",
        "forbidden": it.why,
    }
    return said.get(it.fate, it.why)


async def _stopped(socket: Path, device: str | None) -> list[Device]:
    """Give the order; return what moves once nothing is awaited any more."""
    async with Client(socket) as client:
        async with asyncio.timeout(LONGEST):
            await client.do(StopEverything(who()) if device is None else StopDevice(device, who()))
        found: list[Device] = []
        try:
            async with asyncio.timeout(PROOF):
                async for notice in client.notices():
                    if isinstance(notice, Devices):
                        found = list(_moving(notice, device))
                        if not any(each.stopping == "waits" for each in found):
                            break
        except TimeoutError:
            pass  # what is still awaited then is told
        return found


def _moving(devices: Devices, device: str | None) -> Iterator[Device]:
    for each in devices.devices:
        if device == each.id or (device is None and (each.kind == "robot" or each.actuators)):
            yield each


def _stand(it: Device) -> str:
    if it.state == "gone":
        moved = "it may be moving" if it.stopping else "if it moves"
        return f"not plugged in, so nothing was sent; {moved}: {OFF}"
    return f"told to stop, and NOT confirmed stopped: {OFF}" if it.stopping else "stopped"
