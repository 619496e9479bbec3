"""How soon a teacher sees a raised hand, and a class what she does: two real nodes on one computer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession
from msgspec.structs import replace

from edge.client import Client
from edge.contract.commands import AskQuestion, LeaveLesson, RaiseHand, StartLesson
from edge.contract.notices import Notice
from edge.contract.talkback import Answered, Capture
from tests.bench.table import Table, centiles
from tests.flows.crew import Crew, Json, Node
from tests.flows.school import LISTENS, joined
from tests.media import clips

ROUNDS, QUICK = 40, 10
QUESTIONS = 20  # rounds in which a class asks and is answered: it may ask 40 times
PATIENCE = 30.0  # seconds of one round
STREAM = "lesson"


def run(quick: bool) -> Table:
    """Measure hands, the floor and answers."""
    rounds = QUICK if quick else ROUNDS
    with TemporaryDirectory(prefix="bench-hands-") as folder:
        hands, floors, answers = asyncio.run(_measured(Path(folder), rounds))
    return Table(
        "hands",
        "From a class to its hub's teacher and back",
        ("milliseconds", "median", "p95", "p99", "most", "to reach"),
        [
            ("a hand: key at the screen → the teacher's page", *_cells(hands), "≤ 300"),
            ("the floor: the teacher's page → the class's screen", *_cells(floors), "≤ 300"),
            ("an answer: the teacher's page → the class's screen", *_cells(answers), "–"),
        ],
        (
            f"{rounds} times each (answers {min(rounds, QUESTIONS)}); hub and classroom are processes of one"
            " computer, enrolled, with a lesson that runs.",
            "A hand and an answer are on both disks (fsync) before anybody sees them.",
        ),
    )


class Watched:
    """A page of the hub's teacher, and the screen of a class: the newest of what each is told."""

    def __init__(self, http: ClientSession, hub: Node, screen: Client) -> None:
        self._http, self._hub, self.screen = http, hub, screen
        self.page: Json = {}
        self.notices: dict[str, Notice] = {}
        self._news = asyncio.Condition()

    async def look(self) -> None:
        """Follow the page's long poll."""
        version = ""
        while True:
            url = f"{self._hub.url}/api/streams/{STREAM}/classes?wait=5{version}"
            async with self._http.get(url) as response:
                self.page = await response.json()
            version = f"&after={self.page['version']}"
            await self._tell()

    async def listen(self) -> None:
        """Follow the notices of the screen."""
        async for notice in self.screen.notices():
            self.notices[notice.key] = notice
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, is_so: Callable[[], Any]) -> float:
        """Return the time at which something is so."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(is_so)
        return asyncio.get_running_loop().time()

    async def order(self, what: str, **body: Any) -> None:
        """Press something on the page."""
        async with self._http.post(f"{self._hub.url}/api/streams/{STREAM}/{what}", json=body) as response:
            assert response.status < 300, await response.text()

    @property
    def row(self) -> Json:
        """The class on the page."""
        rows: list[Json] = self.page.get("classes", [])
        return next((each for each in rows if each["node"]), {})

    @property
    def is_mine(self) -> bool:
        """Whether the class's screen says that it has the floor."""
        told = self.notices.get("Capture")
        return isinstance(told, Capture) and told.mine

    def answers(self) -> int:
        """How many answers the class's screen has."""
        told = self.notices.get("Answered")
        return len(told.answers) if isinstance(told, Answered) else 0


async def _measured(folder: Path, rounds: int) -> tuple[list[float], list[float], list[float]]:
    async with _taught(folder) as watched:
        hands = [await _hand(watched) for _ in range(rounds)]
        floors = [await _floor(watched) for _ in range(rounds)]
        answers = [await _answer(watched, number) for number in range(min(rounds, QUESTIONS))]
    return hands, floors, answers


@asynccontextmanager
async def _taught(folder: Path) -> AsyncIterator[Watched]:
    """Start a hub, a class and a lesson, and look at both ends."""
    source = clips.lesson(folder / "lesson.webm", replace(clips.SMALL, codec="VP8"))
    async with ClientSession() as http:
        crew = Crew(folder, http)
        hub = await crew.node("hub", LISTENS)
        room = await joined(crew, hub, "room", "aul")
        publisher = await crew.publisher(str(source), f"{hub.url}/whip/{STREAM}", "--loop")
        async with Client(room.state / "tirek.sock") as screen, asyncio.TaskGroup() as tasks:
            watched = Watched(http, hub, screen)
            following = [tasks.create_task(watched.look()), tasks.create_task(watched.listen())]
            await watched.until(lambda: watched.row.get("sees"))
            await screen.do(StartLesson(stream=STREAM))
            yield watched
            await screen.do(LeaveLesson())
            for each in following:
                each.cancel()
        await publisher.kill()
        await crew.end()


async def _hand(watched: Watched) -> float:
    began = asyncio.get_running_loop().time()
    await watched.screen.do(RaiseHand(up=True))
    took = await watched.until(lambda: watched.row.get("hand")) - began
    await watched.screen.do(RaiseHand(up=False))
    await watched.until(lambda: not watched.row.get("hand"))
    return took


async def _floor(watched: Watched) -> float:
    began = asyncio.get_running_loop().time()
    await watched.order("floor", node=watched.row["node"])
    took = await watched.until(lambda: watched.is_mine) - began
    await watched.order("floor", node="")
    await watched.until(lambda: not watched.is_mine)
    return took


async def _answer(watched: Watched, number: int) -> float:
    await watched.screen.do(AskQuestion(f"сұрақ {number}"))
    await watched.until(lambda: watched.row.get("asked") == number + 1)
    question = watched.row["questions"][-1]["id"]
    before = watched.answers()
    began = asyncio.get_running_loop().time()
    await watched.order("answers", question=question, text="жауап")
    return await watched.until(lambda: watched.answers() == before + 1) - began


def _cells(times: list[float]) -> tuple[str, ...]:
    return tuple(f"{1000 * each:.0f}" for each in centiles(times))
