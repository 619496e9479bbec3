"""A laboratory with simulated instruments, whole: bench, robots, experiments, a journal and a board."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from devices.simulate import Simulated, SimulatedRobot, simulated
from devices.simulated_line import plugged
from edge.api import Unable
from edge.board import Board, Reader
from edge.contract.answers import Answer
from edge.contract.commands import Command
from edge.contract.notices import Blanks, Device, Devices, Notice, Reading, Run
from edge.journal import Journal
from edge.lab.active import Scene
from edge.lab.bench import Bench
from edge.lab.experiments import Laboratory
from edge.lab.latch import Latch
from edge.lab.robots import Robots
from tests.lab.steady import Steady

DEADLINE = 60.0  # seconds for anything to happen on a busy machine
LESSON = "7Б 2026-11-26 08:30"
SCENE = Scene(LESSON, "2026-11-26_hub", 61.5)

N = TypeVar("N", bound=Notice)


class Room:
    """What a test does with it."""

    def __init__(self, state: Path, names: tuple[str, ...]) -> None:
        self.state = state
        self.far: dict[str, Simulated] = {name: simulated(name) for name in names}
        self.board = Board()
        self.journal = Journal(state, "akzhar")
        self.clock = Steady()
        far_ends = [plugged(name, far, self.clock) for name, far in self.far.items()]
        self.bench = Bench(self.board, far_ends, clock=self.clock)
        self.robots = Robots(self.bench, Latch(state / "lab"))
        self.laboratory = Laboratory(state, self.journal, self.board, self.bench, lambda: SCENE)
        self._desks = {**self.robots.desks(), **self.laboratory.desks()}

    @property
    def robot(self) -> SimulatedRobot:
        """Return the far end of the robot."""
        robot = self.far["robot"]
        assert isinstance(robot, SimulatedRobot)
        return robot

    async def ask(self, command: Command) -> Any:
        """Give an order or ask; raise Unable."""
        answer = await self._desks[type(command)](command)
        assert isinstance(answer, Answer)
        return answer

    async def ask_once_it_stands(self, command: Command) -> None:
        """Give an order to a robot that was told to stop, as soon as it has."""
        async with asyncio.timeout(DEADLINE):
            while await self._is_early(command):  # noqa: ASYNC110  # what is waited for knows no event
                await asyncio.sleep(0.01)

    async def _is_early(self, command: Command) -> bool:
        try:
            await self.ask(command)
        except Unable as exc:
            if exc.key != "not-now":
                raise
            return True
        return False

    async def refused(self, command: Command) -> tuple[str, Blanks]:
        """Return why it is refused."""
        try:
            await self.ask(command)
        except Unable as exc:
            return exc.key, exc.blanks
        raise AssertionError(f"{command} was not refused")

    async def told(self, kind: type[N], is_it: Callable[[N], bool]) -> N:
        """Return the first notice that is told, or was, for which this is true."""
        with self.board.read() as reader:
            async with asyncio.timeout(DEADLINE):
                return await _first(reader, kind, is_it)

    async def device(self, name: str, is_it: Callable[[Device], bool]) -> Device:
        """Return a device once this is true of it."""
        found = await self.told(Devices, lambda all_: any(map(is_it, _named(all_, name))))
        return _named(found, name)[0]

    async def measured(self, name: str) -> Reading:
        """Return a value that an instrument shows."""
        device = f"simulated-{name}"
        return await self.told(Reading, lambda each: each.device == device and each.value is not None)

    async def run(self, is_it: Callable[[Run], bool]) -> Run:
        """Return the run once this is true of it."""
        return await self.told(Run, is_it)


async def until(is_so: Callable[[], bool]) -> None:
    """Return once something is so that nobody tells."""
    async with asyncio.timeout(DEADLINE):
        while not is_so():  # noqa: ASYNC110  # what is waited for knows no event
            await asyncio.sleep(0.01)


async def _first(reader: Reader, kind: type[N], is_it: Callable[[N], bool]) -> N:
    while True:
        for notice in await reader.take(DEADLINE):
            if isinstance(notice, kind) and is_it(notice):
                return notice


def _named(devices: Devices, name: str) -> list[Device]:
    return [each for each in devices.devices if each.id == f"simulated-{name}"]


@asynccontextmanager
async def room(state: Path, *names: str) -> AsyncIterator[Room]:
    """Open a laboratory and run its parts."""
    it = Room(state, names)
    async with AsyncExitStack() as closing:
        closing.callback(it.journal.close)
        closing.callback(it.laboratory.close)
        tasks = await closing.enter_async_context(asyncio.TaskGroup())
        parts = (it.clock.run, it.bench.run, it.robots.run, it.laboratory.run)
        running = [tasks.create_task(part()) for part in parts]
        closing.callback(lambda: [part.cancel() for part in running])
        yield it
