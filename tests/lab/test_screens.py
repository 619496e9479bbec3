"""A laboratory behind the real socket: screens come and go, and robots move only for one that is alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from edge.api import Api, listen
from edge.client import Client, Refused
from edge.contract.answers import Experiments
from edge.contract.commands import AllowMotion, ListExperiments, RunProgram, StillHere, StopEverything
from tests.lab.room import Room, room, until
from tests.quickest import quickest

DANCE = RunProgram("simulated-robot", "dance", "tty1")


@asynccontextmanager
async def served(it: Room, socket: Path) -> AsyncIterator[Client]:
    api = Api(it.board, [it.robots.desks(), it.laboratory.desks()], "room")
    runner = web.AppRunner(api.app(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await listen(runner, socket)
    try:
        async with Client(socket) as client:
            yield client
    finally:
        await runner.cleanup()


async def watches(socket: Path) -> None:
    """Be a screen that moves a robot, until cancelled."""
    async with Client(socket) as client:
        await client.do(DANCE)
        while True:
            await client.do(StillHere("tty1"))
            await asyncio.sleep(0.1)


async def test_a_robot_moves_while_its_screen_says_that_it_is_alive_and_stops_when_it_does_not(
    tmp_path: Path,
) -> None:
    socket = tmp_path / "s"
    async with room(tmp_path, "robot", "thermometer") as it, served(it, socket) as client:
        await it.device("robot", lambda each: each.state == "ready")
        await until(lambda: not it.bench.is_stopping("simulated-robot"))
        async with asyncio.TaskGroup() as tasks:
            screen = tasks.create_task(watches(socket))
            await it.device("robot", lambda each: each.running == "dance" and each.holder == "tty1")
            with pytest.raises(Refused, match="held"):
                await client.do(RunProgram("simulated-robot", "line", "tty2"))
            screen.cancel()
            await until(lambda: not it.robot.moves and not it.bench.is_stopping("simulated-robot"))
        await client.do(RunProgram("simulated-robot", "line", "tty2"))


async def stopped_after(it: Room, client: Client) -> float:
    """Let the robot dance; return the seconds from the order to stop everything to its stop."""
    await client.do(AllowMotion())
    await until(lambda: not it.bench.is_stopping("simulated-robot"))
    await client.do(DANCE)
    async with asyncio.TaskGroup() as tasks:
        began = asyncio.get_running_loop().time()
        tasks.create_task(client.do(StopEverything()))  # it answers when the disk has it
        await until(lambda: not it.robot.moves)
        return asyncio.get_running_loop().time() - began


async def test_everything_stops_over_the_socket_within_a_tenth_of_a_second(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    names = (
        "robot",
        "thermometer",
        "motion-sensor",
        "pendulum",
        "electricity",
        "gas-pressure",
        "light-sensor",
    )
    async with room(tmp_path, *names) as it, served(it, socket) as client:
        await it.device("robot", lambda each: each.state == "ready")
        listed = await client.ask(ListExperiments(), Experiments)
        assert await quickest(0.1, partial(stopped_after, it, client)) < 0.1
    assert len(listed.experiments) == 10
