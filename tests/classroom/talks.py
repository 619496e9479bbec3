"""A hub whose teacher's page asks what classes say, and classrooms below it; all but media is real."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from edge.access import Door
from edge.classroom.talk import Talk
from edge.contract.commands import AskQuestion, RaiseHand
from edge.dialogue.answering import Answering
from edge.dialogue.desk import Desk
from edge.dialogue.floors import Floors
from edge.dialogue.sayings import Sayings
from edge.dialogue.strip import Row
from edge.gate import make_app
from edge.journal import Journal, Upstream
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.supervise import keep
from sync import tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import NodeEnrolled
from sync.server import Server
from tests.sync.served import listening

DEADLINE = 40.0  # seconds: a busy computer
STREAM = "lesson"

Json = dict[str, Any]


class Classroom:
    """A classroom's journal, what is said there, and its way to the hub."""

    def __init__(self, folder: Path, school: str) -> None:
        self.folder, self.school = folder, school
        self.running = (f"7Б 2026-11-26 {school}", STREAM)
        self.changes: list[tuple[int, int]] = []
        self.open()

    def open(self) -> None:
        """Start, also again."""
        self.journal = Journal(self.folder, self.school)
        self.upstream = Upstream(self.journal, lambda: None)
        self.talk = Talk(self.journal, lambda: self.running, self._changed, self.upstream.wake.set)

    def _changed(self) -> None:
        self.changes.append((self.talk.hand, self.talk.questions))

    async def raises(self, up: bool = True) -> None:
        """Press the key of the hand."""
        await self.talk.desks()[RaiseHand](RaiseHand(up))

    async def asks(self, text: str) -> None:
        """Send a question."""
        await self.talk.desks()[AskQuestion](AskQuestion(text))

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[None]:
        """Exchange with the hub, as the daemon does."""
        async with asyncio.TaskGroup() as tasks:
            parts = (keep(self.upstream.follow, "upstream", self.upstream.wake), self.upstream.watch())
            running = [tasks.create_task(part) for part in parts]
            try:
                yield
            finally:
                for each in running:
                    each.cancel()


class Hub:
    """A hub with both of its doors."""

    def __init__(self, folder: Path, door: Door | None = None) -> None:
        self.journal = Journal(folder, "hub")
        door = door or Door((), room=False, allow_anyone=False)
        self.studio = Studio(8)
        self.floors = Floors(self.journal, self.studio, tuple, "Орталық")
        self.sayings = Sayings(self.journal, "Орталық")
        answering = Answering(self.journal, self.floors, self.sayings, self.studio.announce)
        sessions = Sessions(Identity.create(), loopback=True)
        whep = Whep(self.studio, sessions, Relay(), NtpClock(), 8)
        self.desk = Desk(door, self.floors, self.sayings, answering, whep, dict)
        self._address = ""
        self._pages: TestServer | None = None

    def admits(self, room: Classroom, name: str) -> None:
        """Enrol a classroom, as `tirek invite` and `tirek enroll` do."""
        mine, theirs = self.journal.identity, room.journal.identity
        fact = NodeEnrolled(theirs.node, room.school, theirs.fingerprint, name)
        self.journal.ledger.write(
            lambda db: tree.admit(db, mine.node, fact, theirs.certificate, computer())
        ).result()

    def knows(self, node: str, school: str) -> None:
        """Know a node that somebody below has let in."""
        query = "INSERT INTO node (id, school, name, fingerprint, via) VALUES (?, ?, '', '', 'below')"
        self.journal.ledger.write(lambda db: db.execute(query, (node, school))).result()

    async def rows(self, now: int, stream: str = STREAM) -> list[Row]:
        """Return what the page of the teacher is told at a time."""
        await self.sayings.look()
        return self.desk.rows(stream, now)

    def is_known_to(self, room: Classroom) -> None:
        """Let a classroom know where its hub is."""
        mine = self.journal.identity
        save_parent(room.journal.folder, Parent(self._address, mine.certificate, mine.node, room.school))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ClientSession]:
        """Open the doors, the one for nodes where it was before; yield the browser of the teacher."""
        ledger = self.journal.ledger
        nodes = web.Application()
        nodes.add_routes(Server(ledger, self.journal.names.keys_of, computer).routes())
        certificates = ledger.read(tree.certificates)
        async with (
            listening(nodes, self.journal.identity, certificates, self._address) as self._address,
            TestServer(make_app(self.desk.routes())) as pages,
            ClientSession(str(pages.make_url("/"))) as http,
        ):
            yield http


async def told(http: ClientSession, stream: str = STREAM, **query: str) -> Json:
    """Ask as the page does."""
    async with http.get(f"/api/streams/{stream}/classes", params=query) as response:
        assert response.status == 200, await response.text()
        answer: Json = await response.json()
        return answer


async def seen(http: ClientSession, is_it: Callable[[list[Json]], bool]) -> list[Json]:
    """Wait as the page does until it has what is looked for."""
    version: Json = {}
    async with asyncio.timeout(DEADLINE):
        while True:
            answer = await told(http, **version)
            if is_it(answer["classes"]):
                classes: list[Json] = answer["classes"]
                return classes
            version = {"after": str(answer["version"]), "wait": "5"}
