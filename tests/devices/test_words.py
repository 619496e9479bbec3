"""What a device says may be shown anywhere: no word of it moves a cursor, turns letters or breaks a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Driver, Status
from devices.drivers.lines import Lines
from devices.drivers.lines_channels import channel_of
from devices.registry import Setting, family
from devices.words import plain

EVIL = "\x1b[31mred\x1b[0m\x07 \x9b2J \u202eback\r"


@given(st.text())
def test_whatever_was_said_is_one_line_that_can_be_printed(text: str) -> None:
    shown = plain(text, 40)
    assert shown.isprintable()
    assert len(shown) <= 40
    assert shown == plain(shown, 40)


def test_colours_and_places_of_a_terminal_go_and_the_words_stay() -> None:
    assert plain("\x1b[1;31mҚызыл\x1b[0m  шам\x07", 40) == "Қызыл шам"


def test_a_robots_words_are_plain() -> None:
    driver = Lines((), ("dance",))
    heard = driver.feed(f"said:{EVIL}\nrunning:\x1b[2Jdance\n# name \x1b[5mRobo\n".encode(), 1.0)
    said = [each.message or each.running or "" for each in heard if isinstance(each, Status)]
    assert said == ["red 2J back", "dance"]
    driver.feed(b"battery:1\n" * 4, 1.0)
    assert driver.identity == "Robo"


def test_a_meters_identity_is_plain() -> None:
    driver: Driver = family("meters").make(Setting("scpi-voltmeter"))
    driver.feed(b"MAKER,\x1b[31mMODEL,1,2\n", 1.0)
    assert driver.identity.isprintable()


@pytest.mark.parametrize("title", ["temp[\x1b[2J]", "temp[\x1b]", "te\u202emp", "temp\x07"])
def test_a_title_or_unit_with_control_characters_is_none(title: str) -> None:
    assert channel_of(title) is None


@pytest.mark.parametrize(
    ("title", "said", "quantity", "unit"),
    [
        ("t", "", "reading", "1"),
        ("h", "", "reading", "1"),
        ("t1", "", "reading", "1"),
        ("t[C]", "", "temperature", "Cel"),
        ("t", "°C", "temperature", "Cel"),
        ("t", "\u0441", "temperature", "Cel"),
        ("t[s]", "", "time", "s"),
        ("h[%]", "", "humidity", "%"),
        ("temp", "", "temperature", "Cel"),
        ("hum", "", "humidity", "%"),
        ("p[bar]", "", "pressure", "bar"),
    ],
)
def test_one_letter_is_no_quantity_unless_it_has_a_unit(
    title: str, said: str, quantity: str, unit: str
) -> None:
    channel = channel_of(title, said)
    assert channel is not None
    assert (channel.quantity, channel.unit) == (quantity, unit)
