"""The SPIKE Prime driver: LEGO's own frames both ways, nothing but readings, programs step by step."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.spike import PATIENCE, QUIET, SLOT, Spike
from devices.drivers.spike_frames import MAX_FRAME, Frames, packed, unpacked
from devices.errors import ActuatorUnknown, ProgramUnknown

FILE = Path(__file__).parents[2] / "samples" / "devices" / "spike" / "lego-codec.txt"
ROWS = [
    (row[0], bytes.fromhex(row[2:])) for row in FILE.read_text(encoding="utf-8").splitlines() if row[0] != "#"
]
MESSAGES = [row for sign, row in ROWS if sign == "="]
FRAMES = [row for sign, row in ROWS if sign != "="]
FROM_THE_HUB = b"".join(row for sign, row in ROWS if sign == "<")
TO_THE_HUB = [row for sign, row in ROWS if sign == ">"]
FROM_EACH = [row for sign, row in ROWS if sign == "<"]
HUB, AGREED, DEVICES, EMPTY, ANNOUNCED, PART, LAST, GOES, STARTED, PRINTED, STOPPED = FROM_EACH
PROGRAM = b"from hub import light_matrix\nlight_matrix.write('Hi')\n"
NOISE = b"\x05\x09\x00\x02\x3c\x41~temp,,C\x02\x01\x01\x07\x02\xff\xff"


def heard(pieces: list[bytes]) -> tuple[Heard, int, str]:
    driver = Spike()
    return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused, driver.identity


def known() -> Spike:
    """A hub that has said who it is, and tells."""
    driver = Spike({"hi": PROGRAM})
    driver.feed(HUB, 0.0)
    assert driver.ask(0.0) == TO_THE_HUB[1]
    driver.feed(AGREED, 0.0)
    return driver


@pytest.mark.parametrize(("message", "frame"), list(zip(MESSAGES, FRAMES, strict=True)))
def test_frames_are_those_of_legos_codec(message: bytes, frame: bytes) -> None:
    assert packed(message) == frame
    assert unpacked(frame[:-1]) == message


@given(st.binary(min_size=1, max_size=600))
def test_any_message_comes_back_and_holds_no_mark(message: bytes) -> None:
    frame = packed(message)
    assert not {1, 2} & set(frame[:-1])
    assert list(Frames().cut(frame)) == [message]


def test_a_notification_gives_a_sample_for_each_channel_and_the_battery() -> None:
    found, refused, identity = heard([HUB, DEVICES])
    values = {each.channel: each.raw for each in found if isinstance(each, Sample)}
    assert found[0] == Status(battery=0.87)
    assert (refused, identity) == (0, "SPIKE Prime 1.6.62")
    assert values == {
        "yaw": -90.5,
        "pitch": 1.2,
        "roll": -0.3,
        "pull-x": 0.005,
        "pull-y": -0.007,
        "pull-z": 1.001,
        "angle-a": -123456.0,
        "speed-a": 50.0,
        "force-b": 42.0,
        "red-c": 700.0,
        "green-c": 90.0,
        "blue-c": 80.0,
        "distance-d": 257.0,  # the one at port E sees nothing: no sample
    }


def test_what_is_plugged_in_becomes_a_channel_once() -> None:
    driver = Spike()
    assert [channel.name for channel in driver.channels][-1] == "pull-z"
    driver.feed(DEVICES + DEVICES, 0.0)
    assert [channel.name for channel in driver.channels][6:] == [
        "angle-a",
        "speed-a",
        "force-b",
        "red-c",
        "green-c",
        "blue-c",
        "distance-d",
    ]


def test_what_a_program_says_and_does_is_told() -> None:
    assert heard([GOES, STARTED, PRINTED, STOPPED, DEVICES])[0][:3] == [
        Status(running="program", message="started"),
        Status(message="hello, world"),
        Status(running="", message="finished"),
    ]


@given(st.lists(st.integers(0, 700), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    said = NOISE + b"\x02" + FROM_THE_HUB + NOISE + b"\x02" + FROM_THE_HUB
    places = [0, *sorted(cuts), len(said)]
    pieces = [said[begin:end] for begin, end in pairwise(places)]
    assert heard(pieces) == heard([said])
    assert heard([bytes([each]) for each in said]) == heard([said])


def test_a_message_of_high_priority_interrupts_another_one() -> None:
    found, refused, _ = heard([DEVICES[:20], b"\x01" + PRINTED, DEVICES[20:]])
    assert found[:2] == [Status(message="hello, world"), Status(battery=0.87)]
    assert refused == 0


@given(st.binary(max_size=500))
def test_noise_gives_no_sample_and_the_next_message_is_read(noise: bytes) -> None:
    found, _, _ = heard([noise, b"\x02\x02"])
    assert not [each for each in found if isinstance(each, Sample)]
    assert heard([noise, b"\x02\x02", DEVICES])[0][-1] == Sample("distance-d", 7.0, 257.0)


@pytest.mark.parametrize("cut", [1, 2, 10, 21, 40, 90])
def test_a_message_without_its_end_is_counted_and_gives_nothing(cut: int) -> None:
    message = unpacked(DEVICES[:-1]) or b""
    assert heard([packed(message[:-cut])])[:2] == ([], 1)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 99), (4, 101), (6, 6), (53, 77), (54, 0x55), (65, 9), (67, 2), (70, 11), (1, 0)],
    ids=["kind", "battery", "face", "device", "motor", "port", "pressed", "colour", "size"],
)
def test_a_notification_with_nonsense_in_it_gives_no_sample(place: int, value: int) -> None:
    message = bytearray(unpacked(DEVICES[:-1]) or b"")
    message[place] = value
    found, _, _ = heard([packed(bytes(message))])
    assert found == []


def test_noise_without_an_end_takes_no_memory() -> None:
    frames = Frames()
    for _ in range(1000):
        assert list(frames.cut(b"x" * MAX_FRAME)) == []
    assert list(frames.cut(b"\x02" + AGREED)) == [b"\x29\x00"]
    assert frames.refused == 1


def test_another_product_of_lego_is_no_spike_prime() -> None:
    message = bytearray(unpacked(HUB[:-1]) or b"")
    message[-2:] = b"\x01\x00"
    assert heard([packed(bytes(message))]) == ([], 1, "")


def test_it_is_asked_who_it_is_and_then_for_notifications() -> None:
    driver = Spike()
    assert driver.greet() == driver.begin() == TO_THE_HUB[0]
    assert driver.ask(0.0) == b""
    driver.feed(HUB, 0.1)
    assert [driver.ask(0.2), driver.ask(0.3)] == [TO_THE_HUB[1], b""]


def test_a_hub_that_fell_silent_is_asked_again() -> None:
    driver = known()
    assert driver.ask(QUIET) == TO_THE_HUB[0]
    assert driver.ask(QUIET + 0.1) == TO_THE_HUB[1]


def test_a_program_is_brought_step_by_step_as_lego_does() -> None:
    driver = known()
    assert driver.run("hi") == driver.stop()
    driver.run("hi")
    wanted = TO_THE_HUB[2:7]
    answers = [EMPTY, ANNOUNCED, PART, LAST, GOES]
    for order, answer in zip(wanted, answers, strict=True):
        assert [driver.ask(0.5), driver.ask(0.6)] == [order, b""]
        driver.feed(answer, 0.7)
    assert driver.feed(STARTED, 0.8) == [Status(running="hi", message="started")]


def test_a_hub_that_says_no_is_not_brought_the_rest() -> None:
    driver = known()
    driver.run("hi")
    driver.ask(0.1)
    driver.feed(EMPTY, 0.2)
    driver.ask(0.3)
    assert driver.feed(packed(b"\x0d\x01"), 0.4) == [Status(running="", message="program-not-brought")]
    assert driver.ask(0.5) == b""


def test_a_hub_that_does_not_answer_is_not_waited_for() -> None:
    driver = known()
    driver.run("hi")
    driver.ask(0.1)
    driver.ask(0.1 + PATIENCE)
    assert driver.feed(b"", 4.0) == [Status(running="", message="program-not-brought")]


def test_a_stop_ends_what_is_being_brought_and_stops_every_slot() -> None:
    driver = known()
    driver.run("hi")
    driver.ask(0.1)
    stop = driver.stop()
    assert stop == driver.stop() == Spike().stop()
    *stops, question = Frames().cut(stop)
    assert stops == [bytes((30, 1, slot)) for slot in (SLOT, *range(SLOT), SLOT)]
    assert question == b"\0"
    driver.feed(EMPTY, 0.2)
    assert driver.ask(0.3) == b""


def test_a_stop_behind_half_a_message_stops_our_slot_too() -> None:
    frames = list(Frames().cut(packed(bytes(40))[:7] + Spike().stop()))
    assert frames[-2] == bytes((30, 1, SLOT))


def test_a_program_that_was_stopped_is_not_called_finished() -> None:
    driver = known()
    driver.feed(STARTED, 0.0)
    driver.stop()
    assert driver.feed(STOPPED, 0.1) == [Status(running="", message="stopped")]


def test_a_program_that_is_not_there_is_refused() -> None:
    with pytest.raises(ProgramUnknown, match="jump"):
        known().run("jump")


def test_a_motor_is_moved_by_programs_alone() -> None:
    with pytest.raises(ActuatorUnknown):
        known().drive("angle-a", 1)
