"""A lesson down a narrow link while the class is seen and heard up it, measured beside the same without."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from msgspec import Struct

from edge.client import Client
from edge.contract.commands import StartLesson
from edge.journal import Journal
from edge.media.packet import Kind
from edge.media.publish.source import Picture
from sync import tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import NodeEnrolled
from tests.net.link import ADDRESSES, Plan
from tests.net.namespaces import Link, Namespace, end, joined
from tests.net.rooms import PORT, Node, Publisher, Witness, lesson, pause, until
from tests.net.wire import Counts, Quality

NODES_PORT = 8443
LOSS = 0.03
DOWN = Quality(rate=1_000_000, loss=LOSS, delay=0.03)
UP = Quality(rate=256_000, loss=LOSS, delay=0.03)
LESSON = Picture(width=640, height=360, bitrate=600_000, preset="ultrafast")
ROUND = 60  # seconds of the lesson that goes round
SETTLE = 12.0  # seconds until the lesson's rate, and then the picture's, is what it will be
REPAIR = 3.0  # seconds for what is asked for again to come
SOON = 1.0  # seconds: later, sound is of no use in a live lesson
_EDGE = (sys.executable, "-m", "edge")


class Came(Struct, frozen=True):
    """What of the lesson came in some seconds."""

    due: dict[Kind, int]
    missing: dict[Kind, int]
    late: dict[Kind, int]  # of those that came, after SOON
    up: float  # bits of RTP a second up the link
    down: int  # of the link downward, all of it


class Configured(Node):
    """A node that has a file."""

    def __init__(self, place: Namespace, folder: Path, *lines: str, home: str = "127.0.0.1") -> None:
        """`home` is where its own computer finds it; with another than usual nobody else does."""
        folder.mkdir(exist_ok=True)
        self._config = folder / "tirek.toml"
        away = f'"{place.address}:{PORT}", ' if home == "127.0.0.1" else ""
        listen = f'listen = [{away}"{home}:{PORT}"]'
        own = [f'name = "{folder.name}"', f'state = "{folder / "state"}"', listen, "allow_anyone = true"]
        own += ["discover = false", "usb = false", "vision = false", "record = false"]
        self._config.write_text("\n".join([*own, *lines]))
        super().__init__(place, folder, address=None if away else home)

    def start(self) -> None:
        """Start it with its file."""
        self._words = (*_EDGE, "run", "--config", str(self._config))
        super().start()


class Seminar:
    """A hub that teaches, a link, and a class that has the floor or has not."""

    def __init__(self, places: tuple[Namespace, Namespace, Link], folder: Path) -> None:
        near, far, self.link = places
        self._folder = folder
        self._far = far
        self.node = enrol(folder / "hub" / "state", folder / "room" / "state")
        self.hub = Configured(near, folder / "hub", f'listen_nodes = ["{near.address}:{NODES_PORT}"]')
        self.room = Configured(far, folder / "room")
        self._near = near
        Publisher(near, lesson(ROUND, LESSON), self.hub.url, folder, loop=True)
        self.above, self.below = Witness(self.hub, folder), Witness(self.room, folder)

    def opens_its_page(self) -> None:
        """Let the class be seen and heard; it has the floor."""
        asyncio.run(_begins(self.room.state))
        words = (sys.executable, "-m", "tests.net.page", f"http://127.0.0.1:{PORT}")
        self._page = self._far.start(*words, log=self._folder / "page-log")
        until(lambda: self.room.told("sending to parent") > 0, "the class's way up")
        self.gives(self.node)

    def closes_its_page(self) -> None:
        """Let nobody be seen."""
        end(self._page)
        self.gives("")

    def gives(self, node: str) -> None:
        """Give the floor."""
        code = (
            "import urllib.request as u, sys; u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), "
            "{'Content-Type': 'application/json'}))"
        )
        url = f"http://127.0.0.1:{PORT}/api/streams/lesson/floor"
        self._near.run(sys.executable, "-c", code, url, json.dumps({"node": node}))

    def measure(self, seconds: float) -> Came:
        """Compare what was shown at the hub in some seconds with what came to the class."""
        before, begin = self.link.counts(), monotonic()
        pause(seconds)
        after, ended = self.link.counts(), monotonic()
        pause(REPAIR)
        came = {(each.kind, each.timestamp): each.at for each in self.below.seen()}
        shown = [each for each in self.above.seen() if begin <= each.at < ended]
        kinds: tuple[Kind, Kind] = ("video", "audio")
        late = [each for each in shown if came.get((each.kind, each.timestamp), 0.0) - each.at > SOON]
        missing = [each for each in shown if (each.kind, each.timestamp) not in came]
        return Came(
            {kind: sum(each.kind == kind for each in shown) for kind in kinds},
            {kind: sum(each.kind == kind for each in missing) for kind in kinds},
            {kind: sum(each.kind == kind for each in late) for kind in kinds},
            8 * (_media(after.back) - _media(before.back)) / (after.at - before.at),
            after.forth.delivered_octets - before.forth.delivered_octets,
        )

    def told(self) -> list[str]:
        """Return what the page was told to encode, over time."""
        lines = (self._folder / "page-log").read_text().splitlines()
        return [line for line in lines if line.startswith("told")]


@contextmanager
def seminar(folder: Path, down: Quality = DOWN, up: Quality = UP) -> Iterator[Seminar]:
    """Run a lesson over such a link."""
    with joined(Plan(down, up)) as places:
        held = Seminar(places, folder)
        held.below.until(lambda seen: len(seen) > 0, "the lesson in the class")
        pause(SETTLE)
        yield held
        for node in (held.room, held.hub):
            node.stop()


def _media(counts: Counts) -> int:
    return sum(flow.octets for flow in counts.flows.values())


async def _begins(state: Path) -> None:
    async with Client(state / "tirek.sock") as screen:
        await screen.do(StartLesson("", "lesson"))


def enrol(hub: Path, room: Path) -> str:
    """Let a class belong to a hub, both by their state folders, as `tirek invite` and `tirek enroll` do."""
    for state in (hub, room):
        state.mkdir(parents=True, exist_ok=True)
    above, below = Journal(hub), Journal(room)
    mine, theirs, moment, name = below.identity, above.identity, computer(), room.parent.name
    fact = NodeEnrolled(mine.node, name, mine.fingerprint, name)
    above.ledger.write(lambda db: tree.admit(db, theirs.node, fact, mine.certificate, moment)).result()
    address = f"{ADDRESSES[0]}:{NODES_PORT}"
    save_parent(below.folder, Parent(address, theirs.certificate, theirs.node, name))
    for journal in (above, below):
        journal.close()
    return mine.node
