"""A hub and its classes as quick checks need them: its teacher's page, their screens and their cameras."""

import asyncio
import json
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

from aiohttp import ClientSession

from edge.client import Client, Refused
from edge.contract.commands import Command
from edge.contract.talkback import QuickCheck
from tests.flows.crew import Crew, Json, Node, until_told
from tests.flows.school import ARRIVAL, LESSON, good, invited
from tests.flows.tree import free_port

PATIENCE = 60.0  # seconds: three daemons and whoever else has this computer
STREAM = "physics"
TODAY = f"{LESSON[0]} {LESSON[2]} {LESSON[4]}"  # 7Б, which has three pupils
STILLS = 4  # a second while cards are read; as often a page asks whether they are
JSONL = ("--format", "jsonl")
JPEG = {"Content-Type": "image/jpeg"}
TYPED: Json = {"text": "2 + 2 = ?", "choices": ["3", "4", "5"], "right": "B"}


class Page:
    """The page of a hub's teacher."""

    def __init__(self, http: ClientSession, hub: Node, stream: str = STREAM) -> None:
        self._http = http
        self.hub = hub  # started again it has another address
        self._stream = stream

    @property
    def address(self) -> str:
        """Where the checks of the lesson are."""
        return f"{self.hub.url}/api/streams/{self._stream}/checks"

    async def post(self, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Send something; return the status and what was answered."""
        async with self._http.post(f"{self.address}{path}", json=body or {}) as response:
            answer = await response.json(content_type=None) if response.status != 204 else {}
            return response.status, answer

    async def ask(self, **order: object) -> str:
        """Ask something that must be taken; return the check's name."""
        status, answer = await self.post("", {**TYPED, **order} if "item" not in order else order)
        assert status == 201, answer
        return str(answer["id"])

    async def end(self, check: str) -> None:
        """End a check."""
        status, answer = await self.post(f"/{check}/end")
        assert status == 204, answer

    async def get(self, query: str = "") -> Json:
        """Return what the page is told."""
        async with self._http.get(f"{self.address}{query}") as response:
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def shown(self, is_it: Callable[[Json], bool]) -> Json:
        """Wait as the page does until what runs is as it is looked for."""
        after, told = "", {}
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    told = await self.get(f"?wait=5{after}")
                    if told["running"] and is_it(told["running"]):
                        return dict(told["running"])
                    after = f"&after={told['version']}"
        except TimeoutError:
            raise AssertionError(f"never so, but {told}") from None


def row_of(running: Json, name: str) -> Json:
    """Return the row of a class; empty if it is not listed."""
    return next((row for row in running["classes"] if row["name"] == name), {})


class Class:
    """The screen of a class's teacher; an asynchronous context."""

    def __init__(self, state: Path) -> None:
        self._client = Client(state / "tirek.sock")

    async def __aenter__(self) -> "Class":
        """Attach."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        await self._client.__aexit__(None, None, None)

    @property
    def client(self) -> Client:
        """What the screen speaks through."""
        return self._client

    async def do(self, command: Command) -> None:
        """Give an order."""
        await self._client.do(command)

    async def refused(self, command: Command) -> str:
        """Give an order that must be refused; return the word key."""
        try:
            await self._client.do(command)
        except Refused as exc:
            return exc.key
        return ""

    async def told(self, is_it: Callable[[QuickCheck], bool]) -> QuickCheck:
        """Return the check once it is as it is waited for."""
        last: QuickCheck | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                async for notice in self._client.notices():
                    if isinstance(notice, QuickCheck):
                        last = notice
                        if is_it(notice):
                            return notice
        except TimeoutError:
            raise AssertionError(f"never so, but {last}") from None
        raise AssertionError("the daemon went away")

    async def until(self, stage: str) -> QuickCheck:
        """Return the check once it is in a stage."""
        return await self.told(lambda quick: quick.stage == stage)


class School:
    """A hub that teaches, can be killed and started again, and the classrooms below it."""

    def __init__(self, crew: Crew, lesson: Path) -> None:
        self.crew = crew
        self._lesson = lesson
        self._door, self._port = free_port(), free_port()
        self.hub: Node
        self.rooms: dict[str, Node] = {}
        self.page: Page

    async def start_hub(self) -> None:
        """Start the hub, at the same addresses as before: whoever teaches there comes back by itself."""
        lines = (f'listen_nodes = ["127.0.0.1:{self._door}"]', 'school = "hub"')
        self.hub = await self.crew.node("hub", *lines, port=self._port)
        self.page = Page(self.crew.http, self.hub)

    async def teaches(self) -> None:
        """Have a lesson live at the hub."""
        await self.crew.publisher(str(self._lesson), f"{self.hub.url}/whip/{STREAM}", "--loop")
        await until_told(self._is_live, ARRIVAL, "the lesson was never live")

    async def _is_live(self) -> bool:
        return any(each["live"] for each in await self.crew.streams(self.hub.url))

    async def join(self, name: str, school: str) -> None:
        """Start a classroom and enrol it."""
        self.rooms[name] = await self.crew.node(name)
        await good(self.rooms[name], "enroll", self.hub.door, await invited(self.hub, school))

    async def restart(self, name: str) -> None:
        """Start a classroom that was killed."""
        self.rooms[name] = await self.crew.node(name)

    def screen(self, name: str) -> Class:
        """Attach a teacher's screen."""
        return Class(self.rooms[name].state)


async def films(http: ClientSession, room: Node, stills: Sequence[bytes]) -> None:
    """Be the page on the projector's computer whose camera sees these, again and again, until cancelled."""
    says = {"state": "playing", "camera": "good", "microphone": "good"}
    for picture in cycle(stills):
        async with http.get(f"{room.url}/api/showing", params=says) as response:
            capture = (await response.json())["capture"]
        if capture and capture["stills"]:
            async with http.post(f"{room.url}/class/still", data=picture, headers=JPEG) as response:
                assert response.status in (204, 403, 409), await response.text()
        await asyncio.sleep(1 / STILLS)


async def exported(node: Node, *flags: str) -> list[Json]:
    """Return what `tirek export checks` tells at a node, a row a class."""
    rows = [json.loads(line) for line in (await good(node, "export", "checks", *JSONL, *flags)).splitlines()]
    assert rows.pop().keys() == {"cursor"}
    return rows
