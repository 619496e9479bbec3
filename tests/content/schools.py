"""A hub with a library, and the computers of a school that fetch from it and from each other."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from random import Random

from aiohttp import web
from msgspec import Struct

from edge.config import from_table
from edge.content.asked import Asked
from edge.content.chunks import FOLDER, ChunkStore
from edge.content.doors import Around, ContentDoor
from edge.content.hub import HubDoor
from edge.content.keeping import Rules
from edge.content.materials import Link, Materials, Ways
from edge.content.neighbours import Neighbours
from edge.content.pace import Pace
from edge.content.plan import Words
from edge.content.planning import Planning
from edge.content.siblings import SERVICE, Choice, Siblings, Stall
from edge.discovery import Discovery
from edge.gate import make_app
from edge.hubs import Hubs
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync.catalogue import Item, Offer, Shelf
from tests.content.hubs import FAST, serving, until

LOOPBACK = ("127.0.0.1",)
OPEN = Rules(headroom=0)
TOKEN = secrets.token_hex(8)[1:]  # other tests on this computer are on the same network
NODES = tuple(letter + TOKEN for letter in "abc")
SCHOOL = f"aul-{TOKEN[:6]}"
PUBLISHER = "00000000000000aa"


def published(store: ChunkStore, *contents: bytes, **words: str) -> list[Item]:
    """Put files into a hub's store."""
    items = []
    for number, content in enumerate(contents):
        item = Item("", 0, f"file {number}.pdf", "application/pdf", **words)
        items.append(store.add(BytesIO(content), item, 1).item)
    return items


def noise(size: int, seed: int = 1) -> bytes:
    """Return bytes that no two chunks have alike."""
    return Random(seed).randbytes(size)


def shelf_of(items: Sequence[Item]) -> Shelf:
    """Return a shelf that offers these."""
    return Shelf({item.id: Offer(item, PUBLISHER, number) for number, item in enumerate(items, 1)})


def store_in(state: Path) -> ChunkStore:
    """Return the store of a node."""
    return ChunkStore(Place(state / FOLDER, Disk(), 0))


def library_app(store: ChunkStore, around: Around | None = None) -> web.Application:
    """Return what a node serves of its library."""
    return make_app(ContentDoor(store, lambda request: None, around or Around()).routes())


class Said(Struct):
    """What the budget says."""

    rate: int = FAST
    why: str = ""
    until: str = ""


class Purse:
    """A budget that a test sets."""

    def __init__(self) -> None:
        self.said = Said()
        self.came = 0
        self._pace = Pace(FAST)

    def allowance(self) -> Said:
        """Return what a test has set."""
        return self.said

    def owed(self, size: int, now: float) -> float:
        """Count."""
        self.came += size
        return self._pace.owed(size, now)


class Planner:
    """Plans as the node does, by rules that a test may change."""

    def __init__(self, room: "Classroom") -> None:
        self._room = room
        self.crowded = False

    def __call__(self) -> list[Item]:
        """Return what is to come."""
        room, words = self._room, Words(self._room.asked.first, self._room.asked.left)
        planning = Planning(
            room.store, lambda: shelf_of(room.items), lambda: words, lambda: (), room.rules, lambda: 1_000
        )
        found = planning()
        self.crowded = planning.crowded
        return found


class Classroom:
    """One computer of a school; run it with `fetching`."""

    def __init__(self, state: Path, hub: str, items: Sequence[Item], node: str = NODES[0]) -> None:
        self.node = node
        self.items = list(items)
        self.rules = OPEN
        self.is_busy = False
        self.purse = Purse()
        self.turn = asyncio.Lock()
        self.store = store_in(state)
        self.siblings = Siblings(node)
        self.siblings.school = SCHOOL
        table = {"name": "room", "state": str(state), "discover": False, "parent": hub}
        self.config = from_table(table, "test")
        self.journal = Journal(state)
        self.asked = Asked(state)
        door = HubDoor(self.config, self.journal, Hubs("room", lambda: None))
        self.neighbours = Neighbours(self.siblings, Choice(node), "room", listen=0.0)
        self.plan = Planner(self)
        self.materials = Materials(
            self.store,
            self.plan,
            Ways(door, self.neighbours),
            Link(self.purse, self.turn, lambda: self.is_busy),
            lambda: 1_000,
        )

    @property
    def has_all(self) -> bool:
        """Tell whether everything that is offered is here, and nudge it on."""
        self.materials.woken.set()
        return all(self.store.is_whole(each.id) for each in self.items)

    @asynccontextmanager
    async def fetching(self) -> AsyncIterator[Materials]:
        """Run it."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.materials.run())
            try:
                yield self.materials
            finally:
                running.cancel()

    @asynccontextmanager
    async def among_others(self) -> AsyncIterator[Materials]:
        """Run it where others of its school are found on the loopback interface, once `found` says so."""
        self.neighbours.listen = float("inf")
        said = Around(lambda: self.materials.upstream, lambda: self.materials.asks, lambda: self.is_busy)
        async with serving(library_app(self.store, said)) as port, asyncio.TaskGroup() as tasks:
            stall = Stall(self.node, SCHOOL, port, LOOPBACK)
            found = Discovery(self.siblings, lambda: stall, LOOPBACK, service=SERVICE)
            parts = [tasks.create_task(found.run()), tasks.create_task(self.materials.run())]
            try:
                yield self.materials
            finally:
                for part in parts:
                    part.cancel()


async def found(school: Sequence[Classroom]) -> None:
    """Wait until all of a school know each other, and let them begin."""
    await until(lambda: all(len(each.siblings.all()) == len(school) - 1 for each in school))
    for each in school:
        each.neighbours.listen = 0.0


@asynccontextmanager
async def classroom(
    state: Path, hub: str, items: Sequence[Item], node: str = NODES[0]
) -> AsyncIterator[Classroom]:
    """Make a classroom."""
    made = Classroom(state, hub, items, node)
    try:
        yield made
    finally:
        made.journal.close()
