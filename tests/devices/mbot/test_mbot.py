"""The mBot's driver: nothing but readings out of any bytes, wheels in steps, and a stop that is heard."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.mbot import PATIENCE, STOPS, Mbot
from devices.drivers.mbot_frames import END, HEAD, PAD, STOP, Frames
from devices.drivers.mbot_parts import Wiring
from devices.errors import ActuatorUnknown, BeyondRange

FILE = Path(__file__).parents[2] / "samples" / "devices" / "mbot" / "firmware-06.01.106.txt"
SAID = FILE.read_text(encoding="utf-8").splitlines()
FROM_THE_BOARD = b"".join(bytes.fromhex(line[2:]) for line in SAID if line.startswith("< "))
NOISE = b"\x00\xff\xff\x55\x01\x02abcdefgh\xff\x55\x02\x04\xff\n~~;\r\n"
OK = HEAD + END


def heard(pieces: list[bytes]) -> tuple[Heard, int, str]:
    driver = Mbot()
    driver.ask(0.0)
    return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused, driver.identity


def motor(port: int, speed: int) -> bytes:
    return HEAD + bytes((6, 0, 2, 10, port)) + speed.to_bytes(2, "little", signed=True)


def test_what_the_real_firmware_said_is_understood() -> None:
    booted, *rest = (bytes.fromhex(line[2:]) for line in SAID if line.startswith("< "))
    driver = Mbot()
    assert driver.feed(booted, 0.0) == [Status(running="", message="restarted")]
    driver.ask(0.0)
    assert [each for said in rest for each in driver.feed(said, 7.0)] == [
        Sample("light", 7.0, 245.0),
        Sample("distance", 7.0, 400.0),
        Sample("line", 7.0, 0.0),
        Status(running="", message="restarted"),
    ]
    assert driver.identity == "mBot 06.01.106"
    assert driver.refused == 1  # the answer about a sensor that the firmware does not know has no value


def test_the_questions_are_those_that_the_real_firmware_answered() -> None:
    said = [bytes.fromhex(line[2:]) for line in SAID if line.startswith("> ")]
    driver = Mbot(Wiring(servo=1))
    assert (driver.greet(), driver.ask(0.0)) == (said[0], said[1])
    wanted = [("motor-left", 50), ("motor-right", 50), ("lamp-red", 20), ("servo", 90), ("buzzer", 440)]
    driver = Mbot(Wiring(servo=1))
    assert [driver.drive(name, value) for name, value in wanted] == [
        motor(9, -128),
        motor(10, 128),
        *said[5:8],
    ]


@given(st.lists(st.integers(0, 400), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    said = NOISE + FROM_THE_BOARD + NOISE + FROM_THE_BOARD
    places = [0, *sorted(cuts), len(said)]
    pieces = [said[begin:end] for begin, end in pairwise(places)]
    assert heard(pieces) == heard([said])
    assert heard([bytes([each]) for each in said]) == heard([said])


@given(st.binary(max_size=400))
def test_after_any_noise_the_next_but_one_answer_is_read(noise: bytes) -> None:
    driver = Mbot()
    driver.ask(0.0)
    driver.feed(noise + b"\n" * 40, 1.0)
    driver.ask(9.0)
    assert driver.feed(HEAD + b"\x02\x02\x00\x00\xc8\x43" + END, 9.0) == [Sample("distance", 9.0, 400.0)]


@pytest.mark.parametrize(
    "frame",
    [
        HEAD + b"\x01\x02\x00\x00\xc0\x7f" + END,  # no number
        HEAD + b"\x01\x02\x00\x00\x80\x7f" + END,  # infinity
        HEAD + b"\x01\x02\x00\x00\x75\x43\x0d\x0b",  # another end
        HEAD + b"\x01\x02\x00\x00\x75" + HEAD + END,  # a byte was lost
        HEAD + b"\x01\x07\x00\x00\x75\x43" + END,  # no such type
        HEAD + b"\x01\x04\x03abc" + END,  # no version
    ],
)
def test_a_broken_frame_is_counted_once_and_gives_no_sample(frame: bytes) -> None:
    found, refused, _ = heard([frame + OK])
    assert (found, refused) == ([], 1)


def test_an_answer_that_nobody_asked_for_is_no_sample() -> None:
    driver = Mbot()
    assert driver.feed(HEAD + b"\x01\x02\x00\x00\x75\x43" + END, 0.0) == []


def test_noise_without_an_end_takes_no_memory() -> None:
    frames = Frames()
    for _ in range(2000):
        assert list(frames.cut(b"x" * 100)) == []
    assert frames.refused == 1
    assert next(iter(frames.cut(OK))).is_ok


def test_a_board_with_other_motors_is_no_mbot() -> None:
    driver = Mbot()
    driver.feed(b"Version: 09.01.017\r\n", 0.0)
    assert driver.identity == ""


def test_the_next_round_waits_for_the_answers_and_not_for_ever() -> None:
    driver = Mbot()
    first = driver.ask(0.0)
    assert driver.ask(0.1) == b""
    assert driver.ask(PATIENCE) == PAD + first  # nothing at all came: it may wait for the end of a frame
    driver.feed(HEAD + b"\x01\x02\x00\x00\x75\x43" + END, PATIENCE)
    assert driver.ask(2 * PATIENCE) == first  # one came: it hears, a sensor is slow


def quiet() -> Mbot:
    """A driver that has asked its sensors, and waits for the answers."""
    driver = Mbot()
    driver.ask(0.0)
    return driver


def test_a_wheel_gains_speed_in_steps_and_is_slower_at_once() -> None:
    driver = quiet()
    assert driver.drive("motor-right", 100) == motor(10, 128)
    assert driver.drive("motor-right", 100) == b""  # however often it is asked for
    assert [driver.ask(0.2), driver.ask(0.25), driver.ask(0.31)] == [b"", b"", motor(10, 255)]
    assert driver.ask(0.5) == b""
    assert driver.drive("motor-right", 20) == motor(10, 51)


def test_a_wheel_reverses_through_rest() -> None:
    driver = quiet()
    assert driver.drive("motor-right", 50) == motor(10, 128)
    assert driver.drive("motor-right", -100) == motor(10, 0)
    assert driver.drive("motor-right", -100) == b""
    steps = [driver.ask(0.2 + number * 0.11) for number in range(4)]
    assert steps == [b"", motor(10, -128), b"", motor(10, -255)]


def test_a_stop_ends_the_steps_too() -> None:
    driver = Mbot()
    driver.drive("motor-left", 100)
    assert driver.stop() == STOP + PAD + STOP
    assert motor(9, -255) not in driver.ask(0.0) + driver.ask(0.2) + driver.ask(0.4)


def test_a_stop_is_said_again_and_nothing_is_asked_until_the_board_has_said_ok_to_both_frames() -> None:
    driver = Mbot()
    stop = driver.stop()
    driver.feed(OK, 0.0)
    assert [driver.ask(0.0), driver.ask(STOPS)] == [b"", stop]
    driver.feed(OK + OK, STOPS)
    assert driver.ask(2 * STOPS) == Mbot().ask(0.0)


def test_the_ok_to_an_order_before_it_confirms_no_stop() -> None:
    driver = Mbot()
    driver.drive("motor-left", 30)
    driver.stop()
    driver.ask(0.0)
    driver.feed(OK + OK, 0.1)
    assert STOP in driver.ask(STOPS)


DEEDS: dict[str, Callable[[Mbot, float], object]] = {
    "begin": lambda driver, _: driver.begin(),
    "ask": lambda driver, now: driver.ask(now),
    "drive": lambda driver, _: driver.drive("motor-left", 80),
    "stop": lambda driver, _: driver.stop(),
    "boot": lambda driver, now: driver.feed(b"Version: 06.01.107\r\n", now),
}


@given(st.lists(st.sampled_from(sorted(DEEDS)), max_size=12))
def test_a_stop_is_the_same_at_any_time(before: list[str]) -> None:
    driver = Mbot()
    for number, deed in enumerate(before):
        DEEDS[deed](driver, number / 10)
    assert driver.stop() == driver.stop() == STOP + PAD + STOP


def test_a_board_that_booted_has_its_wheels_at_rest_and_keeps_them_there() -> None:
    driver = Mbot()
    driver.drive("motor-left", 100)
    assert driver.feed(b"Version: 06.01.107\r\n", 0.0) == [Status(running="", message="restarted")]
    assert motor(9, -255) not in driver.ask(1.0)


@pytest.mark.parametrize("value", [101, -101, float("nan"), float("inf")])
def test_what_a_wheel_cannot_do_is_refused(value: float) -> None:
    with pytest.raises(BeyondRange, match="motor-left"):
        Mbot().drive("motor-left", value)


@pytest.mark.parametrize("name", ["light", "servo", "wing"])
def test_what_does_not_move_is_refused(name: str) -> None:
    with pytest.raises(ActuatorUnknown, match=name):
        Mbot().drive(name, 1)


def test_sensors_are_asked_where_they_are_plugged_in() -> None:
    driver = Mbot(Wiring(distance=4, line=0, sound=1, temperature=2))
    assert [channel.name for channel in driver.channels] == ["light", "distance", "sound", "temperature"]
    assert driver.ask(0.0) == b"".join(
        (
            HEAD + b"\x04\x01\x01\x03\x06",
            HEAD + b"\x04\x02\x01\x01\x04",
            HEAD + b"\x04\x03\x01\x07\x01",
            HEAD + b"\x05\x04\x01\x02\x02\x02",
        )
    )
