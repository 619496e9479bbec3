"""A daemon that was killed left a robot moving: a program that systemd runs stops it."""

import asyncio
import grp
import os
import signal
import subprocess
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from devices.far_port import FarPort
from devices.port import Port
from devices.registry import Far
from devices.simulate import SimulatedRobot
from edge.lab.halting import halt, movers
from edge.lab.known import Book, Record
from edge.lab.memory import Memory
from tests.devices import boards

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0  # seconds
LAMP = '[[actuator]]\nname = "lamp"\npart = "switch"\npin = 13\n'
STOPS = (sys.executable, "-m", "edge", "device", "stop", "--all")
NOBODY = 65534


@asynccontextmanager
async def played(robot: Far, link: Path) -> AsyncIterator[FarPort]:
    """Play a robot behind a path."""
    port = FarPort(robot, link)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(port.run())
        yield port
        port.unplug()


async def driving(state: Path, *words: str) -> Process:
    """Return a daemon that drives a robot."""
    command = (sys.executable, "-m", "tests.lab.driving", str(state / "lab"), *words)
    daemon = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ)
    assert daemon.stdout is not None
    async with asyncio.timeout(DEADLINE):
        assert await daemon.stdout.readline() == b"driven\n"
    return daemon


async def killed_while_driving(state: Path, *words: str) -> None:
    """Let a daemon drive a robot, and kill it."""
    daemon = await driving(state, *words)
    daemon.kill()
    await daemon.wait()


async def stopped(state: Path, crashed: bool = True, user: int | None = None) -> tuple[int, str, str]:
    """Run what systemd runs after a crash, or what somebody types; return status and what it printed."""
    words = (*STOPS, *(("--after-crash",) if crashed else ()), "--state", str(state))
    pipe = subprocess.PIPE
    other: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    program = await asyncio.create_subprocess_exec(*words, stdout=pipe, stderr=pipe, cwd=ROOT, **other)
    async with asyncio.timeout(DEADLINE):
        said, complained = await program.communicate()
    return program.returncode or 0, said.decode(), complained.decode()


async def test_a_robot_that_a_killed_daemon_left_dancing_is_stopped(tmp_path: Path) -> None:
    link = tmp_path / "robot"
    async with played(SimulatedRobot(), link) as port:
        await killed_while_driving(tmp_path, str(link), "lines", "line,dance", "dance")
        assert isinstance(port.far, SimulatedRobot)
        async with asyncio.timeout(DEADLINE):
            while not port.far.moves:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (await stopped(tmp_path))[:2] == (0, f"{link}: stopped\n")
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
        assert (await stopped(tmp_path))[:2] == (0, f"{link}: stopped\n")
        await machine.tells("out B 00", driven)
    finally:
        machine.end()


async def test_what_moves_nothing_is_left_alone_and_what_is_gone_is_said(tmp_path: Path) -> None:
    assert await stopped(tmp_path / "never") == (0, "nothing that moves is known here\n", "")
    memory = Memory(tmp_path / "lab")
    here = tmp_path / "thermometer"
    here.touch()
    gone = Record("robot", "mbot", baud=115_200, moves=True, path=str(tmp_path / "absent"), label="Робот 1")
    memory.write(Book((Record("thermometer", "lines", path=str(here)), gone)))
    await memory.keep()
    assert movers(tmp_path / "lab") == [(gone, "")]
    status, said, complained = await stopped(tmp_path)
    assert (status, complained) == (0, "")
    assert said.startswith("robot (Робот 1): not plugged in, so nothing was sent;")


async def test_a_book_that_cannot_be_read_is_a_failure_and_stays_where_it_is(tmp_path: Path) -> None:
    book = tmp_path / "lab/devices.json"
    book.parent.mkdir()
    book.write_text("nonsense")
    status, said, complained = await stopped(tmp_path)
    assert (status, said) == (1, "")
    assert f"{book} cannot be read, so nobody knows what moves" in complained
    assert book.exists()


async def test_a_hung_daemon_is_named_as_who_has_the_port(tmp_path: Path) -> None:
    link = tmp_path / "robot"
    async with played(SimulatedRobot(), link) as port:
        daemon = await driving(tmp_path, str(link), "lines", "line,dance", "dance")
        daemon.send_signal(signal.SIGSTOP)
        for crashed in (False, True):
            status, said, complained = await stopped(tmp_path, crashed)
            assert (status, f"(PID {daemon.pid}): end PID {daemon.pid} first" in said) == (1, True)
            assert f"{link}: NOT stopped: switch it off" in complained
        daemon.kill()
        await daemon.wait()
        assert (await stopped(tmp_path))[0] == 0
        assert isinstance(port.far, SimulatedRobot)
        assert not port.far.moves


async def test_a_daemon_that_is_dying_is_waited_for_after_a_crash(tmp_path: Path) -> None:
    link = tmp_path / "robot"
    record = Record("robot", "lines", "line,dance", baud=115_200, moves=True)
    async with played(SimulatedRobot(), link), asyncio.TaskGroup() as tasks:
        dying = await Port.open(str(link))
        halting = tasks.create_task(halt(tmp_path, [(record, str(link))], is_dying=True))
        waited: list[bool] = []

        def dies() -> None:
            waited.append(not halting.done())
            dying.close()

        asyncio.get_running_loop().call_later(0.1, dies)  # also while the test itself is not scheduled
        (told,) = await halting
    assert waited == [True]
    assert told.fate in ("stopped", "told")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_a_port_that_is_forbidden_is_told_with_the_group_that_is_missing() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory = Memory(folder / "lab")
        link = folder / "robot"
        async with played(SimulatedRobot(), link) as port:
            memory.write(Book((Record("robot", "lines", "line", baud=9600, moves=True, path=str(link)),)))
            await memory.keep()
            os.chmod(port.path, 0o660)
            group = grp.getgrgid(os.stat(port.path).st_gid).gr_name
            for each in (folder, folder / "lab"):
                each.chmod(0o755)
            (folder / "lab/devices.json").chmod(0o644)
            status, said, _ = await stopped(folder, user=NOBODY)
    if not said:
        pytest.skip("nobody may not read this program's files")
    assert (status, f"it takes the group {group}" in said) == (1, True)


async def test_a_board_that_hangs_is_told_of_as_not_stopped(tmp_path: Path) -> None:
    link = tmp_path / "hub"
    record = Record("hub", "spike", baud=115_200, moves=True, path=str(link))
    memory = Memory(tmp_path / "lab")
    memory.write(Book((record,)))
    await memory.keep()
    async with played(Deaf(), link):
        status, said, complained = await stopped(tmp_path)
    assert status == 1
    assert said == "hub: told to stop, and NOT confirmed stopped\n"
    assert complained == "hub: NOT stopped: switch it off by its own button\n"


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
    assert (broken.device, broken.fate, good.fate) == ("none", "failed", "stopped")
    assert "ioctl" in broken.why


@pytest.mark.parametrize("driver", ["none", "meters"])
async def test_a_driver_that_is_gone_by_now_does_not_hide_the_others(tmp_path: Path, driver: str) -> None:
    async with played(SimulatedRobot(), tmp_path / "robot") as port:
        record = Record("robot", driver, "none", baud=115_200, moves=True)
        (told,) = await halt(tmp_path, [(record, port.path)])
    assert (told.fate, "none" in told.why) == ("failed", True)


class Deaf:
    """A board whose firmware hangs."""

    def take(self, piece: bytes, now: float) -> None:
        pass

    def speak(self, now: float) -> bytes:
        return b""
