"""A computer that comes up in 1970 or 2010, because its battery is dead: everything goes on as ever."""

import json
import time
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Saved
from edge.contract.commands import TakeRegister
from sync.backups import Backups
from tests.flows.crew import Crew, Node
from tests.flows.journals import facts, faults
from tests.flows.school import LISTENS, arrive, good, invited
from tests.flows.wall import Dated, Wall, compiled

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWS = {1970: 60, 2010: 1_262_304_000}  # seconds since 1970 at each start
REGISTER = "register-taken"
MINUTES = 600_000  # milliseconds: of a busy computer


@compiled
@pytest.mark.parametrize("year", SHOWS)
async def test_a_school_starts_joins_takes_registers_and_keeps_backups_under_a_wrong_clock(
    year: int, crew: Crew
) -> None:
    hub, wall = await crew.node("hub", LISTENS), Wall(crew.folder)
    code = await invited(hub, "aul")

    node = await start(crew, wall, year)
    first = await take(node, "2026-11-26")
    await good(node, "enroll", hub.door, code)
    await arrive(hub, REGISTER, 1)
    assert "backup of the journal" in await good(node, "maintain")
    await node.stop()

    node = await start(crew, wall, year)  # the next morning, and it shows the same again
    second = await take(node, "2026-11-27")
    await arrive(hub, REGISTER, 2)
    assert "backup of the journal" in await good(node, "maintain")
    assert await told(node) == {"clock": "todo", "backup": "good", "journal": "good"}
    await node.stop()

    kept = [(each.name[8:12], each.stem[-6:]) for each in Backups(node.state).list()]
    assert kept == [(str(year), "000002"), (str(year), "000001")]
    taken = facts(hub.state, REGISTER)
    assert [each.id for each in taken] == [first, second]
    assert abs((taken[1].hlc >> 16) - time.time() * 1000) < MINUTES, "the hub has told the time"
    assert faults(node.state) == faults(hub.state) == []
    assert [line for log in logs(crew) for line in log if "level=error" in line] == []


async def start(crew: Crew, wall: Wall, year: int) -> Node:
    """Switch the computer on."""
    wall.set(SHOWS[year] - round(time.time()))
    return await crew.start(Dated(wall, crew.folder / "room", crew.log("room")))


async def take(node: Node, day: str) -> str:
    """Take a register at the screen."""
    async with Client(node.state / "tirek.sock") as screen:
        return (await screen.ask(TakeRegister(f"7Б {day} 08:30", {1: "ill"}), Saved)).id


async def told(node: Node) -> dict[str, str]:
    """Return what the doctor says of what a clock has to do with."""
    checks = json.loads((await node.typed("doctor", "--json")).out)["checks"]
    return {each["name"]: each["state"] for each in checks if each["name"] in ("clock", "backup", "journal")}


def logs(crew: Crew) -> list[list[str]]:
    """Return all that daemons said."""
    return [Path(each).read_text(errors="replace").splitlines() for each in sorted(crew.folder.glob("*.log"))]
