"""Nodes that exchange over real sockets with mutual TLS, answers that get lost, and parents that lie."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.typedefs import Middleware

from sync import protocol, tree
from sync.client import Uplink
from sync.joining.identity import Identity, load_or_create
from sync.joining.identity import Parent as ParentAddress
from sync.joining.tls import client_context, pinned_context, server_context
from sync.names import Names
from sync.protocol import Request
from sync.records import Audited, LessonPlanned, NodeEnrolled, NodeRevoked, PupilForgotten, RosterChanged
from sync.reserve import Reserve
from sync.server import Server
from sync.tables import Entry
from tests.sync.peers import NOON, Peer

HERE = "127.0.0.1"
DEADLINE = 30.0  # seconds: a busy computer

Answer = Callable[[web.Request], Awaitable[web.Response]]


class SmallDisk(Reserve):
    """A disk that is full when the test says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, size=0, slack=0)
        self.is_full = False

    @property
    def is_low(self) -> bool:
        """Return what the test says."""
        return self.is_full


class Node(Peer):
    """A peer with an identity and names, that can listen and dial."""

    def __init__(self, folder: Path, school: str = "aul") -> None:
        folder.mkdir(exist_ok=True)
        self.identity: Identity = load_or_create(folder)
        self.disk = SmallDisk(folder)
        self.names = Names(folder / "names.db")
        self.address = ""
        self.asked: list[str] = []  # what was asked of this node, "POST /sync"
        self.hangs_up = 0  # how many of the next answers are lost on the way
        super().__init__(folder, self.identity.node, reserve=self.disk, school=school)

    def close(self) -> None:
        """Close all files."""
        self.ledger.close()
        self.names.close()

    def admits(self, other: "Node", school: str, *, enrols: bool = False) -> None:
        """Let another one in, by its certificate."""
        identity = other.identity
        fact = NodeEnrolled(identity.node, school, identity.fingerprint, enrols=enrols)
        moment = self.computer()
        self.ledger.write(lambda db: tree.admit(db, self.node, fact, identity.certificate, moment)).result()

    def revokes(self, other: "Node") -> None:
        """Let another one in no more."""
        moment = self.computer()
        fact, audit = NodeRevoked(other.node, "stolen"), Audited("test", "revoked", other.node)
        self.ledger.write(lambda db: tree.revoke(db, self.node, fact, audit, moment)).result()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Node"]:
        """Listen, at the same address as before."""
        server = Server(self.ledger, self.names.keys_of, self.computer)
        app = web.Application(middlewares=[self._meddling()])
        app.add_routes(server.routes())
        async with listening(
            app, self.identity, self.ledger.read(tree.certificates), self.address
        ) as address:
            self.address = address
            yield self

    def _meddling(self) -> Middleware:
        @web.middleware
        async def meddle(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            self.asked.append(f"{request.method} {request.path}")
            response = await handler(request)
            if self.hangs_up > 0 and request.transport is not None:
                self.hangs_up -= 1
                request.transport.abort()
            return response

        return meddle

    def known_at(self, address: str, school: str = "aul") -> ParentAddress:
        """Return what a child keeps of this node."""
        return ParentAddress(address, self.identity.certificate, self.node, school)

    @asynccontextmanager
    async def dialling(self, parent: "Node") -> AsyncIterator[ClientSession]:
        """Open a session with a parent's address."""
        context = client_context(self.identity, parent.known_at(parent.address))
        async with ClientSession(connector=TCPConnector(ssl=context)) as http:
            yield http

    async def evens_over_tls(self, parent: "Node") -> None:
        """Exchange as the daemon does."""
        async with self.dialling(parent) as http:
            await self.uplink(parent).even(http)

    def uplink(self, parent: "Node", trouble: str = "") -> Uplink:
        """Return the daemon's way to a parent."""
        address = parent.known_at(parent.address, self._school)
        return Uplink(self.ledger, self.names, address, self.computer, trouble=trouble)

    async def posts(self, parent: "Node", body: bytes, path: str = "/sync") -> tuple[int, bytes]:
        """Send whatever to a parent; return status and words."""
        url = f"https://{parent.address}{path}"
        async with self.dialling(parent) as http, http.post(url, data=body) as response:
            return response.status, await response.read()

    async def gets(self, parent: "Node", path: str) -> tuple[int, bytes]:
        """Ask a parent whatever; return status and words."""
        async with self.dialling(parent) as http, http.get(f"https://{parent.address}{path}") as response:
            return response.status, await response.read()

    def enters(self, school: str, pupil: str, name: str) -> None:
        """Put a child into the roster, the name sealed."""
        fact = RosterChanged(pupil, "7Б", 1, self.names.seal(pupil, name))
        self.ledger.append([Entry("roster", school, fact)]).result()

    def forgets(self, school: str, pupil: str) -> None:
        """Destroy a name, here and below."""
        self.names.forget(pupil, "2026-11-23")
        self.ledger.append([Entry("roster", school, PupilForgotten(pupil))]).result()

    def name_of(self, pupil: str) -> str | None:
        """Return the name of a pupil in the roster, None if it cannot be read here."""
        query = "SELECT json_extract(body, '$.name') FROM event WHERE body LIKE ?"
        rows = self.ledger.read(lambda db: db.execute(query, (f'%"{pupil}"%"name"%',)).fetchall())
        return self.names.open(pupil, rows[-1][0]) if rows else None


async def as_stranger(parent: Node) -> int:
    """Ask without a certificate; return the status."""
    connector = TCPConnector(ssl=pinned_context(parent.identity.certificate))
    url, body = f"https://{parent.address}/sync", protocol.encode(Request())
    async with ClientSession(connector=connector) as http, http.post(url, data=body) as response:
        return response.status


@asynccontextmanager
async def lying(identity: Identity, child: Node, answer: Answer) -> AsyncIterator[str]:
    """Listen as a parent whose every answer the test makes."""
    app = web.Application()
    app.add_routes([web.route("*", "/{path:.*}", answer)])
    async with listening(app, identity, [child.identity.certificate], "") as address:
        yield address


@asynccontextmanager
async def listening(
    app: web.Application, identity: Identity, trusted: list[str], address: str
) -> AsyncIterator[str]:
    """Serve with mutual TLS at an address, at any if there is none."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = int(address.split(":")[1]) if address else 0
    context = server_context(identity, trusted)
    await web.TCPSite(runner, HERE, port, ssl_context=context, reuse_address=True).start()
    try:
        yield f"{HERE}:{runner.addresses[0][1]}"
    finally:
        async with asyncio.timeout(40):
            await runner.cleanup()


class Pair:
    """A hub that listens, and a classroom that it let in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub, self.room = Node(folder / "hub"), Node(folder / "room")
        self.hub.admits(self.room, "aul")
        self.nodes = [self.hub, self.room]

    def node(self, name: str, school: str) -> Node:
        """Let in one more."""
        made = Node(self.folder / name, school)
        self.hub.admits(made, school)
        self.nodes.append(made)
        return made

    def request(self) -> Request:
        """Return what the room would ask now."""
        return self.room.ledger.read(lambda db: self.room.child.next(db, NOON, ()))

    def plan(self, subject: str = "Физика") -> None:
        """Plan a lesson at the hub."""
        lesson = LessonPlanned("7Б", "08:30", ("2026-11-26",), subject)
        self.hub.ledger.append([Entry("timetable", "aul", lesson)]).result()

    async def even(self) -> None:
        """Exchange as the daemon does."""
        async with asyncio.timeout(DEADLINE):
            await self.room.evens_over_tls(self.hub)


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Pair]:
    """Start the pair; what is let in later is let in when the hub starts again."""
    made = Pair(folder)
    try:
        yield made
    finally:
        for node in made.nodes:
            node.close()


class Liar:
    """A parent that says what it likes, and counts how often it was asked."""

    def __init__(self, says: Callable[[web.Request], web.Response]) -> None:
        self._says = says
        self.asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Lie."""
        self.asked += 1
        return self._says(request)
