"""Instruments come and go, and a screen is told."""

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest

from devices.driver import Driver, Heard, Resort
from devices.errors import LineLost
from devices.line import Instrument
from devices.simulate import SimulatedRobot, simulated
from devices.simulated_line import SimulatedLine, plugged
from edge.board import Board
from edge.contract.commands import StopEverything
from edge.contract.notices import Devices, Reading
from edge.lab.bench import MAX_INSTRUMENTS, Bench, NoSeat
from edge.lab.latch import Latch
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
        began = it.clock()
        await it.told(Reading, lambda each: each.value is None)
        await it.device("thermometer", lambda each: each.state == "stale")
        assert it.clock() - began < 2.0
        it.far["thermometer"].fault = ""
        await it.device("thermometer", lambda each: each.state == "ready")
        await it.measured("thermometer")


async def test_garbage_is_no_reading_and_makes_an_instrument_stale(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        it.far["thermometer"].fault = "garbage"
        await it.device("thermometer", lambda each: each.state == "stale")
        told = await it.told(Reading, lambda _: True)
        with it.board.read() as reader:
            now = await reader.take(0.0)
    assert [each for each in now if isinstance(each, Reading)] == [told]
    assert (told.value, told.raw) == (None, None)


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
        after = await it.told(Reading, lambda each: each.at > before.at)
    assert after.device == "simulated-thermometer"


async def test_a_driver_with_a_fault_in_its_question_loses_its_own_line_only(tmp_path: Path) -> None:
    async with room(tmp_path, "thermometer") as it:
        far = simulated("pendulum")
        it.bench.plug(Instrument("curious", "curious", Curious, lambda: SimulatedLine(far)))
        await it.measured("thermometer")
        await it.told(Devices, lambda each: [one.state for one in each.devices] == ["ready", "gone"])
        before = await it.measured("thermometer")
        after = await it.told(Reading, lambda each: each.at > before.at)
    assert after.device == "simulated-thermometer"


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


async def test_a_driver_that_cannot_stop_keeps_a_stop_of_everything_from_nothing_else(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        line = SimulatedLine(simulated("pendulum"))
        it.bench.plug(Instrument("simulated-broken", "broken", Unstoppable, lambda: line))
        await it.device("broken", lambda each: each.state == "ready")
        Unstoppable.faults = [ZeroDivisionError("a fault of ours")]
        with pytest.raises(ZeroDivisionError):
            await it.robots.desks()[StopEverything](StopEverything("tty1"))
        told = await it.told(Devices, lambda each: each.stopped)
        assert told.stopped_by == "tty1"
        assert Latch(tmp_path / "lab").is_closed


class Wire:
    """A line over which nothing comes; a Line."""

    at = 0.0
    is_sent = True
    lost_bytes = 0

    async def read(self) -> bytes:
        raise LineLost("pulled out")

    def write(self, piece: bytes) -> None:
        pass

    def urge(self, piece: bytes) -> None:
        pass

    def reset(self, how: Resort = "dtr") -> None:
        pass

    def close(self) -> None:
        pass


async def plugged_in_and_out(bench: Bench, name: str) -> None:
    with pytest.raises(LineLost):
        await bench.serve(Instrument(name, name, simulated("pendulum").driver), Wire())


async def test_of_too_many_the_one_that_is_gone_longest_makes_room() -> None:
    moments = iter(range(10_000))
    bench = Bench(Board(), [], lambda: float(next(moments)))
    for number in range(MAX_INSTRUMENTS):
        await plugged_in_and_out(bench, f"d{number}")
    await plugged_in_and_out(bench, "d0")  # once more: d1 is gone longest now
    await plugged_in_and_out(bench, "new")
    known = [each.id for each in bench.devices()]
    assert len(known) == MAX_INSTRUMENTS
    assert ("d0" in known, "d1" in known, "new" in known) == (True, False, True)


async def test_who_finds_no_seat_because_all_are_plugged_in_is_refused() -> None:
    bench = Bench(Board(), [plugged(f"d{n}", simulated("pendulum")) for n in range(MAX_INSTRUMENTS)])
    with pytest.raises(NoSeat):
        await bench.serve(Instrument("new", "new", simulated("pendulum").driver), Wire())
    assert len(bench.devices()) == MAX_INSTRUMENTS


async def test_bytes_that_nobody_read_in_time_are_told_to_the_driver_once() -> None:
    class Late(Wire):
        pieces = iter((b"ture:1", b"", LineLost("pulled out")))

        async def read(self) -> bytes:
            self.lost_bytes = 7
            piece = next(self.pieces)
            if isinstance(piece, LineLost):
                raise piece
            return piece

    missing = Missing()
    bench = Bench(Board(), [])
    with pytest.raises(LineLost):
        await bench.serve(Instrument("x", "x", lambda: missing), Late())
    assert missing.heard == ["missed", b"ture:1", b""]


class Missing(Driver):
    """A driver that notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[bytes | str] = []

    def missed(self) -> None:
        self.heard.append("missed")

    def feed(self, piece: bytes, at: float) -> Heard:
        self.heard.append(piece)
        return []

    def stop(self) -> bytes:
        return b""


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
