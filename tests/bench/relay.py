"""Fan-out: CPU of the relay's process, and the time from a frame's last packet in to the same out."""

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Joined, Order, PublisherPlan, Seen, Sent, ViewerPlan
from tests.bench.lesson import make
from tests.bench.place import quiet_place, undisturbed
from tests.bench.servers import AIORTC, JANUS, JANUS_PINNED, available, relay
from tests.bench.table import Table, centiles, ratio
from tests.bench.usage import Usage

SIZES, QUICK_SIZES = (1, 10, 30, 60), (1, 30)
SECONDS, QUICK_SECONDS = 9.0, 5.0
SETTLE = 2.5  # seconds from the last one joining to the measurement: more than a GOP
COLUMNS = (
    "relay",
    "viewers",
    "CPU s/s",
    "of aiortc",
    "of Janus",
    "ms CPU/viewer·s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "least pkt/s",
    "missing",
    "NACK answered",
    "SR/viewer·s",
    "RSS MB",
)
NOTES = (
    "One aiortc publisher process sends 720p25 H.264 1.5 Mbit/s + Opus as av.Packet; one process holds all"
    " viewers; both are the same for every relay.",
    "Viewers answer ICE consent, send RR (LSR/DLSR) and REMB once a second and ask for one packet again each"
    " second; otherwise they drop SRTP undecrypted.",
    "CPU is utime+stime of the relay's process tree while the crowd is complete. As root, relay and"
    " publisher run with SCHED_FIFO, so that the viewers and whatever else runs here do not delay them.",
    "Janus has a thread for every viewer and uses all cores; tirek and aiortc use one.",
    "Latency: the publisher handing a video frame's last packet to SRTP → kernel time stamp of that packet"
    " at each viewer's socket, all viewers, the lesson's frames told by content.",
    "least pkt/s: RTP packets of the viewer that got fewest; missing: sequence numbers that never came,"
    " audio and video, all viewers.",
)


class Case(Struct, frozen=True):
    """One relay with one number of viewers."""

    relay: str
    viewers: int
    cpu: float
    memory: float
    latency: tuple[float, float, float, float]
    seen: Seen


def run(quick: bool) -> Table:
    """Measure every relay there is."""
    names = [name for name in available() if not (quick and name == JANUS_PINNED)]
    cases = [case for name in names for case in _measure(name, quick)]
    rows = [_row(case, cases, QUICK_SECONDS if quick else SECONDS) for case in cases]
    return Table("relay", "Relay: CPU and latency", COLUMNS, rows, NOTES)


def _measure(name: str, quick: bool) -> list[Case]:
    lesson = str(make())
    seconds = QUICK_SECONDS if quick else SECONDS
    cases = []
    with (
        quiet_place() as place,
        relay(name, undisturbed(place)) as running,
        Peer(undisturbed(place), "publisher", PublisherPlan(running.publish, lesson)) as publisher,
        Peer(place, "crowd", ViewerPlan(running.watch, lesson)) as crowd,
    ):
        publisher.ready()
        publisher.ask(Order("start"), Sent)
        crowd.ready()
        usage = Usage(running.pid)
        for size in QUICK_SIZES if quick else SIZES:
            crowd.ask(Order("join", count=size, seconds=size), Joined)
            publisher.ask(Order("report", seconds=SETTLE), Sent)
            usage.start()
            seen = crowd.ask(Order("measure", seconds=seconds), Seen)
            cpu = usage.cpu()
            sent = publisher.ask(Order("report"), Sent)
            cases.append(Case(name, size, cpu, usage.memory(), _latency(sent, seen), seen))
    return cases


def _latency(sent: Sent, seen: Seen) -> tuple[float, float, float, float]:
    """Centiles in ms; the lesson is longer than a measurement, so a frame's number tells when it was sent."""
    left = dict(sent.stamps)
    return centiles([(at - left[number]) / 1e6 for number, at in seen.arrivals if number in left])


def _row(case: Case, cases: list[Case], seconds: float) -> tuple[str, ...]:
    same = {other.relay: other.cpu for other in cases if other.viewers == case.viewers}
    seen = case.seen
    return (
        case.relay,
        str(case.viewers),
        f"{case.cpu:.3f}",
        ratio(case.cpu, same.get(AIORTC)),
        ratio(case.cpu, same.get(JANUS)),
        f"{case.cpu / case.viewers * 1000:.1f}",
        *(f"{value:.2f}" for value in case.latency),
        f"{seen.fewest / seconds:.0f}",
        str(seen.missing),
        f"{seen.answered}/{seen.asked}",
        f"{seen.reports / seen.viewers / seconds:.1f}",
        f"{case.memory:.0f}",
    )
