"""The floor through power cuts, and through a tree of three tiers."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.flows.classes import calls, give
from tests.flows.crew import Crew, Node, until_told
from tests.flows.school import good, invited
from tests.flows.seminar import Class, Lesson, end, enrolled, node_id
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAN = ("vision = false", "record = false")
BACK = 60.0  # seconds for a node that was killed to be there again, on a busy computer


class Cut:
    """A hub and its classes, each of which can be killed and started again at the same place."""

    def __init__(self, crew: Crew, lesson: Path) -> None:
        self.crew = crew
        self._file = lesson
        self._door, self._page = free_port(), free_port()
        self.hub: Node

    async def start_hub(self) -> None:
        """Start the hub and its lesson, at the same addresses as before."""
        door = f'listen_nodes = ["127.0.0.1:{self._door}"]'
        self.hub = await self.crew.node("hub", door, *LEAN, port=self._page)

    async def teaches(self) -> None:
        """Publish the lesson, again and again until it is killed."""
        await self.crew.publisher(str(self._file), f"{self.hub.url}/whip/physics", "--loop")


@pytest_asyncio.fixture(loop_scope="session")
async def cut(crew: Crew, lesson: Path) -> AsyncIterator[tuple[Cut, Lesson]]:
    made = Cut(crew, lesson)
    await made.start_hub()
    await made.teaches()
    nodes = [await enrolled(crew, made.hub, name) for name in ("first", "second")]
    held = Lesson(crew, made.hub, [Class(*node, number, crew.http) for number, node in enumerate(nodes)])
    async with calls(*(call for each in held.classes for call in (each.page, each.ear))):
        await asyncio.gather(*(each.opens() for each in held.classes))
        yield made, held
    await end(made.hub, *(each.node for each in held.classes))


async def test_a_class_keeps_the_floor_through_a_power_cut_of_its_node(cut: tuple[Cut, Lesson]) -> None:
    _, lesson = cut
    first, second = lesson.classes
    await give(lesson.crew.http, lesson.hub.url, first.id)
    await second.ear.hears_tone(first.page.hertz)
    await first.node.kill()
    await second.ear.hears_nothing()
    node = await lesson.crew.node("first", *LEAN)
    again = Class(node, first.id, 0, lesson.crew.http)
    async with calls(again.page, again.ear):
        await again.opens()
        await second.ear.hears_tone(first.page.hertz, BACK)
        assert not again.ear.has_heard(first.page.hertz)
    await end(node)


async def test_the_floor_comes_back_by_itself_after_a_power_cut_of_the_hub(cut: tuple[Cut, Lesson]) -> None:
    made, lesson = cut
    first, second = lesson.classes
    await give(lesson.crew.http, lesson.hub.url, first.id)
    await second.ear.hears_tone(first.page.hertz)
    await made.hub.kill()
    await second.ear.hears_nothing()
    await made.start_hub()
    await second.ear.hears_tone(first.page.hertz, BACK)  # nobody gives it again
    assert not first.ear.has_heard(first.page.hertz)


@pytest_asyncio.fixture(loop_scope="session")
async def region(crew: Crew, lesson: Path) -> AsyncIterator[Lesson]:
    """A region that teaches, a hub below it with a class of its own, and two classrooms below that."""
    doors = {name: f'listen_nodes = ["127.0.0.1:{free_port()}"]' for name in ("region", "hub")}
    top = await crew.node("region", doors["region"], *LEAN)
    await crew.publisher(str(lesson), f"{top.url}/whip/physics", "--loop")
    hub = await crew.node("hub", doors["hub"], *LEAN)
    await good(hub, "enroll", top.door, await invited(top, "aimaq", "--hub"))
    nodes = [(hub, node_id(hub)), *[await enrolled(crew, hub, name) for name in ("first", "second")]]
    held = Lesson(crew, top, [Class(*node, number, crew.http) for number, node in enumerate(nodes)])
    async with calls(held.teacher, *(call for each in held.classes for call in (each.page, each.ear))):
        await held.teacher.dial(f"{top.url}/floor/whep/physics")
        await asyncio.gather(*(each.opens() for each in held.classes))
        yield held
    await end(top, *(each.node for each in held.classes))


async def test_the_floor_goes_through_a_tree_of_three_tiers_and_back_down(region: Lesson) -> None:
    for class_ in region.classes:
        await until_told(partial(is_known, region, class_.id), BACK, "the region does not know it")
        await region.gives(class_)
        await region.hears(class_)
        await region.sees(class_)
        assert not class_.ear.has_heard(class_.page.hertz)
    await region.gives(None)
    await region.is_silent()


async def is_known(lesson: Lesson, node: str) -> bool:
    url = f"{lesson.hub.url}/api/streams/physics/floor"
    async with lesson.crew.http.post(url, json={"node": node}) as response:
        return response.status < 300
