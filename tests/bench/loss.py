"""Loss: frames missing after repair, and what the repair costs, ours beside aiortc's receiver."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer
from tests.bench.contract import Frames, Order, PublisherPlan, Sent, ServerPlan
from tests.bench.lesson import AUDIO_PER_SECOND, FRAMES_PER_SECOND, Lesson, make
from tests.bench.recordings import read
from tests.bench.servers import OURS, available, node
from tests.bench.table import Table
from tests.net.link import Answer, Plan
from tests.net.namespaces import Link, Namespace, joined, why_not
from tests.net.wire import Flow, Quality

LOSSES, QUICK_LOSSES = (0.0, 0.02, 0.05, 0.10), (0.05,)
TRIPS = (0.1, 0.2)  # seconds there and back
SECONDS, QUICK_SECONDS = 25.0, 12.0
AT_ONCE = 4  # links side by side: each takes about a quarter of a core
SETTLE = 1.0  # seconds between connecting and the first frame: the handshake is no part of this
REPAIR = 4.0  # seconds after the last frame for repair to end
UNCOUNTED = 1.0  # seconds at the end: aiortc's jitter buffer keeps the last frames for itself
AIORTC = "aiortc receiver"
COLUMNS = (
    "receiver",
    "loss",
    "RTT ms",
    "video missing",
    "audio missing",
    "damaged",
    "lost packets",
    "again per lost",
)


class Case(Struct, frozen=True):
    """One receiver behind one link."""

    name: str
    loss: float
    trip: float

    def plan(self, *, lossy: bool) -> Plan:
        """The link: the same loss both ways, the same losses for every receiver."""
        quality = Quality(loss=self.loss if lossy else 0.0, delay=self.trip / 2)
        return Plan(quality, quality)


class Outcome(Struct, frozen=True):
    """What came through."""

    frames: Frames
    sent: Sent
    counts: Answer
    repair: set[int]  # payload types that only carry repetitions (RFC 4588)


def run(quick: bool) -> Table:
    """Send the lesson over every link to every receiver."""
    seconds = QUICK_SECONDS if quick else SECONDS
    notes = (
        f"{seconds:.0f} s of 720p25 H.264 1.5 Mbit/s + Opus ({seconds * FRAMES_PER_SECOND:.0f} video,"
        f" {seconds * AUDIO_PER_SECOND:.0f} audio frames); the last second is not counted; loss is iid both"
        " ways, RTCP too, from the first frame on.",
        "tirek: what stands in its recording. aiortc: what its receiver gives its decoders. Both by content.",
        "again per lost: repeated RTP packets (same sequence number, or RTX) per RTP packet the link lost.",
    )
    why = why_not()
    if why:
        return Table("loss", "Loss", ("skipped",), [(why,)])
    names = [name for name in (OURS, AIORTC) if name == AIORTC or name in available()]
    cases = [Case(*case) for case in product(names, QUICK_LOSSES if quick else LOSSES, TRIPS)]
    with ThreadPoolExecutor(AT_ONCE) as side_by_side:
        outcomes = list(side_by_side.map(lambda case: _send(case, seconds), cases))
    rows = [_row(case, outcome) for case, outcome in zip(cases, outcomes, strict=True)]
    return Table("loss", "Loss: frames missing", COLUMNS, rows, notes)


def _send(case: Case, seconds: float) -> Outcome:
    with joined(case.plan(lossy=False)) as (near, far, link), TemporaryDirectory() as name:
        folder = Path(name)
        if case.name == OURS:
            with node(far, folder, record=True) as (url, _):
                passed = _publish(case, seconds, near, link, url)
            return Outcome(read(folder, Lesson(make())), *passed)
        with Peer(far, "stock_receiver", ServerPlan(far.address, str(make()))) as peer:
            passed = _publish(case, seconds, near, link, peer.ready().url)
            return Outcome(peer.ask(Order("report"), Frames), *passed)


def _publish(
    case: Case, seconds: float, near: Namespace, link: Link, url: str
) -> tuple[Sent, Answer, set[int]]:
    """Send the lesson; return what was sent, what the link did, and the payload types that only repeat."""
    with Peer(near, "publisher", PublisherPlan(f"{url}/whip/lesson", str(make()), seconds)) as publisher:
        ready = publisher.ready()
        publisher.ask(Order("start", seconds=SETTLE), Sent)
        link.change(case.plan(lossy=True))
        sent = publisher.ask(Order("report", seconds=seconds + REPAIR), Sent)
        return sent, link.change(case.plan(lossy=False)), set(ready.payload_types.get("rtx", ()))


def _row(case: Case, outcome: Outcome) -> tuple[str, ...]:
    got, sent = outcome.frames, outcome.sent
    video = range(sent.video - round(UNCOUNTED * FRAMES_PER_SECOND))
    audio = range(sent.audio - round(UNCOUNTED * AUDIO_PER_SECOND))
    flows = outcome.counts.forth.flows
    lost = sum(flow.lost for flow in flows.values())
    return (
        case.name,
        f"{case.loss:.0%}",
        f"{case.trip * 1000:.0f}",
        f"{len(set(video) - {number for number, _ in got.video})} of {len(video)}",
        f"{len(set(audio) - {number for number, _ in got.audio})} of {len(audio)}",
        str(got.strange),
        str(lost),
        f"{repeated(flows, outcome.repair) / lost:.2f}" if lost else "–",
    )


def repeated(flows: dict[str, Flow], repair: set[int]) -> int:
    """RTP packets that were sent once more: the same sequence number again, or all of a repair flow."""
    return sum(
        flow.packets if int(key.rpartition("/")[2]) in repair else flow.repeated
        for key, flow in flows.items()
    )
