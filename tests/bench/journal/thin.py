"""A day's registers over a link that hardly is one: 64 kbit/s, 10 % loss each way, a round trip of 600 ms."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Evened, Order, RowsPlan, SchoolsPlan
from tests.bench.journal import rows
from tests.bench.journal.nodes import Site, daemon
from tests.bench.journal.school import DAYS, REGISTERS, last_monday, week, write
from tests.bench.table import Table, ratio
from tests.net.link import Plan
from tests.net.namespaces import Namespace, joined, why_not
from tests.net.wire import Quality

GOAL = 10.0  # seconds, from a cold connection
LOSS, TRIP, RATE, QUEUE = 0.10, 0.6, 64_000.0, 1.0  # share each way, seconds, bits a second, seconds
AT_ONCE = 4  # links side by side, each with its own chance
DIALS, QUICK_DIALS = 5, 2  # on each link; half as many for the rows
DAY = REGISTERS // DAYS
PORT = 8443
PATIENCE = 120.0
COLUMNS = (
    *("way", "registers", "goal s", "median s", "of the goal", "of per-mark rows", "p90 s", "range s"),
    *("even median s", "dials"),
)
NOTES = (
    f"{RATE / 1000:.0f} kbit/s each way, {LOSS:.0%} of the packets lost each way, RTT {TRIP * 1000:.0f} ms, a"
    f" queue of {QUEUE:.0f} s; every dial is a fresh TCP connection with TLS 1.3 and both certificates.",
    "Seconds until the node knows that its registers are on the hub's disk; even: until it also brought what"
    " it noted of its clock by that answer.",
    f"{AT_ONCE} links with different losses, a day of another school for each dial; the kernel's own TCP.",
)


class Tries(Struct, frozen=True):
    """What came of some dials."""

    ours: list[Evened]
    rows: list[Evened]


def run(quick: bool) -> Table:
    """Bring a day's registers again and again; without namespaces the table is empty."""
    title = "The journal: a day's registers over a thin link"
    if why := why_not():
        return Table("journal-thin", title, COLUMNS, [], (why,))
    dials = QUICK_DIALS if quick else DIALS
    with ThreadPoolExecutor(AT_ONCE) as links:
        tries = list(links.map(lambda seed: _tried(seed, dials), range(AT_ONCE)))
    ours, others = (
        list(chain(*lists)) for lists in ([each.ours for each in tries], [each.rows for each in tries])
    )
    base = median(each.first for each in others)
    table = [_row("tirek", f"≤ {GOAL:.0f}", ours, base), _row(rows.NAME, "–", others, base)]
    return Table("journal-thin", title, COLUMNS, table, NOTES)


def _row(way: str, goal: str, dials: list[Evened], base: float) -> tuple[str, ...]:
    times = sorted(each.first for each in dials)
    middle = median(times)
    return (
        *(way, str(DAY), goal, f"{middle:.1f}", ratio(middle, GOAL), ratio(middle, base)),
        *(f"{times[len(times) * 9 // 10]:.1f}", f"{times[0]:.1f}–{times[-1]:.1f}"),
        *(f"{median(each.seconds for each in dials):.1f}", str(len(dials))),
    )


def _tried(seed: int, dials: int) -> Tries:
    quality = Quality(loss=LOSS, delay=TRIP / 2, rate=RATE, queue=QUEUE)
    with (
        TemporaryDirectory() as folder,
        joined(Plan(quality, quality, seed=1 + 100 * seed)) as (near, far, _),
        ExitStack() as stack,
    ):
        root = Path(folder)
        certificates = _made(root, near, dials, seed)
        stack.enter_context(daemon(root / "hub", f"{near.address}:{PORT}", near))
        plan = RowsPlan(near.address, str(root / "hub" / "journal"), certificates)
        url = stack.enter_context(Peer(near, "rows", plan)).ready().url
        schools = stack.enter_context(Peer(far, "schools", SchoolsPlan(str(root / "schools"), url)))
        schools.ready()
        even, post = (Order(do, count=1, seconds=PATIENCE) for do in ("even", "rows"))
        ours = [schools.ask(even, Evened) for _ in range(dials)]
        return Tries(ours, [schools.ask(post, Evened) for _ in range(dials // 2)])


def _made(root: Path, near: Namespace, dials: int, seed: int) -> list[str]:
    """Make a hub and as many schools as there will be dials; return the schools' certificates."""
    certificates = []
    with Site(root / "hub") as hub:
        for number in range(2 * dials):
            name = f"school-{number:02}"
            with Site(root / "schools" / name) as school:
                hub.lets_in(school, name, f"{near.address}:{PORT}")
                write(school.ledger, name, list(week(seed * 100 + number, last_monday(), days=1)))
                certificates.append(school.identity.certificate)
    return certificates
