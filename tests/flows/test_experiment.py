"""An experiment during a lesson, on real nodes: it has its place in the lesson's recording."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Analysis
from edge.contract.commands import ReadAnalysis, StartExperiment, StartLesson
from edge.contract.notices import Lesson, Notice, Reading, Run
from tests.flows.crew import Crew, Node

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 60.0  # seconds
SIMULATED = 'simulate = ["electricity"]'


async def told(client: Client, is_it: Callable[[Notice], bool]) -> Notice:
    """Return the first notice told that is waited for."""
    async with asyncio.timeout(PATIENCE):
        async for notice in client.notices():
            if is_it(notice):
                return notice
    raise AssertionError("the daemon went away")


async def test_an_experiment_knows_the_second_of_the_recording_at_which_it_began(
    house: Crew, hub: Node, lesson_vp8: Path
) -> None:
    classroom = await house.node("room-lab", SIMULATED, parent=hub.url)
    publisher = await house.publisher(str(lesson_vp8), f"{hub.url}/whip/lab", "--loop")
    async with Client(classroom.state / "tirek.sock") as screen:
        await screen.do(StartLesson(stream="lab"))
        await told(screen, lambda each: isinstance(each, Reading) and each.value is not None)
        before = await told(screen, lambda each: isinstance(each, Lesson) and each.recorded.seconds >= 3)
        await screen.do(StartExperiment("ohm", seconds=1.0))
        done = await told(screen, lambda each: isinstance(each, Run) and each.state == "done")
        assert isinstance(done, Run)
        assert isinstance(before, Lesson)
        found = await screen.ask(ReadAnalysis(done.id), Analysis)
    assert (classroom.recordings / f"{done.recording}.webm").exists()
    assert before.recorded.seconds - 1 <= done.second < before.recorded.seconds + 5
    assert found.findings[0].numbers[0].value == pytest.approx(47, rel=0.1)
    await publisher.kill()
    await classroom.stop()
