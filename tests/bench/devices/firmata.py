"""An Arduino with the real StandardFirmata: what reading it costs, and how soon it is lost and found."""

import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from edge.client import Client
from edge.contract.notices import Devices, Reading
from tests.bench.child import Peer, Silent
from tests.bench.contract import Order
from tests.bench.devices.board import Board, uno
from tests.bench.devices.contract import BoardPlan, Noticed, Used
from tests.bench.devices.daemon import PATIENCE, Room, daemon
from tests.bench.journal.nodes import two_cores
from tests.bench.place import Here
from tests.bench.table import Table, ratio

RATE = 100  # samples a second: the most that StandardFirmata keeps up with
SECONDS, QUICK_SECONDS = 30.0, 5.0
PLUGS, QUICK_PLUGS = 20, 3
SETTLE = 3.0  # seconds for the first samples, and for what goes on just after the cable was pulled
APART = 0.5  # seconds without the cable
CPU, GONE = 1.5, 0.5  # % of a core to reach, with and without the board
LOST, FIRST = 50, 1000  # ms to reach
UNPLUG = "unplug → a screen knows"
SPOKE = "the board's first byte → a value at a screen"
BACK = "the port is there → a value at a screen"
COLUMNS = ("what", "tirek", "pyfirmata2", "of pyfirmata2", "goal")
NOTES = (
    "The real StandardFirmata 2.4 on a simulated Uno (simavr), one analog channel; a process of its own.",
    "CPU, and the first sample: the daemon's bench and port in a process of their own, as pyfirmata2 is; all"
    " threads.",
    "Unplugged: the daemon as it is run, and a client on its Unix socket. The port is gone for 0.5 s, and the"
    " board begins anew when it is back; that takes it 1.8 s. The thread of pyfirmata2 ends at the loss, says"
    " so to nobody and never returns.",
)


Times = dict[str, list[float]]  # ms, by what


class Case(Struct, frozen=True):
    """What reading took."""

    connected: float  # ms from the first try to the first sample
    plugged: Used
    unplugged: Used


def run(quick: bool) -> Table:
    """Read a board by both, and pull its cable."""
    seconds, plugs = (QUICK_SECONDS, QUICK_PLUGS) if quick else (SECONDS, PLUGS)
    with two_cores(), TemporaryDirectory() as folder, uno(Path(folder)) as board:
        ours = _case("ours", board, seconds)
        peer = _case("pyfirmata2", board, seconds)
        with daemon(Path(folder) / "daemon", board, []) as room:
            times = asyncio.run(_plugs(room, plugs))
    rows = [
        _compared("samples/s", ours.plugged.count / seconds, peer.plugged.count / seconds, "–"),
        _compared(
            *("CPU, % of a core", 100 * ours.plugged.cpu / seconds, 100 * peer.plugged.cpu / seconds),
            f"≤ {CPU}",
        ),
        _compared("CPU, µs a sample", _each(ours.plugged), _each(peer.plugged), "–"),
        _compared("port opened → first sample, ms", ours.connected, peer.connected, "–"),
        _row("unplugged: CPU, % of a core", 100 * ours.unplugged.cpu / seconds, f"≤ {GONE}"),
        *(_most(what, times[what], goal) for what, goal in ((UNPLUG, LOST), (SPOKE, FIRST), (BACK, 0))),
    ]
    return Table("devices-firmata", f"A board with Firmata at {RATE} Hz", COLUMNS, rows, NOTES)


def _each(used: Used) -> float:
    return 1e6 * used.cpu / max(1, used.count)


def _compared(what: str, ours: float, peer: float, goal: str) -> tuple[str, ...]:
    return what, f"{ours:.2f}", f"{peer:.2f}", ratio(ours, peer), goal


def _row(what: str, ours: float, goal: str) -> tuple[str, ...]:
    return what, f"{ours:.2f}", "its thread has ended", "–", goal


def _most(what: str, found: list[float], goal: int) -> tuple[str, ...]:
    said = f"{median(found):.1f}, most {max(found):.1f}"
    return f"{what}, ms, {len(found)} times", said, "never", "–", f"≤ {goal}" if goal else "–"


def _case(way: str, board: Board, seconds: float) -> Case:
    with Peer(Here(), "firmata_reader", BoardPlan(way, str(board.link), RATE)) as reader:
        reader.ready()
        reader.ask(Order("measure", seconds=SETTLE), Used)
        first = {event.what: event.at for event in reader.ask(Order("notices"), Noticed).events}
        plugged = reader.ask(Order("measure", seconds=seconds), Used)
        board.order("unplug")
        reader.ask(Order("measure", seconds=SETTLE), Used)
        unplugged = reader.ask(Order("measure", seconds=seconds), Used)
    board.order("reset")
    board.order("plug")
    board.tells("plugged")
    return Case(1000 * (first["sample"] - first["opens"]), plugged, unplugged)


async def _plugs(room: Room, count: int) -> Times:
    """Pull the cable and put it back, again and again; return how long everything took."""
    times: Times = {UNPLUG: [], SPOKE: [], BACK: []}
    seen: asyncio.Queue[tuple[float, bool]] = (
        asyncio.Queue()
    )  # whether the screen has a value, and since when
    async with Client(room.socket) as client, asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(client, room.device, seen))
        await _until(seen, True)
        for _ in range(count):
            room.board.forget()
            pulled = room.board.order("unplug")
            times[UNPLUG].append(1000 * (await _until(seen, False) - pulled))
            await asyncio.sleep(APART)
            room.board.order("reset")
            room.board.order("plug")
            back = await asyncio.to_thread(room.board.tells, "plugged")
            spoke = await asyncio.to_thread(room.board.tells, "spoke")
            there = await _until(seen, True)
            times[SPOKE].append(1000 * (there - spoke))
            times[BACK].append(1000 * (there - back))
        watching.cancel()
    return times


async def _watch(client: Client, device: str, seen: asyncio.Queue[tuple[float, bool]]) -> None:
    """Say whenever a screen begins to show a value, and when it is told that the device is gone."""
    has_value = False
    async for notice in client.notices():
        before = has_value
        if isinstance(notice, Devices):
            has_value &= any(each.id == device and each.state != "gone" for each in notice.devices)
        elif isinstance(notice, Reading) and notice.device == device:
            has_value = notice.value is not None
        if has_value != before:
            seen.put_nowait((time.monotonic(), has_value))


async def _until(seen: asyncio.Queue[tuple[float, bool]], wanted: bool) -> float:
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                at, has_value = await seen.get()
                if has_value == wanted:
                    return at
    except TimeoutError as exc:
        raise Silent(f"the screen {'gets no value' if wanted else 'is not told of the loss'}") from exc
