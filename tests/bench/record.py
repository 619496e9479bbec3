"""Recording: CPU and memory of ours beside aiortc's MediaRecorder, from the same source."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer, Place
from tests.bench.contract import Frames, Joined, Order, PublisherPlan, Sent, ServerPlan, ViewerPlan
from tests.bench.lesson import Lesson, make
from tests.bench.place import quiet_place
from tests.bench.recordings import counted, read
from tests.bench.servers import OURS, available, node
from tests.bench.table import Table, ratio
from tests.bench.usage import Usage

SECONDS, QUICK_SECONDS = 30.0, 10.0
EDGE = 3.0  # seconds at the beginning that are not measured: start-up
WATCHING = 10  # viewers beside a recording: what a class and its hub are in a village
TAIL = 2.0  # seconds after the last frame for what is still under way
RECORDER, RECEIVER = "aiortc MediaRecorder", "aiortc receive, no decode"
COLUMNS = (
    "recorder",
    "CPU s/s",
    "of the last",
    "RSS MB",
    "of the last",
    "video missing",
    "audio missing",
)
NOTES = (
    "720p25 H.264 1.5 Mbit/s + Opus from one aiortc publisher process, nobody watching unless said.",
    "Missing of tirek and of the receiver: frames of the source not found by content. MediaRecorder encodes"
    " anew, so its frames are counted, and its audio by duration.",
    "aiortc's jitter buffer keeps the last frames for itself: up to 1 video and 4 audio frames.",
)


class Case(Struct, frozen=True):
    """One way of recording."""

    name: str
    cpu: float
    memory: float
    missing: tuple[int, int]


def run(quick: bool) -> Table:
    """Record the same lesson every way."""
    seconds = QUICK_SECONDS if quick else SECONDS
    ways = [_ours] if OURS in available() else []
    cases = []
    for way in (*ways, *([_ours_watched] if ways else []), _receiver, _recorder):
        with quiet_place() as place, TemporaryDirectory() as folder:
            cases.append(way(place, Path(folder), seconds))
    base = cases[-1]
    rows = [
        (
            case.name,
            f"{case.cpu:.4f}",
            ratio(case.cpu, base.cpu),
            f"{case.memory:.0f}",
            ratio(case.memory, base.memory),
            *(str(number) for number in case.missing),
        )
        for case in cases
    ]
    return Table("record", "Recording: CPU and memory", COLUMNS, rows, NOTES)


def _ours(place: Place, folder: Path, seconds: float) -> Case:
    with node(place, folder, record=True) as (url, pid):
        sent, cpu, memory = _publish(place, f"{url}/whip/lesson", pid, seconds)
    return Case(OURS, cpu, memory, _missing(sent, read(folder, Lesson(make()))))


def _ours_watched(place: Place, folder: Path, seconds: float) -> Case:
    with (
        node(place, folder, record=True) as (url, pid),
        Peer(place, "crowd", ViewerPlan(f"{url}/whep/lesson", str(make()))) as crowd,
    ):
        crowd.ready()
        join = Order("join", count=WATCHING, seconds=seconds)
        sent, cpu, memory = _publish(
            place, f"{url}/whip/lesson", pid, seconds, lambda: crowd.ask(join, Joined)
        )
    return Case(f"{OURS}, {WATCHING} watching", cpu, memory, _missing(sent, read(folder, Lesson(make()))))


def _receiver(place: Place, folder: Path, seconds: float) -> Case:
    with Peer(place, "stock_receiver", ServerPlan(place.address, str(make()))) as peer:
        sent, cpu, memory = _publish(place, f"{peer.ready().url}/whip/lesson", peer.pid, seconds)
        return Case(RECEIVER, cpu, memory, _missing(sent, peer.ask(Order("report"), Frames)))


def _recorder(place: Place, folder: Path, seconds: float) -> Case:
    file = folder / "recorded.mp4"
    with Peer(place, "stock_receiver", ServerPlan(place.address, record=str(file))) as peer:
        sent, cpu, memory = _publish(place, f"{peer.ready().url}/whip/lesson", peer.pid, seconds)
        peer.ask(Order("finish"), Frames)
    video, audio = counted(file)
    return Case(RECORDER, cpu, memory, (max(0, sent.video - video), max(0, sent.audio - audio)))


def _publish(
    place: Place, url: str, pid: int, seconds: float, join: Callable[[], object] = object
) -> tuple[Sent, float, float]:
    """Publish the lesson, let others join; return what was sent, CPU s/s and memory while it ran."""
    with Peer(place, "publisher", PublisherPlan(url, str(make()), seconds)) as publisher:
        publisher.ready()
        publisher.ask(Order("start"), Sent)
        publisher.ask(Order("report", seconds=EDGE), Sent)
        join()
        usage = Usage(pid)
        publisher.ask(Order("report", seconds=seconds - EDGE), Sent)
        cpu, memory = usage.cpu(), usage.memory()
        return publisher.ask(Order("report", seconds=TAIL), Sent), cpu, memory


def _missing(sent: Sent, got: Frames) -> tuple[int, int]:
    return (
        len(set(range(sent.video)) - {number for number, _ in got.video}),
        len(set(range(sent.audio)) - {number for number, _ in got.audio}),
    )
