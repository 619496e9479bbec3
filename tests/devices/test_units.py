"""Units: what one is in another, exactly; and that every unit can be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.units import BY_LANGUAGE, LANGUAGES, SCALES, SHOWN, conversion, shown

PAIRS = [(one, other) for row in SCALES for one in row for other in row]


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        (57.0, "cm", "m", 0.57),
        (0.25, "m", "cm", 25.0),
        (101.325, "kPa", "Pa", 101_325.0),
        (1013.25, "hPa", "kPa", 101.325),
        (760.0, "mm[Hg]", "Pa", 101_324.72),
        (212.0, "[degF]", "Cel", 100.0),
        (-40.0, "[degF]", "Cel", -40.0),
        (20.0, "Cel", "K", 293.15),
        (0.0, "K", "Cel", -273.15),
        (4700.0, "mV", "V", 4.7),
        (60.0, "mL", "L", 0.06),
        (36.0, "km/h", "m/s", 10.0),
        (1.0, "[g]", "m/s2", 9.80665),
        (1413.0, "uS/cm", "mS/cm", 1.413),
        (72.0, "/min", "Hz", 1.2),
    ],
)
def test_a_value_in_another_unit_is_exact(value: float, unit: str, wanted: str, expected: float) -> None:
    way = conversion(unit, wanted)
    assert way is not None
    assert way.true(value) == expected


@given(st.sampled_from(PAIRS), st.floats(-1e6, 1e6))
def test_there_and_back_is_the_same(pair: tuple[str, str], value: float) -> None:
    there, back = conversion(*pair), conversion(*reversed(pair))
    assert there is not None
    assert back is not None
    assert back.true(there.true(value)) == pytest.approx(value, rel=1e-9, abs=1e-7)


def test_a_difference_knows_no_zero() -> None:
    way = conversion("[degF]", "Cel")
    assert way is not None
    assert 9.0 * way.factor == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("unit", "wanted"), [("m", "s"), ("Cel", "Pa"), ("1", "%"), ("parrots", "m"), ("%", "lx")]
)
def test_what_measures_something_else_is_not_converted(unit: str, wanted: str) -> None:
    assert conversion(unit, wanted) is None


def test_an_unknown_unit_is_itself() -> None:
    way = conversion("parrots", "parrots")
    assert way is not None
    assert way.true(3.5) == 3.5


def test_whatever_can_be_converted_can_be_shown_in_each_language() -> None:
    for unit in (unit for row in SCALES for unit in row):
        assert unit in SHOWN or unit in BY_LANGUAGE
        assert set(shown(unit)) == set(LANGUAGES)
