"""The simulated hub takes programs as a hub does, and the driver lives with its faults."""

import pytest

from devices.driver import Driver, Heard, Sample, Status
from devices.drivers.spike import SLOT
from devices.far.spike import LASTS, PROGRAMS, FarSpike
from devices.simulate import Fault

TICK = 0.1


def lived(far: FarSpike, driver: Driver, ticks: int, first: float = 0.0) -> Heard:
    """Both ends for so many tenths of a second."""
    found: Heard = []
    for number in range(ticks):
        now = first + number * TICK
        found += driver.feed(far.speak(now), now)
        far.take(driver.ask(now), now)
    return found


def begun() -> tuple[FarSpike, Driver]:
    far = FarSpike()
    driver = far.driver()
    far.take(driver.begin(), 0.0)
    return far, driver


def test_it_tells_twenty_times_a_second_once_it_is_asked_to() -> None:
    far, driver = begun()
    found = [each for each in lived(far, driver, 22) if isinstance(each, Sample) and each.channel == "yaw"]
    assert 40 <= len(found) <= 42  # in two seconds
    assert (driver.identity, driver.refused) == ("SPIKE Prime 1.6.62", 0)
    assert "distance-d" in [channel.name for channel in driver.channels]


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program_is_brought_runs_and_ends(program: str) -> None:
    far, driver = begun()
    lived(far, driver, 3)
    far.take(driver.run(program), 0.3)
    assert Status(running=program, message="started") in lived(far, driver, 10, 0.3)
    assert far.slots == {SLOT: PROGRAMS[program]}
    assert far.moves
    assert Status(running="", message="finished") in lived(far, driver, 3, 1.5 + LASTS)
    assert not far.moves


def test_a_program_started_by_its_button_is_stopped_too() -> None:
    far, driver = begun()
    far.press(3, 0.0)
    far.take(driver.stop(), 0.1)
    assert not far.moves
    assert Status(running="", message="stopped") in lived(far, driver, 3, 0.2)


def test_a_stop_before_it_was_ever_asked_anything_is_heard() -> None:
    far = FarSpike()
    far.press(0, 0.0)
    far.take(far.driver().stop(), 0.0)
    assert not far.moves


@pytest.mark.parametrize(
    ("fault", "flags"), [("silent", []), ("garbage", []), ("out-of-range", ["", "out-of-range"])]
)
def test_a_fault_is_never_a_good_sample(fault: Fault, flags: list[str]) -> None:
    far, driver = begun()
    far.fault = fault
    found = [each for each in lived(far, driver, 10) if isinstance(each, Sample)]
    assert (
        sorted({each.flag for each in found if fault != "out-of-range" or "distance" in each.channel})
        == flags[-1:]
    )


def test_a_hub_that_was_away_goes_on_telling() -> None:
    far, driver = begun()
    lived(far, driver, 5)
    back = FarSpike()  # it was switched off and on: it tells nothing until it is asked
    assert [each for each in lived(back, driver, 40, 0.5) if isinstance(each, Sample)]
