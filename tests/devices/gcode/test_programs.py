"""G-code programs are read before a machine gets them: what leaves its bounds or heats is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.gcode_grbl import Grbl
from devices.drivers.gcode_machine import Machine, MachineWrong, parse
from devices.drivers.gcode_marlin import Marlin, Uarm
from devices.drivers.gcode_program import MAX_LINES, ProgramRefused, checked
from devices.errors import ProgramUnknown
from devices.profiles import texts

MACHINE = Machine({"x": (0, 200), "y": (0, 100), "z": (0, 40)}, 2000, 600)
PLOTTER = Machine({"x": (0, 200), "y": (0, 100)}, 2000, 600, tool=True)
SQUARE = """%
(a square) G21
n10 g0 x10 y10 ; there
G1 X60 F1200
Y60
G2 X60 Y60 I-10 J0
G4 P1.5
M2
G1 X9999
"""


def lines(text: str, machine: Machine = MACHINE) -> list[bytes]:
    return checked(text, machine, Grbl.dialect)


def test_a_program_comes_out_line_by_line_between_what_it_relies_on_and_its_end() -> None:
    begins = [b"G21", b"G90", b"G17", b"G94", b"G54"]
    body = [b"G21", b"G0X10Y10", b"G1X60F1200", b"Y60", b"G2X60Y60I-10J0", b"G4P1.5"]
    assert lines(SQUARE) == [*begins, *body, b"G4P0.01"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("G0 X10\nG1 X201", "line 2: X 201 is beyond 0 to 200 mm"),
        ("G1 Y-0.1", "Y -0.1 is beyond"),
        ("G20\nG0 X8", "X 203.2 is beyond"),
        ("G0 X150\nG91\nX60", "X 210 is beyond"),
        ("G91\nG0 X1", "nobody knows"),
        ("X10", "does not say how"),
        ("G0 X10 Y10\nG2 X10 Y10 I-20 J0", "X -30 is beyond"),
        ("G0 X90 Y10\nG3 X100 Y10 R30", "Y -50 is beyond"),
        ("G2 X10 Y10 I5 J0", "from where nobody knows"),
        ("M104 S200", "heats"),
        ("M109S200", "heats"),
        ("M140 S60", "heats"),
        ("M3 S1000", "M3 is not allowed"),
        ("M0", "M0 is not allowed"),
        ("M112", "M112 is not allowed"),
        ("G92 X0", "G92 is not allowed"),
        ("G10 L20 P1 X0", "L is not for this machine"),
        ("G28", "G28 is not allowed"),
        ("G38.2 Z-10", "not allowed"),
        ("G53 G0 X1", "G53 is not allowed"),
        ("G55", "G55 is not allowed"),
        ("T1 M6", "T is not for this machine"),
        ("$130=9999", "not understood"),
        ("$H", "not understood"),
        ("G1 E5", "E is not for this machine"),
        ("G1 X1 X2", "X twice"),
        ("G1 X1 F2001", "faster than 2000"),
        ("G1 X1 F0", "faster than"),
        ("G4 P61", "waits longer"),
        ("G1 Xnan", "not understood"),
        ("G1 X1e9", "is not for this machine"),
        ("G1 X1\x18", "not understood"),
        ("G1 X1!", "not understood"),
        ("ж", "not understood"),
        ("G1 X" + "0" * 80 + "1", "too long"),
    ],
)
def test_what_is_not_known_to_be_harmless_is_refused(text: str, why: str) -> None:
    with pytest.raises(ProgramRefused, match=why):
        lines(text)


def test_an_axis_that_a_machine_lacks_is_refused() -> None:
    with pytest.raises(ProgramRefused, match="there is no axis Z"):
        lines("G1 Z1", PLOTTER)


def test_a_tool_is_switched_on_where_that_is_allowed_and_off_at_the_end() -> None:
    assert lines("M3 S100\nG1 X5 F100", PLOTTER)[-4:] == [b"M3S100", b"G1X5F100", b"M5", b"G4P0.01"]


def test_bounds_are_those_of_the_machine_wherever_the_programs_zero_is() -> None:
    assert checked("G0 X-50", MACHINE, Grbl.dialect, (60.0, 0.0, 0.0))
    with pytest.raises(ProgramRefused, match="X 150"):
        checked("G0 X150", MACHINE, Grbl.dialect, (60.0, 0.0, 0.0))


def test_marlin_is_not_told_what_it_does_not_know() -> None:
    assert checked("G21 G90\nG17\nG1 X5 F100", MACHINE, Marlin.dialect) == [b"G90", b"G90", b"G1X5F100"]
    with pytest.raises(ProgramRefused, match="G20 is not allowed"):
        checked("G20", MACHINE, Marlin.dialect)


def test_the_pump_is_the_uarms_alone() -> None:
    assert b"M2231V1" in checked("M2231 V1", MACHINE, Uarm.dialect)
    with pytest.raises(ProgramRefused, match="M2231"):
        checked("M2231 V1", MACHINE, Marlin.dialect)


def test_a_program_without_end_is_refused() -> None:
    with pytest.raises(ProgramRefused, match="no program has more"):
        lines("G90\n" * (MAX_LINES + 1))


@given(st.text(alphabet="GMXYZFIJRSPTE0123456789.-+ ;()\n$!?", max_size=120))
def test_whatever_comes_out_is_short_plain_and_within_bounds(text: str) -> None:
    try:
        sent = lines(text)
    except ProgramUnknown:
        return
    for line in sent:
        assert len(line) < 80
        assert not set(line) & set(b"$!?~\n\x18")


def test_the_machines_that_are_shipped_are_good() -> None:
    machines = {name: parse(text, name) for name, text in texts("gcode")}
    assert machines.keys() >= {"plotter", "printer", "uarm-swift-pro"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("feed = 1", "axes"),
        ("[axes]\nx = [5, 5]", "x goes from 5 to 5"),
        ("[axes]\nx = [0, 9000]", "axes"),
        ("[axes]\nw = [0, 1]", "w"),
        ("heat = true\n[axes]\nx = [0, 1]", "heat"),
        ("[axes]", "no axes"),
        ("axes", "machine m"),
    ],
)
def test_a_machine_that_makes_no_sense_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MachineWrong, match=why):
        parse(text, "m")
