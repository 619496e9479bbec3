"""`tirek device …` at a daemon's socket, and without a daemon."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from devices.port import Port
from devices.simulate import SimulatedRobot
from edge.api import Api, listen
from edge.commands import devices as commands
from edge.commands.place import CommandRefused
from edge.config import SerialPort
from edge.contract.commands import RunProgram
from tests.lab.sockets import DEADLINE, Desk, desk, ready

ROOT = Path(__file__).parents[2]
TIREK = (sys.executable, "-m", "edge", "device")


async def typed(*words: str | Path) -> tuple[int, str, str]:
    """Run a command; return its status and what it printed."""
    pipe, command = subprocess.PIPE, (*TIREK, *map(str, words))
    program = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, cwd=ROOT)
    async with asyncio.timeout(DEADLINE):
        said, complained = await program.communicate()
    return program.returncode or 0, said.decode(), complained.decode()


@asynccontextmanager
async def daemon(state: Path) -> AsyncIterator[Desk]:
    """Run a laboratory with a robot and a thermometer behind a socket."""
    given = [
        SerialPort(str(state / "robot"), "lines", "line,dance", "Робот 1"),
        SerialPort(str(state / "thermometer"), "lines"),
    ]
    async with desk(state, *given) as it:
        it.play("robot", state / "robot")
        it.play("thermometer", state / "thermometer")
        api = Api(it.board, [it.robots.desks(), it.plugging.desks()], "room")
        runner = web.AppRunner(api.app(), handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await listen(runner, state / "tirek.sock")
        try:
            await it.sees("/robot", ready)
            await it.sees("/thermometer", lambda each: ready(each) and each.channels != ())
            it.bench.tell()  # what a command sees is the board, which is told ten times a second
            yield it
        finally:
            await runner.cleanup()


async def test_what_is_plugged_in_is_listed_read_and_described(tmp_path: Path) -> None:
    thermometer = tmp_path / "thermometer"
    async with daemon(tmp_path) as it:
        status, said, _ = await typed("list", "--state", tmp_path)
        assert status == 0
        assert "Робот 1" in said
        assert "temperature [Cel]" in said
        assert "program line, program dance" in said
        status, said, _ = await typed("read", thermometer, "--seconds", "1.5", "--state", tmp_path)
        assert status == 0
        assert "temperature" in said.splitlines()[-1]
        assert "Cel" in said
        assert (await typed("describe", thermometer, "--label", "Кесе", "--state", tmp_path))[0] == 0
        await it.sees("/thermometer", lambda each: each.label == "Кесе")
        status, _, complained = await typed("describe", thermometer, "--driver", "x", "--state", tmp_path)
        assert (status, complained) == (1, "refused: driver-unknown (driver x)\n")
        status, _, complained = await typed("read", "nobody", "--state", tmp_path)
        assert (status, "nobody: not known here" in complained) == (1, True)


async def test_a_robot_is_stopped_by_the_daemon_and_all_are_kept_stopped(tmp_path: Path) -> None:
    async with daemon(tmp_path) as it:
        robot = it.playing[0].far
        assert isinstance(robot, SimulatedRobot)
        for words in ((str(tmp_path / "robot"),), ("--all",)):
            await it.ask_once_it_can(RunProgram(str(tmp_path / "robot"), "dance", "tty1"))
            await it.sees("/robot", lambda each: each.running == "dance")
            assert (await typed("stop", *words, "--state", tmp_path))[0] == 0
            await it.sees("/robot", lambda each: each.running == "")
            assert not robot.moves
        assert it.bench.stopped
        status, _, complained = await typed("stop", "nobody", "--state", tmp_path)
        assert (status, complained) == (1, "refused: not-found\n")


async def test_a_robot_is_stopped_without_a_daemon(tmp_path: Path) -> None:
    async with daemon(tmp_path):
        pass  # it is remembered now
    async with desk(tmp_path) as it:
        port = it.play("robot", tmp_path / "robot")
        port.far.take(b"run dance\n", it.bench.clock())
        status, said, _ = await typed("stop", tmp_path / "robot", "--state", tmp_path)
        assert (status, said) == (0, f"{tmp_path / 'robot'}: stopped\n")
        assert isinstance(port.far, SimulatedRobot)
        assert not port.far.moves
    status, _, complained = await typed("stop", "nobody", "--state", tmp_path)
    assert (status, "nothing of this name that moves" in complained) == (1, True)


async def test_a_stop_of_nothing_in_particular_is_refused(tmp_path: Path) -> None:
    assert (await typed("stop", "--state", tmp_path))[2] == "say which device, or --all\n"
    assert (await typed("stop", "x", "--all", "--state", tmp_path))[2] == "say which device, or --all\n"


async def test_a_port_is_probed_without_a_daemon_and_one_in_use_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        it.play("thermometer", tmp_path / "tty")
        status, said, _ = await typed("probe", tmp_path / "tty")
        assert (status, said.startswith(f"{tmp_path / 'tty'}: sketch (lines, ")) == (0, True)
        assert "  temperature [Cel]" in said.splitlines()[1]
        port = Port(str(tmp_path / "tty"))
        status, _, complained = await typed("probe", tmp_path / "tty")
        assert (status, f"(PID {os.getpid()})" in complained) == (1, True)
        port.close()
    assert (await typed("probe"))[0] == 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_a_simulated_instrument_is_there_until_it_is_interrupted(
    tmp_path: Path, ending: signal.Signals
) -> None:
    link = tmp_path / "kern"
    command = (*TIREK, "simulate", "thermometer", "--link", str(link))
    program = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT)
    assert program.stdout is not None
    async with asyncio.timeout(DEADLINE):
        assert await program.stdout.readline() == f"{link}\n".encode()
        port = Port(str(link))
        heard = b""
        while b"temperature:" not in heard:
            heard += await port.read()
        port.close()
        program.send_signal(ending)
        assert await program.wait() == 0
    assert not link.is_symlink()


def test_a_simulator_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CommandRefused, match="no simulator 'x'; there are electricity, firmata"):
        commands.simulate(argparse.Namespace(name="x", link=None))
