"""A conversation with a real micro:bit, again: the same answers in any pieces lead to the same questions."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.micropython import MicroPython
from tests.devices.micropython.boards import small

FILE = Path(__file__).parents[2] / "samples/devices/micropython/microbit.txt"
STEP = 0.05
LONGEST = 30  # steps; a piece of code is sent in fewer


def said() -> Iterator[tuple[str, bytes]]:
    for line in FILE.read_text().splitlines():
        yield line[0], line[2:].encode().decode("unicode_escape").encode("latin-1")


def replayed(cuts: list[int]) -> tuple[Heard, MicroPython]:
    """Have the conversation anew; the board's answers are cut there."""
    driver, heard, now = MicroPython(small()), Heard(), 0.0
    sends = [driver.stop(), driver.begin()]
    for who, words in said():
        if who == "<":
            places = [0, *sorted(cut % (len(words) + 1) for cut in cuts), len(words)]
            for begin, end in pairwise(places):
                heard += driver.feed(words[begin:end], now)
        elif who == "!":
            sends.append(asked(driver, words.decode()))
        else:
            now = sent(driver, sends, words, now)
    return heard, driver


def sent(driver: MicroPython, sends: list[bytes], words: bytes, now: float) -> float:
    """Find that the driver sends what it sent; return when."""
    for _ in range(LONGEST):
        piece = sends.pop(0) if sends else driver.ask(now)
        now += STEP
        if piece:
            assert piece == words
            return now
    raise AssertionError(f"never sent: {words!r}")


def asked(driver: MicroPython, words: str) -> bytes:
    if words == "drive lamp 1":
        return driver.drive("lamp", 1)
    return driver.run("faulty") if words == "run faulty" else driver.stop()


def test_a_real_board_is_known_measured_driven_and_its_programs_fault_is_told() -> None:
    heard, driver = replayed([])
    assert driver.identity.startswith("MicroPython v1.9.2-34-gd64154c73 on 2017-09-01; micro:bit v1.0.1")
    samples = [each for each in heard if isinstance(each, Sample)]
    assert {(each.channel, round(each.raw, 3)) for each in samples} == {("x", -7.22)}
    assert len(samples) == 17
    assert [each for each in heard if isinstance(each, Status)] == [
        Status(message="ready"),
        Status(running="faulty", message="started"),
        Status(running="", message="ZeroDivisionError: division by zero"),
    ]
    assert driver.refused == 0


@given(st.lists(st.integers(0, 400), max_size=12))
def test_answers_in_any_pieces_lead_to_the_same(cuts: list[int]) -> None:
    heard, driver = replayed(cuts)
    whole, other = replayed([])
    assert [each[::2] for each in heard if isinstance(each, Sample)] == [
        each[::2] for each in whole if isinstance(each, Sample)
    ]
    assert [each for each in heard if isinstance(each, Status)] == [
        each for each in whole if isinstance(each, Status)
    ]
    assert (driver.identity, driver.refused) == (other.identity, other.refused)


def test_no_piece_is_longer_than_what_a_micro_bit_has_room_for() -> None:
    assert max(len(words) for who, words in said() if who == ">") <= 63


def test_answers_a_byte_at_a_time_lead_to_the_same() -> None:
    heard, _ = replayed(list(range(400)))
    assert len(heard) == 20


@pytest.mark.parametrize("piece", [MicroPython(small()).stop(), MicroPython(small()).begin()])
def test_stopping_and_beginning_fit_into_the_room_of_a_busy_micro_bit(piece: bytes) -> None:
    assert len(piece) <= 63
