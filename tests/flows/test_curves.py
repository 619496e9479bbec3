"""An experiment that two schools make at once is one chart of their hub's teacher, while she looks."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.commands import StartExperiment, StartLesson, StopExperiment
from edge.contract.notices import Reading
from tests.flows.crew import Crew, Json, Node
from tests.flows.school import LISTENS, good, invited
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 60.0  # seconds for whatever takes three on a computer with nothing else to do
SIMULATED = 'simulate = ["thermometer"]'
STREAM = "physics"


async def chart(crew: Crew, hub: Node, is_it: Callable[[list[Json]], bool]) -> list[Json]:
    """Look at the chart until it shows what is looked for."""
    address, after = f"{hub.url}/api/streams/{STREAM}/curves", ""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await crew.get(f"{address}?wait=1{after}")
            curves: list[Json] = answer["curves"]
            if is_it(curves):
                return curves
            after = f"&after={answer['version']}"


async def begins(room: Node) -> None:
    """Begin the lesson and the experiment at the screen of a class."""
    async with Client(room.state / "tirek.sock") as screen:
        await screen.do(StartLesson(stream=STREAM))
        async with asyncio.timeout(PATIENCE):
            async for notice in screen.notices():
                if isinstance(notice, Reading) and notice.value is not None:
                    break
        await screen.do(StartExperiment("cooling"))


async def test_two_simulated_thermometers_of_two_schools_are_two_curves_of_one_chart(
    crew: Crew, lesson_vp8: Path
) -> None:
    door = f'listen_nodes = ["127.0.0.1:{free_port()}"]'
    hub = await crew.node("hub", door, port=free_port())
    await crew.publisher(str(lesson_vp8), f"{hub.url}/whip/{STREAM}", "--loop")
    middle = await crew.node("orta", LISTENS)
    near, far = await crew.node("aul", SIMULATED), await crew.node("tau", SIMULATED)
    for above, below, school, flags in (
        (hub, near, "aul", ()),
        (hub, middle, "orta", ("--hub",)),
        (middle, far, "tau", ()),
    ):
        await good(below, "enroll", above.door, await invited(above, school, *flags))
    await asyncio.gather(begins(near), begins(far))

    def is_whole(curves: list[Json]) -> bool:
        return len(curves) == 2 and all(len(each["points"]) > 3 for each in curves)

    first = await chart(crew, hub, is_whole)
    assert {each["name"] for each in first} == {"aul", "tau"}
    assert {(each["experiment"], each["quantity"], each["unit"]) for each in first} == {
        ("cooling", "temperature", "Cel")
    }
    for curve in first:
        seconds = [at for at, _ in curve["points"]]
        assert seconds == sorted(set(seconds))
        assert len(seconds) <= 4 * (seconds[-1] - seconds[0]) + 2
    newest = {each["node"]: each["points"][-1][0] for each in first}
    await chart(crew, hub, lambda now: all(each["points"][-1][0] > newest[each["node"]] for each in now))

    await hub.kill()
    hub = await crew.node("hub", door, port=hub.port)
    await crew.publisher(str(lesson_vp8), f"{hub.url}/whip/{STREAM}", "--loop")
    again = await chart(crew, hub, is_whole)
    assert all(each["points"][0][0] < 5.0 for each in again)  # with what was measured while nobody asked
    for room in (near, far):
        async with Client(room.state / "tirek.sock") as screen:
            await screen.do(StopExperiment())
