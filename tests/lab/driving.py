"""Drives a robot until it is killed: `python -m tests.lab.driving STATE PORT DRIVER PROFILE ORDER`.

ORDER is a program, or ACTUATOR=VALUE. It prints a line when the robot was told.
"""

import asyncio
import sys
from pathlib import Path

from edge.api import Unable
from edge.board import Board
from edge.config import SerialPort
from edge.contract.commands import Command, DriveActuator, RunProgram, StillHere
from edge.lab.bench import Bench
from edge.lab.latch import Latch
from edge.lab.plugging import Plugging
from edge.lab.robots import Robots


async def drive(folder: Path, given: SerialPort, order: str) -> None:
    """Be a daemon, and its screen."""
    bench = Bench(Board(), [])
    robots = Robots(bench, Latch(folder))
    plugging = Plugging(folder, bench, [given], None)
    actuator, _, value = order.partition("=")
    command: Command = RunProgram(given.path, order, "tty1")
    if value:
        command = DriveActuator(given.path, actuator, float(value), "tty1")
    async with asyncio.TaskGroup() as tasks:
        for part in (bench.run, robots.run, plugging.run):
            tasks.create_task(part())
        while not await _taken(robots, command):  # noqa: ASYNC110  # it is refused until the board is known
            await asyncio.sleep(0.02)
        print("driven", flush=True)
        while True:
            await robots.desks()[StillHere](StillHere("tty1"))
            await asyncio.sleep(0.1)


async def _taken(robots: Robots, command: Command) -> bool:
    try:
        await robots.desks()[type(command)](command)
    except Unable:
        return False
    return True


if __name__ == "__main__":
    state, path, driver, profile, order = sys.argv[1:]
    asyncio.run(drive(Path(state), SerialPort(path, driver, profile), order))
