"""Columns of a run: channels brought into rows, what is entered, what is computed, what is found."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.columns import Series, aligned, columns, findings
from devices.experiments import experiments

SLOW = Series([0.0, 1.0, 2.0], [10.0, 20.0, 30.0])


def finite(values: list[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def test_a_fast_channel_is_read_off_at_the_moments_of_the_slow_one() -> None:
    fast = Series([step / 10 for step in range(21)], [step / 10 for step in range(21)])
    times, (slow, read) = aligned([SLOW, fast])
    assert (times, slow) == ([0.0, 1.0, 2.0], [10.0, 20.0, 30.0])
    assert read == pytest.approx([0.0, 1.0, 2.0])


def test_between_two_values_lies_what_is_on_their_line() -> None:
    _, (_, read) = aligned([SLOW, Series([-0.5, 0.5, 1.5, 2.5], [0.0, 10.0, 20.0, 30.0])])
    assert read == pytest.approx([5.0, 15.0, 25.0])


def test_nothing_is_read_off_over_a_gap_or_far_from_any_value() -> None:
    gappy = Series([0.0, 0.1, 0.2, 9.8, 9.9, 10.0], [1.0] * 6)
    _, (_, read) = aligned([Series([0.0, 5.0, 10.0], [1.0, 2.0, 3.0]), gappy])
    assert finite(read) == [1.0, 1.0]
    assert math.isnan(read[1])
    _, (_, read) = aligned([SLOW, Series([50.0, 50.1, 50.2, 50.3], [1.0] * 4)])
    assert finite(read) == []


def test_a_channel_that_said_nothing_leaves_an_empty_column() -> None:
    times, (one, other) = aligned([Series(), SLOW])
    assert times == [0.0, 1.0, 2.0]
    assert (finite(one), other) == ([], [10.0, 20.0, 30.0])
    assert aligned([Series(), Series()]) == ([], [[], []])


def test_what_was_entered_stands_beside_what_was_measured() -> None:
    boyle = experiments()["boyle"]
    measured = [Series([1.0, 2.0], [100.0, 200.0])]
    found = columns(boyle, measured, Series([1.0, 2.0], [20.0, 10.0]))
    assert list(found) == ["t", "p", "V", "pV", "inv"]
    assert (found["V"], found["pV"], found["inv"]) == ([20.0, 10.0], [2000.0, 2000.0], [0.05, 0.1])


def test_before_there_is_anything_there_is_nothing_to_find() -> None:
    for template in experiments().values():
        found = columns(template, [Series() for _ in template.wants], Series())
        assert {name: len(column) for name, column in found.items()} == dict.fromkeys(found, 0)
        assert findings(template, found) == []


@given(
    st.lists(st.floats(0, 100), max_size=30, unique=True),
    st.lists(st.floats(0, 100), max_size=30, unique=True),
)
def test_all_columns_are_equally_long_whatever_was_measured(one: list[float], other: list[float]) -> None:
    ohm = experiments()["ohm"]
    measured = [Series(sorted(one), sorted(one)), Series(sorted(other), sorted(other))]
    found = columns(ohm, measured, Series())
    assert len({len(column) for column in found.values()}) == 1
    assert {each.kind for each in findings(ohm, found)} <= {"linear"}
