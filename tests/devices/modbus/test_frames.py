"""Frames of Modbus RTU, with pymodbus as the referee: what one writes, the other reads."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
)

from devices.drivers.modbus_frames import ERROR, EXCEPTIONS, MAX_COUNT, Answer, Asked, Ear, is_whole, signed

SAMPLES = Path(__file__).parents[2] / "samples/devices/modbus/frames.txt"
REQUESTS = {3: ReadHoldingRegistersRequest, 4: ReadInputRegistersRequest}
RESPONSES = {3: ReadHoldingRegistersResponse, 4: ReadInputRegistersResponse}
slaves, functions = st.integers(1, 247), st.sampled_from([3, 4])
words = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=MAX_COUNT)


def sampled() -> list[tuple[bytes, bytes, tuple[int, ...]]]:
    found = []
    for line in SAMPLES.read_text().splitlines():
        if not line.startswith("#"):
            request, _, rest = line.partition(":")[2].partition("->")
            answer, _, values = rest.partition("=")
            numbers = tuple(int(each) for each in values.split())
            found.append((bytes.fromhex(request), bytes.fromhex(answer), numbers))
    return found


def heard(asked: Asked, *pieces: bytes) -> tuple[Answer | None, bool, bytes]:
    ear = Ear(asked)
    answer = next((answer for piece in pieces if (answer := ear.feed(piece)) is not None), None)
    return answer, ear.is_noisy, ear.rest


@pytest.mark.parametrize(("request_", "answer", "values"), sampled())
def test_frames_of_the_world_are_written_and_read(
    request_: bytes, answer: bytes, values: tuple[int, ...]
) -> None:
    slave, function = request_[0], request_[1]
    asked = Asked(slave, function, int.from_bytes(request_[2:4], "big"), int.from_bytes(request_[4:6], "big"))
    assert asked.frame == request_
    assert heard(asked, answer) == (Answer(values), False, b"")


@given(slaves, functions, st.integers(0, 0xFFFF), st.integers(1, MAX_COUNT))
def test_pymodbus_writes_the_same_request(slave: int, function: int, register: int, count: int) -> None:
    theirs = REQUESTS[function](address=register, count=count, dev_id=slave)
    assert FramerRTU(DecodePDU(True)).buildFrame(theirs) == Asked(slave, function, register, count).frame


@given(slaves, functions, words)
def test_an_answer_of_pymodbus_is_read(slave: int, function: int, registers: list[int]) -> None:
    theirs = RESPONSES[function](registers=registers, dev_id=slave)
    frame = FramerRTU(DecodePDU(True)).buildFrame(theirs)
    assert is_whole(frame)
    asked = Asked(slave, function, 0, len(registers))
    assert heard(asked, frame) == (Answer(tuple(registers)), False, b"")


@pytest.mark.parametrize(("code", "word"), EXCEPTIONS.items())
def test_a_refusal_is_named(code: int, word: str) -> None:
    frame = signed(bytes((7, 3 | ERROR, code)))
    assert heard(Asked(7, 3, 0, 4), frame) == (Answer((), word), False, b"")


@given(st.binary(max_size=30), words, st.binary(max_size=10), st.lists(st.integers(0, 400), max_size=20))
def test_an_answer_amid_noise_is_found_in_any_pieces(
    before: bytes, registers: list[int], after: bytes, cuts: list[int]
) -> None:
    asked = Asked(9, 3, 0, len(registers))
    body = b"".join(each.to_bytes(2, "big") for each in registers)
    said = before + signed(bytes((9, 3, len(body))) + body) + after
    answer, noisy, _ = heard(asked, said)
    assert answer == Answer(tuple(registers))
    assert noisy == bool(before)
    places = [0, *sorted(min(cut, len(said)) for cut in cuts), len(said)]
    assert heard(asked, *(said[begin:end] for begin, end in pairwise(places)))[:2] == (answer, noisy)


@given(words, st.integers(0, 1000), st.integers(1, 255))
def test_an_answer_with_a_changed_byte_is_none(registers: list[int], place: int, change: int) -> None:
    body = b"".join(each.to_bytes(2, "big") for each in registers)
    frame = bytearray(signed(bytes((9, 3, len(body))) + body))
    frame[place % len(frame)] ^= change
    assert heard(Asked(9, 3, 0, len(registers)), bytes(frame))[0] is None


def test_what_the_adapter_hears_of_itself_is_no_noise() -> None:
    asked = Asked(1, 3, 0, 1)
    answer = signed(bytes((1, 3, 2, 0, 121)))
    assert heard(asked, asked.frame + answer) == (Answer((121,)), False, b"")
    assert heard(asked, *(bytes((byte,)) for byte in asked.frame + answer)) == (Answer((121,)), False, b"")


def test_an_answer_of_somebody_else_is_none() -> None:
    asked = Asked(1, 3, 0, 1)
    for frame in (bytes((2, 3, 2, 0, 121)), bytes((1, 4, 2, 0, 121)), bytes((1, 3, 4, 0, 121, 0, 1))):
        assert heard(asked, signed(frame))[0] is None
