"""Two lessons at one hub: a class is seen and heard in its own, and in no other; nodes are processes."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from edge.client import Client
from edge.contract.commands import LeaveLesson, StartLesson
from tests.flows.classes import PATIENCE, Listener, Speaker, calls, give
from tests.flows.crew import Crew, Json, Node, Program, until, until_told
from tests.flows.door import refusal
from tests.flows.journals import facts
from tests.flows.school import good, invited
from tests.flows.seminar import end, node_id
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAN = ("vision = false", "record = false")
MINE, OTHER = "chemistry", "physics"
TONE = 700.0
MANY = 25  # pieces of sound: half a second of it


class Building:
    """A hub of two lessons and one class, whose page sends a tone; whoever teaches listens."""

    def __init__(self, crew: Crew, source: Path) -> None:
        self.crew = crew
        self._source = source
        self._door, self._port = free_port(), free_port()
        self.hub: Node
        self.room: Node
        self.teachers: dict[str, Program] = {}
        self.page = Speaker(crew.http, TONE)
        self.ears = {stream: Listener(crew.http) for stream in (MINE, OTHER)}

    async def start_hub(self) -> None:
        """Start the hub, at the same addresses as before."""
        door = f'listen_nodes = ["127.0.0.1:{self._door}"]'
        self.hub = await self.crew.node("hub", door, *LEAN, port=self._port)

    async def teaches(self, *streams: str) -> None:
        """Publish lessons at the hub until they are killed."""
        for stream in streams:
            url = f"{self.hub.url}/whip/{stream}"
            self.teachers[stream] = await self.crew.publisher(str(self._source), url, "--loop")

    async def opens(self) -> None:
        """Open all pages."""
        await self.page.dial(f"{self.room.url}/class/whip")
        for stream, ear in self.ears.items():
            await ear.dial(f"{self.hub.url}/floor/whep/{stream}")

    async def begins(self, stream: str) -> None:
        """The class's teacher begins a lesson at her screen, or leaves it with ""."""
        async with Client(self.room.state / "tirek.sock") as screen:
            await screen.do(StartLesson("", stream) if stream else LeaveLesson())

    async def has_floor(self, stream: str) -> bool:
        """Tell whether the class is given the floor of a lesson when it is asked for."""
        url = f"{self.hub.url}/api/streams/{stream}/floor"
        async with self.crew.http.post(url, json={"node": self.id}) as response:
            return response.status == 200

    @property
    def id(self) -> str:
        """What the class is called by others."""
        return node_id(self.room)


async def told(http: ClientSession, hub: Node, stream: str) -> Json:
    """Return what the page of a lesson's teacher is told."""
    async with http.get(f"{hub.url}/api/streams/{stream}/classes") as response:
        return dict(await response.json())


async def is_listed(made: Building, stream: str) -> bool:
    return any(row["node"] == made.id for row in (await told(made.crew.http, made.hub, stream))["classes"])


async def is_left_out(made: Building, stream: str) -> bool:
    return not await is_listed(made, stream)


async def holder(made: Building, stream: str) -> str:
    return str((await told(made.crew.http, made.hub, stream))["floor"]["holder"])


async def is_free(made: Building, stream: str) -> bool:
    return not await holder(made, stream)


async def lamps(made: Building) -> Json:
    shown = await made.crew.get(f"{made.room.url}/api/showing")
    return dict(shown["lamps"])


async def is_dark(made: Building) -> bool:
    shown = await lamps(made)
    return not shown["heard"] and not shown["seen"]


async def refused(http: ClientSession, url: str, body: Json) -> tuple[int, str]:
    async with http.post(url, json=body) as response:
        problem = await refusal(response)
        return problem["status"], problem["key"]


@pytest_asyncio.fixture(loop_scope="session")
async def building(crew: Crew, lesson: Path) -> AsyncIterator[Building]:
    made = Building(crew, lesson)
    await made.start_hub()
    await made.teaches(MINE, OTHER)
    made.room = await crew.node("room", *LEAN)
    await good(made.room, "enroll", made.hub.door, await invited(made.hub, "room"))
    async with calls(made.page, *made.ears.values()):
        await made.opens()
        yield made
    await end(made.hub, made.room)


async def test_a_class_of_another_lesson_is_not_in_the_strip_and_gets_no_floor(building: Building) -> None:
    for stream in (MINE, OTHER):  # as long as it has begun none, either teacher may call it
        await until_told(partial(is_listed, building, stream), PATIENCE, "it is never in the strip")
    await building.begins(MINE)
    await until_told(partial(is_left_out, building, OTHER), PATIENCE, "it is still in the other strip")
    assert await is_listed(building, MINE)
    http, api = building.crew.http, f"{building.hub.url}/api/streams"
    assert await refused(http, f"{api}/{OTHER}/floor", {"node": building.id}) == (409, "node-elsewhere")
    look = f"{building.hub.url}/class/whep/{building.id}?stream={OTHER}"
    async with http.post(look, data="v=0", headers={"Content-Type": "application/sdp"}) as response:
        assert (await refusal(response))["key"] == "node-elsewhere"
    await give(http, building.hub.url, building.id, MINE)
    await building.ears[MINE].hears_tone(TONE)
    assert not building.ears[OTHER].has_heard(TONE)
    await building.begins("")
    await until_told(partial(is_listed, building, OTHER), PATIENCE, "it does not come back to the strip")


async def test_a_class_that_goes_to_another_lesson_with_the_floor_falls_silent_in_the_first(
    building: Building,
) -> None:
    await until_told(partial(building.has_floor, OTHER), PATIENCE, "it gets no floor")
    await building.ears[OTHER].hears_tone(TONE)
    await until_told(partial(is_seen, building), PATIENCE, "the lamp is dark")
    await building.begins(MINE)
    await building.ears[OTHER].hears_nothing()
    await until_told(partial(is_dark, building), PATIENCE, "its gate is still open")
    await until_told(partial(is_free, building, OTHER), PATIENCE, "it still has the floor")
    await give(building.crew.http, building.hub.url, building.id, MINE)
    before = len(building.ears[OTHER].tones)
    pieces = building.ears[MINE].pieces
    await until(lambda: building.ears[MINE].pieces > pieces + MANY, PATIENCE, "it is not heard in its own")
    assert len(building.ears[OTHER].tones) == before
    assert [fact.body for fact in facts(building.hub.state, "floor-given")]


async def is_seen(made: Building) -> bool:
    return bool((await lamps(made))["heard"])


async def test_a_floor_is_not_restored_to_a_class_that_began_another_lesson_meanwhile(
    building: Building,
) -> None:
    await until_told(partial(building.has_floor, OTHER), PATIENCE, "it gets no floor")
    await building.ears[OTHER].hears_tone(TONE)
    await building.hub.kill()
    for teacher in building.teachers.values():
        await teacher.kill()
    await building.begins(MINE)
    await building.start_hub()
    await building.teaches(OTHER, MINE)
    ear = Listener(building.crew.http)
    async with calls(ear):
        await ear.dial(f"{building.hub.url}/floor/whep/{OTHER}")
        await until_told(partial(is_listed, building, MINE), PATIENCE, "it never comes back")
        await until_told(partial(is_free, building, OTHER), PATIENCE, "its floor was restored")
        await give(building.crew.http, building.hub.url, building.id, MINE)
        mine = Listener(building.crew.http)
        async with calls(mine):
            await mine.dial(f"{building.hub.url}/floor/whep/{MINE}")
            await mine.hears_tone(TONE)
        assert not ear.has_heard(TONE)


@pytest_asyncio.fixture(loop_scope="session")
async def region(crew: Crew, lesson: Path) -> AsyncIterator[tuple[Building, Node]]:
    """A region that teaches one lesson, a hub below it that teaches another one, and a class below that."""
    top = await crew.node("region", f'listen_nodes = ["127.0.0.1:{free_port()}"]', *LEAN)
    await crew.publisher(str(lesson), f"{top.url}/whip/{OTHER}", "--loop")
    made = Building(crew, lesson)
    await made.start_hub()
    await good(made.hub, "enroll", top.door, await invited(top, "aimaq", "--hub"))
    await made.teaches(MINE)
    made.room = await crew.node("room", *LEAN)
    await good(made.room, "enroll", made.hub.door, await invited(made.hub, "room"))
    async with calls(made.page, *made.ears.values()):
        await made.page.dial(f"{made.room.url}/class/whip")
        await made.ears[MINE].dial(f"{made.hub.url}/floor/whep/{MINE}")
        await made.ears[OTHER].dial(f"{top.url}/floor/whep/{OTHER}")
        yield made, top
    await end(top, made.hub, made.room)


async def test_a_class_two_tiers_below_is_heard_by_its_own_hub_and_not_by_the_region(
    region: tuple[Building, Node],
) -> None:
    made, top = region
    http, floor = made.crew.http, f"{top.url}/api/streams/{OTHER}/floor"

    async def called() -> bool:
        async with http.post(floor, json={"node": made.id}) as response:
            return response.status == 200

    await until_told(called, PATIENCE, "the region does not know it")
    await made.ears[OTHER].hears_tone(TONE)  # it has begun no lesson yet
    await made.begins(MINE)
    await made.ears[OTHER].hears_nothing()

    async def taken() -> bool:
        return not (await told(http, top, OTHER))["floor"]["holder"]

    await until_told(taken, PATIENCE, "it still has the region's floor")
    rows = (await told(http, top, OTHER))["classes"]
    assert made.id not in {row["node"] for row in rows}
    assert await refused(http, floor, {"node": made.id}) == (409, "node-elsewhere")
    before = len(made.ears[OTHER].tones)
    await give(http, made.hub.url, made.id, MINE)
    await made.ears[MINE].hears_tone(TONE)
    assert len(made.ears[OTHER].tones) == before


async def test_a_class_with_the_floor_of_a_region_that_was_lost_is_heard_by_its_own_hub(
    region: tuple[Building, Node],
) -> None:
    made, top = region
    floor = f"{top.url}/api/streams/{OTHER}/floor"

    async def called() -> bool:
        async with made.crew.http.post(floor, json={"node": made.id}) as response:
            return response.status == 200

    await until_told(called, PATIENCE, "the region does not know it")
    await made.ears[OTHER].hears_tone(TONE)
    await top.kill()
    await made.begins(MINE)
    await give(made.crew.http, made.hub.url, made.id, MINE)
    await made.ears[MINE].hears_tone(TONE)
