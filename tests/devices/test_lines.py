"""Lines of a school's own sketch: readings out of any bytes, and never out of nonsense."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Channel, Heard, Sample, Status
from devices.drivers.lines import MAX_LINE, Lines
from devices.errors import ProgramUnknown

TABLE = (Channel("t", "temperature", "Cel", -20, 110), Channel("p", "pressure", "kPa", 0, 400))
SAID = (
    b"t:21.5;p:101.3\nrunning:dance;battery:0.5;said:started\nt:nan\n\xff\xfe\nt:22\n"
    + b"x" * 300
    + b"\np:1e2\n"
)


def heard(pieces: list[bytes]) -> tuple[Heard, int]:
    driver = Lines(TABLE, ("dance",))
    return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused


def test_a_line_gives_a_sample_for_each_channel_with_the_time_at_which_it_came() -> None:
    assert heard([b"t:21.5;p:101.3\r\n"]) == ([Sample("t", 7.0, 21.5), Sample("p", 7.0, 101.3)], 0)


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(SAID)]
    pieces = [SAID[begin:end] for begin, end in pairwise(places)]
    assert heard(pieces) == heard([SAID])
    assert heard([bytes([each]) for each in SAID]) == heard([SAID])


@given(st.binary(max_size=600))
def test_no_nonsense_is_ever_a_number_that_is_none(noise: bytes) -> None:
    found, _ = heard([noise, b"\n"])
    assert all(math.isfinite(each.raw) for each in found if isinstance(each, Sample))


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1_0", "0x10", "", "1,5", "text", "1.2.3", "١٢"])
def test_what_is_no_plain_number_is_counted_and_gives_nothing(text: str) -> None:
    assert heard([f"t:{text};p:5\n".encode()]) == ([Sample("p", 7.0, 5.0)], 1)


def test_a_value_out_of_range_is_kept_and_flagged() -> None:
    assert heard([b"t:500\n"]) == ([Sample("t", 7.0, 500.0, "out-of-range")], 0)


def test_a_line_without_an_end_takes_no_memory_and_the_next_one_is_read() -> None:
    driver = Lines(TABLE)
    for _ in range(1000):
        driver.feed(b"y" * MAX_LINE, 0.0)
    assert driver.feed(b"\nt:1\n", 0.0) == [Sample("t", 0.0, 1.0)]
    assert driver.refused == 1


def test_a_robot_says_what_it_runs_and_how_full_its_battery_is() -> None:
    found, _ = heard([b"running:dance;battery:0.5;said:started\n"])
    assert found == [Status(running="dance"), Status(battery=0.5), Status(message="started")]


def test_an_unknown_program_is_never_written() -> None:
    driver = Lines(TABLE, ("dance",))
    assert driver.run("dance") == b"run dance\n"
    with pytest.raises(ProgramUnknown):
        driver.run("dance\nrun away")


def test_stopping_is_the_same_at_any_time_and_nothing_for_a_sensor() -> None:
    assert [Lines(TABLE, ("dance",)).stop() for _ in range(2)] == [b"\nstop\n"] * 2
    assert Lines(TABLE).stop() == b""


class Thorough(Lines):
    """Reads each line in full."""

    _read = Lines._understood


ODDITIES = ["temp:1", "temp: 2.5 ", "temp:2.", "temp:.5", "temp:", "temp:1e3", "temp:7 C", "temp:7;hum:3"]
ODDITIES += ["hum:55", "hum:5x", "temp:1:2", "temp:-0", "temp:nan", " temp:3", "temp :3", "temp:\t3", "1,2"]


@given(st.lists(st.sampled_from(ODDITIES), max_size=60))
def test_a_line_that_is_read_the_short_way_means_what_it_means_in_full(lines: list[str]) -> None:
    one, other = Lines(), Thorough()
    begun = ["temp:20.5", "hum:50"] * 4
    for number, line in enumerate(begun + lines):
        said = f"{line}\r\n".encode()
        assert one.feed(said, number / 10) == other.feed(said, number / 10)
    assert (one.refused, one.identity, one.channels) == (other.refused, other.identity, other.channels)
