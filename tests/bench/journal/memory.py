"""Memory of a node and of its hub while a long backlog goes up: flat, whatever waits."""

from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Evened, Order, SchoolsPlan
from tests.bench.journal.nodes import Site, an_address, daemon, peak, registers_in, two_cores
from tests.bench.journal.school import append, backlog
from tests.bench.place import Here
from tests.bench.table import Table

FEW, MANY, QUICK_MANY = 1_000, 100_000, 30_000  # facts that wait
FLAT = 10.0  # MB more for a hundred times as much: SQLite's own caches, filled
ROUND = 330  # registers of a week
PATIENCE = 120.0
COLUMNS = ("waiting", "at the hub", "node's most MB", "hub's most MB", "growth MB", "goal MB", "seconds")
NOTES = (
    "Resident memory at the most, imports included, of the node's process (client and journal alone) and of"
    " the hub's daemon, each started anew; one node brings everything that waits, over TLS.",
    "Growth: of node and hub together against the fewest waiting.",
)


class Peaks(Struct, frozen=True):
    """What it took to bring a backlog."""

    waiting: int
    there: int
    node: float
    hub: float
    seconds: float


def run(quick: bool) -> Table:
    """Bring a short and a long backlog."""
    with two_cores(), TemporaryDirectory() as folder:
        counts = (FEW, QUICK_MANY if quick else MANY)
        peaks = [_brought(Path(folder) / str(count), count) for count in counts]
    rows = [_row(each, peaks[0]) for each in peaks]
    return Table("journal-memory", "The journal: memory with a long backlog", COLUMNS, rows, NOTES)


def _row(each: Peaks, base: Peaks) -> tuple[str, ...]:
    growth = each.node + each.hub - base.node - base.hub
    goal = f"≤ {FLAT:.0f}" if each is not base else "–"
    numbers = (f"{each.node:.1f}", f"{each.hub:.1f}", f"{growth:+.1f}", goal, f"{each.seconds:.2f}")
    return f"{each.waiting:,}", f"{each.there:,}", *numbers


def _brought(folder: Path, count: int) -> Peaks:
    address = an_address()
    with Site(folder / "hub") as hub, Site(folder / "schools" / "aul") as school:
        hub.lets_in(school, "aul", address)
        append(school.ledger, "aul", backlog(1, 1 + count // ROUND)[:count])
    with (
        daemon(folder / "hub", address) as served,
        Peer(Here(), "schools", SchoolsPlan(str(folder / "schools"))) as schools,
    ):
        schools.ready()
        done = schools.ask(Order("even", seconds=PATIENCE), Evened)
        return Peaks(count, registers_in(folder / "hub"), done.memory, peak(served.pid), done.seconds)
