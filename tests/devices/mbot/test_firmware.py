"""An mBot's real firmware on a simulated board, where somebody has put it: no package carries it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.driver import Status
from devices.drivers.mbot import Mbot
from tests.devices.boards import FIRMWARE, arduino, built, firmware
from tests.devices.wire import Machine, Wire, until

HEX = FIRMWARE / "mbot.hex"  # version 06.01.106, tools/hex/mbot.hex of mBlock 4 in Makeblock's repository
SUM = "ee8d5590abd26d150d5b7fba045e7742c76bcf93632f5d16b4e10d8432fff15d"
LEFT = 0x40  # the left motor's pin on port D; full speed is no pulses


@pytest.fixture
async def mbot(tmp_path: Path) -> AsyncIterator[Machine]:
    if not HEX.exists():
        pytest.skip(f"no package carries an mBot's firmware; who has it puts it at {HEX}")
    machine = await arduino(built(tmp_path), tmp_path / "tty", firmware(HEX, SUM))
    machine.order("adc 6 1200")
    yield machine
    machine.end()


def opened(tmp_path: Path) -> Wire:
    wire = Wire(tmp_path / "tty", Mbot())
    wire.write(wire.driver.stop() + wire.driver.begin())
    return wire


async def measuring(wire: Wire) -> None:
    """Wait for ten more samples."""
    wanted = len(wire.values("light")) + 10
    await until("ten samples", lambda: len(wire.values("light")) >= wanted)


def driven(mbot: Machine, since: int) -> bool | None:
    """Whether the left motor's pin was high at its last change since then."""
    changes = [line for line in mbot.told[since:] if line.startswith("out D")]
    return bool(int(changes[-1].split()[2], 16) & LEFT) if changes else None


async def test_it_is_known_measured_driven_and_stopped_in_the_midst_of_a_frame(
    mbot: Machine, tmp_path: Path
) -> None:
    wire = opened(tmp_path)
    await measuring(wire)
    assert (wire.driver.identity, set(wire.values("light"))) == ("mBot 06.01.106", {245.0})
    since = len(mbot.told)
    wire.write(wire.driver.drive("motor-left", 100))
    await until("the motor turns", lambda: driven(mbot, since) is True)
    await measuring(wire)
    since = len(mbot.told)
    wire.write(b"\xff\x55\x30\x00\x02" + wire.driver.stop())
    await until("the motor rests", lambda: driven(mbot, since) is False)
    await measuring(wire)
    assert wire.driver.refused == 0
    wire.close()


async def test_it_is_told_when_it_was_reset_and_is_the_same_after_it_was_unplugged(
    mbot: Machine, tmp_path: Path
) -> None:
    wire = opened(tmp_path)
    await measuring(wire)
    mbot.order("reset")
    await until("it tells", lambda: wire.said().count(Status(running="", message="restarted")) >= 1)
    await measuring(wire)
    mbot.order("unplug")
    await until("it is lost", lambda: wire.is_lost)
    wire.close()
    since = len(mbot.told)
    mbot.order("plug")
    await mbot.tells("plugged", since)
    wire = opened(tmp_path)
    await measuring(wire)
    assert wire.driver.identity == "mBot 06.01.106"
    wire.close()
