"""grbl: what the real firmware said, programs within its buffer, a stop that is heard whatever it does."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.gcode import SILENCE, MachineBusy
from devices.drivers.gcode_grbl import STALLS, WAITS, Grbl
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_program import ProgramRefused
from devices.errors import ActuatorUnknown, BeyondRange, ProgramUnknown
from devices.far.grbl import PROGRAMS, FarGrbl
from devices.simulate import Fault
from tests.devices.gcode.ends import lived, opened, places

MACHINE = Machine({"x": (0, 200), "y": (0, 200), "z": (0, 40)}, 2000, 1000)
FILE = Path(__file__).parents[2] / "samples" / "devices" / "gcode" / "grbl-1.1h.txt"
ROWS = [
    (row[0], row[2:].encode("latin-1").decode("unicode_escape").encode("latin-1"))
    for row in FILE.read_text(encoding="utf-8").splitlines()
    if row[0] != "#"
]
FROM_GRBL = b"".join(row for sign, row in ROWS if sign == "<")
WELCOME = b"\r\nGrbl 1.1h ['$' for help]\r\n"
IDLE = b"<Idle|MPos:1.000,2.000,3.000|FS:0,0>\r\n"
NOISE = b"\xfe\x00<Idle|MPos:0.0.0,~>\n\nALARM\ntemp,,C\n<Run|MPos:1,2>\n<>\n"


def grbl(programs: dict[str, str] | None = None) -> Grbl:
    driver = Grbl(MACHINE, programs or {"square": PROGRAMS["square"], "still": "G90\n"})
    driver.ask(0.0)
    return driver


def heard(pieces: list[bytes]) -> tuple[Heard, int, str]:
    driver = grbl()
    return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused, driver.identity


def test_what_the_real_firmware_said_is_understood() -> None:
    found, refused, identity = heard([FROM_GRBL])
    assert identity == "Grbl 1.1h"
    assert refused == 1  # the first line: it had begun before anybody listened
    assert set(places(found, "x")) == {0.0}
    words = [each.message for each in found if isinstance(each, Status)]
    assert words.count("alarm-position-lost") == 2
    assert {"no-feed", "no-homing", "machine-locked", "line-refused", "restarted"} <= set(words)


def test_the_orders_are_those_that_the_real_firmware_obeyed() -> None:
    said = [row for sign, row in ROWS if sign == ">"]
    driver = grbl()
    assert (driver.greet(), driver.begin()) == (said[0], said[1])
    assert [grbl().drive("x", 10), grbl().stop()] == [said[8], said[10]]
    assert grbl({"still": "G90\n"}).run("still") == said[2].replace(b"G4", b"G90\nG4")
    assert grbl().run("unlock") == said[13]


def test_the_simulated_one_answers_as_the_real_one_did() -> None:
    far = FarGrbl()
    far.speak(0.0)
    for (sign, order), (_, answer) in list(pairwise(ROWS))[7:20]:
        if sign == ">" and b"$H" not in order and order != b"?":
            far.take(order, 0.0)
            assert far.speak(0.0) == answer, order


def test_a_report_of_the_older_firmware_is_read_too() -> None:
    found, refused, identity = heard([b"<Run,MPos:5.529,0.560,7.000,WPos:1.529,-5.440,-0.000>\r\n"])
    assert (found[:2], refused, identity) == ([Sample("x", 7.0, 5.529), Sample("y", 7.0, 0.56)], 0, "Grbl")


def test_a_place_told_from_the_programs_zero_is_the_machines() -> None:
    driver = grbl()
    driver.feed(b"<Idle|WPos:0.000,0.000,0.000|FS:0,0|WCO:10.000,20.000,-3.000>\n", 0.0)
    assert driver.feed(b"<Idle|WPos:1.000,1.000,3.000|FS:0,0>\n", 1.0) == [
        Sample("x", 1.0, 11.0),
        Sample("y", 1.0, 21.0),
        Sample("z", 1.0, 0.0),
    ]


def test_inches_become_millimetres() -> None:
    driver = grbl()
    driver.feed(b"$13=1\n", 0.0)
    assert places(driver.feed(b"<Idle|MPos:1.0000,0.0000,0.0000|FS:0,0>\n", 0.0), "x") == [25.4]


@given(st.lists(st.integers(0, 1200), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    said = NOISE + FROM_GRBL[-900:] + NOISE
    ends = [0, *sorted(cuts), len(said)]
    pieces = [said[begin:end] for begin, end in pairwise(ends)]
    assert heard(pieces) == heard([said])
    assert heard([bytes([each]) for each in said]) == heard([said])


@given(st.binary(max_size=300))
def test_after_any_noise_the_next_report_is_read(noise: bytes) -> None:
    found, _, _ = heard([noise + b"\n", IDLE])
    assert places(found, "x")[-1:] == [1.0]


@pytest.mark.parametrize(
    "line",
    [
        b"<Idle|MPos:0.000,0.000|FS:0,0>",
        b"<Idle|MPos:nan,0.000,0.000>",
        b"<Idle|MPos:0.000,0.000,0.0x0>",
        b"<Idle|FS:0,0>",
        b"<idle|MPos:0.000,0.000,0.000>",
        b"<Idle|MPos:0.000,0.000,0.000|FS",
        b"temp,,C",
        b"\xff\xfe",
        b"x" * 300,
    ],
)
def test_a_line_that_is_none_is_counted_and_gives_nothing(line: bytes) -> None:
    assert heard([line + b"\r\n"]) == ([], 1, "")


def test_a_line_without_an_end_takes_no_memory() -> None:
    driver = grbl()
    for _ in range(1000):
        assert driver.feed(b"y" * 256, 0.0) == []
    assert places(driver.feed(b"\n" + IDLE, 0.0), "z") == [3.0]
    assert driver.refused == 1


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program_runs_to_its_end_and_its_buffer_never_overflows(program: str) -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.run(program), 0.0)
    found = lived(far, driver, 900)
    statuses = [each for each in found if isinstance(each, Status)]
    assert statuses == [Status(running=program, message="started"), Status(running="", message="finished")]
    assert (far.lost, driver.refused, far.moves) == (0, 0, False)
    assert max(places(found, "x")) == 60.0


def test_a_stop_in_the_midst_of_a_program_ends_it_and_locks_the_machine() -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.run("zigzag"), 0.0)
    lived(far, driver, 10)
    assert far.moves
    far.take(driver.stop(), 1.0)
    assert not far.moves
    found = lived(far, driver, 10, 1.0)
    assert Status(running="", message="stopped") in found
    assert Status(message="alarm-position-lost") in found
    with pytest.raises(ProgramRefused, match="locked"):
        driver.run("square")
    far.take(driver.run("unlock"), 2.0)
    assert Status(running="", message="finished") in lived(far, driver, 10, 2.0)
    far.take(driver.run("square"), 3.0)
    assert Status(running="square", message="started") in lived(far, driver, 5, 3.0)


def test_a_stop_is_said_again_until_the_welcome_comes() -> None:
    driver = grbl()
    stop = driver.stop()
    assert driver.ask(1.0) != stop
    assert driver.ask(1.0 + WAITS) == stop
    driver.ask(1.1 + WAITS)
    driver.feed(WELCOME, 2.2)
    assert driver.ask(9.0) == b"$$\n?"


def test_nothing_is_sent_between_a_stop_and_the_welcome() -> None:
    driver = grbl()
    driver.stop()
    assert driver.run("square") == b""
    assert driver.ask(0.5) == b"?"
    driver.feed(WELCOME, 0.6)
    assert driver.ask(0.8).startswith(b"?G21\n")


DEEDS: dict[str, Callable[[Grbl, float], object]] = {
    "begin": lambda driver, _: driver.begin(),
    "ask": lambda driver, now: driver.ask(now),
    "drive": lambda driver, _: None if driver.refused else driver.drive("z", 3),
    "stop": lambda driver, _: driver.stop(),
    "welcome": lambda driver, now: driver.feed(WELCOME, now),
    "alarm": lambda driver, now: driver.feed(b"ALARM:1\nerror:9\nok\n", now),
}


@given(st.lists(st.sampled_from(sorted(DEEDS)), max_size=12))
def test_a_stop_is_the_same_at_any_time(before: list[str]) -> None:
    driver = grbl()
    for number, deed in enumerate(before):
        DEEDS[deed](driver, number / 2)
    assert driver.stop() == driver.stop() == b"!\x18"


def test_a_line_that_is_refused_ends_the_program_and_stops_the_machine() -> None:
    driver = grbl()
    assert driver.run("square").startswith(b"G21\n")
    found = driver.feed(b"ok\nok\nerror:20\n", 0.1)
    assert found[-1] == Status(running="", message="line-refused")
    assert driver.ask(0.2) == b"!\x18"


def test_an_alarm_ends_the_program_and_the_machine_is_reset() -> None:
    driver = grbl()
    driver.run("square")
    driver.feed(b"ok\n", 0.1)
    assert driver.feed(b"ALARM:1\n", 0.2) == [Status(running="", message="alarm-hard-limit")]
    assert driver.ask(0.3) == b"!\x18"


def test_a_machine_that_says_nothing_is_stopped() -> None:
    driver = grbl()
    driver.run("square")
    assert driver.ask(SILENCE) == b"!\x18"
    assert driver.feed(b"", SILENCE) == [Status(running="", message="machine-silent")]


def test_a_machine_that_rests_though_answers_are_due_lost_one() -> None:
    driver = grbl()
    driver.run("square")
    driver.feed(b"ok\n" + IDLE, 1.0)
    driver.feed(IDLE, 1.0 + STALLS)
    assert driver.ask(2.0 + STALLS) == b"!\x18"


def test_a_reset_that_nobody_wanted_is_told() -> None:
    driver = grbl()
    driver.run("square")
    assert driver.feed(WELCOME, 1.0) == [Status(running="", message="restarted")]
    assert driver.ask(1.1) == b"$$\n?"


def test_an_axis_goes_where_it_is_sent_and_newest_wins() -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.drive("x", 100), 0.0)
    for place in (90, 80, 30):
        far.take(driver.drive("x", place), 0.1)
    found = lived(far, driver, 60, 0.1)
    assert places(found, "x")[-1] == 30.0
    assert max(places(found, "x")) <= 30.0


def test_an_axis_is_not_sent_anywhere_while_a_program_runs() -> None:
    driver = grbl()
    driver.run("square")
    with pytest.raises(MachineBusy, match="square runs"):
        driver.drive("x", 1)
    with pytest.raises(ProgramRefused, match="square runs"):
        driver.run("still")


@pytest.mark.parametrize("value", [-1, 201, float("nan")])
def test_an_axis_is_not_sent_beyond_its_bounds(value: float) -> None:
    with pytest.raises(BeyondRange, match="0 to 200 mm"):
        grbl().drive("x", value)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(ActuatorUnknown, match="heater"):
        grbl().drive("heater", 200)
    with pytest.raises(ProgramUnknown, match="circle"):
        grbl().run("circle")


def test_homing_that_is_not_set_up_is_told() -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.run("home"), 0.0)
    assert Status(running="", message="no-homing") in lived(far, driver, 5)


@pytest.mark.parametrize(
    ("fault", "flags"), [("silent", []), ("garbage", []), ("out-of-range", ["out-of-range"])]
)
def test_a_fault_is_never_a_good_sample(fault: Fault, flags: list[str]) -> None:
    far = FarGrbl()
    far.fault = fault
    found = [each for each in lived(far, far.driver(), 10) if isinstance(each, Sample)]
    assert sorted({each.flag for each in found}) == flags


def test_its_unit_is_read_again_after_each_reset_and_each_message() -> None:
    far = FarGrbl()
    driver = opened(far)
    place = b"<Idle|MPos:1.0000,0.0000,0.0000|FS:0,0>\r\n"
    for says, factor in [(b"$13=1\r\n", 25.4), (b"$13=0\r\n", 1.0)]:
        driver.feed(b"[MSG:Restoring defaults]\r\n", 5.0)
        assert b"$$\n" in driver.ask(5.0)
        driver.feed(says + b"ok\r\n", 5.0)
        assert places(driver.feed(place, 5.0), "x") == [factor]
    assert b"$$" not in driver.ask(6.0)
    driver.stop()
    assert b"$$" not in driver.ask(6.1)
    driver.feed(b"\r\nGrbl 1.1h ['$' for help]\r\n", 6.2)
    assert b"$$\n" in driver.ask(6.3)


def test_settings_are_not_asked_for_while_it_works_and_a_refusal_of_them_is_no_trouble() -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.run("square"), 1.0)
    driver.feed(b"[MSG:Pgm End]\r\n", 1.0)
    assert b"$$" not in driver.ask(1.1)
    busy = opened(FarGrbl())
    busy.feed(b"[MSG:Check Door]\r\n", 1.0)
    assert b"$$\n" in busy.ask(1.0)
    assert busy.feed(b"error:8\r\n", 1.1) == []
    assert b"$$\n" in busy.ask(1.2)


def test_a_stop_is_proven_by_the_welcome() -> None:
    far = FarGrbl()
    driver = opened(far)
    far.take(driver.run("square"), 1.0)
    lived(far, driver, 10, 1.0)
    far.take(driver.stop(), 2.0)
    assert driver.is_stopping
    lived(far, driver, 2, 2.0)
    assert (driver.is_stopping, far.moves) == (False, False)
    far.fault = "silent"
    driver.stop()
    lived(far, driver, 50, 3.0)
    assert driver.is_stopping
