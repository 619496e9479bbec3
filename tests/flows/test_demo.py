"""`tirek demo`: the first command of the README, as a person runs it, ended by time and by Ctrl-C."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.flows.crew import Crew, Program

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = (
    "recorded at the hub",
    "recorded in the classroom",
    "0 lost between the two",
    "The recording is whole.",
)
SETTLE = 40.0  # seconds for two nodes to start and stop, and for their recordings to be looked at


async def _demo(crew: Crew, folder: Path, *flags: str) -> Program:
    command = [sys.executable, "-m", "edge", "demo", "--state", str(folder), *flags]
    return await crew.start(Program(command, crew.log("demo")))


async def test_it_ends_by_itself_with_a_whole_recording(crew: Crew, tmp_path: Path) -> None:
    demo = await _demo(crew, tmp_path / "demo", "--seconds", "6")
    assert await demo.ended(SETTLE) == 0, demo.said
    assert [word for word in WORDS if word not in demo.said] == []


async def test_ctrl_c_ends_it_with_the_same_summary_and_nothing_stays(crew: Crew, tmp_path: Path) -> None:
    demo = await _demo(crew, tmp_path / "demo")
    await demo.says("lesson: live", SETTLE)
    demo.child.send_signal(signal.SIGINT)
    assert await demo.ended(SETTLE) == 0, demo.said
    assert [word for word in WORDS if word not in demo.said] == []
    listing = await asyncio.create_subprocess_exec(
        "pgrep", "-f", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert (await listing.communicate())[0] == b""
