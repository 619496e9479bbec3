"""A daemon that was killed left a robot moving: a program that systemd runs stops it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from devices.far_port import FarPort
from devices.simulate import SimulatedRobot
from edge.lab.halting import halt, movers
from edge.lab.known import Book, Record
from edge.lab.memory import Memory
from tests.devices import boards

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0  # seconds
LAMP = '[[actuator]]\nname = "lamp"\npart = "switch"\npin = 13\n'
STOPS = (sys.executable, "-m", "edge", "device", "stop", "--all", "--after-crash", "--state")


@asynccontextmanager
async def played(robot: SimulatedRobot, link: Path) -> AsyncIterator[FarPort]:
    """Play a robot behind a path."""
    port = FarPort(robot, link)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(port.run())
        yield port
        port.unplug()


async def killed_while_driving(state: Path, *words: str) -> None:
    """Let a daemon drive a robot, and kill it."""
    command = (sys.executable, "-m", "tests.lab.driving", str(state / "lab"), *words)
    daemon = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ)
    assert daemon.stdout is not None
    async with asyncio.timeout(DEADLINE):
        assert await daemon.stdout.readline() == b"driven\n"
    daemon.kill()
    await daemon.wait()


async def stopped(state: Path) -> tuple[int, str]:
    """Run what systemd runs after a crash; return its status and what it printed."""
    program = await asyncio.create_subprocess_exec(*STOPS, str(state), stdout=subprocess.PIPE, cwd=ROOT)
    async with asyncio.timeout(DEADLINE):
        said, _ = await program.communicate()
    return program.returncode or 0, said.decode()


async def test_a_robot_that_a_killed_daemon_left_dancing_is_stopped(tmp_path: Path) -> None:
    link = tmp_path / "robot"
    async with played(SimulatedRobot(), link) as port:
        await killed_while_driving(tmp_path, str(link), "lines", "line,dance", "dance")
        assert isinstance(port.far, SimulatedRobot)
        async with asyncio.timeout(DEADLINE):
            while not port.far.moves:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await stopped(tmp_path) == (0, f"{link}: stopped\n")
        assert not port.far.moves


async def test_a_pin_that_a_killed_daemon_left_high_is_brought_down(tmp_path: Path) -> None:
    hex_ = boards.firmware(boards.STANDARD_FIRMATA, boards.STANDARD_FIRMATA_SUM)
    link = tmp_path / "uno"
    profile = tmp_path / "lab/profiles/firmata/lamp.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text(LAMP)
    machine = await boards.arduino(boards.built(tmp_path), link, hex_)
    try:
        await killed_while_driving(tmp_path, str(link), "firmata", "lamp", "lamp=1")
        await machine.tells("out B 20")
        driven = len(machine.told)
        assert await stopped(tmp_path) == (0, f"{link}: stopped\n")
        await machine.tells("out B 00", driven)
    finally:
        machine.end()


async def test_what_moves_nothing_and_what_is_gone_is_left_alone(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "lab")
    here = tmp_path / "thermometer"
    here.touch()
    gone = Record("robot", "mbot", baud=115_200, moves=True, path=str(tmp_path / "absent"))
    memory.write(Book((Record("thermometer", "lines", path=str(here)), gone)))
    await memory.keep()
    assert movers(tmp_path / "lab") == []
    assert await stopped(tmp_path) == (0, "")
    assert await stopped(tmp_path / "never") == (0, "")


async def test_a_robot_that_does_not_listen_is_told_of_and_the_others_are_stopped(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    link = tmp_path / "robot"
    record = Record("robot", "lines", "line,dance", baud=115_200, moves=True)
    async with played(SimulatedRobot(), link) as port:
        port.far.take(b"run line\n", monotonic())
        found = [(Record("none", "mbot", baud=9600, moves=True), str(file)), (record, str(link))]
        broken, good = await halt(tmp_path, found)
        assert isinstance(port.far, SimulatedRobot)
        assert not port.far.moves
    assert (broken.device, good.fault) == ("none", "")
    assert "ioctl" in broken.fault


@pytest.mark.parametrize("driver", ["none", "meters"])
async def test_a_driver_that_is_gone_by_now_does_not_hide_the_others(tmp_path: Path, driver: str) -> None:
    async with played(SimulatedRobot(), tmp_path / "robot") as port:
        record = Record("robot", driver, "none", baud=115_200, moves=True)
        (told,) = await halt(tmp_path, [(record, port.path)])
    assert "none" in told.fault
