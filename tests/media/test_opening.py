"""How a recording begins, goes on, and is fitted to the sender's clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.record.fit import Clock, Fit
from edge.media.record.marks import Gap, Shift
from edge.media.record.opening import SOUND_ALONE, WAIT, Opening
from edge.media.record.placing import MAX_GAPS, Jumped, Placing

BOTH: dict[Kind, Codec] = {"video": "H264", "audio": "opus"}
CLOCKS: dict[Kind, float] = {"video": 100.0, "audio": 100.5}
ZERO: dict[Kind, int] = {"video": 0, "audio": 0}


def frame(kind: Kind, at: float, key: bool = False, arrival: float | None = None) -> Frame:
    """A frame whose timestamp says `at` seconds."""
    return Frame(kind, round(at * CLOCK_RATE[kind]), b"x", key, at if arrival is None else arrival)


def opening(*frames: Frame, codecs: dict[Kind, Codec] = BOTH, lead: float = 0.0) -> Opening:
    """An opening that has seen these."""
    made = Opening(codecs, lead)
    for each in frames:
        made.add(each)
    return made


def test_nothing_starts_before_a_key_frame() -> None:
    begun = opening(frame("video", 1.0), frame("audio", 1.0))
    assert begun.start(2.0, CLOCKS) is None


def test_with_reports_of_both_it_starts_at_once_and_aligned_by_them() -> None:
    begun = opening(frame("video", 1.0, key=True), frame("audio", 0.6))
    start = begun.start(1.0, CLOCKS)
    assert start is not None
    assert start.aligned == "sender-reports"
    assert start.zero == {"video": 90_000, "audio": 24_000}
    assert [each.kind for each in start.frames] == ["video", "audio"]


def test_without_reports_it_waits_and_then_aligns_by_arrival() -> None:
    begun = opening(frame("video", 1.0, key=True), frame("audio", 7.0, arrival=1.0))
    assert begun.start(1.0 + WAIT - 0.1, {}) is None
    start = begun.start(1.0 + WAIT, {})
    assert start is not None
    assert start.aligned == "arrival"
    assert start.zero == {"video": 90_000, "audio": 7 * 48_000}


def test_a_sender_with_two_clocks_is_aligned_by_arrival() -> None:
    begun = opening(frame("video", 1.0, key=True), frame("audio", 1.0))
    start = begun.start(1.0 + WAIT, {"video": 100.0, "audio": 3700.0})
    assert start is not None
    assert start.aligned == "arrival"


def test_a_track_from_which_nothing_comes_is_left_out() -> None:
    start = opening(frame("video", 1.0, key=True)).start(1.0 + WAIT, {"video": 100.0})
    assert start is not None
    assert start.zero.keys() == {"video"}


def test_sound_alone_starts_when_no_picture_comes() -> None:
    begun = opening(frame("audio", 1.0))
    assert begun.start(0.9 + SOUND_ALONE, CLOCKS) is None
    start = begun.start(1.0 + SOUND_ALONE, CLOCKS)
    assert start is not None
    assert start.key is None
    assert start.zero.keys() == {"audio"}


def test_sound_from_before_the_key_frame_belongs_to_the_part_before() -> None:
    frames = (frame("audio", 0.2), frame("audio", 0.9), frame("video", 1.0, key=True), frame("audio", 1.1))
    clocks: dict[Kind, float] = {"video": 100.0, "audio": 100.0}
    first = opening(*frames).start(1.1, clocks)
    following = opening(*frames, lead=0.5).start(1.1, clocks)
    assert first is not None
    assert following is not None
    assert [each.timestamp for each in first.frames] == [90_000, 52_800]
    assert [each.timestamp for each in following.frames] == [43_200, 90_000, 52_800]
    assert following.zero == {"video": 81_000, "audio": 43_200}


@given(st.lists(st.tuples(st.sampled_from(["video", "audio"]), st.floats(0, 1000))))
def test_times_only_grow_and_what_goes_back_is_counted(
    frames: list[tuple[Kind, float]],
) -> None:
    placing = Placing(ZERO)
    placing.place(frame("video", 0.0))
    placed: dict[Kind, list[int]] = {"video": [], "audio": []}
    for kind, at in frames:
        pts = placing.place(frame(kind, at))
        if pts is not None:
            placed[kind].append(pts)
    assert all(track == sorted(set(track)) for track in placed.values())
    assert placing.backwards == len(frames) - sum(map(len, placed.values()))
    assert sum(gap.seconds for gap in placing.gaps) <= placing.seconds + 0.01


def test_a_pause_of_all_tracks_is_a_gap_and_one_of_a_single_track_is_none() -> None:
    placing = Placing(ZERO)
    for number in range(100):
        placing.place(frame("audio", number * 0.1))
    placing.place(frame("video", 9.95))
    placing.place(frame("video", 14.0))
    assert placing.gaps == [Gap(9.95, 4.05)]


def test_a_hole_is_marked_however_short() -> None:
    placing = Placing(ZERO)
    placing.place(frame("audio", 1.0))
    placing.mark_hole()
    placing.place(frame("audio", 1.3))
    assert placing.gaps[-1] == Gap(1.0, 0.3)


def test_gaps_without_end_are_bounded() -> None:
    placing = Placing(ZERO)
    for number in range(MAX_GAPS + 100):
        placing.place(frame("audio", number * 2.0))
    assert len(placing.gaps) == MAX_GAPS


def test_a_leap_ahead_of_the_clock_does_not_belong_here() -> None:
    placing = Placing(ZERO)
    placing.place(frame("audio", 1.0))
    with pytest.raises(Jumped):
        placing.place(frame("audio", 100.0, arrival=1.1))


def test_a_long_pause_that_really_lasted_is_no_leap() -> None:
    placing = Placing(ZERO)
    placing.place(frame("audio", 1.0))
    assert placing.place(frame("audio", 300.0)) is not None


def clocks(at: float, later: float) -> dict[Kind, Clock]:
    """What reports say at some time of the recording, the sound being so many seconds late."""
    return {
        "video": Clock(100.0, round(at * CLOCK_RATE["video"])),
        "audio": Clock(100.0 + later, round(at * CLOCK_RATE["audio"])),
    }


def test_the_sound_is_moved_by_what_the_later_reports_say() -> None:
    fit = Fit(ZERO)
    for number, later in enumerate((0.016, 0.010, 0.003, 0.001, 0.001, 0.002)):
        fit.add(clocks(float(number), later))
    assert fit.shifts([]) == [Shift(0.0, 0.001)]


def test_a_publisher_that_returns_is_fitted_anew() -> None:
    fit = Fit(ZERO)
    fit.add(clocks(1.0, 0.01))
    fit.add(clocks(20.0, 0.05))
    assert fit.shifts([Gap(5.0, 10.0), Gap(16.0, 1.0)]) == [Shift(0.0, 0.01), Shift(15.0, 0.05)]


def test_reports_of_one_track_move_nothing() -> None:
    fit = Fit(ZERO)
    fit.add({"video": Clock(100.0, 1)})
    assert fit.shifts([]) == []
