"""Instruments that print lines: what is lost of eight fast ones, and what reading them costs."""

from array import array
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Order
from tests.bench.devices.contract import RATE, Ends, ReaderPlan, Used, WriterPlan, Wrote
from tests.bench.journal.nodes import two_cores
from tests.bench.place import Here
from tests.bench.table import Table, centiles, ratio

DEVICES = 8
SECONDS, QUICK_SECONDS = 60, 10
TAIL = 1.0  # seconds after the last line for what is still under way
GOAL = 15  # % of a core
STORED, PARSED, PROTOCOLS, THREADS = "laboratory", "ports", "protocols", "threads"
COLUMNS = (
    "reader",
    "lines",
    "lost",
    "CPU % of a core",
    "of the first",
    "µs a line",
    "p50 ms",
    "p99 ms",
    "goal",
)
NOTES = (
    f"{DEVICES} ptys × {RATE} lines/s of one value each, `distance:12.345`, by a process of its own that"
    " writes each line at its time. Lines are told by content; what a full pty does not take is lost, as of a"
    " board.",
    "CPU: user and system of the reader, all threads, while lines come.",
    "p50, p99: from the write to the number in the reader's hands; stored: to the stamp that is stored.",
    "Stored: the daemon's bench and store, a commit each 0.2 s. The others keep what they read in memory.",
    "readline(): a thread for each port, timeout 0.5 s. Both asyncio readers run on uvloop.",
    "A pty's bytes are carried by a thread of the kernel, which waits for its turn on a busy computer.",
)


class Case(Struct, frozen=True):
    """One way of reading."""

    name: str
    way: str
    quantities: int = 1


class Measured(Struct, frozen=True):
    """What came of it."""

    lost: int
    cpu: float  # seconds
    delays: list[float]  # ms


CASES = (
    Case("tirek: read, parsed, stored", STORED),
    Case("tirek: the same, two values a line", STORED, 2),
    Case("tirek: read, parsed", PARSED),
    Case("pyserial-asyncio-fast: read, parsed", PROTOCOLS),
    Case("pyserial readline(): read, parsed", THREADS),
)


def run(quick: bool) -> Table:
    """Read the same lines every way."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with two_cores():
        measured = [(case, _measured(case, seconds)) for case in CASES]
    base = measured[0][1]
    rows = [_row(case, each, base, seconds) for case, each in measured]
    return Table("devices-lines", f"{DEVICES} instruments × {RATE} lines a second", COLUMNS, rows, NOTES)


def _row(case: Case, each: Measured, base: Measured, seconds: int) -> tuple[str, ...]:
    lines = DEVICES * RATE * seconds
    p50, _, p99, _ = centiles(each.delays or [0.0, 0.0])
    return (
        *(case.name, f"{lines:,}", f"{each.lost:,}", f"{100 * each.cpu / seconds:.1f}"),
        *(ratio(each.cpu, base.cpu), f"{1e6 * each.cpu / lines:.1f}", f"{p50:.2f}", f"{p99:.2f}"),
        f"0 lost, ≤ {GOAL} %" if each is base else "–",
    )


def _measured(case: Case, seconds: int) -> Measured:
    writes = WriterPlan(DEVICES, seconds, case.quantities)
    with TemporaryDirectory() as folder, Peer(Here(), "line_writer", writes) as writer:
        writer.ready()
        paths = writer.ask(Order("ends"), Ends).paths
        plan = ReaderPlan(case.way, paths, folder, seconds * RATE, case.quantities)
        with Peer(Here(), "line_reader", plan) as reader:
            reader.ready()
            reader.ask(Order("begin"), Used)
            wrote = writer.ask(Order("write", seconds=seconds), Wrote)
            used = reader.ask(Order("end", seconds=TAIL), Used)
        delays = [each for number in range(DEVICES) for each in _delays(folder, number, wrote)]
    return Measured(DEVICES * RATE * seconds - used.count, used.cpu, delays)


def _delays(folder: str, device: int, wrote: Wrote) -> list[float]:
    came = array("d", (Path(folder) / f"arrivals-{device}").read_bytes())
    left = [(0, 0.0), *wrote.stamps]
    return [
        1000 * (came[number] - at)
        for (first, _), (end, at) in pairwise(left)
        for number in range(first, end)
        if came[number]
    ]
