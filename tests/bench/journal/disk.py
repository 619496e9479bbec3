"""How long a teacher waits for "saved": from the call to the register on the disk, also beside others."""

import asyncio
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from edge.gate import make_nodes_app
from edge.journal import Journal
from edge.roll import Roll
from sync.joining.tls import server_context
from sync.ledger import computer
from sync.records import RegisterTaken, RosterChanged, encode
from sync.server import Server
from sync.tables import Entry
from sync.tree import certificates
from tests.bench.child import Peer
from tests.bench.contract import Evened, Order, SchoolsPlan
from tests.bench.journal.nodes import Site, command, file_system, pause, two_cores
from tests.bench.journal.school import CLASSES, append, backlog
from tests.bench.place import Here
from tests.bench.table import Table, centiles, ratio

GOAL = 30.0  # milliseconds, p99 on an idle disk
COUNT, QUICK_COUNT = 600, 200  # registers taken one after the other
PAUSE = 0.01  # seconds between registers on an idle disk
KEPT = 20  # weeks that stand in the journal before
CHILDREN, WEEKS, QUICK_WEEKS = 8, 40, 16  # what comes from below meanwhile
IMPORTS, QUICK_IMPORTS = 6, 2
PUPILS = 1200  # in an imported roster: the largest school there is
LETTERS = "абдежилнрс"  # for digits: a name has none
HERE = "127.0.0.1"
COLUMNS = ("case", "registers", "p50 ms", "p95 ms", "p99 ms", "largest ms", "goal p99", "of a row a commit")
NOTES = (
    "From the call of `Roll.take`, which looks up the roster and what it replaces, to the future's answer:"
    f" committed and synced. The journal holds {KEPT} weeks of a school already.",
    "A row a commit: SQLite alone with `synchronous=FULL`, bodies of such registers; p99 against p99.",
    f"Ingest: {CHILDREN} nodes bring some weeks each, over TLS, to this very process meanwhile. Import:"
    f" `tirek roster import` of {PUPILS:,} pupils runs beside it, again and again, as a process of its own.",
)

Take = Callable[[int], None]


class Taker:
    """Takes registers one after the other and notes how long each took, in milliseconds."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._next = 0

    def some(self, count: int) -> list[float]:
        """Take so many, with a pause after each."""
        return [self._one() for _ in range(count)]

    def until(self, is_over: Callable[[], bool]) -> list[float]:
        """Take as many as there is time for."""
        times = [self._one()]
        while not is_over():
            times.append(self._one())
        return times

    def _one(self) -> float:
        self._next += 1
        began = time.perf_counter()
        self._take(self._next)
        took = time.perf_counter() - began
        pause(PAUSE)
        return took * 1000


def run(quick: bool) -> Table:
    """Take registers on an idle disk, beside an ingest and beside an import."""
    count = QUICK_COUNT if quick else COUNT
    with two_cores(), TemporaryDirectory() as folder:
        root = Path(folder)
        base = _rows(root, count)
        cases = [("SQLite, a row a commit", base)]
        cases.append(("a register, idle", _idle(root / "idle", count)))
        cases.append(
            ("a register, beside an ingest", _ingest(root / "ingest", QUICK_WEEKS if quick else WEEKS))
        )
        imports = QUICK_IMPORTS if quick else IMPORTS
        cases.append(("a register, beside an import", _import(root / "import", imports)))
        rows = [_row(name, times, base) for name, times in cases]
        notes = (*NOTES, f"On {file_system(root)}.")
    return Table("journal-disk", "The journal: a register written", COLUMNS, rows, notes)


def _row(name: str, times: list[float], base: list[float]) -> tuple[str, ...]:
    cuts = centiles(times)
    goal = f"≤ {GOAL:.0f}" if name.endswith("idle") else "–"
    return (name, str(len(times)), *(f"{cut:.1f}" for cut in cuts), goal, ratio(cuts[2], centiles(base)[2]))


def _rows(folder: Path, count: int) -> list[float]:
    bodies = [encode(each.register)[1] for each in backlog(1, 1 + count // 330)]
    with closing(sqlite3.connect(folder / "rows.db", isolation_level=None)) as db:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("CREATE TABLE row (at INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        insert = "INSERT INTO row (body) VALUES (?)"
        return Taker(lambda number: db.execute(insert, (bodies[number % len(bodies)],)).close()).some(count)


@contextmanager
def _school(state: Path) -> Iterator[tuple[Journal, Taker]]:
    """A school with a roster and some weeks behind it."""
    journal = Journal(state, "aul")
    try:
        pupils = {
            f"{class_}-{number}": (class_, number)
            for class_, most in CLASSES.items()
            for number in range(1, most + 1)
        }
        sealed = journal.names.seal_all({pupil: f"Оқушы {pupil}" for pupil in pupils})
        roster = [RosterChanged(pupil, *place, sealed[pupil]) for pupil, place in pupils.items()]
        journal.ledger.append(Entry("roster", "aul", each) for each in roster).result()
        append(journal.ledger, "aul", backlog(1, KEPT))
        roll = Roll(journal)
        yield journal, Taker(lambda number: _take(roll, number))
    finally:
        journal.close()


def _take(roll: Roll, number: int) -> None:
    class_, pupils = list(CLASSES.items())[number % len(CLASSES)]
    marks = dict.fromkeys(range(1, pupils + 1), "present")
    roll.take(class_, RegisterTaken(f"{class_} 2027-01-15 {number:05}", marks, "Ахметова Г. С.")).result()


def _idle(state: Path, count: int) -> list[float]:
    with _school(state) as (_, taker):
        return taker.some(count)


def _ingest(folder: Path, weeks: int) -> list[float]:
    door = socket.create_server((HERE, 0))
    address = f"{HERE}:{door.getsockname()[1]}"
    with Site(folder / "hub") as hub:
        for number in range(CHILDREN):
            with Site(folder / "schools" / f"school-{number}") as school:
                hub.lets_in(school, f"school-{number}", address)
                append(school.ledger, f"school-{number}", backlog(number, weeks))
    with _school(folder / "hub") as (journal, taker), ExitStack() as stack:
        stack.enter_context(_served(journal, door))
        schools = stack.enter_context(Peer(Here(), "schools", SchoolsPlan(str(folder / "schools"))))
        schools.ready()
        return _while(lambda: schools.ask(Order("even", seconds=60.0), Evened), taker)


def _import(state: Path, times: int) -> list[float]:
    with _school(state) as (_, taker):
        files = [_roster_file(state / f"roster-{family}.csv", family) for family in ("Омаров", "Оспанов")]

        def imports() -> None:
            for _, file in zip(range(times), cycle(files)):
                command("roster", "import", "--state", str(state), "--school", "aul", str(file))

        return _while(imports, taker)


def _roster_file(path: Path, family: str) -> Path:
    """Write a roster in which everybody has another name than in the other file."""
    lines = ["class;number;name"]
    for place in range(PUPILS):
        class_ = f"{1 + place // 30 % 11}{'БВГД'[place // 330]}"
        given = "".join(LETTERS[int(digit)] for digit in f"{place:04}")
        lines.append(f"{class_};{1 + place % 30};{family} {given.capitalize()}")
    path.write_text("\n".join(lines))
    return path


def _while(work: Callable[[], object], taker: Taker) -> list[float]:
    """Take registers while something else is done in another thread."""
    with ThreadPoolExecutor(1) as beside:
        working = beside.submit(work)
        times = taker.until(working.done)
        working.result()
    return times


@contextmanager
def _served(journal: Journal, door: socket.socket) -> Iterator[None]:
    """Serve other nodes from this process, in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    app = make_nodes_app(Server(journal.ledger, journal.names.keys_of, computer).routes())
    runner = web.AppRunner(app, access_log=None)
    context = server_context(journal.identity, journal.ledger.read(certificates))

    async def serve() -> None:
        await runner.setup()
        await web.SockSite(runner, door, ssl_context=context).start()

    try:
        asyncio.run_coroutine_threadsafe(serve(), loop).result()
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
