"""Facts a second onto the disk: by the ledger alone, and brought by several nodes at once over TLS."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sync import chain, protocol, streams
from sync.exchange import Arrived, absorb
from sync.ledger import computer
from sync.records import Fact, encode
from sync.tables import Entry
from tests.bench.child import Peer
from tests.bench.contract import Evened, Order, SchoolsPlan
from tests.bench.journal.nodes import Site, an_address, daemon, file_system, registers_in, two_cores
from tests.bench.journal.school import REGISTERS, append, backlog
from tests.bench.place import Here
from tests.bench.table import Table, ratio
from tests.bench.usage import Usage

GOAL = 20_000  # facts a second
CHILDREN = 8
WEEKS, QUICK_WEEKS = 20, 8  # that each child has waiting
ALONE, QUICK_ALONE = 2000, 500  # facts written one by one
BATCHES, QUICK_BATCHES = 80, 30  # of a week each
COLUMNS = ("way", "facts", "facts/s", "goal", "of the goal", "of a row a commit", "hub CPU µs/fact")
NOTES = (
    "Everything is on the disk (`synchronous=FULL`, fsync) before anybody is told. Facts are registers of"
    " seven marks on average. 2 cores for nodes and hub together.",
    "A row a commit: SQLite alone, the same file system and settings, a table with a number and the body, as"
    " most programs write it.",
    f"Over HTTP and TLS: {CHILDREN} nodes in one process bring what waited, the hub is the daemon as it is"
    " run; counted in its file afterwards.",
)

Rate = tuple[str, int, float, float]  # way, facts, seconds, CPU seconds of the hub


def run(quick: bool) -> Table:
    """Measure every way of writing."""
    with two_cores(), TemporaryDirectory() as folder:
        root = Path(folder)
        alone, batches = (QUICK_ALONE, QUICK_BATCHES) if quick else (ALONE, BATCHES)
        rates = [
            _row_a_commit(root, alone),
            *_appended(root, alone),
            _absorbed(root, batches),
            _served(root, QUICK_WEEKS if quick else WEEKS),
        ]
        notes = (*NOTES, f"On {file_system(root)}.")
    base = rates[0][1] / rates[0][2]
    rows = [_row(rate, base) for rate in rates]
    return Table("journal-ingest", "The journal: facts a second", COLUMNS, rows, notes)


def _row(rate: Rate, base: float) -> tuple[str, ...]:
    way, facts, seconds, cpu = rate
    speed = facts / seconds
    is_goal = cpu > 0
    goal, share = (f"≥ {GOAL:,}", ratio(speed, GOAL)) if is_goal else ("–", "–")
    spent = f"{cpu / facts * 1e6:.0f}" if is_goal else "–"
    return way, f"{facts:,}", f"{speed:,.0f}", goal, share, ratio(speed, base), spent


def _timed(way: str, count: int, work: Callable[[], object]) -> Rate:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return way, count, time.perf_counter() - began, time.process_time() - cpu


def _row_a_commit(folder: Path, count: int) -> Rate:
    bodies = [encode(each.register)[1] for each in backlog(1, 1 + count // REGISTERS)[:count]]
    with closing(sqlite3.connect(folder / "rows.db", isolation_level=None)) as db:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("CREATE TABLE row (at INTEGER PRIMARY KEY, body TEXT NOT NULL)")

        def work() -> None:
            for body in bodies:
                db.execute("INSERT INTO row (body) VALUES (?)", (body,))

        return *_timed("SQLite, a row a commit", count, work)[:3], 0.0


def _appended(folder: Path, count: int) -> Iterator[Rate]:
    registers = [each.register for each in backlog(2, 1 + 10 * count // REGISTERS)]
    with Site(folder / "appended") as site:
        ledger = site.ledger

        def one_by_one() -> None:
            for each in registers[:count]:
                ledger.append([Entry("register", "aul", each)]).result()

        def all_at_once() -> None:
            waiting = [ledger.append([Entry("register", "aul", each)]) for each in registers[: 10 * count]]
            for each in waiting:
                each.result()

        yield *_timed("ledger alone, one after the other", count, one_by_one)[:3], 0.0
        yield *_timed("ledger alone, many wait together", 10 * count, all_at_once)[:3], 0.0


def _absorbed(folder: Path, batches: int) -> Rate:
    """What a hub does with what was brought, without the bringing."""
    arrived = [_arrived(number) for number in range(batches)]
    with Site(folder / "absorbed") as site:
        moment = computer()

        def work() -> None:
            jobs = [partial(absorb, arrived=each, moment=moment) for each in arrived]
            waiting = [site.ledger.write(job) for job in jobs]
            assert sum(each.result().facts for each in waiting) == batches * REGISTERS

        return _timed("ledger alone, brought in batches", batches * REGISTERS, work)


def _arrived(number: int) -> Arrived:
    name = f"{number:016x}.{number:016x}.register.school-{number}"
    facts: list[Fact] = [(each.ms << 16, *encode(each.register)) for each in backlog(number, 1)]
    sent = protocol.batch(name, 1, chain.genesis(name), facts)
    return Arrived(sent, streams.parse(name), protocol.facts_of(sent))


def _served(folder: Path, weeks: int) -> Rate:
    address = an_address()
    with Site(folder / "hub") as hub:
        for number in range(CHILDREN):
            name = f"school-{number}"
            with Site(folder / "schools" / name) as school:
                hub.lets_in(school, name, address)
                append(school.ledger, name, backlog(number, weeks))
    with (
        daemon(folder / "hub", address) as served,
        Peer(Here(), "schools", SchoolsPlan(str(folder / "schools"))) as schools,
    ):
        schools.ready()
        usage, began = Usage(served.pid), time.monotonic()
        done = schools.ask(Order("even", seconds=60.0), Evened)
        cpu = usage.cpu() * (time.monotonic() - began)
    return "brought over HTTP and TLS", registers_in(folder / "hub"), done.seconds, cpu
