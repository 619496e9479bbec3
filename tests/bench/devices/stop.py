"""Robots: from an order to the pin of a board, and how soon it stops when anybody or anything is gone."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.client import Client, DaemonAway, Refused
from edge.contract.commands import AllowMotion, DriveActuator, StillHere, StopEverything
from edge.lab.lease import LEASE
from tests.bench.child import REPOSITORY, Peer, Silent
from tests.bench.contract import Order
from tests.bench.devices.board import Board, uno
from tests.bench.devices.contract import BoardPlan, Ends, Noticed, Used, WriterPlan, Wrote
from tests.bench.devices.daemon import LOOK, PATIENCE, Room, daemon
from tests.bench.journal.nodes import pause, two_cores
from tests.bench.place import Here
from tests.bench.table import Table, centiles

COMMANDS, QUICK_COMMANDS = 200, 30
STOPS, QUICK_STOPS = 50, 8
LEASES, QUICK_LEASES = 10, 2
KILLS, QUICK_KILLS = 5, 1
STREAMING = 7  # instruments beside the board, of 1000 lines a second each
LONGEST = 600  # seconds of lines that they have
APART = 0.08  # seconds between two orders: twenty a second go out
HEARTBEAT = 0.5  # seconds, as a screen's
ON, OFF = "out B 20", "out B 00"  # pin 13, where the lamp is
BY = "bench"
COLUMNS = ("milliseconds", "times", "median", "p95", "p99", "most", "to reach")
NOTES = (
    "A real StandardFirmata on a simulated Uno, its pin 13 watched; the daemon as it is run, commands over"
    " its Unix socket from another process. The board's own time is in it: 57600 baud, and its loop.",
    f"8 streaming: the board at 100 Hz, and {STREAMING} instruments that print 1000 lines a second each.",
    f"Lease: from {LEASE} s after the last word of the screen was sent. pyfirmata2: its script writes.",
    "kill -9: of the daemon while the lamp is on, then `tirek device stop --all --after-crash`, which systemd"
    " runs; its start included. Without it the board goes on for ever.",
)


def run(quick: bool) -> Table:
    """Switch a lamp, and have it switched off in every way."""
    commands, stops = (QUICK_COMMANDS, QUICK_STOPS) if quick else (COMMANDS, STOPS)
    leases, kills = (QUICK_LEASES, QUICK_KILLS) if quick else (LEASES, KILLS)
    with two_cores(), TemporaryDirectory() as folder, uno(Path(folder)) as board:
        root = Path(folder)
        peer = _by_peer(board, commands)
        with daemon(root / "alone", board, []) as room:
            alone = asyncio.run(_switched(room, commands))
        with _streams() as paths, daemon(root / "among", board, paths) as room:
            asyncio.run(room.all_ready(1 + STREAMING))
            among = asyncio.run(_switched(room, commands))
            stopped = asyncio.run(_stopped(room, stops))
            left = asyncio.run(_left(room, leases))
        killed = [_killed(root / f"killed-{number}", board) for number in range(kills)]
    rows = [
        _row("command → pin", alone, "p99 ≤ 20"),
        _row("command → pin, 8 streaming", among, "p99 ≤ 20"),
        _row("for comparison: pyfirmata2's write → pin", peer, "–"),
        _row("stop everything → pin, 8 streaming", stopped, "≤ 100"),
        _row("lease over → pin, 8 streaming", left, "≤ 100"),
        _row("kill -9 of the daemon → pin", killed, "≤ 3000"),
    ]
    return Table("devices-stop", "Robots: orders and stops", COLUMNS, rows, NOTES)


def _row(what: str, found: list[float], goal: str) -> tuple[str, ...]:
    spread = centiles(found) if len(found) > 1 else (found[0],) * 4
    return what, str(len(found)), *(f"{each:.1f}" for each in spread), goal


async def _switched(room: Room, count: int) -> list[float]:
    """Switch the lamp on and off; return how long each took."""
    found = []
    async with Client(room.socket) as client:
        await _ready(client, room)
        for number in range(count):
            await asyncio.sleep(APART)
            room.board.forget()
            began = time.monotonic()
            await client.do(DriveActuator(room.device, "lamp", 1 - number % 2, BY))
            at = await asyncio.to_thread(room.board.tells, (ON, OFF)[number % 2])
            found.append(1000 * (at - began))
    return found


async def _stopped(room: Room, count: int) -> list[float]:
    """Switch it on, and stop everything."""
    found = []
    async with Client(room.socket) as client:
        for _ in range(count):
            await _lit(client, room)
            began = time.monotonic()
            await client.do(StopEverything())
            at = await asyncio.to_thread(room.board.tells, OFF)
            found.append(1000 * (at - began))
            await client.do(AllowMotion())
            await asyncio.sleep(APART)
    return found


async def _left(room: Room, count: int) -> list[float]:
    """Switch it on, say for a while that a screen is there, and be silent."""
    found = []
    async with Client(room.socket) as client:
        for _ in range(count):
            await _lit(client, room)
            for _ in range(2):
                await asyncio.sleep(HEARTBEAT)
                said = time.monotonic()
                await client.do(StillHere(BY))
            at = await asyncio.to_thread(room.board.tells, OFF)
            found.append(1000 * (at - said - LEASE))
    return found


def _killed(folder: Path, board: Board) -> float:
    """Switch it on, kill the daemon, and do what systemd does then."""

    async def light(room: Room) -> None:
        async with Client(room.socket) as client:
            await _lit(client, room)

    with daemon(folder, board, []) as room:
        asyncio.run(light(room))
        began = time.monotonic()
        os.kill(room.daemon, signal.SIGKILL)
        stop = ("device", "stop", "--all", "--after-crash", "--config", str(room.config))
        subprocess.run(
            [sys.executable, "-m", "edge", *stop], cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True
        )
        return 1000 * (board.tells(OFF) - began)


async def _ready(client: Client, room: Room) -> None:
    """Wait until the board lets itself be driven, its lamp off."""
    for _ in range(int(PATIENCE / LOOK)):
        with suppress(Refused, DaemonAway):  # it has not said yet what its pins can do
            await client.do(DriveActuator(room.device, "lamp", 0, BY))
            return
        await asyncio.sleep(LOOK)
    raise Silent("the daemon does not drive the board")


async def _lit(client: Client, room: Room) -> None:
    await _ready(client, room)
    await asyncio.sleep(APART)
    room.board.forget()
    await client.do(DriveActuator(room.device, "lamp", 1, BY))
    await asyncio.to_thread(room.board.tells, ON)
    await asyncio.sleep(APART)


def _by_peer(board: Board, count: int) -> list[float]:
    found = []
    with Peer(Here(), "firmata_reader", BoardPlan("pyfirmata2", str(board.link), 100)) as script:
        script.ready()
        script.ask(Order("switch", count=0), Noticed)
        script.ask(Order("measure", seconds=1.0), Used)
        for number in range(count):
            pause(APART)
            board.forget()
            noticed = script.ask(Order("switch", count=1 - number % 2), Noticed)
            at = board.tells((ON, OFF)[number % 2])
            found.append(1000 * (at - noticed.events[-1].at))
    return found


@contextmanager
def _streams() -> Iterator[list[str]]:
    """Instruments that print lines all the time; yield their ports."""
    with Peer(Here(), "line_writer", WriterPlan(STREAMING, LONGEST)) as writer:
        writer.ready()
        paths = writer.ask(Order("ends"), Ends).paths
        writer.ask(Order("stream"), Wrote)
        yield paths
