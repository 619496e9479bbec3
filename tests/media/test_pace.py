import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import Kind
from edge.media.publish.pace import MAX_LATE, MAX_WAIT, Pace

seconds = st.floats(0, 1e6, allow_nan=False)
timestamps = st.integers(-(2**33), 2**33)


def _wait(pace: Pace, timestamp: int, kind: Kind, now: float) -> float:
    """Return how long a frame waits, as `feed` does."""
    return max(0.0, pace.moment(timestamp, kind, now) - now)


@given(now=seconds, timestamp=timestamps)
def test_the_first_frame_leaves_at_once_whatever_its_timestamp(now: float, timestamp: int) -> None:
    assert _wait(Pace(), timestamp, "video", now) == 0


def test_a_frame_waits_until_its_media_time_has_passed() -> None:
    pace = Pace()
    _wait(pace, 90_000, "video", 100.0)

    assert _wait(pace, 93_600, "video", 100.0) == pytest.approx(0.04)
    assert _wait(pace, 93_600, "video", 100.05) == 0


def test_sound_and_picture_of_one_moment_are_due_together() -> None:
    pace = Pace()
    _wait(pace, 0, "audio", 50.0)

    assert pace.moment(5 * 90_000, "video", 50.0) == pace.moment(5 * 48_000, "audio", 50.0) == 55.0


@given(
    now=seconds,
    frames=st.lists(
        st.tuples(st.integers(0, 90_000), st.floats(0, MAX_LATE / 2, allow_nan=False)), max_size=30
    ),
)
def test_lateness_never_adds_up(now: float, frames: list[tuple[int, float]]) -> None:
    pace, timestamp, start = Pace(), 0, now
    _wait(pace, 0, "video", now)
    for step, late in frames:
        timestamp += step
        now = max(now, pace.moment(timestamp, "video", now) + late)

    assert now - start <= timestamp / 90_000 + MAX_LATE / 2 + 1e-6
    assert pace.anchors == 1


def test_after_a_stall_the_frames_go_on_from_now_without_a_burst() -> None:
    pace = Pace()
    _wait(pace, 0, "video", 0.0)

    assert _wait(pace, 3_600, "video", 30.0) == 0
    assert _wait(pace, 7_200, "video", 30.0) > 0.03
    assert pace.anchors == 2


def test_an_hour_of_hole_in_a_file_is_not_waited_for() -> None:
    pace = Pace()
    _wait(pace, 0, "video", 0.0)

    assert _wait(pace, 3600 * 90_000, "video", 0.04) == 0
    assert _wait(pace, 3600 * 90_000 + 3_600, "video", 0.04) > 0.03


@given(arrivals=st.lists(st.floats(0, 0.5, allow_nan=False), min_size=1, max_size=30))
def test_live_frames_never_wait(arrivals: list[float]) -> None:
    pace = Pace(live=True)

    dues = [_wait(pace, n * 3_600, "video", n * 0.04 + delay) for n, delay in enumerate(arrivals)]

    assert set(dues) == {0}


def test_the_moment_of_live_frames_keeps_the_least_delay() -> None:
    pace = Pace(live=True)
    pace.moment(0, "video", 10.3)
    pace.moment(90_000, "video", 11.1)

    assert pace.moment(180_000, "video", 12.4) == pytest.approx(12.1)


@given(now=seconds, timestamp=timestamps, later=timestamps)
def test_no_wait_is_longer_than_its_bound(now: float, timestamp: int, later: int) -> None:
    pace = Pace()
    _wait(pace, timestamp, "video", now)

    assert 0 <= _wait(pace, later, "audio", now) <= MAX_WAIT + 1e-3
