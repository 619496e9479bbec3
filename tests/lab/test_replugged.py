"""A cable that was pulled out by somebody's foot: how soon the instrument is there again."""

from pathlib import Path

import pytest

from edge.lab.memory import read
from tests.lab.sockets import UNO, desk, ready

SOON = 3.0  # seconds of the daemon's own clock, which a pause of the machine is none of: docs/faults.md


@pytest.mark.parametrize("far", ["thermometer", "firmata"])
@pytest.mark.parametrize(("name", "place"), [("ttyACM0", "1-1"), ("ttyACM7", "1-9")])
async def test_what_is_plugged_in_again_is_opened_within_three_seconds_in_whatever_socket(
    far: str, name: str, place: str, tmp_path: Path
) -> None:
    async with desk(tmp_path) as it:
        first = it.plug("ttyACM0", "1-1", UNO, far)
        before = await it.sees("5573", lambda each: ready(each) and each.channels != ())
        it.unplug("ttyACM0", "1-1", first)
        await it.sees("5573", lambda each: each.state == "gone")
        began = it.bench.clock()
        port = it.plug(name, place, UNO, far)
        again = await it.sees("5573", lambda each: ready(each) and each.place.endswith(name))
        assert it.bench.clock() - began < SOON
        await it.sees("5573", lambda each: each.channels == before.channels)
    assert (again.id, again.label) == (before.id, before.label)
    assert (port.opened, len(it.bench.devices())) == (1, 1)
    assert len(read(tmp_path / "lab/devices.json").devices) == 1
