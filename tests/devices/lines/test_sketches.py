"""A teacher's own sketch: its channels are learnt, and halves and noise never are one."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Channel, Heard, Sample
from devices.drivers.lines import MAX_LINE, Lines
from devices.drivers.lines_learning import MAX_CHANNELS, PROOF
from devices.far.sketch import BOOT, RATE, Form, Sketch

SAMPLES = Path(__file__).parents[2] / "samples/devices/lines/examples.txt"
FORMS: tuple[Form, ...] = ("pairs", "json", "rows", "unnamed", "plotter")
SAID = (
    b'half:\nmp;hum\ntemp;hum [%];"\ntemp[C],hum\n21.5,40\n22,\n22,nan\n\xff\xfe\n{"light":3}\n'
    b'{"light":1e999}\n{"light":4}\n# name Yard\nlight:5;light:6 V\n23,41\n' + b"7," * 3000 + b"\n24,42\n"
)


def listened(said: bytes, *, every: float = 0.5) -> tuple[Lines, list[Sample]]:
    driver = Lines()
    lines = said.splitlines(keepends=True)
    heard = [each for number, line in enumerate(lines) for each in driver.feed(line, every * number)]
    return driver, [each for each in heard if isinstance(each, Sample)]


def units(driver: Lines) -> dict[str, tuple[str, str]]:
    return {each.name: (each.quantity, each.unit) for each in driver.channels}


def example(name: str) -> bytes:
    parts = SAMPLES.read_text(encoding="utf-8").split("## ")[1:]
    return next(part.split("\n", 1)[1] for part in parts if part.startswith(name)).encode()


@pytest.mark.parametrize("form", FORMS)
def test_whatever_way_a_sketch_prints_its_readings_are_read(form: Form) -> None:
    far, driver = Sketch(form), Lines()
    heard: Heard = [each for step in range(201) for each in driver.feed(far.speak(step / 20), step / 20)]
    printed = int((10.0 - BOOT) * RATE) + 1
    assert printed - PROOF <= len(heard) / 2 <= printed
    assert driver.refused == 0
    assert driver.identity == "Room 12"
    assert [each.rate for each in driver.channels] == [pytest.approx(RATE, rel=0.2)] * 2


def test_a_header_names_the_columns_and_their_units() -> None:
    driver, samples = listened(b"time (ms),air temp [C],probe[V],pH\n10,21.5,3.3,7.01\n")
    assert units(driver) == {
        "time": ("time", "ms"),
        "air-temp": ("temperature", "Cel"),
        "probe": ("voltage", "V"),
        "ph": ("acidity", "[pH]"),
    }
    assert [each.raw for each in samples] == [10.0, 21.5, 3.3, 7.01]


@pytest.mark.parametrize(
    ("title", "channel"),
    [
        ("Температура", ("temperature", "Cel")),
        ("Қысым", ("pressure", "kPa")),
        ("освещённость", ("illuminance", "lx")),
        ("ылғалдылық_2", ("humidity", "%")),
        ("Temp1", ("temperature", "Cel")),
        ("amps", ("current", "A")),
        ("millis", ("time", "ms")),
        ("ax[g]", ("acceleration", "[g]")),
        ("mass[g]", ("mass", "g")),
        ("A0", ("signal", "1")),
        ("темп[\u0421]", ("temperature", "Cel")),
        ("Температура (°\u0421)", ("temperature", "Cel")),
        ("whatever", ("reading", "1")),
        ("whatever[mV]", ("voltage", "mV")),
        ("EC (мкСм/см)", ("conductivity", "uS/cm")),
    ],
)
def test_titles_are_understood_in_three_languages(title: str, channel: tuple[str, str]) -> None:
    driver, _ = listened(f"{title},light\n1,2\n".encode())
    assert next(iter(units(driver).values())) == channel


def test_two_columns_of_one_name_stay_two_channels() -> None:
    driver, samples = listened(b"temp,temp\n1,2\n")
    assert [(each.channel, each.raw) for each in samples] == [("temp", 1.0), ("temp-2", 2.0)]
    assert len(driver.channels) == 2


def test_half_a_line_is_no_channel_and_no_sample() -> None:
    driver, samples = listened(b"mp:21.5\n" + b"temp:121.5\n" * 4)
    assert [each.raw for each in samples] == [121.5] * 2
    assert [each.name for each in driver.channels] == ["temp"]


def test_half_a_row_at_the_beginning_is_no_sample() -> None:
    driver = Lines(
        [Channel("temp", "temperature", "Cel", -50, 150), Channel("light", "illuminance", "lx", 0, 9)]
    )
    assert driver.feed(b"1.5,3\n", 0.0) == []
    assert driver.feed(b"21.5,3\n", 0.0) == [Sample("temp", 0.0, 21.5), Sample("light", 0.0, 3.0)]


def test_what_a_cell_lacks_is_refused_and_the_others_are_kept() -> None:
    driver, samples = listened(b"temp,light\n21.5,\nnan,300\n22,301\n")
    assert [(each.channel, each.raw) for each in samples] == [
        ("temp", 21.5), ("light", 300.0), ("temp", 22.0), ("light", 301.0)
    ]  # fmt: skip
    assert driver.refused == 2


def test_a_row_that_lost_a_cell_is_refused_for_nobody_knows_which() -> None:
    driver, samples = listened(b"temp,light\n21.5,300\n" + b"21.5\n" * 5)
    assert len(samples) == 2
    assert driver.refused == 5


def test_rows_that_nobody_named_are_numbered_once_they_stay() -> None:
    driver, samples = listened(b"9,1\n1,2\n1,2\n1,2\n")
    assert [each.name for each in driver.channels] == ["value-1", "value-2"]
    assert [each.raw for each in samples] == [1.0, 2.0]


def test_decimal_commas_are_read_where_something_else_divides() -> None:
    _, samples = listened("температура;свет\n21,5;300\n".encode())
    assert [each.raw for each in samples] == [21.5, 300.0]


@pytest.mark.parametrize(
    "sentence", ["Hello, world", "sensor not found at 5", "ready", "Error: check wiring"]
)
def test_a_sentence_is_no_header_for_long(sentence: str) -> None:
    driver, samples = listened(f"{sentence}\n".encode() + b"512\n" * 5)
    assert [each.name for each in driver.channels] == ["value"]
    assert len(samples) == 3


def test_a_value_in_another_unit_than_before_is_refused() -> None:
    driver, samples = listened(b"temp: 21.5 C\n" * 3 + b"temp: 70 F\n")
    assert [each.raw for each in samples] == [21.5]
    assert driver.refused == 1


def test_a_sketch_has_no_more_channels_than_anybody_can_look_at() -> None:
    said = b"".join(f"{letter}{other}: 1\n".encode() * 3 for letter in "kqwxz" for other in "kqwxzbcj")
    driver, _ = listened(said)
    assert len(driver.channels) == MAX_CHANNELS
    assert driver.refused > 0


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("DHTtester", {"humidity": ("humidity", "%"), "temperature": ("temperature", "Cel")}),
        ("bmp280test", {"temperature": ("temperature", "Cel"), "pressure": ("pressure", "Pa")}),
        ("AnalogReadSerial", {"value": ("reading", "1")}),
        ("Plotter", {"temperature": ("temperature", "Cel"), "light": ("illuminance", "lx")}),
    ],
)
def test_the_examples_of_arduino_libraries_are_understood(
    name: str, channels: dict[str, tuple[str, str]]
) -> None:
    driver, samples = listened(example(name))
    assert channels.items() <= units(driver).items()
    assert {each.flag for each in samples} == {""}
    assert driver.identity == "sketch"


@given(st.lists(st.integers(0, len(SAID)), max_size=30))
def test_bytes_in_any_pieces_teach_the_same(cuts: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> tuple[object, ...]:
        driver = Lines()
        heard = [each for piece in pieces for each in driver.feed(piece, 7.0)]
        return heard, driver.refused, driver.identity, driver.channels

    whole = outcome([SAID])
    places = [0, *sorted(cuts), len(SAID)]
    assert outcome([SAID[begin:end] for begin, end in pairwise(places)]) == whole
    assert outcome([bytes((byte,)) for byte in SAID]) == whole


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_noise_is_never_a_sketch(pieces: list[bytes]) -> None:
    driver = Lines()
    noise = [bytes(byte | 0x80 for byte in piece) + b"\n" for piece in pieces]
    assert [each for piece in noise for each in driver.feed(piece, 0.0)] == []
    assert driver.identity == ""


@given(st.text(max_size=80))
def test_no_line_of_any_letters_breaks_it(text: str) -> None:
    driver, samples = listened(f"{text}\n".encode("utf-8", "replace") * 4)
    assert all(math.isfinite(each.raw) for each in samples)
    assert len(driver.channels) <= MAX_CHANNELS


@pytest.mark.parametrize("deep", [b'{"a":' * 800, b"[" * 4000, b'{"a":[' * 600])
def test_json_that_is_too_deep_is_refused(deep: bytes) -> None:
    driver = Lines()
    assert driver.feed(deep[:MAX_LINE] + b"\n", 0.0) == []
    assert driver.refused == 1
