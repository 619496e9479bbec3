"""Nothing moves unseen, and everything stops at once."""

import asyncio
from pathlib import Path

from devices.driver import Driver
from devices.simulate import SimulatedRobot
from devices.simulated_line import plugged
from edge.contract.commands import AllowMotion, RunProgram, StillHere, StopDevice, StopEverything
from edge.contract.notices import Devices, Said
from edge.lab.lease import LEASE
from edge.lab.obedience import AGAIN
from tests.lab.room import DEADLINE, Room, room, until

DANCE = RunProgram("simulated-robot", "dance", "tty1")
SENSORS = (
    "thermometer",
    "gas-pressure",
    "ph-meter",
    "motion-sensor",
    "pendulum",
    "electricity",
    "force-sensor",
)


async def dancing(it: Room) -> None:
    await it.device("robot", lambda each: each.state == "ready")
    await it.ask_once_it_stands(DANCE)
    assert it.robot.moves
    await it.device("robot", lambda each: each.running == "dance" and each.message == "started")


async def stands(it: Room) -> None:
    await until(lambda: not it.robot.moves)


async def test_a_program_runs_and_one_robot_is_stopped(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        await it.ask(StopDevice("simulated-robot"))
        assert not it.robot.moves
        await it.device("robot", lambda each: each.running == "" and each.message == "stopped")
        await dancing(it)


async def test_everything_stops_before_anything_is_waited_for_and_stays_stopped(tmp_path: Path) -> None:
    async with room(tmp_path, "robot", *SENSORS) as it:
        await dancing(it)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(it.ask(StopEverything()))  # it answers when the disk has it
            await asyncio.sleep(0)
            assert not it.robot.moves
        assert (await it.told(Devices, lambda _: True)).stopped
        assert await it.refused(DANCE) == ("stopped", {})
        await it.ask(StopEverything())
        await it.ask(AllowMotion())
        assert not (await it.told(Devices, lambda _: True)).stopped
        assert not it.robot.moves
        await dancing(it)


async def test_a_robot_stops_when_its_screen_is_not_heard_any_more(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await it.device("robot", lambda each: each.state == "ready")
        await it.ask_once_it_stands(DANCE)
        began = it.clock()
        await stands(it)
        assert LEASE - 0.1 < it.clock() - began < 2.0
        await it.device("robot", lambda each: (each.holder, each.running) == ("", ""))
        await dancing(it)


async def test_a_robot_goes_on_while_its_screen_is_heard(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        began = it.bench.clock()
        while it.bench.clock() - began < LEASE + 0.3:
            await it.ask(StillHere("tty1"))
            await asyncio.sleep(0.05)
        assert it.robot.moves


async def test_only_one_screen_moves_a_robot_and_the_other_is_told_who(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        assert (await it.device("robot", lambda _: True)).holder == "tty1"
        assert await it.refused(RunProgram("simulated-robot", "line", "tty2")) == ("held", {"holder": "tty1"})
        await it.ask(StillHere("tty2"))
        await it.ask(StopDevice("simulated-robot"))
        assert not it.robot.moves
        await it.ask_once_it_stands(RunProgram("simulated-robot", "line", "tty2"))
        assert (await it.device("robot", lambda each: each.holder == "tty2")).holder == "tty2"


async def test_a_program_that_is_over_is_held_by_nobody(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        it.robot.take(b"stop\n", it.bench.clock())
        await it.device("robot", lambda each: each.running == "")
        async with asyncio.timeout(DEADLINE):
            while (await it.device("robot", lambda _: True)).holder:
                await it.ask(StillHere("tty1"))
                await asyncio.sleep(0.05)
        assert await it.refused(RunProgram("simulated-robot", "fly", "tty2")) == (
            "not-found",
            {},
        )  # and not held


async def test_a_robot_that_comes_back_is_stopped_before_anything_else(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        it.far["robot"].fault = "unplugged"
        gone = await it.device("robot", lambda each: each.state == "gone")
        assert (gone.running, it.robot.moves) == ("", True)
        assert await it.refused(DANCE) == ("gone", {})
        assert await it.refused(StopDevice("simulated-robot")) == ("gone", {})
        await it.ask(StopEverything())
        it.far["robot"].fault = ""
        await stands(it)
        await it.device("robot", lambda each: each.state == "ready")


async def test_a_robot_that_starts_by_itself_while_everything_is_stopped_is_stopped_again(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, "robot") as it:
        await it.device("robot", lambda each: each.state == "ready")
        await it.ask(StopEverything())
        it.robot.take(b"run line\n", it.bench.clock())
        await stands(it)


async def test_while_everything_is_stopped_only_who_goes_on_is_told_again_and_not_all_the_time(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, "robot", "thermometer") as it:
        await it.device("robot", lambda each: each.state == "ready")
        other = Obstinate()
        it.bench.plug(plugged("other", other))
        await it.device("other", lambda each: each.state == "ready")
        await it.ask(StopEverything())
        other.stops.clear()
        began = it.bench.clock()
        other.take(b"run line\n", it.bench.clock())
        await until(lambda: len(other.stops) >= 2)
        assert it.bench.clock() - began >= AGAIN  # not twenty times a second
        told = await it.device("other", lambda each: each.stopping == "unproven")
        assert (told.running, it.bench.is_doubted(told.id)) == ("line", True)
        said = await it.told(Devices, lambda each: any(one.stopping == "unproven" for one in each.devices))
        assert said.stopped


async def test_a_robot_that_may_be_moving_is_said_on_every_page_and_takes_no_order(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        other = Obstinate()
        it.bench.plug(plugged("other", other))
        await it.device("other", lambda each: each.state == "ready")
        await it.ask_once_it_stands(RunProgram("simulated-other", "line", "tty1"))
        await it.device("other", lambda each: each.running == "line")
        with it.board.read() as reader:
            await it.ask(StopDevice("simulated-other"))
            key, _ = await it.refused(RunProgram("simulated-other", "line", "tty1"))
            assert key in ("not-now", "unstopped")  # a busy machine may be beyond its patience already
            said: list[Said] = []
            async with asyncio.timeout(DEADLINE):
                while not said:
                    said += [each for each in await reader.take(1.0) if isinstance(each, Said)]
        assert said == [Said("robot-not-stopped", {"robot": "other"}, "bad")]
        assert await it.refused(RunProgram("simulated-other", "line", "tty1")) == ("unstopped", {})
        other.obeys = True
        await it.device("other", lambda each: each.stopping == "" and each.running == "")
        await it.ask(RunProgram("simulated-other", "line", "tty1"))


async def test_what_was_gone_while_it_moved_is_doubted_until_somebody_has_looked(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        it.robot.fault = "unplugged"
        gone = await it.device("robot", lambda each: each.state == "gone")
        assert gone.stopping == "unproven"
        await it.ask(StopEverything())
        await it.ask(AllowMotion())
        await it.device("robot", lambda each: each.stopping == "")


async def test_while_nobody_looks_after_leases_nothing_moves(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(it.robots.run())
            await asyncio.sleep(0)
            assert it.robot.moves
            part.cancel()  # as a fault of ours would end it
        assert not it.robot.moves
        assert it.bench.holder_of("simulated-robot") == ""


class Obstinate(SimulatedRobot):
    """A robot that does not stop when it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.obeys = False
        self.stops: list[float] = []

    def driver(self) -> Driver:
        driver = super().driver()
        driver.obeys = driver.boots = 0.2  # seconds: nobody waits for it longer
        return driver

    def take(self, piece: bytes, now: float) -> None:
        if b"stop" in piece:
            self.stops.append(now)
        if self.obeys or b"stop" not in piece:
            super().take(piece, now)


async def test_a_robot_stops_when_the_daemon_ends(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        await dancing(it)
    assert not it.robot.moves


async def test_what_there_is_not_is_refused(tmp_path: Path) -> None:
    async with room(tmp_path, "robot", "thermometer") as it:
        await it.device("robot", lambda each: each.state == "ready")
        await it.device("thermometer", lambda each: each.state == "ready")
        assert await it.refused(RunProgram("simulated-robot", "fly")) == ("not-found", {})
        assert await it.refused(RunProgram("simulated-thermometer", "dance")) == ("not-found", {})
        assert await it.refused(RunProgram("nobody", "dance")) == ("gone", {})
        assert await it.refused(StopDevice("nobody")) == ("not-found", {})
        await it.ask(StopDevice("simulated-thermometer"))
