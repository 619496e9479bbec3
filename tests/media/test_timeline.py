"""The capture time of a frame: right although reports are late, clocks drift and are set."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.timeline import MAX_DRIFT, REPORTS, SenderClock

EPOCH = 3_944_678_400.0  # NTP seconds of a day in 2025


def _clock(delays: list[float], period: float = 1.0, drift: float = 0.0, start: int = 1 << 32) -> SenderClock:
    """A clock after reports `period` apart, each written that much after the moment it describes."""
    clock = SenderClock(90_000)
    for number, delay in enumerate(delays):
        elapsed = number * period
        clock.add(EPOCH + elapsed * (1 + drift) + delay, start + round(elapsed * 90_000))
    return clock


def test_before_any_report_nothing_is_known() -> None:
    clock = SenderClock(48_000)
    assert clock.offset is None
    assert clock.capture_time(960) is None


def test_one_report_places_every_timestamp() -> None:
    clock = SenderClock(48_000)
    clock.add(EPOCH, 96_000)
    assert clock.offset == EPOCH - 2
    assert clock.capture_time(120_000) == EPOCH + 0.5
    assert clock.capture_time(72_000) == EPOCH - 0.5


def test_the_least_late_report_counts() -> None:
    clock = _clock([0.012, 0.003, 0.016, 0.008])
    assert clock.capture_time(1 << 32) == pytest.approx(EPOCH + 0.003, abs=1e-5)


@given(st.lists(st.floats(0, 0.016), min_size=REPORTS, max_size=3 * REPORTS), st.floats(-1e-4, 1e-4))
def test_the_answer_is_never_later_than_a_report(delays: list[float], drift: float) -> None:
    clock = _clock(delays, drift=drift)
    at = len(delays) - 1
    answer = clock.capture_time((1 << 32) + at * 90_000)
    assert answer is not None
    assert answer <= EPOCH + at * (1 + drift) + delays[-1] + 1e-5


@pytest.mark.parametrize("drift", [-100e-6, -20e-6, 0.0, 20e-6, 100e-6])
@pytest.mark.parametrize("period", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("seed", range(5))
def test_after_a_lesson_of_late_reports_and_drift_the_error_is_below_5_ms(
    drift: float, period: float, seed: int
) -> None:
    chance = random.Random(seed)
    delays = [chance.uniform(0, 0.016) for _ in range(600)]
    clock = _clock(delays, period, drift)
    elapsed = 599 * period
    answer = clock.capture_time((1 << 32) + round(elapsed * 90_000))
    assert answer == pytest.approx(EPOCH + elapsed * (1 + drift), abs=0.005)


@pytest.mark.parametrize(
    "delays", [[0.0, 0.016] * 4, [0.002 * n for n in range(8)], [0.016 - 0.002 * n for n in range(8)]]
)
def test_a_queue_that_fills_or_drains_is_not_taken_for_drift(delays: list[float]) -> None:
    clock = _clock(delays, period=0.2)
    far = clock.capture_time((1 << 32) + 60 * 90_000)
    assert far == pytest.approx(EPOCH + 60, abs=60 * MAX_DRIFT + 0.003)


def test_a_clock_that_was_set_is_followed_at_once() -> None:
    clock = _clock([0.0] * 20)
    clock.add(EPOCH + 3620, (1 << 32) + 20 * 90_000)
    assert clock.capture_time((1 << 32) + 21 * 90_000) == pytest.approx(EPOCH + 3621)


def test_timestamps_that_begin_anew_are_followed_at_once() -> None:
    clock = _clock([0.0] * 20)
    clock.add(EPOCH + 20, 5 << 32)
    assert clock.capture_time(5 << 32) == pytest.approx(EPOCH + 20)
    clock.add(EPOCH + 21, 1000)
    assert clock.capture_time(1000) == pytest.approx(EPOCH + 21)


def test_a_report_without_a_wall_clock_is_passed_over() -> None:
    clock = _clock([0.0] * 3)
    before = clock.offset
    clock.add(0.0, (1 << 32) + 5 * 90_000)
    assert clock.offset == before


def test_a_repeated_report_adds_nothing() -> None:
    clock = _clock([0.004] * 3)
    before = clock.offset
    clock.add(EPOCH + 2, (1 << 32) + 2 * 90_000)
    assert clock.offset == before
