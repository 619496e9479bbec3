"""All schools of a region come at once, each with a week waiting: how long until their hub has it all."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer, Silent
from tests.bench.contract import Evened, Order, SchoolsPlan
from tests.bench.journal.nodes import Site, an_address, daemon, file_system, pause, registers_in, two_cores
from tests.bench.journal.school import MARKS, REGISTERS, last_monday, week, write
from tests.bench.place import Here
from tests.bench.table import Table, ratio
from tests.bench.usage import Usage

SCHOOLS = 134
GOAL = 5.0  # seconds until the hub has everything
RUNS, QUICK_RUNS = 2, 1
MAKERS = 8  # threads that make schools: most of it is waiting for the disk
LOOK = 0.02  # seconds between looks at the region's file
PATIENCE = 60.0  # seconds for what takes five
COLUMNS = (
    *("way", "goal s", "median s", "largest s", "of the goal", "registers there", "marks/s"),
    *("hub CPU s", "hub RSS MB", "schools' CPU s", "requests"),
)
NOTES = (
    f"{SCHOOLS} schools × {REGISTERS} registers = {SCHOOLS * REGISTERS:,}, {SCHOOLS * MARKS:,} marks."
    " The schools are one process with a journal each; hub and region are daemons as they are run. All of"
    " them on the same 2 cores and the same disk, over TLS with pinned certificates, from fresh connections.",
    "The time ends when every school knows that its hub has all of it on the disk; for the region when it is"
    " on the region's disk. Registers there: counted in the file of the last node of the way.",
    "The schools' journals are synced by the same disk: each school commits twice in this time.",
)


class Run(Struct, frozen=True):
    """One convergence."""

    seconds: float
    there: int
    cpu: float
    memory: float
    schools: Evened


def run(quick: bool) -> Table:
    """Let a region converge, to its hub and to the node above."""
    rows, runs = [], QUICK_RUNS if quick else RUNS
    with two_cores(), TemporaryDirectory() as folder:
        disk = file_system(Path(folder))
        ways = {2: "schools → hub", 3: "schools → hub → region"}
        for hops, way in list(ways.items())[: 1 if quick else 2]:
            done = [_converge(Path(folder) / f"{hops}-{number}", hops) for number in range(runs)]
            rows.append(_row(way, done))
    notes = (*NOTES, f"{runs} runs of each on {disk}.")
    return Table("journal-region", "The journal: a region's week converges", COLUMNS, rows, notes)


def _row(way: str, runs: list[Run]) -> tuple[str, ...]:
    middle = sorted(runs, key=lambda each: each.seconds)[len(runs) // 2]
    took = median(each.seconds for each in runs)
    return (
        *(way, f"≤ {GOAL:.0f}" if "region" not in way else "–", f"{took:.2f}"),
        *(f"{max(each.seconds for each in runs):.2f}", ratio(took, GOAL)),
        *(f"{min(each.there for each in runs)}", f"{SCHOOLS * MARKS / took:,.0f}"),
        *(f"{middle.cpu:.2f}", f"{middle.memory:.0f}"),
        *(f"{middle.schools.cpu:.2f}", str(middle.schools.requests)),
    )


def _converge(folder: Path, hops: int) -> Run:
    address, above = an_address(), an_address()
    with Site(folder / "hub") as hub:
        with ThreadPoolExecutor(MAKERS) as makers:
            list(makers.map(partial(_school, folder, hub, address), range(SCHOOLS)))
        if hops == 3:
            with Site(folder / "region") as region:
                region.lets_in(hub, "hub", above, enrols=True)
    with ExitStack() as stack:
        last = folder / "hub"
        if hops == 3:
            last = folder / "region"
            stack.enter_context(daemon(last, above))
        served = stack.enter_context(daemon(folder / "hub", address))
        schools = stack.enter_context(Peer(Here(), "schools", SchoolsPlan(str(folder / "schools"))))
        schools.ready()
        usage, began = Usage(served.pid), time.monotonic()
        done = schools.ask(Order("even", seconds=PATIENCE), Evened)
        took = done.seconds if hops == 2 else _until(last, began)
        cpu = usage.cpu() * (time.monotonic() - began)
        return Run(took, registers_in(last), cpu, usage.memory(), done)


def _school(folder: Path, hub: Site, address: str, number: int) -> None:
    name = f"school-{number:03}"
    with Site(folder / "schools" / name) as school:
        hub.lets_in(school, name, address)
        write(school.ledger, name, list(week(number, last_monday())))


def _until(state: Path, began: float) -> float:
    """Wait until a node holds all registers; return how long that took."""
    with _streams(state) as heads:
        while next(heads) < SCHOOLS * REGISTERS:
            if time.monotonic() - began > PATIENCE:
                raise Silent("the region does not have everything")
            pause(LOOK)
    return time.monotonic() - began


@contextmanager
def _streams(state: Path) -> Iterator[Iterator[int]]:
    query = "SELECT coalesce(sum(head), 0) FROM stream WHERE class = 'register'"
    with closing(sqlite3.connect(state / "journal" / "journal.db")) as db:
        yield (int(db.execute(query).fetchone()[0]) for _ in iter(int, 1))
