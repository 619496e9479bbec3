"""Joining: how long until the first picture, and until it is back after the link to the hub was cut."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench import page_join
from tests.bench.child import Peer
from tests.bench.contract import Frames, Order, PublisherPlan, Sent, ViewerPlan
from tests.bench.lesson import Lesson, make
from tests.bench.place import quiet_place
from tests.bench.servers import JANUS_PINNED, OURS, available, relay, two_nodes
from tests.bench.table import Table
from tests.net.link import Plan
from tests.net.namespaces import joined, why_not
from tests.net.wire import Quality

JOINS, QUICK_JOINS = 10, 4
CUT, QUICK_CUT = 30.0, 8.0  # seconds
BEFORE, AFTER = 2.0, 8.0  # seconds watched before the cut, and after the link is back
GOP = 2.0  # seconds between the lesson's key frames
GOLDEN = 0.618  # its multiples spread evenly over a GOP
DELAY = 0.02  # seconds one way
COLUMNS = ("case", "median s", "largest s", "times")
NOTES = (
    "First picture: a stock aiortc viewer, from before it gathers candidates to the first whole key frame;"
    " GOP 2 s; a fresh viewer each time, at any moment of the GOP. The publisher ignores PLI as FFmpeg does.",
    "Chromium: our watch page in a warm browser, from navigation to the first frame on the screen.",
    "Picture back: publisher → hub │ link │ classroom → viewer; from mending the link to the next whole"
    " key frame. The viewer keeps its session; nobody touches anything.",
)


def run(quick: bool) -> Table:
    """Measure every relay there is, then the cut."""
    names = [name for name in available() if name != JANUS_PINNED]
    rows = [_row(f"first picture, {name}", _join(name, QUICK_JOINS if quick else JOINS)) for name in names]
    cut = QUICK_CUT if quick else CUT
    if OURS in names:
        rows.append(
            _row(f"first picture, {OURS}, Chromium", page_join.times(QUICK_JOINS if quick else JOINS))
        )
    if OURS in names and not why_not():
        rows.append(_row(f"picture back after {cut:.0f} s, {OURS}", [_cut(cut)]))
    return Table("join", "Joining and coming back", COLUMNS, rows, NOTES)


def _join(name: str, times: int) -> list[float | None]:
    lesson = str(make())
    with (
        quiet_place() as place,
        relay(name, place) as running,
        Peer(place, "publisher", PublisherPlan(running.publish, lesson)) as publisher,
    ):
        publisher.ready()
        publisher.ask(Order("start"), Sent)
        took: list[float | None] = []
        for number in range(times):
            # A viewer ends at its first key frame: wait, so that the next comes at any moment of a GOP.
            publisher.ask(Order("report", seconds=number * GOLDEN % 1 * GOP), Sent)
            with Peer(place, "watcher", ViewerPlan(running.watch, lesson)) as viewer:
                took.append(viewer.ready().seconds)
        return took


def _cut(length: float) -> float | None:
    """Return the seconds from the mended link to the next whole frame; None when it stayed black."""
    quality, lesson = Quality(delay=DELAY), Lesson(make())
    with (
        joined(Plan(quality, quality)) as (near, far, link),
        TemporaryDirectory() as folder,
        two_nodes(near, far, Path(folder)) as (hub, room),
        Peer(near, "publisher", PublisherPlan(f"{hub}/whip/lesson", str(make()))) as publisher,
        Peer(far, "watcher", ViewerPlan(f"{room}/whep/lesson", str(make()))) as viewer,
    ):
        publisher.ready()
        publisher.ask(Order("start"), Sent)
        viewer.ready()
        viewer.ask(Order("report", seconds=BEFORE), Frames)
        link.cut()
        viewer.ask(Order("report", seconds=length), Frames)
        link.mend()
        mended = time.monotonic()
        came = viewer.ask(Order("report", seconds=AFTER), Frames).video
        keys = [at for number, at in came if lesson.is_key(number) and at > mended]
        return keys[0] - mended if keys else None


def _row(case: str, took: list[float | None]) -> tuple[str, ...]:
    came = [seconds for seconds in took if seconds is not None]
    if not came:
        return case, "never", "never", f"0/{len(took)}"
    return case, f"{median(came):.2f}", f"{max(came):.2f}", f"{len(came)}/{len(took)}"
