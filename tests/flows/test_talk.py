"""Hands and questions between processes: from a screen to the hub's page, through kills of both nodes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from edge.client import Client
from edge.contract.commands import AskQuestion, LeaveLesson, RaiseHand, StartLesson
from edge.contract.notices import Lesson
from tests.flows.crew import Crew, Json, Node
from tests.flows.journals import facts
from tests.flows.school import good, invited
from tests.flows.tree import free_port
from tests.quickest import quickest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = 2.0  # seconds from the key to the hub's page
CLOCKS = 1000  # milliseconds that the clocks of two nodes may differ by unnoticed
BACK = 40.0  # seconds for a node that was killed to be even with its hub again: it pauses between tries
STARTS = StartLesson("", "lesson")


class Pair:
    """A hub and a classroom, each of which can be killed and started again."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self._door = free_port()
        self._page = free_port()
        self.hub: Node
        self.room: Node

    async def start_hub(self) -> None:
        """Start the hub, at the same addresses as before."""
        lines = f'listen_nodes = ["127.0.0.1:{self._door}"]'
        self.hub = await self.crew.node("hub", lines, port=self._page)

    async def start_room(self) -> None:
        """Start the classroom."""
        self.room = await self.crew.node("Құмсай", 'school = "akzhar"')

    def screen(self) -> Client:
        """Attach a teacher's screen."""
        return Client(self.room.state / "tirek.sock")

    async def shown(self, is_it: Callable[[list[Json]], bool], patience: float = BACK) -> list[Json]:
        """Wait as the hub's page does until it has what is looked for."""
        address, after = f"{self.hub.url}/api/streams/lesson/classes", ""
        async with asyncio.timeout(patience):
            while True:
                answer = await self.crew.get(f"{address}?wait=5{after}")
                classes: list[Json] = answer["classes"]
                if is_it(classes):
                    return classes
                after = f"&after={answer['version']}"


@pytest_asyncio.fixture(loop_scope="session")
async def pair(crew: Crew) -> AsyncIterator[Pair]:
    made = Pair(crew)
    await made.start_hub()
    await made.start_room()
    await good(made.room, "enroll", made.hub.door, await invited(made.hub, "akzhar"))
    yield made


def asked(classes: list[Json]) -> list[str]:
    return [each["text"] for row in classes for each in row["questions"]]


def is_raised(classes: list[Json]) -> bool:
    return any(row["hand"] for row in classes)


async def lesson_of(client: Client, is_it: Callable[[Lesson], bool]) -> Lesson:
    """Return the lesson that a screen is told of, once it is so."""
    async with asyncio.timeout(BACK):
        async for notice in client.notices():
            if isinstance(notice, Lesson) and is_it(notice):
                return notice
    raise AssertionError("unreachable")


async def test_a_hand_is_at_the_hubs_page_within_two_seconds_and_goes_down_with_the_lesson(
    pair: Pair,
) -> None:
    async with pair.screen() as screen:
        await screen.do(STARTS)
        await screen.do(AskQuestion("Неге?"))
        await pair.shown(lambda classes: asked(classes) == ["Неге?"])

        async def once() -> float:
            await screen.do(RaiseHand(False))
            await pair.shown(lambda classes: not is_raised(classes))
            began = asyncio.get_running_loop().time()
            await screen.do(RaiseHand(True))
            await pair.shown(is_raised)
            return asyncio.get_running_loop().time() - began

        took = await quickest(SOON, once)
        shown = await pair.shown(is_raised)
        told = await lesson_of(screen, lambda lesson: lesson.hand > 0)
        await screen.do(LeaveLesson())
        await pair.shown(lambda classes: not is_raised(classes))
    assert took < SOON
    assert told.questions == 1
    assert abs(told.hand - shown[0]["hand"]) < CLOCKS
    assert shown[0]["name"] == "Құмсай"


async def test_what_a_class_said_survives_kills_of_the_hub_and_of_the_classroom(pair: Pair) -> None:
    async with pair.screen() as screen:
        await screen.do(STARTS)
        await screen.do(AskQuestion("сұрақ 0"))
        await pair.shown(lambda classes: asked(classes) == ["сұрақ 0"])
        await pair.hub.kill()
        await screen.do(RaiseHand(True))
        for number in (1, 2, 3):
            await screen.do(AskQuestion(f"сұрақ {number}"))
    await pair.room.kill()
    await pair.start_hub()
    await pair.start_room()
    async with pair.screen() as screen:
        await screen.do(STARTS)
        await screen.do(AskQuestion("сұрақ 4"))
        told = await lesson_of(screen, lambda lesson: lesson.questions == 5)
    shown = await pair.shown(lambda classes: "сұрақ 4" in asked(classes))
    assert asked(shown) == [f"сұрақ {number}" for number in range(5)]
    assert is_raised(shown)  # the lesson that ran goes on after the restart, and so does the class's wish
    assert abs(told.hand - shown[0]["hand"]) < CLOCKS
    said = ("hand-raised", "question-asked")
    assert [fact.id for fact in facts(pair.hub.state, *said)] == [
        fact.id for fact in facts(pair.room.state, *said)
    ]
