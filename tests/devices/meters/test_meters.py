"""Meters and balances: asked in turn, believed only where it is sure what was answered."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import profiles
from devices.driver import Heard, Sample
from devices.drivers.meters import MAX_LINE, PATIENCE, PAUSE, Kind, Meter
from devices.drivers.tables import ProfileWrong
from devices.far.meters import DIALECTS, FarMeter, loaded

SAMPLES = Path(__file__).parents[2] / "samples/devices/meters/manuals.txt"
NAMES = profiles.names("meters")
SAID = (
    b'I4 A "B1"\r\nS S  1.5 g\r\n\r\nS D  2 kg\rS I\r\n' + b"S" * 300 + b"\r\n\xff\xfe\nS S  3 oz\nS S 4 g\n"
)


def kind(name: str) -> Kind:
    return Kind(profiles.text("meters", name), name)


def lines_of_manuals() -> list[tuple[str, str, str]]:
    found, profile = [], ""
    for line in SAMPLES.read_text().splitlines():
        if line.startswith("## "):
            profile = line[3:]
        elif not line.startswith("#"):
            found.append((profile, *line.split("=>")))
    return found  # type: ignore[return-value]  # a line has one arrow


def talked(name: str, seconds: float) -> tuple[Meter, list[Sample]]:
    driver, far, heard = Meter(kind(name)), FarMeter(name), Heard()
    far.take(driver.begin(), 0.0)
    for step in range(int(seconds * 20)):
        now = step / 20
        far.take(driver.ask(now), now)
        heard += driver.feed(far.speak(now), now)
    return driver, [each for each in heard if isinstance(each, Sample)]


@pytest.mark.parametrize(("name", "said", "means"), lines_of_manuals())
def test_what_the_manuals_print_is_understood(name: str, said: str, means: str) -> None:
    driver = Meter(kind(name))
    driver.ask(1.0)
    samples = driver.feed(f"{said}\r\n".encode(), 1.1)
    values = [str(each.raw) for each in samples if isinstance(each, Sample)]
    found = [*values, *driver.troubles.values(), *["refused"] * (driver.refused and not driver.troubles)]
    assert found == ([] if means.startswith("identity") else [means])
    if means.startswith("identity"):
        assert driver.identity == means.removeprefix("identity ")


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_reads_its_instrument(name: str) -> None:
    driver, samples = talked(name, 60.0)
    every = kind(name).profile.questions[0].every
    unstable = 0 if name in ("ohaus", "mettler-sics", "kern-platform") or name.startswith("scpi") else 0.1
    assert len(samples) >= 60.0 / every * (1.0 - unstable) - 2
    assert driver.refused == 0
    assert driver.identity
    assert {each.flag for each in samples} == {""}
    assert {each.channel for each in samples} == {each.name for each in driver.channels}


def test_every_profile_has_a_simulator() -> None:
    assert sorted(DIALECTS) == NAMES


def test_a_balance_shows_what_lies_on_it() -> None:
    _, samples = talked("mettler-sics", 50.0)
    assert samples[-1].raw == pytest.approx(loaded(samples[-1].at), abs=0.05)


def test_one_question_is_on_the_way_at_a_time() -> None:
    driver = Meter(kind("scpi-supply"))
    assert driver.ask(0.0) == b"MEAS:VOLT?\n"
    assert [driver.ask(now / 10) for now in range(1, 10)] == [b""] * 9
    assert driver.feed(b"5.0\n", 1.0) == [Sample("voltage", 1.0, 5.0)]
    assert driver.ask(1.0) == b"MEAS:CURR?\n"
    assert driver.feed(b"0.2\n", 1.1) == [Sample("current", 1.1, 0.2)]


def test_an_answer_that_comes_too_late_is_nobodys() -> None:
    driver = Meter(kind("scpi-supply"))
    driver.ask(0.0)
    assert driver.ask(PATIENCE) == b""
    assert driver.troubles == {"voltage": "no-answer"}
    assert driver.feed(b"5.0\n", PATIENCE + 0.1) == []
    assert driver.ask(PATIENCE + PAUSE) == b"MEAS:CURR?\n"
    assert driver.feed(b"0.2\n", PATIENCE + PAUSE) == [Sample("current", PATIENCE + PAUSE, 0.2)]


def test_a_number_that_nobody_asked_for_is_none() -> None:
    driver = Meter(kind("scpi-voltmeter"))
    assert driver.feed(b"5.0\n", 0.0) == []
    assert driver.refused == 1


def test_the_print_key_of_a_balance_is_heard_without_a_question() -> None:
    driver = Meter(kind("ohaus"))
    assert driver.feed(b"     192.21 g\r\n", 3.0) == [Sample("mass", 3.0, 192.21)]


def test_trouble_is_over_with_the_next_value() -> None:
    driver = Meter(kind("mettler-sics"))
    driver.ask(0.0)
    driver.feed(b"S +\r\n", 0.1)
    assert driver.troubles == {"mass": "overload"}
    driver.ask(1.0)
    driver.feed(b"S S  1 g\r\n", 1.1)
    assert driver.troubles == {}


def test_a_sketch_is_no_meter() -> None:
    said = b"temp,hum,light,volt\n21,40,300,5\n# name 4\ntemperature:21.5\n512\nABC\n$GPGGA,1,2,3,4*00\n"
    for name in NAMES:
        driver = Meter(kind(name))
        driver.greet()
        assert driver.feed(said, 0.0) == []
        assert driver.identity == ""


def test_asking_who_it_is_moves_nothing_and_stopping_is_nothing() -> None:
    orders = {kind(name).profile.greet for name in NAMES}
    assert orders == {"\r\nI4\r\n", "\r\nIP\r\n", "w", "\x1bx1_\r\n", "\n*IDN?\n"}
    assert [Meter(kind(name)).stop() for name in NAMES] == [b""] * len(NAMES)


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> tuple[object, ...]:
        driver = Meter(kind("mettler-sics"))
        heard = [each for piece in pieces for each in driver.feed(piece, 7.0)]
        return heard, driver.refused, driver.identity, driver.troubles

    whole = outcome([SAID])
    places = [0, *sorted(cuts), len(SAID)]
    assert outcome([SAID[begin:end] for begin, end in pairwise(places)]) == whole
    assert outcome([bytes((byte,)) for byte in SAID]) == whole
    assert whole[1] == 3


@given(st.binary(max_size=MAX_LINE + 50))
def test_noise_is_never_a_value(noise: bytes) -> None:
    driver = Meter(kind("scpi-ohmmeter"))
    driver.ask(0.0)
    assert driver.feed(bytes(byte | 0x80 for byte in noise) + b"\n", 0.1) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 1", "Expected `str`"),
        ("title = '", "Expected"),
        ("", "missing required field"),
        (profiles.text("meters", "kern").replace('channel = "mass"', 'channel = "weight"'), "has no channel"),
        (profiles.text("meters", "kern").replace("?P<value>", ""), "no value"),
        (profiles.text("meters", "kern").replace("(?:g  |", "(?:g  (|"), "unterminated"),
        ("baudd = 1\n" + profiles.text("meters", "kern"), "unknown field"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(ProfileWrong, match=r"profile mine: (?s:.*)") as refused:
        Kind(text, "mine")
    assert says in str(refused.value)
