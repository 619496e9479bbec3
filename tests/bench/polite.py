"""Bulk beside a lesson: one transfer through the same link, politely, by plain aiohttp, and with BBR."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from edge.journal import Journal
from sync.joining.identity import load_or_create
from tests.bench.child import Peer
from tests.bench.contract import Beside, BulkHubPlan, BulkRoomPlan, FlowPlan, Order, Ready
from tests.bench.place import undisturbed
from tests.bench.table import Table, centiles, ratio
from tests.net.link import Plan
from tests.net.namespaces import Link, Namespace, joined, why_not
from tests.net.rooms import pause
from tests.net.wire import Quality

RATE, DELAY, LESSON = 2e6, 0.03, 1.5e6  # bits a second, seconds one way, bits a second
QUEUES = (64_000, 256_000)  # bytes of the drop-tail queue
THIN = (512e3, 64e3)  # bits a second of links on which small exchanges are timed
SECONDS, QUICK_SECONDS = 36.0, 15.0
SETTLING = 2.0  # seconds of the lesson before anything else
RAMP = 12.0  # seconds of bulk before small exchanges are timed: a thin link tells slowly what it carries
TIMED, QUICK_TIMED = 20.0, 10.0
NONE, OURS, CUBIC, BBR = "no bulk", "tirek", "aiohttp, cubic", "aiohttp, bbr"
MODES = {NONE: "", OURS: "", CUBIC: "cubic", BBR: "bbr"}
KERNEL = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
COLUMNS = (
    *("bulk", "link kbit/s", "queue KB", "lesson lost", "delay p50 ms", "p95 ms", "p95 over none ms"),
    *("bulk kbit/s", "of cubic", "link used", "small p50 ms", "p95 ms", "of none"),
)
NOTES = (
    f"{DELAY * 1000:.0f} ms each way; lesson: {LESSON / 1e6} Mbit/s of IP in 25 bursts a second. One transfer"
    " from hub to classroom over TLS 1.3, from its first byte on, the beginning included.",
    "tirek: paced by round trips where it is sent, and told five times a second by the classroom what its"
    " lesson leaves. Others: aiohttp's FileResponse, read as fast as it comes.",
    "delay: one way, of the lesson's packets. lost: of the lesson's packets, by the full queue.",
    "small: an exchange of 200 bytes each way over a connection of its own, twice a second, as a register's"
    f" is; on thin links after {RAMP:.0f} s of bulk, without a lesson.",
    "The targets: nothing lost, p95 ≤ +30 ms, ≥ 300 kbit/s, ≥ 90 % of an idle link.",
)


class Case(Struct, frozen=True):
    """One transfer over one link."""

    mode: str
    rate: float = RATE
    queue: int = QUEUES[0]
    lesson: bool = True
    small: bool = False  # small exchanges are timed


class Outcome(Struct, frozen=True):
    """What the classroom saw, and what the link carried of what it can."""

    seen: Beside
    used: float


def run(quick: bool) -> Table:
    """Measure every transfer over every link, one after the other."""
    title = "Polite traffic: bulk beside a lesson"
    if why := why_not():
        return Table("polite", title, COLUMNS, [], (why,))
    modes = [mode for mode in MODES if MODES[mode] in ("", *KERNEL.read_text().split())]
    beside = [Case(mode, queue=queue) for queue in QUEUES[: 1 if quick else None] for mode in modes]
    idle = [Case(mode, lesson=False) for mode in modes if mode != NONE]
    thin = [
        Case(mode, rate, 16_000, lesson=False, small=True) for rate in THIN for mode in (NONE, OURS, CUBIC)
    ]
    outcomes = {case: _measured(case, quick) for case in (*beside, *idle, *thin)}
    return Table("polite", title, COLUMNS, [_row(case, outcomes) for case in outcomes], NOTES)


def _measured(case: Case, quick: bool) -> Outcome:
    quality = Quality(delay=DELAY, rate=case.rate, queue=case.queue * 8 / case.rate)
    with joined(Plan(quality, quality)) as (near, far, link), _ends(case, near, far) as room:
        if case.small:
            room.ask(Order("ask"), Ready)
        if case.mode != NONE:
            room.ask(Order("fetch"), Ready)
        if case.small:
            pause(RAMP)
            return _outcome(room, link, case, QUICK_TIMED if quick else TIMED)
        return _outcome(room, link, case, QUICK_SECONDS if quick else SECONDS)


def _outcome(room: Peer, link: Link, case: Case, seconds: float) -> Outcome:
    before = link.counts().forth
    seen = room.ask(Order("report", seconds=seconds), Beside)
    after = link.counts().forth
    carried = (after.delivered_octets - before.delivered_octets) * 8
    return Outcome(seen, carried / seen.seconds / case.rate)


@contextmanager
def _ends(case: Case, near: Namespace, far: Namespace) -> Iterator[Peer]:
    """Run hub, classroom and lesson; give the classroom."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        hub, room = Path(folder) / "hub", Path(folder) / "room"
        hub.mkdir()
        journal = Journal(room)
        certificate = journal.identity.certificate
        journal.close()
        identity = load_or_create(hub)
        plan = BulkHubPlan(near.address, str(hub), certificate, MODES[case.mode], case.lesson)
        address = stack.enter_context(Peer(undisturbed(near), "bulk_hub", plan)).ready().url
        told = BulkRoomPlan(
            *(str(room), address, identity.certificate, identity.node, case.lesson, case.mode == OURS)
        )
        classroom = stack.enter_context(Peer(undisturbed(far), "bulk_room", told))
        classroom.ready()
        if case.lesson:
            flow = FlowPlan(far.address, LESSON, SECONDS + SETTLING)
            stack.enter_context(Peer(undisturbed(near), "lesson_flow", flow))
            pause(SETTLING)
        yield classroom


def _row(case: Case, outcomes: dict[Case, Outcome]) -> tuple[str, ...]:
    seen, none = outcomes[case].seen, outcomes.get(_as(case, NONE))
    return (
        *(case.mode, f"{case.rate / 1000:.0f}", f"{case.queue / 1000:.0f}"),
        *_lesson_cells(seen, none.seen if none else None),
        f"{_bulk(seen):.0f}" if case.mode != NONE else "–",
        ratio(_bulk(seen), _bulk(outcomes[_as(case, CUBIC)].seen)) if case.mode != NONE else "–",
        f"{outcomes[case].used:.0%}",
        *_small_cells(seen, none.seen if none else None),
    )


def _lesson_cells(seen: Beside, none: Beside | None) -> tuple[str, ...]:
    if not seen.delays or none is None:
        return ("–",) * 4
    p50, p95, _, _ = centiles(seen.delays)
    over = p95 - centiles(none.delays)[1]
    lost = 1 - seen.arrived / seen.expected
    return f"{lost:.2%}", f"{p50:.0f}", f"{p95:.0f}", f"{over:+.0f}"


def _small_cells(seen: Beside, none: Beside | None) -> tuple[str, ...]:
    if not seen.trips or none is None:
        return ("–",) * 3
    p50, p95, _, _ = centiles(seen.trips)
    return f"{p50:.0f}", f"{p95:.0f}", ratio(p95, centiles(none.trips)[1])


def _as(case: Case, mode: str) -> Case:
    return Case(mode, case.rate, case.queue, case.lesson, case.small)


def _bulk(seen: Beside) -> float:
    return seen.octets * 8 / seen.seconds / 1000
