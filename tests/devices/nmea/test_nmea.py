"""Satellite receivers: only sentences with a right sum, and only while there is a fix."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Sample
from devices.drivers.nmea import KNOT, MAX_SENTENCE, PROOF, Nmea, closed, opened
from devices.far.nmea import FIX, HOME, PACE, Receiver

SAMPLES = Path(__file__).parents[2] / "samples/devices/nmea/receivers.txt"
SAID = b"".join(line for line in SAMPLES.read_bytes().splitlines(keepends=True) if line.startswith(b"$"))


def heard(*pieces: bytes) -> tuple[Nmea, list[Sample]]:
    driver = Nmea()
    found = [each for piece in pieces for each in driver.feed(piece, 7.0)]
    return driver, [each for each in found if isinstance(each, Sample)]


def test_the_example_of_all_documents_is_read() -> None:
    _, samples = heard(*SAID.splitlines(keepends=True)[:2])
    values = {each.channel: each.raw for each in samples}
    assert values == {
        "latitude": pytest.approx(48 + 7.038 / 60),
        "longitude": pytest.approx(11 + 31 / 60),
        "altitude": 545.4,
        "satellites": 8.0,
        "precision": 0.9,
        "speed": pytest.approx(22.4 * KNOT),
        "course": 84.4,
    }


def test_the_south_and_the_west_are_negative() -> None:
    _, samples = heard(closed("GNGGA,1,3751.65,S,14507.36,W,1,05,1.5,280.2,M,-34.0,M,,"))
    assert [each.raw for each in samples[:2]] == [
        pytest.approx(-(37 + 51.65 / 60)),
        pytest.approx(-(145 + 7.36 / 60)),
    ]


def test_a_wrong_sum_a_cut_and_a_stranger_are_counted_and_give_nothing() -> None:
    driver, _ = heard(SAID)
    assert driver.refused == 3
    for line in (b"$GPRMC,1*", b"*47", b"$*", b"GPGGA,1*47", b"$GPGGA,1*4G", b"$GPGGA\xff*00"):
        assert opened(line) is None


def test_a_sentence_that_was_cut_does_not_take_the_next_one_with_it() -> None:
    line = closed("GPRMC,081836,A,3751.65,S,14507.36,E,001.0,360.0,130998,011.3,E")
    _, samples = heard(b"$GPRM" + line)
    assert [each.channel for each in samples] == ["latitude", "longitude", "speed", "course"]


def test_a_receiver_that_says_no_gga_tells_its_place_all_the_same() -> None:
    rmc, gga = (line + b"\n" for line in reversed(SAID.splitlines()[:2]))
    _, samples = heard(rmc, gga, rmc)
    told = [each.channel for each in samples]
    assert told.count("latitude") == 2
    assert told.count("speed") == 2


def test_without_a_fix_nothing_but_the_number_of_satellites_is_told() -> None:
    driver, samples = heard(closed("GPGGA,080000.00,5017.0,N,05710.0,E,0,03,9.9,219.0,M,,M,,"))
    assert [(each.channel, each.raw) for each in samples] == [("satellites", 3.0)]
    assert driver.troubles == dict.fromkeys(("latitude", "longitude", "altitude", "precision"), "no-fix")
    driver.feed(closed("GPGGA,080001.00,5017.0,N,05710.0,E,1,07,0.9,219.0,M,,M,,"), 8.0)
    assert driver.troubles == {}


def test_a_receiver_is_known_by_two_right_sentences() -> None:
    assert heard(closed("GPGSA,A,1"))[0].identity == ""
    assert heard(closed("GLGSV,1") * PROOF)[0].identity == "GNSS receiver"
    assert heard(closed("XXGSV,1") * PROOF)[0].identity == ""


def test_the_simulated_receiver_walks_around_the_yard_once_it_has_a_fix() -> None:
    far, driver = Receiver(), Nmea()
    found = [each for step in range(601) for each in driver.feed(far.speak(step / 10), step / 10)]
    samples = [each for each in found if isinstance(each, Sample)]
    fixed = [each for each in samples if each.channel == "latitude"]
    assert len(fixed) == 61 - FIX
    assert fixed[0].at >= FIX
    assert all(abs(each.raw - HOME[0]) < 0.0005 for each in fixed)
    assert {round(each.raw, 1) for each in samples if each.channel == "speed"} == {PACE}
    assert driver.refused == 0
    assert driver.identity == "GNSS receiver"


def test_a_receiver_is_never_written_to() -> None:
    driver = Nmea()
    assert [driver.greet(), driver.begin(), driver.ask(0.0), driver.stop(), driver.stop()] == [b""] * 5


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    def outcome(*pieces: bytes) -> tuple[object, ...]:
        driver, samples = heard(*pieces)
        return samples, driver.refused, driver.identity, driver.troubles

    places = [0, *sorted(cuts), len(SAID)]
    assert outcome(*(SAID[begin:end] for begin, end in pairwise(places))) == outcome(SAID)
    assert outcome(*(bytes((byte,)) for byte in SAID)) == outcome(SAID)


@given(st.binary(max_size=3 * MAX_SENTENCE))
def test_noise_before_a_sentence_is_refused_and_the_sentence_is_read(noise: bytes) -> None:
    _, samples = heard(noise + b"\r\n", closed("GPRMC,1,A,1,N,1,E,10.0,90.0,1,1,E"))
    assert [each.raw for each in samples[-2:]] == [10.0 * KNOT, 90.0]


@given(st.integers(0, 60), st.integers(1, 255))
def test_no_sentence_with_a_changed_byte_is_read(place: int, change: int) -> None:
    line = bytearray(closed("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"))
    line[place] ^= change
    driver, samples = heard(bytes(line))
    assert samples == []
    assert driver.refused > 0
