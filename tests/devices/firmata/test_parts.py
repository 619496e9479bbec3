"""Parts on a board's pins: what a voltage means, and which profiles are refused."""

import pytest

from devices.drivers.firmata_parts import PARTS, parse
from devices.drivers.tables import ProfileWrong


def value(part: str, ratio: float, params: str = "") -> float:
    pin = "2" if PARTS[part].is_digital else '"A0"'
    profile = parse(f'sensor = [{{name = "a", part = "{part}", pin = {pin}, with = {{{params}}}}}]', "test")
    return profile.sensors[0].value(ratio, profile.reference)


@pytest.mark.parametrize(
    ("part", "ratio", "params", "shown"),
    [
        ("voltage", 0.5, "", 2.5),
        ("divider", 0.5, "", 12.5),
        ("divider", 0.5, "upper = 10000, lower = 10000", 5.0),
        ("shunt", 0.1, "ohm = 10", 50.0),
        ("acs712-5a", 0.5, "", 0.0),
        ("acs712-5a", 0.537, "", 1000.0),
        ("lm35", 0.05, "", 25.0),
        ("tmp36", 0.15, "", 25.0),
        ("thermistor", 0.5, "", 25.0),
        ("thermistor", 0.5, "above = 1", 25.0),
        ("thermistor", 0.8, "beta = 3950, above = 1", 60.0),
        ("thermistor", 0.2, "beta = 3950", 60.0),
        ("ldr", 0.25, "", 25.0),
        ("ldr", 0.25, "inverse = 1", 75.0),
        ("temt6000", 0.1, "", 100.0),
        ("mpx4250", 0.3653, "", 101.3),
        ("ph", 0.4, "", 7.0),
        ("potentiometer", 0.5, "", 0.0),
        ("contact", 1.0, "inverse = 1", 0.0),
    ],
)
def test_a_voltage_is_what_the_maker_says(part: str, ratio: float, params: str, shown: float) -> None:
    assert value(part, ratio, params) == pytest.approx(shown, rel=0.01, abs=0.01)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_a_thermistor_that_was_torn_off_is_out_of_range_and_no_fault(ratio: float) -> None:
    assert not -40 <= value("thermistor", ratio) <= 125


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('sensor = [{name = "a", part = "hc-sr04", pin = 2}]', "no hc-sr04 with StandardFirmata"),
        ('sensor = [{name = "a", part = "lm36", pin = "A0"}]', "no part 'lm36'; there are"),
        ('sensor = [{name = "a", part = "lm35", pin = 2}]', "lm35 cannot be on pin 2"),
        ('sensor = [{name = "a", part = "contact", pin = "A0"}]', "contact cannot be on pin A0"),
        ('sensor = [{name = "a", part = "lm35", pin = "A16"}]', "no pin 'A16'"),
        ('sensor = [{name = "a", part = "lm35", pin = "A0", with = {ohm = 1}}]', "lm35 has no 'ohm'"),
        ('sensor = [{name = "a", part = "shunt", pin = "A0", with = {ohm = 0}}]', "a resistance of 0"),
        ('sensor = [{name = "a", part = "lm35", pin = "A0", colour = 1}]', "unknown field `colour`"),
        ('actuator = [{name = "a", part = "motor", pin = 5}]', "a motor has `back`"),
        ('actuator = [{name = "a", part = "switch", pin = 5, back = 6}]', "nothing else has one"),
        ('actuator = [{name = "a", part = "motor", pin = 5, back = 5}]', "pin 5 twice"),
        ("rate = 101", "rate"),
        ("rate = ", "Invalid value"),
        (
            'sensor = [{name = "a", part = "lm35", pin = "A0"}, {name = "a", part = "ldr", pin = "A1"}]',
            "a twice",
        ),
    ],
)
def test_a_wrong_profile_is_refused_and_says_where(text: str, why: str) -> None:
    with pytest.raises(ProfileWrong, match=r"profile lamps: ") as refusal:
        parse(text, "lamps")
    assert why in str(refusal.value)
