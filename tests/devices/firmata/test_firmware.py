"""The real StandardFirmata on a simulated Uno: its pins are measured, and what it moves is stopped."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.drivers.firmata import Firmata
from devices.drivers.firmata_parts import parse
from tests.devices.wire import Machine, Wire, until

HERTZ = 16_000_000
PROFILE = """
rate = 100
sensor = [
  {name = "temperature", part = "lm35", pin = "A0"},
  {name = "gate", part = "contact", pin = 2},
]
actuator = [
  {name = "lamp", part = "switch", pin = 13},
  {name = "other", part = "switch", pin = 12},
  {name = "dimmer", part = "pwm", pin = 3},
  {name = "arm", part = "servo", pin = 9, does = "servo"},
  {name = "blocked", part = "pwm", pin = 4},
]
"""


MEGA = """
sensor = [{name = "voltage", part = "voltage", pin = "A15"}]
actuator = [
  {name = "lamp", part = "switch", pin = 53},
  {name = "arm", part = "servo", pin = 30, does = "servo"},
]
"""


@contextmanager
def plugged(port: Path, profile: str = PROFILE) -> Iterator[Wire]:
    """Yield a line on which the driver has begun."""
    line = Wire(port, Firmata(parse(profile, "test")))
    line.write(line.driver.stop() + line.driver.begin())
    try:
        yield line
    finally:
        line.close()


@pytest.fixture
async def line(uno: Machine, port: Path) -> AsyncIterator[Wire]:
    with plugged(port) as line:
        yield line


async def measuring(line: Wire, more: int = 5) -> None:
    """Wait for some more samples."""
    wanted = len(line.values("temperature")) + more
    await until(f"{more} samples", lambda: len(line.values("temperature")) >= wanted)


async def lit(uno: Machine, line: Wire) -> None:
    """Switch the lamp on, and wait until it is; the board blinked it by itself when it began."""
    await measuring(line)
    since = len(uno.told)
    line.write(line.driver.drive("lamp", 1))
    await uno.tells("out B 20", since)


def cycle(told: str) -> int:
    return int(told.split()[-1])


async def asked_for_its_cycle(uno: Machine, line: Wire) -> tuple[int, int, int]:
    """Return the board's cycle, between the number of samples before it was asked and after."""
    told, before = len(uno.told), len(line.values("temperature"))
    uno.order("cycle")
    now = cycle(await uno.tells("cycle", told))
    return before, now, len(line.values("temperature"))


async def test_a_board_is_known_by_what_it_says_and_not_before(line: Wire) -> None:
    assert line.driver.identity == ""
    await until("its name", lambda: line.driver.identity != "")
    assert line.driver.identity == "StandardFirmata.ino 2.4"


async def test_a_voltage_on_a_pin_is_a_temperature(uno: Machine, line: Wire) -> None:
    uno.order("adc 0 250")
    await until("25 °C", lambda: any(abs(each - 25.0) < 0.5 for each in line.values("temperature")))
    assert line.driver.refused == 0


async def test_a_hundred_samples_come_in_a_second_of_the_board(uno: Machine, line: Wire) -> None:
    await measuring(line, 250)  # a board that has just begun makes up for the rounds that it missed
    first, began, second = await asked_for_its_cycle(uno, line)
    await measuring(line, 200)
    third, ended, fourth = await asked_for_its_cycle(uno, line)
    lasted = (ended - began) / HERTZ
    assert (third - second) / lasted < 105  # what came between is no more than what was said
    assert (fourth - first) / lasted > 95


async def test_a_contact_is_told_when_it_changes(uno: Machine, line: Wire) -> None:
    await until("a first reading", lambda: line.values("gate") != [])
    uno.order("pin D 2 1")
    await until("closed", lambda: line.values("gate")[-1] == 1.0)
    uno.order("pin D 2 0")
    await until("open", lambda: line.values("gate")[-1] == 0.0)


async def test_a_lamp_is_switched_and_another_one_stays_as_it_is(uno: Machine, line: Wire) -> None:
    await lit(uno, line)
    line.write(line.driver.drive("other", 1))
    await uno.tells("out B 30")
    line.write(line.driver.drive("lamp", 0))
    await uno.tells("out B 10")


async def test_a_lamp_is_dimmed_to_a_half(uno: Machine, line: Wire) -> None:
    await measuring(line)
    line.write(line.driver.drive("dimmer", 50))
    await uno.tells("pwm 2B 128")


async def test_a_servo_gets_pulses_for_a_right_angle(uno: Machine, line: Wire) -> None:
    await measuring(line)
    began = len(uno.told)
    line.write(line.driver.drive("arm", 90))
    up = await uno.tells("out B 02", began)
    down = await uno.tells("out B 00", uno.told.index(up))
    assert (cycle(down) - cycle(up)) / HERTZ * 1e6 == pytest.approx(1472, abs=20)


async def test_stopping_drops_every_pin_and_measuring_goes_on(uno: Machine, line: Wire) -> None:
    await lit(uno, line)
    since = len(uno.told)
    line.write(line.driver.stop() + line.driver.stop())
    await uno.tells("out B 00", since)
    await measuring(line)


async def test_stopping_works_behind_a_message_that_was_cut(uno: Machine, line: Wire) -> None:
    await lit(uno, line)
    since = len(uno.told)
    line.write(b"\xf0\x7a\x0a")
    line.write(line.driver.stop())
    assert line.driver.is_stopping
    await uno.tells("out B 00", since)
    await until("the proof", lambda: not line.driver.is_stopping)


async def test_a_board_that_was_reset_measures_again_and_its_lamp_stays_dark(
    uno: Machine, line: Wire
) -> None:
    await lit(uno, line)
    since = len(uno.told)
    uno.order("reset")
    await uno.tells("reset", since)
    await measuring(line, 20)
    line.write(line.driver.drive("other", 1))
    await uno.tells("out B 10", since)


async def test_a_board_that_is_unplugged_and_plugged_in_is_known_again(
    uno: Machine, line: Wire, port: Path
) -> None:
    await lit(uno, line)
    since = len(uno.told)
    uno.order("unplug")
    await until("the loss", lambda: line.is_lost)
    uno.order("plug")
    await uno.tells("plugged", since)
    assert not [told for told in uno.told[since:] if re.match("out B", told)], "it drives on"
    with plugged(port) as again:
        await uno.tells("out B 00", since)
        await measuring(again)
        assert again.driver.identity == "StandardFirmata.ino 2.4"


async def test_a_pin_that_cannot_is_said_so_and_nothing_is_sent(line: Wire) -> None:
    await measuring(line)
    assert [each.message for each in line.said()] == ["pins-missing"]


async def test_a_mega_with_seventy_pins_is_measured_and_driven_beyond_what_short_messages_name(
    mega: Machine, port: Path
) -> None:
    with plugged(port, MEGA) as line:
        await until("samples of A15", lambda: len(line.values("voltage")) > 3)
        assert line.driver.identity == "StandardFirmata.ino 2.3"
        cut = line.driver.refused  # the port was opened in the middle of a message
        since = len(mega.told)
        line.write(line.driver.drive("lamp", 1))
        await mega.tells("out B 01", since)
        line.write(line.driver.drive("arm", 90))
        await mega.tells("out C 80", since)
        line.write(line.driver.stop())
        await mega.tells("out B 00", since)
        assert line.said() == []
        assert line.driver.refused == cut <= 1
