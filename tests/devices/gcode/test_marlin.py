"""Marlin and uArm: a few lines under way, a stop that finds room, and nothing that heats."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_marlin import Marlin, Uarm
from devices.far.marlin import FarMarlin, FarUarm
from devices.simulate import Fault
from tests.devices.gcode.ends import TICK, lived, opened, places

MACHINE = Machine({"x": (0, 220), "y": (0, 220), "z": (0, 240)}, 3000, 1200)
SAID = (
    b"start\nMarlin 2.1.2\necho: Last Updated: 2022-12-01\n"
    b"FIRMWARE_NAME:Marlin 2.1.2 (Dec  1 2022 12:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    b"PROTOCOL_VERSION:1.0 MACHINE_TYPE:Ender-3 EXTRUDER_COUNT:1 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff\n"
    b"Cap:EEPROM:1\nCap:EMERGENCY_PARSER:0\nok\n"
    b"X:10.00 Y:20.50 Z:0.30 E:0.00 Count X:800 Y:1640 Z:120\nok\n T:21.5 /0.0 B:22.0 /0.0 @:0 B@:0\n"
    b"echo:busy: processing\nwait\nok P15 B3\nX:1 Y:~ Z:\nokay\n\xff\xfe\n"
    b"Error:Printer halted. kill() called!\n"
)
FILE = Path(__file__).parents[2] / "samples" / "devices" / "gcode" / "virtual-marlin.txt"
STOP = b"\nM410\nM104 S0\nM140 S0\n"


def marlin(text: str = "G90\nG1 X5 F600\nG1 X6\nG1 X7\n") -> Marlin:
    driver = Marlin(MACHINE, {"ways": text})
    driver.feed(b"FIRMWARE_NAME:Marlin 2.1.2\n", -9.0)
    return driver


def heard(pieces: list[bytes]) -> tuple[Heard, int, str]:
    driver = Marlin(MACHINE)
    return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused, driver.identity


def test_what_a_printer_says_is_understood() -> None:
    found, refused, identity = heard([SAID])
    assert found == [
        Status(running="", message="restarted"),
        Status(message="stop-is-late"),
        Sample("x", 7.0, 10.0),
        Sample("y", 7.0, 20.5),
        Sample("z", 7.0, 0.3),
        Status(running="", message="machine-halted"),
    ]
    assert (refused, identity) == (3, "Marlin 2.1.2 Ender-3")


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(SAID)]
    assert heard([SAID[begin:end] for begin, end in pairwise(ends)]) == heard([SAID])
    assert heard([bytes([each]) for each in SAID]) == heard([SAID])


@given(st.binary(max_size=300))
def test_after_any_noise_the_next_place_is_read(noise: bytes) -> None:
    found, _, _ = heard([noise + b"\n", b"X:1.00 Y:2.00 Z:3.00 E:0.00 Count X:0 Y:0 Z:0\n"])
    assert places(found, "y")[-1:] == [2.0]


def test_what_octoprints_virtual_printer_says_is_understood() -> None:
    rows = [row for row in FILE.read_text(encoding="utf-8").splitlines() if row.startswith("< ")]
    said = "".join(rows).replace("< ", "").encode("latin-1").decode("unicode_escape").encode("latin-1")
    found, refused, identity = heard([said])
    assert identity == "Virtual Marlin 1.0"
    assert places(found, "x") == [0.0, 10.0]
    assert refused == 1  # two bytes that are no letters, when it starts
    assert [each.message for each in found if isinstance(each, Status)] == ["restarted", "machine-halted"]


def test_two_lines_of_a_program_are_under_way_and_the_next_waits_for_an_ok() -> None:
    driver = marlin()
    assert driver.run("ways") == b"G90\nG90\n"
    assert driver.ask(0.5) == b"M114\n"
    assert driver.feed(b"ok\n", 0.1) == [Status(running="ways", message="started")]
    assert driver.ask(0.6) == b""  # the question for the position is the second one
    driver.feed(b"ok\n", 0.6)
    assert driver.ask(0.7) == b"G1X5F600\n"


@pytest.mark.parametrize("is_prompt", [True, False])
@pytest.mark.parametrize("program", FarMarlin.programs)
def test_a_program_runs_to_its_end_and_no_byte_is_lost(program: str, is_prompt: bool) -> None:
    far = FarMarlin(is_prompt=is_prompt)
    driver = opened(far)
    far.take(driver.run(program), 0.0)
    found = lived(far, driver, 900)
    statuses = [each for each in found if isinstance(each, Status)]
    assert statuses == [
        Status(running=program, message="started"),
        Status(running="", message="finished"),
    ]
    assert (far.lost, driver.refused, far.moves) == (0, 0, False)
    assert driver.identity == "Marlin 2.1.2 Practice Printer"


@pytest.mark.parametrize("is_prompt", [True, False])
def test_a_stop_ends_a_program_and_what_was_read_of_it(is_prompt: bool) -> None:
    far = FarMarlin(is_prompt=is_prompt)
    driver = opened(far)
    far.take(driver.run("zigzag"), 0.0)
    lived(far, driver, 30)
    assert far.moves
    far.take(driver.stop(), 3.0)
    found = lived(far, driver, 20, 3.0)
    assert Status(running="", message="stopped") in found
    assert not far.moves
    where = far.planner.place
    lived(far, driver, 50, 5.0)
    assert far.planner.place == where


def test_a_stop_is_the_same_at_any_time_and_switches_heaters_off() -> None:
    driver = marlin()
    assert driver.stop() == driver.stop() == STOP
    driver.run("ways")
    assert driver.stop() == STOP


def test_a_stop_is_said_again_when_the_lines_before_it_are_answered() -> None:
    driver = marlin()
    driver.run("ways")
    driver.stop()
    assert b"M410" not in driver.ask(0.0)
    driver.feed(b"ok\nok\n", 0.1)
    assert driver.ask(0.2) == b"M410\n"
    assert b"M410" not in driver.ask(0.3)


def test_a_tool_is_switched_off_by_a_stop() -> None:
    driver = Marlin(Machine({"x": (0, 10)}, tool=True))
    assert driver.stop() == b"\nM410\nM5\nM107\nM104 S0\nM140 S0\n"


@pytest.mark.parametrize("line", [b'echo:Unknown command: "G5"\nok\n', b"Error:checksum mismatch\nok\n"])
def test_a_line_that_is_refused_ends_the_program_and_stops_the_machine(line: bytes) -> None:
    driver = marlin()
    driver.run("ways")
    driver.feed(b"ok\n", 0.1)
    found = driver.feed(line, 0.2) + driver.feed(b"", 0.2)
    assert Status(running="", message="line-refused") in found
    assert driver.ask(0.3) == STOP


def test_an_axis_goes_on_in_short_ways_and_newest_wins() -> None:
    far = FarMarlin()
    driver = opened(far)
    lived(far, driver, 10)
    far.take(driver.drive("x", 100), 1.0)
    lived(far, driver, 3, 1.0)
    far.take(driver.drive("x", 30), 1.3)
    lived(far, driver, 40, 1.3)
    assert far.planner.place == (30.0, 0.0, 0.0)


def test_an_axis_is_sent_nowhere_before_its_place_is_known() -> None:
    driver = marlin()
    assert driver.drive("x", 100) == b""
    assert driver.ask(1.0) == b"M114\n"
    assert driver.ask(1.1) == b""


def test_a_stop_ends_the_way_of_an_axis() -> None:
    far = FarMarlin()
    driver = opened(far)
    lived(far, driver, 10)
    far.take(driver.drive("x", 100), 1.0)
    lived(far, driver, 3, 1.0)
    far.take(driver.stop(), 1.3)
    assert not far.moves
    where = far.planner.place
    lived(far, driver, 30, 1.3)
    assert far.planner.place == where


def test_a_uarm_says_who_and_where_it_is_and_lifts() -> None:
    far = FarUarm()
    driver = opened(far)
    found = lived(far, driver, 10)
    assert driver.identity == "uArm SwiftPro"
    assert places(found, "z")[-1] == 150.0
    far.take(driver.run("lift"), 1.0)
    found = lived(far, driver, 200, 1.0)
    assert Status(running="", message="finished") in found
    assert (far.lost, driver.refused, far.pumps) == (0, 0, False)


def test_a_stop_switches_the_pump_off() -> None:
    far = FarUarm()
    far.pumps = True
    far.take(far.driver().stop(), 0.0)
    assert not far.moves


@pytest.mark.parametrize("line", [b"E22 out of reach\n", b"$13 E20 \n", b'echo:Unknown command: "G1Z9"\n'])
def test_a_uarm_that_says_no_ends_the_program(line: bytes) -> None:
    driver = Uarm(MACHINE, {"up": "G1 Z9 F100\n"})
    driver.run("up")
    assert driver.feed(b"$12 ok\n" + line, 0.0)[-1] == Status(running="", message="line-refused")
    assert driver.ask(0.1).startswith(b"\nM410\nM2231 V0\n")


@pytest.mark.parametrize(
    ("fault", "flags"), [("silent", []), ("garbage", []), ("out-of-range", ["", "out-of-range"])]
)
def test_a_fault_is_never_a_good_sample(fault: Fault, flags: list[str]) -> None:
    far = FarMarlin()
    far.fault = fault
    found = [each for each in lived(far, far.driver(), 20) if isinstance(each, Sample)]
    assert sorted({each.flag for each in found}) == flags


@pytest.mark.parametrize(
    ("far", "program"),
    [
        (FarMarlin(), "zigzag"),
        (FarMarlin(is_prompt=False), "zigzag"),
        (FarMarlin(is_prompt=False), "square"),
        (FarUarm(), "lift"),
        (FarUarm(), "home"),
    ],
)
def test_a_program_is_finished_when_the_machine_stands_at_its_end_and_not_before(
    far: FarMarlin, program: str
) -> None:
    driver = opened(far)
    if program == "home":
        far.planner.go((200.0, 150.0, 20.0), 60_000)
        lived(far, driver, 10)
    far.take(driver.run(program), 1.0)
    now = 1.0
    while Status(running="", message="finished") not in lived(far, driver, 1, now):
        now += TICK
        assert now < 90
    assert far.planner.is_empty
    where = far.planner.place
    lived(far, driver, 50, now)
    assert far.planner.place == where


def test_a_board_that_does_not_tell_its_steps_ends_a_program_with_m400() -> None:
    driver = marlin()
    driver.feed(b"Cap:EMERGENCY_PARSER:0\nX:1.00 Y:2.00 Z:3.00\n", 0.0)
    said = driver.run("ways")
    for number in range(20):
        driver.feed(b"X:1.00 Y:2.00 Z:3.00\nok\n", number)
        said += driver.ask(number)
    assert said.count(b"M400\n") == 1


def test_a_stop_while_the_last_moves_are_made_ends_the_program() -> None:
    far = FarMarlin(is_prompt=False)
    driver = opened(far)
    far.take(driver.run("square"), 1.0)
    lived(far, driver, 20, 1.0)  # all its lines were answered
    far.take(driver.stop(), 3.0)
    found = lived(far, driver, 30, 3.0)
    assert [each.message for each in found if isinstance(each, Status)] == ["stopped"]
    assert not far.moves


@pytest.mark.parametrize("is_prompt", [True, False])
def test_a_stop_is_proven_by_the_answer_to_it_and_by_nothing_else(is_prompt: bool) -> None:
    far = FarMarlin(is_prompt=is_prompt)
    driver = opened(far)
    far.take(driver.run("zigzag"), 0.0)
    lived(far, driver, 30)
    assert not driver.is_stopping
    far.take(driver.stop(), 3.0)
    assert driver.is_stopping
    lived(far, driver, 20, 3.0)
    assert (driver.is_stopping, far.moves) == (False, False)
    far.fault = "silent"
    driver.stop()
    lived(far, driver, 20, 5.0)
    assert driver.is_stopping
    far.fault = ""
    driver.feed(b"start\n", 7.0)
    assert not driver.is_stopping
