"""When a run begins and ends: what a channel does."""

import math

from hypothesis import given
from hypothesis import strategies as st

from devices.gate import REST, Watch
from devices.template import Condition

FALLS = Condition("d", falls=1.0)
RISES = Condition("d", rises=1.0)


def seen(watch: Watch, values: list[tuple[float, float]]) -> float | None:
    """Return when a condition came true."""
    return next((at for at, value in values if watch.sees(at, value)), None)


def steps(values: list[float], pause: float = 0.1) -> list[tuple[float, float]]:
    return [(number * pause, value) for number, value in enumerate(values)]


def test_a_threshold_is_crossed_upwards_or_downwards() -> None:
    up = [1.0, 2.0, 3.0, 3.1]
    assert seen(Watch(Condition("d", above=3.0)), steps(up)) == 0.1 * 3
    assert seen(Watch(Condition("d", below=3.0)), steps(up[::-1])) == 0.1 * 2
    assert seen(Watch(Condition("d", above=3.0)), steps([3.0, math.nan, -5.0])) is None


def test_it_rises_from_where_it_rested() -> None:
    rests = [5.0, 5.1, 5.0, 4.9, 5.0, 5.1, 5.0]
    assert seen(Watch(RISES), steps([*rests, 5.5, 6.2])) == 0.1 * 8
    assert seen(Watch(FALLS), steps([*rests, 5.5, 4.6, 3.9])) == 0.1 * 9


def test_what_never_rested_does_not_leave_its_place() -> None:
    swings = [5.0 + 3.0 * math.sin(step / 3) for step in range(300)]
    assert seen(Watch(RISES), steps(swings, 0.05)) is None


def test_a_slow_drift_is_no_beginning() -> None:
    drifts = [step * 0.05 for step in range(300)]
    assert seen(Watch(RISES), steps(drifts)) is None


def test_a_jump_the_other_way_is_forgotten_once_it_rests_again() -> None:
    rests, other = [5.0] * 8, [0.0] * 8
    assert seen(Watch(RISES), steps([*rests, *other, 0.9])) is None
    assert seen(Watch(RISES), steps([*rests, *other, 1.1])) == 0.1 * 16


def test_where_it_rested_may_be_given_and_stays() -> None:
    assert seen(Watch(RISES, 5.0), steps([5.2, 5.9, 6.0])) == 0.2
    assert seen(Watch(RISES, 5.0), steps([0.0] * 20)) is None


def test_a_slow_sensor_rests_between_two_values() -> None:
    assert seen(Watch(RISES), steps([5.0, 5.0, 7.0], pause=2 * REST)) == 4 * REST


@given(st.lists(st.tuples(st.floats(0.001, 1.0), st.floats(-100, 100)), max_size=300))
def test_any_values_are_looked_at_with_bounded_memory(given_: list[tuple[float, float]]) -> None:
    watch, at = Watch(RISES), 0.0
    for pause, value in given_:
        at += pause
        watch.sees(at, value)
        assert len(watch._recent) <= 80
