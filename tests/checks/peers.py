"""A hub whose page asks checks, and classrooms below it: journals, doors, exchanges and cards are real."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from edge.access import Door
from edge.api import Unable
from edge.board import Board
from edge.cards.decks import marker_of
from edge.cards.reading import CardCamera
from edge.cards.votes import Seen
from edge.checks.checking import Checking, Inside
from edge.checks.telling import PATH
from edge.classroom.projector import Projector
from edge.content.chunks import FOLDER, ChunkStore
from edge.contract.commands import Command
from edge.contract.notices import Notice
from edge.contract.talkback import QuickCheck
from edge.gate import make_app, make_nodes_app, only_for
from edge.journal import Journal, Upstream
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.supervise import keep
from sync import tree
from sync.catalogue import Item
from sync.joining.identity import Parent, save_parent
from sync.joining.tls import client_context
from sync.ledger import Ledger, computer
from sync.prepared import MEDIA_TYPE, CheckSet, Option, Prepared, encode, picture_of
from sync.records import NodeEnrolled, RosterChanged
from sync.server import Server
from tests.sync.served import listening
from tests.sync.test_prepared import PNG

DEADLINE = 90.0  # seconds: a busy computer, and an exchange a minute where nobody is woken
STREAM = "physics"
CLASS = "7Б"
LESSON = f"{CLASS} 2026-11-26 08:30"
PUPILS = 5

Json = dict[str, Any]

SET = CheckSet(
    "Күш",
    (
        Prepared("$F$ = ?", (Option("ma"), Option("mv"), Option("mgh")), "A", "<math><mi>F</mi></math> = ?"),
        Prepared("g = ?", (Option("9,8"), Option("10,8"))),
    ),
    subject="Физика",
    lang="kk",
)


def pictured(*has_one: bool) -> CheckSet:
    """Return a set of questions, of which these have a picture."""
    picture, answers = picture_of(PNG), (Option("1"), Option("2"))
    each = (Prepared("Қайсысы?", answers, "A", "", picture if has else None) for has in has_one)
    return CheckSet("Сурет", tuple(each))


class Node:
    """What every node has: a journal, a store, checks, and a way up if it has a parent."""

    def __init__(self, folder: Path, name: str, school: str, kind: type[Ledger] = Ledger) -> None:
        self.folder, self.name, self.school, self.kind = folder, name, school, kind
        self.running = ("", "")
        self.live: set[str] = set()
        self.watching: set[str] = set()  # nodes that watch the lesson that is taught here
        self.pulled: set[str] = set()
        self.eye = ""
        self.below: list[Node] = []
        self.open()

    def open(self) -> None:
        """Start, also again."""
        self.journal = Journal(self.folder, self.school, self.kind)
        self.upstream = Upstream(self.journal, lambda: None)
        self.board = Board()
        self.door = Door((), room=False, allow_anyone=True)
        self.cards = CardCamera(lambda: self.eye)
        self.store = ChunkStore(Place(self.folder / FOLDER, Disk(), 0))
        self.projector = Projector(self.door, self.board, lambda: 50)
        inside = Inside(
            self.name,
            self.journal,
            self.door,
            self.store,
            self.cards,
            lambda: self.running,
            lambda: self.live,
            lambda stream: stream in self.pulled,
            self._report,
            self._announce,
            self.upstream.wake.set,
            self._watching,
        )
        self.checking = Checking(inside, self.board, self.projector)

    def _announce(self) -> None:
        """Do what the long poll of the nodes below does: they exchange at once, and theirs in their turn."""
        for each in self.below:
            each.upstream.wake.set()

    async def _watching(self, stream: str) -> set[str]:
        return self.watching

    async def _report(self, path: str, body: bytes) -> bool:
        return self.journal.parent is not None and await self.post(body) == 204

    async def post(self, body: bytes) -> int:
        """Say to the parent how far classes are; return the status, 0 if nobody answers."""
        parent = self.journal.parent
        assert parent is not None
        connector = aiohttp.TCPConnector(ssl=client_context(self.journal.identity, parent))
        try:
            async with (
                ClientSession(connector=connector) as http,
                http.post(f"https://{parent.address}{PATH}", data=body) as response,
            ):
                return response.status
        except aiohttp.ClientError:
            return 0

    # Its screen -------------------------------------------------------------------------------------------

    async def do(self, command: Command) -> Any:
        """Give an order, as a screen does."""
        return await self.checking.desks()[type(command)](command)

    async def refused(self, command: Command) -> str:
        """Return why an order is refused."""
        try:
            await self.do(command)
        except Unable as exc:
            return exc.key
        return ""

    async def told(self, is_it: Callable[[QuickCheck], bool]) -> QuickCheck:
        """Return the check once a screen is told that it is so."""
        last: Notice | None = None
        try:
            with self.board.read() as reader:
                async with asyncio.timeout(DEADLINE):
                    while True:
                        for notice in await reader.take(DEADLINE):
                            if isinstance(notice, QuickCheck):
                                last = notice
                                if is_it(notice):
                                    return notice
        except TimeoutError:
            raise AssertionError(f"never so, but {last}") from None

    async def until(self, stage: str) -> QuickCheck:
        """Return the check once it is in a stage."""
        return await self.told(lambda quick: quick.stage == stage)

    def begin(self, lesson: str = LESSON, stream: str = STREAM) -> None:
        """Have a lesson run."""
        self.running = (lesson, stream)

    def roster(self, pupils: int = PUPILS) -> None:
        """Know the pupils of the class."""
        for number in range(1, pupils + 1):
            fact = RosterChanged(f"p{number}", CLASS, number)
            self.journal.ledger.note("roster", self.school, fact).result()

    def hold_up(self, letters: str) -> None:
        """Have pupils hold up their cards, from number 1 on, long enough; a blank holds up none."""
        seen = [
            Seen(marker, letter)
            for number, letter in enumerate(letters, 1)
            if letter != " " and (marker := marker_of(CLASS, number)) is not None
        ]
        for _ in range(4):
            self.cards.see(seen)

    def keep_set(self, checks: CheckSet = SET) -> str:
        """Have a prepared set on the disk; return its item."""
        content = encode(checks)
        path = self.folder / "set.checks"
        path.write_bytes(content)
        item = Item("0" * 64, len(content), "force.checks", MEDIA_TYPE, title=checks.title)
        with path.open("rb") as file:
            return self.store.add(file, item, time.time_ns() // 1_000_000, lambda done: None).item.id

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        """Run the parts, and exchange with the parent if there is one."""
        async with asyncio.TaskGroup() as tasks:
            parts = (
                *self.checking.parts(),
                keep(self.upstream.follow, "upstream", self.upstream.wake),
                self.upstream.watch(),
            )
            running = [tasks.create_task(part) for part in parts]
            try:
                yield
            finally:
                for each in running:
                    each.cancel()

    # Its doors --------------------------------------------------------------------------------------------

    def admits(self, room: "Node", *, enrols: bool = False) -> None:
        """Enrol a node, as `tirek invite` and `tirek enroll` do."""
        self.below.append(room)
        mine, theirs = self.journal.identity, room.journal.identity
        fact = NodeEnrolled(theirs.node, room.school, theirs.fingerprint, room.name, enrols)
        self.journal.ledger.write(
            lambda db: tree.admit(db, mine.node, fact, theirs.certificate, computer())
        ).result()

    def is_parent_of(self, room: "Node", address: str) -> None:
        """Let a node know where this one listens."""
        mine = self.journal.identity
        save_parent(room.journal.folder, Parent(address, mine.certificate, mine.node, room.school))

    @asynccontextmanager
    async def nodes_door(self, address: str = "") -> AsyncIterator[str]:
        """Open the door for nodes; yield its address."""
        server = Server(self.journal.ledger, self.journal.names.keys_of, computer)
        guarded = only_for(server.called, self.checking.node_routes())
        app: web.Application = make_nodes_app([*server.routes(), *guarded])
        certificates = self.journal.ledger.read(tree.certificates)
        async with listening(app, self.journal.identity, certificates, address) as at:
            yield at

    @asynccontextmanager
    async def page(self) -> AsyncIterator["Page"]:
        """Open the door for people; yield the page of who teaches."""
        routes = [*self.checking.routes(), *self.projector.routes()]
        async with (
            TestServer(make_app(routes)) as pages,
            ClientSession(str(pages.make_url("/"))) as http,
        ):
            yield Page(http)


class Page:
    """What the page of who teaches does, and what a projector is shown."""

    def __init__(self, http: ClientSession) -> None:
        self.http = http

    async def post(self, path: str, body: Json) -> tuple[int, Json]:
        """Send something."""
        async with self.http.post(f"/api/streams/{path}", json=body) as response:
            return response.status, await response.json(content_type=None) if response.status != 204 else {}

    async def ask(self, text: str = "2 + 2 = ?", right: str = "B", **more: object) -> str:
        """Ask something that is taken; return its name."""
        typed = {"text": text, "choices": ["3", "4", "5"], "right": right}
        body: Json = more if "item" in more else {**typed, **more}
        status, answer = await self.post(f"{STREAM}/checks", body)
        assert status == 201, answer
        return str(answer["id"])

    async def end(self, check: str) -> None:
        """End a check."""
        assert (await self.post(f"{STREAM}/checks/{check}/end", {}))[0] == 204

    async def get(self, stream: str = STREAM, **query: str) -> Json:
        """Ask as the page does."""
        async with self.http.get(f"/api/streams/{stream}/checks", params=query) as response:
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def shown(self, is_it: Callable[[Json], bool]) -> Json:
        """Wait as the page does until what runs is as it is looked for."""
        query: Json = {}
        told: Json = {}
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    told = await self.get(**query)
                    if told["running"] and is_it(told["running"]):
                        return dict(told["running"])
                    query = {"after": str(told["version"]), "wait": "5"}
        except TimeoutError:
            raise AssertionError(f"never so, but {told}") from None

    async def projected(self) -> Json | None:
        """Return what the projector shows of a check."""
        async with self.http.get("/api/showing") as response:
            found: Json | None = (await response.json())["check"]
            return found


@contextmanager
def closing(*nodes: Node) -> Iterator[None]:
    """Close the journals at the end."""
    try:
        yield
    finally:
        for each in nodes:
            each.journal.close()


def row_of(running: Json, name: str) -> Json:
    """Return the row of a class; empty if it is not listed."""
    return next((row for row in running["classes"] if row["name"] == name), {})
