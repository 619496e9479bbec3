"""The simulated mBot answers as the firmware did, and the driver lives with its faults."""

from pathlib import Path

import pytest

from devices.driver import Heard, Sample, Status
from devices.drivers.mbot import Mbot
from devices.far.mbot import FarMbot
from devices.simulate import Fault

FILE = Path(__file__).parents[2] / "samples" / "devices" / "mbot" / "firmware-06.01.106.txt"
SAID = FILE.read_text(encoding="utf-8").splitlines()
TICK = 0.1


def lived(far: FarMbot, driver: Mbot, ticks: int, first: float = 0.0) -> Heard:
    """Both ends for so many tenths of a second."""
    found: Heard = []
    for number in range(ticks):
        now = first + number * TICK
        found += driver.feed(far.speak(now), now)
        far.take(driver.ask(now), now)
    return found


def test_orders_are_answered_as_the_firmware_answered_them() -> None:
    far = FarMbot()
    far.speak(0.0)
    lines = [line for line in SAID if line[:2] in ("> ", "< ")][1:]
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("> "):
            far.take(bytes.fromhex(line[2:]), 0.0)
            answer = far.speak(0.0)
            said = bytes.fromhex(after[2:]) if after.startswith("< ") else b""
            assert len(answer) == len(said), line  # values differ: another room


def test_a_round_gives_each_sensor_once_and_ten_a_second() -> None:
    far, driver = FarMbot(), Mbot()
    found = [each for each in lived(far, driver, 21) if isinstance(each, Sample)]
    counts = {
        channel.name: sum(each.channel == channel.name for each in found) for channel in driver.channels
    }
    assert counts == {"light": 20, "distance": 20, "line": 20}
    assert not any(each.flag for each in found)
    assert (driver.identity, driver.refused) == ("mBot 06.01.107", 0)


def test_a_stop_stops_it_though_it_waits_for_the_rest_of_a_frame() -> None:
    far, driver = FarMbot(), Mbot()
    lived(far, driver, 3)
    far.take(driver.drive("motor-left", 50), 1.0)
    assert far.moves
    far.take(b"\xff\x55\xff\x00", 1.0)  # what a disturbance leaves of an order
    far.take(driver.stop(), 1.0)
    assert not far.moves


def test_a_deaf_board_is_asked_again_and_answers() -> None:
    far, driver = FarMbot(), Mbot()
    lived(far, driver, 3)
    far.take(b"\xff\x55\xff", 0.3)
    found = [each for each in lived(far, driver, 15, 0.3) if isinstance(each, Sample)]
    assert found


def test_a_wheel_that_reverses_is_at_rest_between() -> None:
    far, driver = FarMbot(), Mbot()
    far.take(driver.drive("motor-right", 50), 0.0)
    seen = [far.wheels[10]]
    far.take(driver.drive("motor-right", -100), 0.0)
    for number in range(5):
        seen.append(far.wheels[10])
        far.take(driver.ask(number * 0.11), number * 0.11)
    assert seen == [128, 0, 0, -128, -128, -255]


@pytest.mark.parametrize(
    ("fault", "flags"), [("silent", []), ("garbage", []), ("out-of-range", ["out-of-range"])]
)
def test_a_fault_is_never_a_good_sample(fault: Fault, flags: list[str]) -> None:
    far, driver = FarMbot(), Mbot()
    far.fault = fault
    found = [each for each in lived(far, driver, 5) if isinstance(each, Sample)]
    assert sorted({each.flag for each in found}) == flags


def test_a_reset_is_told_and_everything_is_at_rest() -> None:
    far, driver = FarMbot(), Mbot()
    lived(far, driver, 3)
    far.take(driver.drive("motor-left", 50), 0.3)
    far.reset()
    assert Status(running="", message="restarted") in lived(far, driver, 5, 0.3)
    assert not far.moves
