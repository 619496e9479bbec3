"""Instruments come and go, and a screen is told."""

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest

from devices.driver import Driver, Heard
from devices.line import Instrument
from devices.simulate import SimulatedRobot, simulated
from devices.simulated_line import SimulatedLine, plugged
from edge.contract.notices import Devices, Reading
from tests.lab.room import DEADLINE, Room, room


async def test_a_simulated_instrument_appears_by_its_name_and_says_that_it_is_simulated(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, "thermometer", "robot") as it:
        thermometer = await it.device("thermometer", lambda each: each.state == "ready")
        robot = await it.device("robot", lambda each: each.battery is not None and each.message != "")
    (channel,) = thermometer.channels
    assert (thermometer.kind, thermometer.simulated, thermometer.label) == ("sensor", True, "thermometer")
    assert (channel.quantity, channel.unit, channel.shown["ru"]) == ("temperature", "Cel", "°C")
    assert (robot.kind, robot.programs, robot.battery, robot.message) == (
        "robot",
        ("line", "dance"),
        1.0,
        "ready",
    )


async def test_a_channel_is_told_no_more_than_ten_times_a_second(tmp_path: Path) -> None:
    async with room(tmp_path, "motion-sensor") as it:
        await it.measured("motion-sensor")
        with it.board.read() as reader:
            found: list[Reading] = []
            async with asyncio.timeout(DEADLINE):
                while len(found) < 12:
                    found += [each for each in await reader.take(1.0) if isinstance(each, Reading)]
    assert found[-1].at - found[0].at >= 900
    assert len({each.at for each in found}) == len(found)


async def test_a_silent_instrument_shows_no_value_within_two_seconds_and_comes_back(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        await it.measured("thermometer")
        it.far["thermometer"].fault = "silent"
        began = asyncio.get_running_loop().time()
        await it.told(Reading, lambda each: each.value is None)
        await it.device("thermometer", lambda each: each.state == "stale")
        assert asyncio.get_running_loop().time() - began < 2.0
        it.far["thermometer"].fault = ""
        await it.device("thermometer", lambda each: each.state == "ready")
        await it.measured("thermometer")


async def test_garbage_is_no_reading_and_makes_an_instrument_stale(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        it.far["thermometer"].fault = "garbage"
        await it.device("thermometer", lambda each: each.state == "stale")
        assert await it.told(Reading, lambda _: True) is not None
        with it.board.read() as reader:
            now = await reader.take(0.0)
    assert [each.value for each in now if isinstance(each, Reading)] == [None]


async def test_an_unplugged_instrument_is_gone_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer", "light-sensor") as it:
        await it.measured("thermometer")
        await it.measured("light-sensor")
        it.far["thermometer"].fault = "unplugged"
        await it.device("thermometer", lambda each: each.state == "gone")
        other = await it.device("light-sensor", lambda _: True)
        it.far["thermometer"].fault = ""
        await it.device("thermometer", lambda each: each.state == "ready")
    assert other.state == "ready"


async def test_a_node_without_instruments_says_that_there_are_none(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        assert await it.told(Devices, lambda _: True) == Devices()


async def test_an_instrument_that_was_never_seen_before_can_be_plugged_in(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        await it.told(Devices, lambda each: each == Devices())
        it.bench.plug(plugged("thermometer", simulated("thermometer")))
        it.bench.plug(plugged("thermometer", simulated("thermometer")))
        await it.measured("thermometer")
        assert len(it.bench.devices()) == 1


async def test_a_driver_with_a_fault_ends_no_other_line(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        it.bench.plug(Instrument("broken", "broken", Broken, lambda: SimulatedLine(simulated("pendulum"))))
        await it.measured("thermometer")
        await it.told(Devices, lambda each: [one.state for one in each.devices] == ["ready", "gone"])
        before = await it.measured("thermometer")
        await it.told(Reading, lambda each: each.at > before.at)


async def test_a_driver_with_a_fault_in_its_question_loses_its_own_line_only(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        far = simulated("pendulum")
        it.bench.plug(Instrument("curious", "curious", Curious, lambda: SimulatedLine(far)))
        await it.measured("thermometer")
        await it.told(Devices, lambda each: [one.state for one in each.devices] == ["ready", "gone"])
        before = await it.measured("thermometer")
        await it.told(Reading, lambda each: each.at > before.at)


async def test_a_driver_that_cannot_stop_keeps_no_other_one_from_being_stopped(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        it.bench.plug(
            Instrument("broken", "broken", Unstoppable, lambda: SimulatedLine(simulated("pendulum")))
        )
        robot = SimulatedRobot()
        it.bench.plug(plugged("robot", robot))
        await it.device("robot", lambda each: each.state == "ready")
        robot.take(b"run line\n", it.bench.clock())
        Unstoppable.faults = [ZeroDivisionError("a fault of ours")]
        with pytest.raises(ZeroDivisionError):
            it.bench.stop_all()
        assert not robot.moves


class Unstoppable(Driver):
    """A driver with a fault of ours in what matters most."""

    faults: ClassVar[list[Exception]] = []

    def feed(self, piece: bytes, at: float) -> Heard:
        return []

    def stop(self) -> bytes:
        if self.faults:
            raise self.faults.pop()
        return b""


class Curious(Driver):
    """A driver with a fault of ours in what it asks."""

    def ask(self, now: float) -> bytes:
        raise ZeroDivisionError("a fault of ours")

    def feed(self, piece: bytes, at: float) -> Heard:
        return []

    def stop(self) -> bytes:
        return b""


class Broken(Driver):
    """A driver with a fault of ours in it."""

    def feed(self, piece: bytes, at: float) -> Heard:
        raise ZeroDivisionError("a fault of ours")

    def stop(self) -> bytes:
        return b""


async def test_a_value_out_of_range_is_shown_with_a_flag(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        it.far["thermometer"].fault = "out-of-range"
        reading = await it.told(Reading, lambda each: each.flag == "out-of-range")
    assert reading.value == 110 + 10 * 130


def test_a_laboratory_is_made_of_parts_that_need_no_loop(tmp_path: Path) -> None:
    it = Room(tmp_path, ("thermometer",))
    assert [each.state for each in it.bench.devices()] == ["gone"]
    it.laboratory.close()
    it.journal.close()
