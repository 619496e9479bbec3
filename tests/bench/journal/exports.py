"""What hub staff wait for: exports of a region's week by the command, and how fast registers are folded."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import python_calamine
from msgspec import Struct

from sync import chain, protocol, streams
from sync.clock import pack
from sync.exchange import Arrived, absorb
from sync.export.source import Source
from sync.fold import fold
from sync.ledger import computer
from sync.records import Fact, LessonPlanned, NodeEnrolled, encode, lesson_parts
from sync.tables import Entry
from sync.tree import admit
from tests.bench.journal.nodes import Site, command, two_cores
from tests.bench.journal.school import MARKS, REGISTERS, Taken, last_monday, week
from tests.bench.table import Table

SCHOOLS = 134
MONTH = 4  # weeks of the first school, which hub staff take to Excel
FIRST = "school-000"
FOLD_ROUNDS, QUICK_FOLD_ROUNDS = 5, 1
COLUMNS = ("what", "rows", "seconds", "rows/s", "MB written", "most MB", "grown MB")
NOTES = (
    f"The journal of a hub with {SCHOOLS} schools × {REGISTERS} registers = {SCHOOLS * MARKS:,} marks, and"
    f" their timetables; the first school has {MONTH} weeks. By `tirek export`, its start included.",
    "Most MB: resident memory of that process at the most; grown: against one day of one school.",
    "Fold: the registers of all schools read from the file and folded; in memory: the fold alone.",
)


class Done(Struct, frozen=True):
    """One export or fold."""

    what: str
    rows: int
    seconds: float
    written: float = 0.0  # MB
    memory: float = 0.0  # MB


def run(quick: bool) -> Table:
    """Make a region's journal, export it every way, fold it."""
    with two_cores(), TemporaryDirectory() as folder:
        root = Path(folder)
        with Site(root / "hub") as hub:
            _fill(hub)
        day = last_monday().isoformat()
        least = _export(
            root, "one day of one school, CSV", "csv", "--school", FIRST, "--from", day, "--to", day
        )
        done = [
            least,
            _export(root, "a region's week, CSV", "csv"),
            _export(root, "a region's week, JSON lines", "jsonl"),
            _export(root, "a school's month, XLSX", "xlsx", "--school", FIRST, "--lang", "kk"),
            *_folded(root, QUICK_FOLD_ROUNDS if quick else FOLD_ROUNDS),
        ]
    rows = [_row(each, least) for each in done]
    return Table("journal-export", "The journal: exports and the fold", COLUMNS, rows, NOTES)


def _row(each: Done, least: Done) -> tuple[str, ...]:
    speed = f"{each.rows / each.seconds:,.0f}"
    if not each.memory:
        return each.what, f"{each.rows:,}", f"{each.seconds:.2f}", speed, "–", "–", "–"
    grown = f"{each.memory - least.memory:+.0f}"
    return (
        *(each.what, f"{each.rows:,}", f"{each.seconds:.2f}", speed),
        *(f"{each.written:.1f}", f"{each.memory:.0f}", grown),
    )


def _export(root: Path, what: str, format_: str, *more: str) -> Done:
    """Run the command as hub staff do, and look at what it used."""
    file = root / f"export.{format_}"
    words = ("export", "attendance", "--state", str(root / "hub"), "--format", format_, "--out", str(file))
    ran = command(*words, *more)
    return Done(what, _rows_in(file), ran.seconds, file.stat().st_size / 1e6, ran.memory)


def _rows_in(file: Path) -> int:
    if file.suffix == ".xlsx":
        book = python_calamine.CalamineWorkbook.from_path(str(file))
        return sum(book.get_sheet_by_name(name).height - 1 for name in book.sheet_names)
    with file.open("rb") as lines:
        return sum(1 for _ in lines) - 1  # the heading, or the line with the cursor


def _folded(root: Path, rounds: int) -> Iterator[Done]:
    with Site(root / "hub") as hub, closing(hub.ledger.reader()) as db:
        source = Source(db, hub.identity.node)
        began = time.perf_counter()
        registers = [each.taken for school in source.schools() for each in source.registers(school)]
        read = time.perf_counter() - began
        began = time.perf_counter()
        for _ in range(rounds):
            marks = sum(len(standing.marks) for taken in registers if (standing := fold(taken)) is not None)
        folded = (time.perf_counter() - began) / rounds
        yield Done("fold anew, from the file", marks, read + folded)
        yield Done("fold anew, in memory", marks, folded)


def _fill(hub: Site) -> None:
    """Bring what the schools would bring, without their computers."""
    me, moment = hub.identity.node, computer()
    for number in range(SCHOOLS):
        node, name = f"{number:016x}", f"school-{number:03}"
        enrolled = NodeEnrolled(node, name, node * 4)
        hub.ledger.write(partial(admit, me=me, node=enrolled, certificate="PEM", moment=moment))
        weeks = MONTH if name == FIRST else 1
        taken = [each for k in range(weeks) for each in week(number + k, last_monday() + timedelta(7 * k))]
        batch = _arrived(f"{node}.{node}.register.{name}", taken)
        hub.ledger.write(partial(absorb, arrived=batch, moment=moment))
        hub.ledger.append(Entry("timetable", name, each) for each in _plans(taken)).result()


def _arrived(stream: str, taken: list[Taken]) -> Arrived:
    facts: list[Fact] = [(pack(each.ms), *encode(each.register)) for each in taken]
    batch = protocol.batch(stream, 1, chain.genesis(stream), facts)
    return Arrived(batch, streams.parse(stream), facts)


def _plans(taken: list[Taken]) -> Iterator[LessonPlanned]:
    """Return a timetable with these lessons, one fact a class and time of day."""
    days: dict[tuple[str, str], set[str]] = {}
    for each in taken:
        class_, day, starts = lesson_parts(each.register.lesson)
        days.setdefault((class_, starts), set()).add(day)
    for (class_, starts), found in days.items():
        yield LessonPlanned(
            class_, starts, tuple(sorted(found)), "Физика", teacher="Ахметова Г. С.", hub="hub"
        )
