"""Congestion: a hub streams to a classroom over a link that is too small, and over one that is not."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Frames, Order, PublisherPlan, Sent, ServerPlan, ViewerPlan
from tests.bench.lesson import AUDIO_PER_SECOND, FRAMES_PER_SECOND, Kind, make
from tests.bench.lesson import SECONDS as ROUND
from tests.bench.servers import OURS, available, two_nodes
from tests.bench.table import Table
from tests.net.link import Plan
from tests.net.namespaces import Link, Namespace, joined, why_not
from tests.net.wire import Counts, Flow, Quality

RATES = (1_000_000.0, 3_000_000.0)  # bit/s towards the classroom
DELAY = 0.05  # seconds one way
SECONDS, QUICK_SECONDS = 40.0, 12.0
AT_ONCE = 2  # links side by side
LATEST = 1.0  # seconds after it was due to be sent: later, a frame of sound is of no use in a live lesson
AT_ALL = 4.0  # seconds: late, but it came
EARLY = 0.1  # seconds
AUDIO_FRAMES, VIDEO_FRAMES = ROUND * AUDIO_PER_SECOND, ROUND * FRAMES_PER_SECOND
STARTING = 3.0  # seconds at the beginning that are not measured: the first estimate of the link
DIRECT = "aiortc, direct"
COLUMNS = (
    "path",
    "link kbit/s",
    "audio in 1 s",
    "audio at all",
    "video frames",
    "offered/link",
    "again/media",
    "dropped",
)
NOTES = (
    "A 1.58 Mbit/s lesson (720p25 H.264 + Opus) over a link with a 400 ms drop-tail queue and 50 ms one way.",
    "tirek: publisher → hub │ link │ classroom → aiortc viewer. aiortc: publisher │ link │ its receiver.",
    "audio in 1 s: Opus frames, told by content, the viewer had within a second after they were due.",
    "offered: all IP bits sent into the link towards the classroom, by what it can carry in that time.",
    "again/media: bytes of repeated RTP packets (same sequence number, or RTX) by all other RTP bytes.",
)


class Case(Struct, frozen=True):
    """One way over one link."""

    name: str
    rate: float


class Outcome(Struct, frozen=True):
    """What came, what was sent and what the link saw in between."""

    frames: Frames
    sent: Sent
    window: tuple[float, float]  # monotonic seconds
    counts: tuple[Counts, Counts]  # at the window's edges
    repair: set[int]  # payload types that only carry repetitions (RFC 4588)


def run(quick: bool) -> Table:
    """Stream over every link, every way."""
    why = why_not()
    if why:
        return Table("congestion", "Congestion", ("skipped",), [(why,)])
    seconds = QUICK_SECONDS if quick else SECONDS
    names = [name for name in (OURS, DIRECT) if name == DIRECT or name in available()]
    cases = [Case(name, rate) for name in names for rate in RATES]
    with ThreadPoolExecutor(AT_ONCE) as side_by_side:
        rows = list(side_by_side.map(lambda case: _row(case, _stream(case, seconds)), cases))
    return Table("congestion", "Congestion: a link that is too small", COLUMNS, rows, NOTES)


def _stream(case: Case, seconds: float) -> Outcome:
    plan = Plan(Quality(delay=DELAY, rate=case.rate), Quality(delay=DELAY))
    with joined(plan) as (near, far, link), TemporaryDirectory() as folder:
        way = _through_nodes if case.name == OURS else _direct
        with way(near, far, Path(folder)) as (publisher, viewer, repair):
            return _measure(publisher, viewer, link, seconds, repair)


Ends = tuple[Peer, Peer, set[int]]


@contextmanager
def _through_nodes(near: Namespace, far: Namespace, folder: Path) -> Iterator[Ends]:
    """Hub and classroom, the lesson running, a viewer in the classroom who has a picture."""
    with two_nodes(near, far, folder) as (hub, room):
        publishing = PublisherPlan(f"{hub}/whip/lesson", str(make()))
        watching = ViewerPlan(f"{room}/whep/lesson", str(make()))
        with Peer(near, "publisher", publishing) as publisher, Peer(far, "watcher", watching) as viewer:
            publisher.ready()
            publisher.ask(Order("start"), Sent)
            viewer.ready()
            yield publisher, viewer, set()


@contextmanager
def _direct(near: Namespace, far: Namespace, folder: Path) -> Iterator[Ends]:
    """A publisher and a receiver."""
    with Peer(far, "stock_receiver", ServerPlan(far.address, str(make()))) as receiver:
        publishing = PublisherPlan(f"{receiver.ready().url}/whip/lesson", str(make()))
        with Peer(near, "publisher", publishing) as publisher:
            repair = set(publisher.ready().payload_types.get("rtx", ()))
            publisher.ask(Order("start"), Sent)
            yield publisher, receiver, repair


def _measure(publisher: Peer, viewer: Peer, link: Link, seconds: float, repair: set[int]) -> Outcome:
    publisher.ask(Order("report", seconds=STARTING), Sent)
    begin, before = time.monotonic(), link.counts()
    publisher.ask(Order("report", seconds=seconds), Sent)
    end, after = time.monotonic(), link.counts()
    sent = publisher.ask(Order("report", seconds=AT_ALL), Sent)
    frames = viewer.ask(Order("report"), Frames)
    return Outcome(frames, sent, (begin, end), (before.forth, after.forth), repair)


def _row(case: Case, outcome: Outcome) -> tuple[str, ...]:
    before, after = outcome.counts
    begin, end = outcome.window
    again, media = _repetition(after.flows, outcome.repair)
    again_before, media_before = _repetition(before.flows, outcome.repair)
    offered = (after.octets - before.octets) * 8 / (end - begin)
    in_time, audio = _arrived(outcome, "audio", LATEST)
    some_time, _ = _arrived(outcome, "audio", AT_ALL)
    pictures, video = _arrived(outcome, "video", AT_ALL)
    return (
        case.name,
        f"{case.rate / 1000:.0f}",
        f"{in_time / audio:.1%}",
        f"{some_time / audio:.1%}",
        f"{pictures / video:.0%}",
        f"{offered / case.rate:.2f}×",
        f"{(again - again_before) / max(1, media - media_before):.1%}",
        str(after.dropped - before.dropped),
    )


def _arrived(outcome: Outcome, kind: Kind, limit: float) -> tuple[int, int]:
    """How many frames that were due in the window came within the limit, and how many were due."""
    pace, total = (AUDIO_PER_SECOND, AUDIO_FRAMES) if kind == "audio" else (FRAMES_PER_SECOND, VIDEO_FRAMES)
    came: dict[int, list[float]] = {}
    for number, at in outcome.frames.audio if kind == "audio" else outcome.frames.video:
        came.setdefault(number, []).append(at)
    first, last = (math.ceil((edge - outcome.sent.begin) * pace) for edge in outcome.window)
    dues = [(number % total, outcome.sent.begin + number / pace) for number in range(first, last)]
    # A frame may be sent a little early, but never by as much as the lesson takes to come round.
    arrived = [any(-EARLY < at - due <= limit for at in came.get(number, ())) for number, due in dues]
    return sum(arrived), len(arrived)


def _repetition(flows: dict[str, Flow], repair: set[int]) -> tuple[int, int]:
    """Bytes of RTP sent once more, and of all other RTP."""
    again = sum(
        flow.octets if int(key.rpartition("/")[2]) in repair else flow.repeated_octets
        for key, flow in flows.items()
    )
    return again, sum(flow.octets for flow in flows.values()) - again
