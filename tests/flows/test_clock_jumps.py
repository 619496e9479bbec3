"""Somebody sets this computer's date by ten years, forward and back, while the daemon runs.

No container may set a clock, so the daemon's own is set: a small library before libc adds what a file says.
"""

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Saved
from edge.contract.commands import TakeRegister
from tests.flows.crew import Crew, Node, until_told
from tests.flows.journals import facts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEN_YEARS = 10 * 365 * 86_400
JUMPS = (0, TEN_YEARS, -TEN_YEARS, 0, 3600, -86_400)  # seconds that the date is off, one after the other


class Wall:
    """The date as the daemon sees it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall"
        self._library = folder / "wall.so"
        self.set(0)
        source = Path(__file__).with_name("wall.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self._library, source], check=True)

    def set(self, seconds: int) -> None:
        """Set the date by so many seconds from what it is."""
        content = seconds.to_bytes(8, "little", signed=True)
        descriptor = os.open(self._file, os.O_CREAT | os.O_WRONLY)  # in place: it is looked at all the time
        os.pwrite(descriptor, content, 0)
        os.close(descriptor)

    @property
    def before(self) -> tuple[str, ...]:
        """The beginning of a command that sees it."""
        return ("env", f"LD_PRELOAD={self._library}", f"WALL={self._file}")


class Dated(Node):
    """A node whose date a test sets."""

    def __init__(self, wall: Wall, state: Path, log: Path) -> None:
        super().__init__(state, log, "allow_anyone = true")
        self._command = [*wall.before, *self._command]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
async def test_a_date_that_jumps_by_ten_years_restarts_nothing_and_changes_no_order(
    crew: Crew, lesson: Path
) -> None:
    wall = Wall(crew.folder)
    node = await crew.start(Dated(wall, crew.folder / "school", crew.log("school")))
    pid = node.child.pid
    publisher = await crew.publisher(str(lesson), f"{node.url}/whip/physics", "--loop")
    await until_told(partial(_live, crew, node), 20.0)
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
