"""A hub with a real recording of some megabytes, and a wire to it that can be cut, counted and slowed."""

import asyncio
from asyncio import wait_for
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from edge.access import Door, NodesDoor
from edge.archive import Archive
from edge.config import Config, from_table
from edge.content.fetcher import Fetcher
from edge.content.hub import HubDoor
from edge.content.pace import Pace
from edge.gate import make_app, make_nodes_app, only_for
from edge.hubs import Hubs
from edge.journal import Journal
from edge.media.record.recorder import Recorder
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from sync import tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import NodeEnrolled
from sync.server import Server
from tests.media.lessons import DEADLINE, Lesson, arriving, lesson, packets, play, repeated, reports
from tests.sync.served import listening

LOOK = 0.01  # seconds
HERE = "127.0.0.1"
FAST = 1 << 30  # bytes a second: no waiting
ROUNDS = 10  # of six seconds: a file of some blocks


@cache
def long_lesson(rounds: int = ROUNDS) -> Lesson:
    """A lesson whose recording has several blocks."""
    return repeated(lesson("H264"), rounds)


async def recorded(state: Path, given: Lesson) -> Recording:
    """Record a lesson to its end."""
    store = Store(state, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    return store.list()[0]


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[int]:
    """Serve an application; yield its port."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HERE, port, reuse_address=True).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def archive_app(state: Path) -> web.Application:
    """Return what a hub serves of its recordings."""
    door = Door((), room=True, allow_anyone=False)
    return make_app(Archive(Store(state), door).routes())


class Wire:
    """Passes on to a hub, counts what comes down, and can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.down = 0  # bytes that came down
        self.cut_after: list[int] = []  # bytes down until each of the next connections is cut
        self.closed = False  # nobody is let through
        self.most: int | None = None  # bytes that may come down before the wire is slow

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Wire"]:
        """Listen."""
        server = await asyncio.start_server(self._meet, HERE, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Cut every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        there, onward = await asyncio.open_connection(HERE, self._to)
        self._open |= {writer, onward}
        try:
            await asyncio.gather(_pour(reader, onward), self._down(there, writer))
        finally:
            self._open -= {writer, onward}
            onward.transport.abort()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.cut_after.pop(0) if self.cut_after else FAST
        with suppress(ConnectionError):
            while chunk := await reader.read(16_384):
                left -= len(chunk)
                if left < 0:
                    self.cut()
                    return
                await until(lambda: self.most is None or self.down <= self.most)
                self.down += len(chunk)
                writer.write(chunk)
                await writer.drain()
            writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(16_384):
            writer.write(chunk)
        writer.close()


class Word(Struct, frozen=True):
    """Whether the link may be used."""

    rate: int
    why: str = ""
    until: str = ""


class Steady:
    """So many bytes a second, and nothing while it is busy, for the reason it has."""

    def __init__(self, rate: int, busy: Callable[[], bool]) -> None:
        self._pace = Pace(rate)
        self._busy = busy
        self.why = "lesson"

    def allowance(self) -> Word:
        """Return what may be fetched now."""
        return Word(0, self.why) if self._busy() else Word(self._pace.rate)

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""
        return self._pace.owed(size, now)


class Room:
    """A classroom that fetches from a port of this computer."""

    def __init__(self, state: Path, url: str = "", rate: int = FAST) -> None:
        self.state = state
        table = {"name": "room", "state": str(state), "discover": False}
        self.config: Config = from_table(table | ({"parent": url} if url else {}), "test")
        self.journal = Journal(state)
        self.store = Store(state, reserve=0)
        self.is_busy = False
        door = HubDoor(self.config, self.journal, Hubs("room", lambda: None))
        self.purse = Steady(rate, lambda: self.is_busy)
        self.fetcher = Fetcher(self.store, door, state, self.purse)

    @asynccontextmanager
    async def fetching(self, *idents: str) -> AsyncIterator[Fetcher]:
        """Run the fetcher with something to fetch."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.fetcher.run())
            try:
                for ident in idents:
                    await self.fetcher.want(ident)
                yield self.fetcher
            finally:
                running.cancel()

    @property
    def files(self) -> dict[str, int]:
        """Return what lies in the folder of recordings, and how large it is."""
        return {path.name: path.stat().st_size for path in (self.state / "recordings").iterdir()}

    @property
    def drafts(self) -> list[str]:
        """Return what lies in the folder of what is coming."""
        return sorted(path.name for path in (self.state / "library" / "coming").glob("*"))


@asynccontextmanager
async def room(state: Path, url: str, rate: int = FAST) -> AsyncIterator[Room]:
    """Make a classroom."""
    made = Room(state, url, rate)
    try:
        yield made
    finally:
        made.journal.close()


@asynccontextmanager
async def enrolled(hub: Path, below: Path) -> AsyncIterator[tuple[Room, Room]]:
    """Serve a hub's recordings at its door of nodes, to the first of two classrooms."""
    above, known, stranger = Journal(hub), Room(below / "known"), Room(below / "stranger")
    mine = known.journal.identity
    fact = NodeEnrolled(mine.node, "aul", mine.fingerprint)
    admit = above.ledger.write(
        lambda db: tree.admit(db, above.identity.node, fact, mine.certificate, computer())
    )
    admit.result()
    server = Server(above.ledger, above.names.keys_of, computer)
    app = make_nodes_app(only_for(server.called, Archive(Store(hub), NodesDoor()).routes()))
    try:
        async with listening(app, above.identity, above.ledger.read(tree.certificates), "") as address:
            for each in (known, stranger):
                parent = Parent(address, above.identity.certificate, above.identity.node, "aul")
                save_parent(each.journal.folder, parent)
            yield known, stranger
    finally:
        for journal in (above, known.journal, stranger.journal):
            journal.close()


async def until(look: Callable[[], object]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if look():
                return
            await asyncio.sleep(LOOK)
