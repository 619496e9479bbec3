"""Robotics kits are found by what they say, whichever driver asks first; nothing else is taken for one."""

import pytest

from devices.drivers.gcode_grbl import Grbl
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_marlin import Marlin, Uarm
from devices.drivers.mbot import Mbot
from devices.drivers.spike import Spike
from devices.far.grbl import FarGrbl
from devices.far.marlin import FarMarlin, FarUarm
from devices.far.mbot import FarMbot
from devices.far.spike import FarSpike
from devices.probing import Found, Kind, Nobody, Probe, Write
from devices.simulate import SENSORS, Simulated

AXES = Machine({"x": (0, 200), "y": (0, 200), "z": (0, 40)})
KINDS = [
    Kind("mbot", Mbot),
    Kind("spike", Spike),
    Kind("grbl", lambda: Grbl(AXES)),
    Kind("uarm", lambda: Uarm(AXES)),  # before Marlin, of which its firmware is made
    Kind("marlin", lambda: Marlin(AXES)),
]
Far = FarMbot | FarSpike | FarGrbl | FarMarlin | Simulated


def probed(far: Far, kinds: list[Kind]) -> str:
    """The name of the kind that is found; "" for nobody."""
    probe = Probe(kinds, True, 0.0)
    for number in range(200):
        now = number / 20
        found = probe.feed(far.speak(now), now)
        if found:
            return found.kind.name
        step = probe.step(now)
        if isinstance(step, Write):
            far.take(step.piece, now)
        if isinstance(step, Nobody | Found):
            break
    return ""


@pytest.mark.parametrize(
    ("far", "name"),
    [(FarMbot, "mbot"), (FarSpike, "spike"), (FarGrbl, "grbl"), (FarUarm, "uarm"), (FarMarlin, "marlin")],
)
def test_each_kit_is_found_by_its_own_words(far: type[FarMbot], name: str) -> None:
    assert probed(far(), KINDS) == name


@pytest.mark.parametrize("far", [FarMbot, FarSpike, FarGrbl, FarMarlin])
def test_a_kit_that_booted_before_is_found_too(far: type[FarMbot]) -> None:
    one, other = far(), far()
    one.speak(0.0)
    assert probed(one, KINDS) == probed(other, KINDS) != ""


@pytest.mark.parametrize("far", [FarMbot, FarSpike, FarGrbl, FarMarlin])
def test_a_question_of_another_kind_moves_nothing(far: type[FarMbot]) -> None:
    one = far()
    assert probed(one, [kind for kind in KINDS if kind.name != probed(far(), KINDS)]) == ""
    assert not one.moves


def test_a_thermometer_is_no_kit() -> None:
    assert probed(Simulated(SENSORS["thermometer"]), KINDS) == ""
