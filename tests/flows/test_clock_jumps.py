"""Somebody sets this computer's date by ten years, forward and back, while the daemon runs."""

from functools import partial
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Saved
from edge.contract.commands import TakeRegister
from tests.flows.crew import Crew, Node, until_told
from tests.flows.journals import facts, faults
from tests.flows.wall import Dated, Wall, compiled

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEN_YEARS = 10 * 365 * 86_400
JUMPS = (0, TEN_YEARS, -TEN_YEARS, 0, 3600, -86_400)  # seconds that the date is off, one after the other


@compiled
async def test_a_date_that_jumps_by_ten_years_restarts_nothing_and_changes_no_order(
    crew: Crew, lesson: Path
) -> None:
    wall = Wall(crew.folder)
    node = await crew.start(Dated(wall, crew.folder / "school", crew.log("school")))
    pid = node.child.pid
    publisher = await crew.publisher(str(lesson), f"{node.url}/whip/physics", "--loop")
    await until_told(partial(_live, crew, node))
    saved = []
    async with Client(node.state / "tirek.sock") as screen:
        for number, jump in enumerate(JUMPS):
            wall.set(jump)
            for hour in range(8, 11):
                planned = f"7Б 2026-11-{number + 1:02} {hour:02}:00"
                saved.append((await screen.ask(TakeRegister(planned, {1: "ill"}), Saved)).id)
    assert (node.child.pid, node.child.returncode) == (pid, None)
    assert await _live(crew, node)
    publisher.child.terminate()
    await publisher.ended()
    await node.stop()

    stream = [fact for fact in facts(node.state) if fact.class_ == "register"]
    assert [fact.id for fact in stream] == saved, "in the order in which they were saved"
    assert [fact.hlc for fact in stream] == sorted({fact.hlc for fact in stream})
    spread = (stream[-1].hlc - stream[0].hlc) >> 16
    assert spread < 600_000, "and with the time of the clock that nobody set"
    assert faults(node.state) == []
    assert "level=error" not in node.said


async def _live(crew: Crew, node: Node) -> bool:
    return any(each["live"] for each in await crew.streams(node.url))
