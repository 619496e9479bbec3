"""Simulated instruments: what they show is physics, and their faults are on knobs."""

import pytest

from devices.driver import Sample, Status
from devices.simulate import (
    NAMES,
    POURED,
    ROOM,
    SENSORS,
    TAU,
    Fault,
    SimulatedRobot,
    cooling,
    noise,
    simulated,
    squeezed,
)


def samples(name: str, seconds: float, seed: int = 1, fault: Fault = "") -> list[Sample]:
    far = simulated(name, seed)
    far.fault = fault
    driver = far.driver()
    steps = [step / 20 for step in range(int(seconds * 20) + 1)]
    heard = [each for now in steps for each in driver.feed(far.speak(now), now)]
    return [each for each in heard if isinstance(each, Sample)]


@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_speaks_at_its_rate_within_its_range(name: str) -> None:
    channels = simulated(name).driver().channels
    found = samples(name, 10.0)
    for channel in channels:
        values = [each for each in found if each.channel == channel.name]
        assert len(values) == 10 * channel.rate + 1
        assert {each.flag for each in values} == {""}


def test_water_cools_towards_the_room_after_newtons_law() -> None:
    assert cooling(0.0) == POURED
    assert cooling(TAU) - ROOM == pytest.approx((POURED - ROOM) / 2.71828, rel=1e-4)
    shown = samples("thermometer", 60.0)
    assert [round(each.raw) for each in shown[:2]] == [85, 85]
    assert abs(shown[-1].raw - cooling(60.0)) < 0.2


def test_pressure_times_volume_stays_the_same() -> None:
    assert squeezed(0.0) * 20 == pytest.approx(squeezed(80.0) * 10)


def test_voltage_over_current_is_the_resistor() -> None:
    found = {each.channel: each.raw for each in samples("electricity", 20.0)}
    assert found["voltage"] / (found["current"] / 1000) == pytest.approx(47, rel=0.02)


def test_the_same_seed_shows_the_same_and_another_one_does_not() -> None:
    assert samples("thermometer", 5.0, seed=3) == samples("thermometer", 5.0, seed=3)
    assert samples("thermometer", 5.0, seed=3) != samples("thermometer", 5.0, seed=4)
    spread = [noise(1, number) for number in range(1000)]
    assert max(map(abs, spread)) <= 1.0
    assert abs(sum(spread) / 1000) < 0.1


@pytest.mark.parametrize("fault", ["silent", "garbage", "unplugged"])
def test_a_broken_sensor_shows_nothing_that_was_not_measured(fault: Fault) -> None:
    assert samples("thermometer", 5.0, fault=fault) == []


def test_a_sensor_that_is_out_of_range_is_flagged() -> None:
    assert {each.flag for each in samples("light-sensor", 5.0, fault="out-of-range")} == {"out-of-range"}


def test_after_a_long_pause_only_the_last_second_is_said() -> None:
    far = simulated("thermometer")
    far.speak(0.0)
    assert far.speak(1000.0).count(b"\n") == SENSORS["thermometer"][0].channel.rate


def test_a_robot_drives_until_it_is_stopped() -> None:
    robot, driver = SimulatedRobot(), SimulatedRobot().driver()
    robot.take(driver.run("dance"), 1.0)
    assert robot.moves
    heard = driver.feed(robot.speak(2.0), 2.0)
    assert Status(running="dance") in heard
    assert Status(message="started") in heard
    for now in (3.0, 3.1):
        robot.take(driver.stop(), now)
    assert not robot.moves
    heard = driver.feed(robot.speak(3.2), 3.2)
    assert heard.count(Status(message="stopped")) == 1
    assert {each.raw for each in heard if isinstance(each, Sample)} == {0.0}


def test_a_program_ends_by_itself_and_costs_battery() -> None:
    robot = SimulatedRobot()
    robot.take(b"run dance\n", 0.0)
    said = robot.speak(robot.LASTS["dance"])
    assert not robot.moves
    assert b"said:finished" in said
    assert robot.battery(100.0) == pytest.approx(1.0 - 20.0 / robot.FULL)


def test_an_unknown_program_moves_nothing() -> None:
    robot = SimulatedRobot()
    robot.take(b"run away\nrun\n", 0.0)
    assert not robot.moves


def test_it_tells_when_the_next_value_comes_so_that_none_is_read_late() -> None:
    far = simulated("motion-sensor")
    assert far.pause(5.0) == 0.0
    far.speak(5.0)
    assert far.pause(5.0) == pytest.approx(0.05)
    assert far.pause(5.04) == pytest.approx(0.01)
    assert far.pause(5.5) < 0
