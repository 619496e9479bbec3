from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import CLOCK_RATE, Frame, Kind
from edge.media.publish.interleave import MAX_GAP, Continuity, Interleave

PERIOD: dict[Kind, int] = {"video": 3_600, "audio": 960}


def _frame(kind: Kind, number: int) -> Frame:
    return Frame(kind, number * PERIOD[kind], b"%d" % number, False, 0.0)


def _media(frame: Frame) -> float:
    return frame.timestamp / CLOCK_RATE[frame.kind]


def _run(frames: list[Frame]) -> list[Frame]:
    order = Interleave(["video", "audio"])
    return [ready for frame in frames for ready in order.add(frame)] + order.flush()


@given(st.lists(st.booleans(), max_size=120))
def test_any_mixture_of_two_tracks_comes_out_complete_and_in_order(pictures: list[bool]) -> None:
    kinds: list[Kind] = ["video" if is_picture else "audio" for is_picture in pictures]
    frames = [_frame(kind, kinds[:n].count(kind)) for n, kind in enumerate(kinds)]

    ordered = _run(frames)

    assert [each for each in ordered if each.kind == "video"] == [f for f in frames if f.kind == "video"]
    assert [each for each in ordered if each.kind == "audio"] == [f for f in frames if f.kind == "audio"]


@given(st.integers(1, 40), st.integers(1, 80))
def test_tracks_that_come_in_lumps_under_the_bound_are_in_order_of_time(video: int, audio: int) -> None:
    lumps = [_frame("video", n) for n in range(video)] + [_frame("audio", n) for n in range(audio)]

    ordered = _run(lumps)

    assert [_media(frame) for frame in ordered] == sorted(_media(frame) for frame in ordered)


def test_a_silent_track_holds_the_other_back_for_two_seconds_only() -> None:
    order = Interleave(["video", "audio"])

    ready = [frame for n in range(100) for frame in order.add(_frame("video", n))]

    assert len(ready) == 50


def test_a_single_track_passes_at_once() -> None:
    assert len(Interleave(["audio"]).add(_frame("audio", 0))) == 1


@given(st.lists(st.integers(-48, 48), min_size=1))
def test_a_containers_rounding_does_not_reach_the_timestamps(rounding: list[int]) -> None:
    continuity = Continuity()

    placed = [continuity.place(n * 960 + error, 960) for n, error in enumerate(rounding)]

    assert placed == [rounding[0] + n * 960 for n in range(len(rounding))]


def test_a_hole_in_the_sound_stays_a_hole() -> None:
    continuity = Continuity()

    assert [continuity.place(at, 960) for at in (0, 960, 48_000, 48_960)] == [0, 960, 48_000, 48_960]


def test_sound_that_overlaps_is_dropped_a_packet_at_a_time() -> None:
    continuity = Continuity()

    placed = [continuity.place(n * 940, 960) for n in range(200)]

    kept = [at for at in placed if at is not None]
    assert continuity.dropped == placed.count(None) > 0
    assert kept == [n * 960 for n in range(len(kept))]
    assert kept[-1] - 199 * 940 <= MAX_GAP
