"""What is computed from what was measured: corrected, combined, and curves laid through it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calibration import MOST_POINTS, Calibration, CalibrationWrong
from devices.expression import MAX_LENGTH, Expression, ExpressionWrong, derivative, smooth
from devices.fits import KINDS, fit

XS = [0.5 * number for number in range(1, 60)]
NUMBER = st.floats(-1000, 1000)


def _calibration(points: tuple[tuple[float, float], ...] = (), terms: tuple[float, ...] = ()) -> Calibration:
    made = Calibration("c1", "2026-11-26", "Айгүл", points, terms)
    made.check()
    return made


# Calibration ------------------------------------------------------------------------------------------------


def test_two_points_make_a_straight_line_that_goes_on_beyond_them() -> None:
    ph = _calibration(((4.1, 4.0), (9.0, 9.2)))
    assert ph.true(4.1) == pytest.approx(4.0)
    assert ph.true(9.0) == pytest.approx(9.2)
    assert ph.true(6.55) == pytest.approx(6.6)
    assert ph.true(13.9) == pytest.approx(14.4)


def test_one_point_is_an_offset_and_terms_are_a_polynomial() -> None:
    assert _calibration(((20.0, 21.5),)).true(100.0) == 101.5
    assert _calibration(terms=(1.0, 2.0, 3.0)).true(2.0) == 17.0


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=MOST_POINTS, unique_by=lambda each: each[0]))
def test_a_calibration_is_true_at_its_own_points_in_whatever_order(points: list[tuple[float, float]]) -> None:
    made = Calibration("c", "2026-11-26", "", tuple(points))
    for raw, true in points:
        assert made.true(raw) == pytest.approx(true, abs=1e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("points", "terms", "why"),
    [
        ((), (math.inf,), "finite"),
        (((1.0, math.nan),), (), "finite"),
        (((1.0, 2.0),), (1.0,), "not both"),
        (((1.0, 2.0), (1.0, 3.0)), (), "same raw value"),
        (tuple((float(n), 0.0) for n in range(MOST_POINTS + 1)), (), "more than"),
    ],
)
def test_a_calibration_that_corrects_nothing_is_refused(
    points: tuple[tuple[float, float], ...], terms: tuple[float, ...], why: str
) -> None:
    with pytest.raises(CalibrationWrong, match=why):
        _calibration(points, terms)


# Expressions ------------------------------------------------------------------------------------------------


def _compute(text: str, **columns: list[float]) -> list[float]:
    length = len(next(iter(columns.values()), [0.0] * 3))
    return Expression(text, tuple(columns)).compute([float(n) for n in range(length)], columns)


def test_columns_are_combined_row_by_row() -> None:
    assert _compute("p * V", p=[1.0, 2.0], V=[10.0, 5.0]) == [10.0, 10.0]
    assert _compute("-x^2 + 2*t - 1/4", x=[1.0, 2.0]) == [-1.25, -2.25]
    assert _compute("sqrt(x) + lg(x) + abs(-x)", x=[100.0]) == [112.0]


def test_what_has_no_value_is_nan_and_the_others_stay() -> None:
    computed = _compute("1 / x + ln(x)", x=[0.0, 1.0, -1.0])
    assert math.isnan(computed[0])
    assert computed[1] == 1.0
    assert math.isnan(computed[2])
    assert math.isnan(_compute("x ^ 400", x=[9.0])[0])


def test_a_slope_and_a_mean_are_taken_over_neighbours() -> None:
    assert derivative([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0]) == [1.0, 2.0, 4.0, 5.0]
    assert smooth([0.0, 0.0, 5.0, 0.0, 0.0]) == pytest.approx([5 / 3, 1.25, 1.0, 1.25, 5 / 3])
    assert derivative([], []) == smooth([]) == []
    assert math.isnan(derivative([1.0, 1.0], [0.0, 5.0])[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x +",
        "y",
        "__import__('os')",
        "x.real",
        "x[0]",
        "[x]",
        "x if x else 1",
        "lambda: 1",
        "x and 1",
        "x == 1",
        "'a'",
        "True",
        "1j",
        "sqrt",
        "sqrt(x, x)",
        "open(x)",
        "x // 2",
        "x % 2",
        "f(x)",
        "sqrt(x=1)",
        "(y := 1)",
        "+".join("x" * 40),
        "x" * (MAX_LENGTH + 1),
        "-" * 100 + "x",
        "\x00",
    ],
)
def test_what_is_no_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ExpressionWrong):
        Expression(text, ("x",))


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_computed_or_refused(text: str) -> None:
    try:
        computed = Expression(text, ("x", "p")).compute([0.0, 1.0], {"x": [1.0, 2.0], "p": [0.0, -3.0]})
    except ExpressionWrong:
        return
    assert len(computed) == 2


# Fits -------------------------------------------------------------------------------------------------------


@given(NUMBER, st.floats(0.1, 100))
def test_points_on_a_straight_line_or_on_one_over_x_give_it_back(a: float, b: float) -> None:
    curves = {"linear": [a + b * x for x in XS], "inverse": [a + b / x for x in XS]}
    for kind, ys in curves.items():
        found = fit(kind, XS, ys)
        assert found is not None
        assert (found.numbers["a"], found.numbers["b"]) == pytest.approx((a, b), abs=1e-4, rel=1e-6)
        assert found.r2 == pytest.approx(1.0)


def test_a_falling_ball_gives_its_acceleration() -> None:
    found = fit("quadratic", XS, [3.0 - 1.5 * x + 9.81 / 2 * x * x for x in XS])
    assert found is not None
    assert found.numbers["c"] * 2 == pytest.approx(9.81)
    assert found.at(2.0) == pytest.approx(3.0 - 3.0 + 19.62)


@given(st.floats(-50, 50), st.floats(5, 100), st.floats(2, 60))
def test_a_cooling_cup_gives_the_room_and_the_time_constant(room: float, above: float, tau: float) -> None:
    found = fit("exponential", XS, [room + above * math.exp(-x / tau) for x in XS])
    assert found is not None
    assert found.numbers["t"] == pytest.approx(tau, rel=0.02)
    assert found.numbers["c"] == pytest.approx(room, abs=0.05 * above)


def test_noise_lowers_how_well_a_curve_fits() -> None:
    noisy = [2 * x + (1.0 if number % 2 else -1.0) * 5 for number, x in enumerate(XS)]
    found = fit("linear", XS, noisy)
    assert found is not None
    assert found.r2 is not None
    assert 0.8 < found.r2 < 0.99
    assert found.numbers["b"] == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_points_and_points_on_top_of_each_other_give_no_curve(kind: str) -> None:
    assert fit(kind, [1.0, 2.0], [1.0, 2.0]) is None
    assert fit(kind, [2.0] * 9, [1.0] * 9) is None
    assert fit(kind, [math.nan] * 9, [1.0] * 9) is None
    assert fit(kind, [], []) is None


def test_a_level_line_is_level() -> None:
    found = fit("linear", XS, [5.0] * len(XS))
    assert found is not None
    assert list(found.numbers.values()) == pytest.approx([5.0, 0.0])
    assert found.r2 == pytest.approx(1.0)
