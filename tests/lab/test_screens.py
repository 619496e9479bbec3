"""A laboratory behind the real socket: screens come and go, and robots move only before one that looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from edge.api import Api, listen
from edge.client import Client, Refused
from edge.contract.answers import Experiments
from edge.contract.commands import ListExperiments, RunProgram, StopEverything
from edge.contract.notices import Devices
from tests.lab.room import Room, room, until

DANCE = RunProgram("simulated-robot", "dance")


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


async def look(it: Room, socket: Path) -> None:
    """Attach a screen until cancelled."""
    async with Client(socket) as client:
        async for notice in client.notices():
            it.looks = it.looks or isinstance(notice, Devices)


async def test_a_robot_moves_only_before_a_screen_and_stops_when_it_is_closed(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    async with room(tmp_path, "robot", "thermometer") as it, served(it, socket) as client:
        it.looks = False
        await it.device("robot", lambda each: each.state == "ready")
        await until(lambda: it.robots.is_unseen(it.bench.clock()))
        with pytest.raises(Refused, match="nobody-looks"):
            await client.do(DANCE)
        async with asyncio.TaskGroup() as tasks:
            screen = tasks.create_task(look(it, socket))
            await until(lambda: it.looks)
            await client.do(DANCE)
            assert it.robot.moves
            screen.cancel()
            it.looks = False  # as the board tells: no reader is left
            await until(lambda: not it.robot.moves)


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
        await client.do(DANCE)
        began = asyncio.get_running_loop().time()
        await client.do(StopEverything())
        assert asyncio.get_running_loop().time() - began < 0.1
        assert not it.robot.moves
    assert len(listed.experiments) == 10
