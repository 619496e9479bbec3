"""Four probes on one Modbus line: what a dead one takes from the others, and what a request costs."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import REPOSITORY, Peer, Process, Silent
from tests.bench.contract import Order
from tests.bench.devices.contract import BusPlan, Polled
from tests.bench.journal.nodes import pause, two_cores
from tests.bench.place import Here
from tests.bench.table import Table, ratio

SLAVES, DEAD = (1, 2, 3, 4), 2
SECONDS, QUICK_SECONDS = 40.0, 4.0
EDGE = 3.0  # seconds at the beginning that are not measured: a dead slave is found out
PACE = 10.0  # readings a second of each slave: more than any probe measures
FAST = 20.0  # … for the cost of a request: the most that the driver allows
PATIENCE, LOOK = 20.0, 0.05
SHARE, OVERHEAD = 90, 1.2  # % of their rate that the others keep; times pymodbus's CPU a request
PROGRAM = str(REPOSITORY / "tests/devices/modbus/slaves.py")
NAMES = {"ours": "tirek", "pymodbus": "pymodbus client"}
COLUMNS = (
    *("master, slaves", "wanted/s", "others' readings/s", "of all alive", "requests"),
    *("CPU % of a core", "µs a request", "of pymodbus", "goal"),
)
NOTES = (
    f"{len(SLAVES)} slaves of pymodbus's own server behind socat's pair of ptys, {PACE:.0f} readings of 4"
    f" registers a second of each; slave {DEAD} hears and its answers are lost. Patience 0.3 s, one retry.",
    "pymodbus: AsyncModbusSerialClient, each slave in turn, in rounds, as its examples do; both on uvloop.",
    "tirek: the daemon's bench, with its notices of 16 channels. The others: mean of the three living.",
    "CPU: user and system of the master's process. tirek keeps the silence between frames that is asked for.",
)


class Case(Struct, frozen=True):
    """A master, and what it got."""

    way: str
    dead: bool
    pace: float
    got: Polled

    @property
    def others(self) -> float:
        """Readings of each living slave."""
        living = [slave for slave in SLAVES if slave != DEAD]
        return sum(self.got.readings.get(slave, 0) for slave in living) / len(living)

    @property
    def cost(self) -> float:
        """CPU seconds of a request."""
        return self.got.cpu / max(1, self.got.requests)


def run(quick: bool) -> Table:
    """Poll all, and all but one, by both masters."""
    if shutil.which("socat") is None:
        raise Silent("socat is not installed")
    seconds = QUICK_SECONDS if quick else SECONDS
    with two_cores():
        cases = [_case(way, dead, PACE, seconds) for way in NAMES for dead in (False, True)]
        cases += [_case(way, False, FAST, seconds) for way in NAMES]
    rows = [_row(case, cases, seconds) for case in cases]
    return Table("devices-modbus", "Modbus: one of four slaves is dead", COLUMNS, rows, NOTES)


def _row(case: Case, cases: list[Case], seconds: float) -> tuple[str, ...]:
    alive = next(each for each in cases if each.way == case.way and each.pace == case.pace)
    peer = next(
        each for each in cases if each.way == "pymodbus" and (each.pace, each.dead) == (case.pace, case.dead)
    )
    share = f"{100 * case.others / alive.others:.0f} %" if case.dead and alive.others else "–"
    goal = "–"
    if case.way == "ours":
        goal = f"≥ {SHARE} %" if case.dead else f"≤ {OVERHEAD:.1f}×"
    return (
        f"{NAMES[case.way]}, {'one dead' if case.dead else 'all alive'}",
        *(f"{case.pace:.0f}", f"{case.others / seconds:.2f}", share, f"{case.got.requests:,}"),
        *(f"{100 * case.got.cpu / seconds:.2f}", f"{1e6 * case.cost:.0f}", ratio(case.cost, peer.cost), goal),
    )


def _case(way: str, dead: bool, pace: float, seconds: float) -> Case:
    with TemporaryDirectory() as folder, _bus(Path(folder), dead) as path:
        plan = BusPlan(way, path, list(SLAVES), pace)
        with Peer(Here(), "bus_master", plan) as master:
            master.ready()
            master.ask(Order("measure", seconds=EDGE), Polled)
            return Case(way, dead, pace, master.ask(Order("measure", seconds=seconds), Polled))


@contextmanager
def _bus(folder: Path, dead: bool) -> Iterator[str]:
    """Run the line and its slaves; yield the master's end."""
    near, far = folder / "near", folder / "far"
    ends = [f"pty,raw,echo=0,link={each}" for each in (near, far)]
    slaves = [str(-slave if dead and slave == DEAD else slave) for slave in SLAVES]
    with Process(Here(), ["socat", *ends], log=folder / "socat"):
        _until(lambda: near.exists() and far.exists(), "socat opened no ptys")
        log = folder / "slaves"
        with Process(Here(), [sys.executable, "-u", PROGRAM, str(far), *slaves], log=log):
            _until(lambda: "ready" in log.read_text(), "no slaves")
            yield str(near)


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise Silent(otherwise)
        pause(LOOK)
