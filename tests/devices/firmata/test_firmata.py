"""Firmata: samples out of a known board's bytes in any pieces, and never out of nonsense."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers import firmata_wire as wire
from devices.drivers.firmata import AGAIN, PATIENCE, QUIET, Firmata
from devices.drivers.firmata_parts import Profile, parse
from devices.errors import ActuatorUnknown, BeyondRange, LineLost
from devices.far.firmata import FarFirmata

UNO = (Path(__file__).parents[2] / "samples/devices/firmata/uno.bin").read_bytes()
KNOWN = UNO.index(b"\xf7\xe0") + 1  # up to here it says who it is and what it can do
PROFILES = sorted((Path(__file__).parents[3] / "devices/profiles/firmata").glob("*.toml"))
PROFILE = parse(
    """
    sensor = [
      {name = "temperature", part = "lm35", pin = "A0"},
      {name = "gate", part = "contact", pin = 2, with = {pullup = 1}},
    ]
    actuator = [
      {name = "lamp", part = "switch", pin = 13},
      {name = "other", part = "switch", pin = 12},
      {name = "wheel", part = "motor", pin = 5, back = 6, does = "motor"},
      {name = "arm", part = "servo", pin = 9, does = "servo"},
      {name = "blocked", part = "pwm", pin = 4},
    ]
    """,
    "test",
)


def able(profile: Profile = PROFILE) -> Firmata:
    """Return a driver that knows its board, and has asked for its reports."""
    driver = Firmata(profile)
    driver.begin()
    driver.feed(UNO[:KNOWN], 0.0)
    assert driver.ask(0.0) != b""
    return driver


def heard(pieces: list[bytes]) -> tuple[Heard, int, str]:
    driver = able()
    found = [each for piece in pieces for each in driver.feed(piece, 7.0)]
    return found, driver.refused, driver.identity


def test_the_bytes_of_a_real_board_are_its_name_its_pins_and_samples() -> None:
    messages = wire.Decoder().feed(UNO)
    assert messages[:2] == [wire.Version(2, 4), wire.Firmware(2, 4, "StandardFirmata.ino")]
    assert [len(each.pins) for each in messages if isinstance(each, wire.Capabilities)] == [20]
    assert wire.AnalogMap({channel: 14 + channel for channel in range(6)}) in messages
    assert messages[-1] == wire.Analog(0, 51)


def test_a_real_boards_samples_are_temperatures_and_a_gate_that_opens() -> None:
    found, refused, identity = heard([UNO[KNOWN:]])
    temperatures = [each.raw for each in found if isinstance(each, Sample) and each.channel == "temperature"]
    gates = [each.raw for each in found if isinstance(each, Sample) and each.channel == "gate"]
    assert all(abs(each - 24.93) < 0.01 for each in temperatures)
    assert gates == [1.0, 0.0]
    assert refused == 0
    assert identity == "StandardFirmata.ino 2.4"


@given(st.lists(st.integers(0, len(UNO)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(UNO)]
    pieces = [UNO[begin:end] for begin, end in pairwise(places)]
    whole, single = wire.Decoder().feed(UNO), wire.Decoder()
    decoder = wire.Decoder()
    assert [each for piece in pieces for each in decoder.feed(piece)] == whole
    assert [each for byte in UNO for each in single.feed(bytes([byte]))] == whole
    assert heard(pieces) == heard([UNO])


@given(st.binary(max_size=600))
def test_no_nonsense_is_a_sample_of_a_board_that_has_not_said_who_it_is(noise: bytes) -> None:
    driver = Firmata(PROFILE)
    driver.begin()
    assert [each for each in driver.feed(noise, 0.0) if isinstance(each, Sample)] == []


@given(st.binary(max_size=600))
def test_after_any_nonsense_the_next_message_is_read(noise: bytes) -> None:
    decoder = wire.Decoder()
    found = decoder.feed(noise + b"\xf0\x79\x02\x04\x41\x00\xf7")
    assert found[-1] == wire.Firmware(2, 4, "A")


@given(st.binary(max_size=600))
def test_every_sample_is_a_finite_number_of_a_channel_that_was_asked_for(noise: bytes) -> None:
    found, _, _ = heard([noise])
    assert all(
        math.isfinite(each.raw) and each.channel in ("temperature", "gate")
        for each in found
        if isinstance(each, Sample)
    )


@pytest.mark.parametrize(
    "broken",
    [
        b"\xe0\x33\xe0\x33\x00",  # a sample that was cut
        b"\x00\x01\x02\xe0\x33\x00",  # bytes of no message, counted once
        b"\xf0\x79\x02\xe0\x33\x00",  # a long message that was cut
        b"\xf0\x6c\x01\xf7\xe0\x33\x00",  # capabilities of half a pin
        b"\xe3\x33\x00\xe0\x33\x00",  # a channel that nobody asked for
        b"\xe0\x7f\x7f\xe0\x33\x00",  # more than ten bits
        b"\xf0" + b"\x01" * 5000 + b"\xe0\x33\x00",  # a message without an end
    ],
)
def test_a_broken_message_is_counted_and_the_next_one_is_read(broken: bytes) -> None:
    found, refused, _ = heard([broken])
    assert [each.raw for each in found if isinstance(each, Sample)] == [pytest.approx(24.93, abs=0.01)]
    assert refused == 1


def test_a_message_without_an_end_takes_no_memory() -> None:
    decoder = wire.Decoder()
    for _ in range(100):
        decoder.feed(b"\xf0" + b"\x01" * 1000)
    assert decoder.refused == 99


def test_a_value_out_of_range_is_kept_and_flagged() -> None:
    found, _, _ = heard([b"\xe0\x7f\x07"])
    assert found == [Sample("temperature", 7.0, 500.0, "out-of-range")]


def test_what_a_board_says_in_words_is_passed_on() -> None:
    found, _, _ = heard([b"\xf0\x71\x48\x00\x69\x00\xf7"])
    assert found == [Status(message="Hi")]


def test_a_question_is_asked_again_and_ever_more_rarely() -> None:
    driver = Firmata(PROFILE)
    assert driver.ask(100.0) == b""
    assert driver.begin() != b""
    asked = [step / 10 for step in range(400) if driver.ask(100.0 + step / 10)]
    assert asked == [
        PATIENCE,
        3 * PATIENCE,
        7 * PATIENCE,
        15 * PATIENCE,
        23 * PATIENCE,
        31 * PATIENCE,
        39 * PATIENCE,
    ]


def test_what_to_report_is_said_once_and_a_pull_up_with_it() -> None:
    driver = Firmata(PROFILE)
    driver.begin()
    driver.feed(UNO[:KNOWN], 0.0)
    assert driver.ask(0.0) == bytes.fromhex("f07a6400f7 f40e02 c001 f40200 900400 d001")
    assert driver.ask(0.1) == b""


def test_a_contact_that_does_not_change_is_read_once_a_second() -> None:
    driver = able()
    assert driver.ask(AGAIN) == b"\xd0\x01"
    assert driver.ask(AGAIN + 0.1) == b""


def test_a_board_whose_samples_stay_away_is_asked_who_it_is_and_set_up_again() -> None:
    driver = able()
    assert driver.ask(QUIET + 0.1).startswith(wire.ASK_FIRMWARE)
    assert driver.feed(b"\xe0\x33\x00", QUIET + 0.2) == []
    driver.feed(UNO[:KNOWN], QUIET + 0.3)
    assert driver.ask(QUIET + 0.4).startswith(b"\xf0\x7a")


def test_a_slow_board_that_is_amid_a_long_answer_is_not_asked_again() -> None:
    driver = able()
    driver.feed(b"\xf0\x6c\x00\x01", QUIET)
    assert driver.ask(QUIET + 0.1) == b"\xd0\x01"


def test_a_profile_without_sensors_keeps_what_it_drives_when_the_board_is_quiet() -> None:
    driver = able(parse('actuator = [{name = "a", part = "switch", pin = 13}]', "test"))
    driver.drive("a", 1)
    assert driver.ask(QUIET + 0.1) == wire.ASK_FIRMWARE
    driver.feed(b"\xf0\x79\x02\x04\x41\x00\xf7", QUIET + 0.2)
    assert driver.drive("a", 1) == b"\x91\x20\x00"


def test_a_pin_gets_its_mode_once_and_its_port_keeps_the_other_pins() -> None:
    driver = able()
    assert driver.drive("lamp", 1) == bytes.fromhex("f40d01 912000")
    assert driver.drive("other", 1) == bytes.fromhex("f40c01 913000")
    assert driver.drive("lamp", 0) == bytes.fromhex("911000")


def test_a_motors_pin_falls_before_the_other_rises() -> None:
    driver = able()
    driver.drive("wheel", 100)
    assert driver.drive("wheel", -100) == bytes.fromhex("e50000 e67f01")
    assert driver.drive("wheel", 50) == bytes.fromhex("e60000 e50001")


def test_nothing_is_driven_before_the_board_has_said_what_its_pins_can_do() -> None:
    with pytest.raises(LineLost):
        Firmata(PROFILE).drive("lamp", 1)


@pytest.mark.parametrize("value", [-1.0, 181.0, math.nan, math.inf])
def test_a_value_that_an_actuator_cannot_take_is_refused(value: float) -> None:
    with pytest.raises(BeyondRange):
        able().drive("arm", value)


def test_a_pin_that_cannot_and_a_name_that_is_none_are_refused() -> None:
    with pytest.raises(BeyondRange, match="pin 4 of this board is no pwm"):
        able().drive("blocked", 50)
    with pytest.raises(ActuatorUnknown):
        able().drive("temperature", 1)


def test_stopping_is_the_same_at_any_time_and_what_was_driven_is_forgotten() -> None:
    driver = able()
    driver.drive("lamp", 1)
    assert [Firmata(PROFILE).stop(), driver.stop(), driver.stop()] == [b"\xf7\xff\xf0y\xf7"] * 3
    assert driver.ask(1.0).startswith(b"\xf0\x7a")
    assert driver.drive("other", 1) == bytes.fromhex("f40c01 911000")


def test_greeting_is_a_question_and_nothing_else() -> None:
    assert Firmata(PROFILE).greet() == b"\xf0\x79\xf7"


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: str(file.stem))
def test_every_profile_measures_and_moves_on_the_simulated_board(file: Path) -> None:
    far = FarFirmata(parse(file.read_text(), file.stem))
    driver = far.driver()
    found = talk(far, driver, 3.0)
    assert {each.channel for each in found if isinstance(each, Sample)} == {
        channel.name for channel in driver.channels
    }
    assert not [each for each in found if isinstance(each, Status) or each.flag]
    for actuator in driver.actuators:
        far.take(driver.drive(actuator.name, actuator.high), 3.0)
        assert far.moves
        far.take(driver.stop(), 3.0)
        assert not far.moves


def test_the_simulated_board_says_what_the_real_one_said() -> None:
    far = FarFirmata(PROFILE)
    said = far.speak(0.0)
    far.take(wire.ASK_FIRMWARE + wire.ASK_PINS, 0.1)
    assert wire.Decoder().feed(said + far.speak(0.1)) == wire.Decoder().feed(UNO[:KNOWN])


@pytest.mark.parametrize("fault", ["silent", "unplugged", "garbage"])
def test_a_simulated_fault_gives_no_sample(fault: str) -> None:
    far = FarFirmata(PROFILE)
    far.fault = fault  # type: ignore[assignment]  # the parameter is one of them
    assert talk(far, far.driver(), 3.0) == []


def talk(far: FarFirmata, driver: object, seconds: float) -> Heard:
    """Let both talk for so long, ten times a second."""
    assert isinstance(driver, Firmata)
    far.take(driver.stop() + driver.begin(), 0.0)
    found: Heard = []
    for step in range(int(seconds * 10)):
        found += driver.feed(far.speak(step / 10), step / 10)
        far.take(driver.ask(step / 10), step / 10)
    return found
