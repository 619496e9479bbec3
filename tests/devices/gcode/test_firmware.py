"""The real grbl on a simulated board, where somebody has put it: no package carries it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.drivers.gcode_grbl import Grbl
from devices.drivers.gcode_machine import Machine as Axes
from tests.devices.boards import FIRMWARE, arduino, built, firmware
from tests.devices.wire import Machine, Wire, until

HEX = FIRMWARE / "grbl_v1.1h.20190825.hex"  # of grbl's releases
SUM = "b8a41080aae90b0fa7ad2922c6ffe6cd59e4cc5871f15d0868e0ea9ac9552497"
SWITCHES = ("B 1", "B 2", "B 4", "C 0", "C 1", "C 2", "C 5")  # limits, reset, hold, door: none is pressed
PROGRAMS = {"still": "G90\n" * 60 + "G4 P0.2\n", "ways": "G0 X50\nG0 X0\n"}


@pytest.fixture
async def grbl(tmp_path: Path) -> AsyncIterator[Wire]:
    if not HEX.exists():
        pytest.skip(f"no package carries grbl; who has it puts it at {HEX}")
    machine: Machine = await arduino(built(tmp_path), tmp_path / "tty", firmware(HEX, SUM))
    for switch in SWITCHES:
        machine.order(f"pin {switch} 1")
    wire = Wire(tmp_path / "tty", Grbl(Axes({"x": (0, 200), "y": (0, 200)}), PROGRAMS))
    wire.write(wire.driver.stop() + wire.driver.begin())
    await until("it tells where it is", lambda: len(wire.values("x")) > 3)
    yield wire
    wire.close()
    machine.end()


async def told(wire: Wire, word: str) -> None:
    """Wait for it to say something of itself."""
    await until(word, lambda: any(each.message == word for each in wire.said()))


async def test_a_program_of_seventy_lines_is_taken_to_its_end(grbl: Wire) -> None:
    assert grbl.driver.identity == "Grbl 1.1h"
    grbl.write(grbl.driver.run("still"))
    await told(grbl, "finished")
    assert grbl.driver.refused == 0


async def test_a_stop_in_the_midst_of_a_move_locks_it_until_it_is_unlocked(grbl: Wire) -> None:
    grbl.write(grbl.driver.run("ways"))
    await told(grbl, "started")
    grbl.write(grbl.driver.stop())
    await told(grbl, "alarm-position-lost")
    await told(grbl, "stopped")
    grbl.write(grbl.driver.run("unlock"))
    await told(grbl, "finished")
    grbl.write(grbl.driver.run("still"))
    await until("both", lambda: sum(each.message == "finished" for each in grbl.said()) == 2)
