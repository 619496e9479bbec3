"""A night's run as a table: how long a teacher waits, and what it takes of the daemon."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from devices.experiments import experiments
from devices.template import Template
from edge.contract.notices import Bound
from edge.lab.active import Batch, Beginning, Scene
from edge.lab.chunks import Piece
from edge.lab.store import Store
from tests.bench.child import Peer
from tests.bench.contract import Order
from tests.bench.devices.contract import Exported, ExportPlan
from tests.bench.journal.nodes import two_cores
from tests.bench.place import Here
from tests.bench.table import Table, ratio
from tests.lab.runs import template

HOURS, RATE, CHANNELS = 10, 10, 4
QUICK_HOURS = 2
COMPUTED_HOURS = 5  # for which derived columns are written
GOAL = 3.0  # seconds
TOGETHER, APART, COMPUTED = "together", "apart", "computed"
BATCH = 2_000  # moments of a commit
QUANTITY, UNIT = "temperature", "Cel"
PLAIN = template(CHANNELS)
COLUMNS = ("export", "samples", "lines", "MB", "seconds", "of csv", "most MB", "grown MB", "goal s")
NOTES = (
    "tirek: the table that a teacher opens, a line a moment, with head, units, marks and decimal commas,"
    " synced, by a process of its own. One instrument: its channels at one moment; four: each at its own.",
    "csv: the same samples, a line each, by the standard library's csv, from the same file and not synced.",
    "Most MB: of the process, imports included; grown: since an export of a minute.",
)


def run(quick: bool) -> Table:
    """Export a long run every way."""
    hours = QUICK_HOURS if quick else HOURS
    with two_cores(), TemporaryDirectory() as folder:
        store = Store(Path(folder) / "lab")
        _fill(store, "short", PLAIN, 60, 0)
        _fill(store, TOGETHER, PLAIN, hours * 3600, 0)
        _fill(store, APART, PLAIN, hours * 3600, 7)
        _fill(store, COMPUTED, experiments()["cooling"], min(hours, COMPUTED_HOURS) * 3600, 0)
        store.close()
        samples = hours * 3600 * RATE * CHANNELS
        computed = samples * min(hours, COMPUTED_HOURS) // hours // CHANNELS
        cases = [(way, each) for each in (TOGETHER, APART, COMPUTED) for way in ("table", "plain")]
        done = {case: _exported(folder, *case) for case in cases}
    names = {
        TOGETHER: ("one instrument", samples, f"≤ {GOAL:.0f}"),
        APART: ("four instruments", samples, f"≤ {GOAL:.0f}"),
        COMPUTED: ("one channel and a computed column", computed, "–"),
    }
    rows = [
        _row((f"{'tirek' if way == 'table' else 'csv'}, {names[each][0]}", names[each][1]), found,
             done["plain", each][1], names[each][2] if way == "table" else "–")
        for (way, each), found in done.items()
    ]  # fmt: skip
    title = f"A run of {hours} h × {RATE} Hz × {CHANNELS} channels as a table"
    return Table("lab-export", title, COLUMNS, rows, NOTES)


def _row(
    named: tuple[str, int], found: tuple[Exported, Exported], base: Exported, goal: str
) -> tuple[str, ...]:
    (name, samples), (short, it) = named, found
    return (
        *(name, f"{samples:,}", f"{it.lines:,}", f"{it.size / 1e6:.1f}"),
        *(f"{it.seconds:.2f}", ratio(it.seconds, base.seconds)),
        *(f"{it.memory:.0f}", f"{it.memory - short.memory:+.1f}", goal),
    )


def _exported(folder: str, way: str, run: str) -> tuple[Exported, Exported]:
    """Export a minute, for what a process needs at least, and the run."""
    with Peer(Here(), "lab_exporter", ExportPlan(folder)) as exporter:
        exporter.ready()
        short = exporter.ask(Order(f"{way} short"), Exported)
        return short, exporter.ask(Order(f"{way} {run}", seconds=60.0), Exported)


def _fill(store: Store, run: str, it: Template, seconds: int, apart: int) -> None:
    """Keep a run; its channels are so many microseconds apart from each other."""
    bound = tuple(Bound(QUANTITY, "bench", want.name, UNIT) for want in it.wants)
    store.begin(Beginning(run, run, it, 1_790_000_000_000, 1, Scene(), bound))
    kettle = islice(_kettle(), seconds * RATE)
    while moments := list(islice(kettle, BATCH)):
        ats, values = [at for at, _ in moments], [value for _, value in moments]
        pieces = {
            channel: Piece([at + channel * apart for at in ats], values.copy(), [0] * len(ats))
            for channel in range(len(bound))
        }
        store.add(run, Batch(pieces, [], []))
    store.end(run, "done", "", seconds)


def _kettle() -> Iterator[tuple[int, float]]:
    """Yield what a sensor of 12 bits shows of it while it cools, on a clock that is not quite even."""
    random = Random(1)
    for number in count():
        at = number * 1_000_000 // RATE + random.randrange(1000)
        yield at, round(random.gauss(60.0, 0.2) * 16) / 16
