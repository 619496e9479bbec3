"""Lessons over bad links, measured: `python -m tests.net.trials` prints long versions, tests run short ones.

Publisher and hub are on the clean side; what the hub's own watcher saw and its recording are the reference.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from msgspec import Struct

from edge.media.packet import Kind
from tests.net.link import Answer, Plan
from tests.net.rooms import Name, Scene, Witness, hub_and_room, lesson, pause
from tests.net.wire import Flow, Quality
from tests.net.witness import Sight

DELAY = 0.05  # seconds one way where the delay is not the question
REPAIR = 3.0  # seconds after the last frame for repair to end: a recording waits two
TAIL = 1.0  # seconds at the end that are not counted: nothing follows that would show what is missing
SOON = 1.0  # seconds after the hub had it: later, sound is of no use in a live lesson
STARTING = 3.0  # seconds until a thin link's rate is known
ROUND = 60  # seconds of the lesson that goes round on a thin link
BACK = 40.0  # seconds to wait for a picture after a cut
AHEAD = 0.5  # seconds by which a timestamp must be newer than the cut


class Repaired(Struct, frozen=True):
    """What a lossy link did to a lesson."""

    sent: dict[
        Kind, int
    ]  # frames of the hub's recording since the classroom's first, without the last second
    missing: dict[Kind, int]  # of these, not in the classroom's recording
    strange: int  # frames of the classroom's recording that the hub's does not have
    lost: int  # RTP packets the link lost
    again: int  # RTP packets sent again


class Squeezed(Struct, frozen=True):
    """What came through a thin link."""

    due: dict[Kind, int]
    came: dict[Kind, int]
    soon: dict[Kind, int]  # within SOON
    offered: float  # times what the link carries
    again: float  # bytes sent again by other RTP bytes
    seen: list[Sight]  # in the classroom
    recordings: list[Path]  # copied nowhere: to be looked at before the folder goes


class Returned(Struct, frozen=True):
    """How a lesson came back after a cut."""

    after: dict[Kind, float]  # seconds from mending the link to the first new frame
    recordings: int
    gaps: int


def lossy(loss: float, trip: float, seconds: int, folder: Path) -> Repaired:
    """Send a lesson from its beginning to its end over a link that loses packets both ways."""
    quality = Quality(loss=loss, delay=trip / 2)
    with hub_and_room(Plan(quality, quality), folder) as scene:
        scene.publish(lesson(seconds)).wait(seconds)
        pause(REPAIR)
        flows = scene.link.counts().forth.flows.values()
        scene.room.stop()
        scene.hub.stop()
        due, came = _since_first(scene)
        kinds: tuple[Kind, Kind] = ("video", "audio")
        return Repaired(
            {kind: sum(name[0] == kind for name in due) for kind in kinds},
            {kind: sum(name[0] == kind for name in due - came) for kind in kinds},
            len(came - set(scene.hub.recorded())),
            sum(flow.lost for flow in flows),
            sum(flow.repeated for flow in flows),
        )


def thin(rate: float, seconds: float, scene: Scene) -> Squeezed:
    """Measure for some seconds a lesson that goes on behind a link of `rate` bits per second."""
    above, below = scene.watch(scene.hub), scene.watch(scene.room)
    publisher = scene.publish(lesson(ROUND), loop=True)
    below.until(lambda seen: len(seen) > 0, "the first frame in the classroom")
    pause(STARTING)
    begin, before = monotonic(), scene.link.counts()
    pause(seconds)
    end, after = monotonic(), scene.link.counts()
    pause(REPAIR)
    publisher.end()
    scene.room.stop()
    return _squeezed(rate, (begin, end), (before, after), (above, below), scene)


def outage(length: float, scene: Scene, watcher: Witness) -> Returned:
    """Cut the link for some seconds and wait until sound and picture of afterwards are there."""
    scene.link.cut()
    pause(length)
    newest = {kind: max(each.timestamp for each in _of(kind, watcher.seen())) for kind in _RATES}
    scene.link.mend()
    mended = monotonic()
    after = {}
    for kind in _RATES:
        fresh = _Fresh(kind, newest[kind], mended)
        watcher.until(fresh.came, f"new {kind}", BACK)
        after[kind] = (fresh.first(watcher.seen()) or 0.0) - mended
    recordings = scene.room.recordings()
    return Returned(after, len(recordings), sum(len(each.gaps) for each in recordings))


def is_shown(seen: list[Sight]) -> bool:
    """Tell whether there is picture and sound."""
    return {each.kind for each in seen} == {"video", "audio"}


def link_of(rate: float) -> Plan:
    """A link with a drop-tail queue of 0.4 s towards the classroom."""
    return Plan(Quality(rate=rate, delay=DELAY), Quality(delay=DELAY))


_RATES: dict[Kind, int] = {"video": 90_000, "audio": 48_000}


class _Fresh:
    """Frames captured after a moment, seen after the link was mended."""

    def __init__(self, kind: Kind, newest: int, mended: float) -> None:
        self._kind, self._newest, self._mended = kind, newest + AHEAD * _RATES[kind], mended

    def came(self, seen: list[Sight]) -> bool:
        return self.first(seen) is not None

    def first(self, seen: list[Sight]) -> float | None:
        times = (each.at for each in _of(self._kind, seen) if each.timestamp > self._newest)
        return min((at for at in times if at > self._mended), default=None)


def _of(kind: Kind, seen: list[Sight]) -> Iterator[Sight]:
    return (each for each in seen if each.kind == kind)


def _since_first(scene: Scene) -> tuple[set[Name], set[Name]]:
    """The hub's frames from the classroom's first of each kind to the last second, and the classroom's."""
    above, below = scene.hub.recorded(), scene.room.recorded()
    due: set[Name] = set()
    for kind, rate in _RATES.items():
        ours = [name for name in above if name[0] == kind]
        first = next(number for number, name in enumerate(ours) if name in set(below))
        last = max(name[1] for name in ours) - TAIL * rate
        due |= {name for name in ours[first:] if name[1] <= last}
    return due, set(below)


def _squeezed(
    rate: float,
    span: tuple[float, float],
    counts: tuple[Answer, Answer],
    watchers: tuple[Witness, Witness],
    scene: Scene,
) -> Squeezed:
    above, below = (watcher.seen() for watcher in watchers)
    arrivals = {(each.kind, each.timestamp): each.at for each in below}
    due, came, soon = {}, {}, {}
    for kind in _RATES:
        sent = [each for each in _of(kind, above) if span[0] <= each.at < span[1]]
        late = [
            arrivals[kind, each.timestamp] - each.at for each in sent if (kind, each.timestamp) in arrivals
        ]
        due[kind], came[kind], soon[kind] = len(sent), len(late), sum(each <= SOON for each in late)
    before, after = (each.forth for each in counts)
    offered = (after.octets - before.octets) * 8 / (counts[1].at - counts[0].at) / rate
    again = _sum(after.flows, "repeated_octets") - _sum(before.flows, "repeated_octets")
    octets = _sum(after.flows, "octets") - _sum(before.flows, "octets")
    files = [each.path(scene.room.state / "recordings") for each in scene.room.recordings()]
    return Squeezed(due, came, soon, offered, again / (octets - again), below, files)


def _sum(flows: dict[str, Flow], field: str) -> int:
    return sum(getattr(flow, field) for flow in flows.values())


def main(seconds: int) -> None:
    """Print the long versions."""
    for loss in (0.0, 0.02, 0.05, 0.10):
        for trip in (0.1, 0.2):
            with TemporaryDirectory() as folder:
                print(f"loss {loss:.0%} RTT {trip} s:", lossy(loss, trip, seconds, Path(folder)), flush=True)
    for rate in (3e6, 1e6, 3e5, 6.4e4):
        with TemporaryDirectory() as folder, hub_and_room(link_of(rate), Path(folder)) as scene:
            got = thin(rate, seconds * 1.6, scene)
            print(f"{rate / 1000:.0f} kbit/s: due {got.due} came {got.came} soon {got.soon}", end=" ")
            print(f"offered {got.offered:.2f} again {got.again:.1%}", flush=True)
    quality = Quality(delay=DELAY)
    with TemporaryDirectory() as folder, hub_and_room(Plan(quality, quality), Path(folder)) as scene:
        scene.publish(lesson(ROUND), loop=True)
        watcher = scene.watch(scene.room)
        watcher.until(is_shown, "picture and sound")
        for length in (30.0, 3.0, 3.0, 3.0):
            pause(5.0)
            print(f"cut {length} s:", outage(length, scene, watcher), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
