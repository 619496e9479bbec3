"""Packets in, files out."""

from asyncio import wait_for
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from edge.media.packet import Codec, Kind
from edge.media.record.recorder import Recorder
from edge.media.record.recording import Recording, read_index
from edge.media.record.store import Store
from edge.media.record.verdict import Verdict
from edge.media.record.verify import verify
from tests.media.lessons import (
    DEADLINE,
    Event,
    Lesson,
    arriving,
    captured,
    later,
    lesson,
    packets,
    pictures,
    play,
    reports,
    settled,
    shown,
    shuffled,
    skew,
)

NOISE = 0.016  # seconds: what aiortc's sender reports are late at most, measured


async def record(state: Path, given: Lesson, events: Iterable[Event]) -> list[Recording]:
    """Play events to a recorder, close it and return what became of them, in order."""
    store = Store(state, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, events)
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    return store.list()[::-1]


def path_of(state: Path, recording: Recording) -> Path:
    """Where a recording's file is."""
    return recording.path(state / "recordings")


def counts(verdict: Verdict) -> dict[Kind, int]:
    """How many frames each track has."""
    return {kind: tally.frames for kind, tally in verdict.tracks.items()}


@pytest.mark.parametrize(
    ("codec", "sound", "media_type"),
    [
        ("H264", True, "video/mp4"),
        ("VP8", True, "video/webm"),
        ("H264", False, "video/mp4"),
        ("VP8", False, "video/webm"),
        (None, True, "audio/webm"),
    ],
)
async def test_a_lesson_becomes_a_whole_recording(
    tmp_path: Path, codec: Codec | None, sound: bool, media_type: str
) -> None:
    given = lesson(codec, sound)
    (recording,) = await record(tmp_path, given, arriving(packets(given), reports(given)))
    verdict = verify(path_of(tmp_path, recording))
    assert verdict.faults == []
    assert recording.media_type == media_type
    assert recording.whole
    assert counts(verdict) == {track.kind: len(given.of(track.kind)) for track in given.tracks}


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_every_frame_is_kept_byte_by_byte(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec)
    (recording,) = await record(tmp_path, given, arriving(packets(given), reports(given)))
    kept = shown(path_of(tmp_path, recording))
    assert [frame.data for frame in kept["video"]] == [frame.data for frame in given.of("video")]
    assert [frame.data for frame in kept["audio"]] == [frame.data for frame in given.of("audio")]


async def test_packets_out_of_order_and_twice_change_nothing(tmp_path: Path) -> None:
    given = lesson("H264")
    sent = shuffled(packets(given), seed=3)
    (recording,) = await record(tmp_path, given, arriving(sent, sent[::7], reports(given)))
    verdict = verify(path_of(tmp_path, recording))
    assert verdict.faults == []
    assert counts(verdict) == {"video": 150, "audio": 300}


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_lost_packets_cost_their_frames_and_the_recording_says_so(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec)
    chance = Random(5)
    sent = [packet for number, packet in enumerate(packets(given)) if number < 20 or chance.random() > 0.05]
    (recording,) = await record(tmp_path, given, arriving(sent, reports(given)))
    kept = shown(path_of(tmp_path, recording))
    whole = {frame.data for frame in given.frames}
    assert not recording.whole
    assert recording.lost["video"] > 0
    assert recording.lost["audio"] > 0
    assert 200 < len(kept["audio"]) < 300
    assert {frame.data for track in kept.values() for frame in track} <= whole


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_sound_and_picture_are_aligned_by_many_reports(tmp_path: Path, codec: Codec) -> None:
    given = lesson(codec, seconds=12.0)
    found = []
    for seed in range(3):
        state = tmp_path / str(seed)
        events = arriving(packets(given), reports(given, late=NOISE, seed=seed))
        (recording,) = await record(state, given, events)
        found.append(abs(skew(given, path_of(state, recording))))
    assert max(found) < 0.005
    assert recording.aligned == "sender-reports"


async def test_without_reports_tracks_are_aligned_by_arrival_which_the_index_says(tmp_path: Path) -> None:
    given = lesson("H264")
    (recording,) = await record(tmp_path, given, packets(given))
    index = read_index(tmp_path / "recordings", recording.id)
    assert index is not None
    assert index.header.aligned == recording.aligned == "arrival"
    assert abs(skew(given, path_of(tmp_path, recording))) < 0.005
    assert verify(path_of(tmp_path, recording)).faults == []


async def test_reports_that_come_late_still_align_the_finished_file(tmp_path: Path) -> None:
    given = lesson("H264")
    slow = {"audio": 0.06, "video": 0.0}
    sent = [replace(each, arrival=each.arrival + slow[each.kind]) for each in packets(given)]
    tardy = [report for report in reports(given) if report.arrival > 3.0]
    (recording,) = await record(tmp_path, given, arriving(sent, tardy))
    assert recording.aligned == "arrival"
    assert abs(skew(given, path_of(tmp_path, recording))) < 0.005


async def test_a_publisher_that_returns_continues_the_recording_with_a_marked_gap(tmp_path: Path) -> None:
    given = lesson("H264")
    away = 12.5
    events = [each for each in arriving(packets(given), reports(given)) if not 2.0 < each.arrival < 4.0]
    returned = [later(each, away) if each.arrival > 4.0 else each for each in events]
    (recording,) = await record(tmp_path, given, returned)
    (gap,) = recording.gaps
    assert gap.at == pytest.approx(2.0, abs=0.1)
    assert gap.seconds == pytest.approx(2.0 + away, abs=0.1)
    assert recording.seconds == pytest.approx(6.0 + away, abs=0.1)
    assert not recording.whole


async def test_a_publisher_that_returns_is_aligned_anew(tmp_path: Path) -> None:
    given = lesson("H264", seconds=12.0)
    events = [each for each in arriving(packets(given), reports(given)) if not 4.0 < each.arrival < 8.0]
    spliced = 0.04  # what mapping the new publication's timestamps by arrival got wrong for the sound
    returned = [
        replace(each, timestamp=each.timestamp + round(spliced * 48_000))
        if each.arrival >= 8.0 and each.kind == "audio"
        else each
        for each in events
    ]
    (recording,) = await record(tmp_path, given, returned)
    kept = shown(path_of(tmp_path, recording))
    when = {frame.data: captured(frame) for frame in given.frames}
    before = [each.at - when[each.data] for each in kept["audio"] if when[each.data] < 4.0]
    after = [each.at - when[each.data] for each in kept["audio"] if when[each.data] > 8.0]
    assert max(map(abs, before)) < 0.005
    assert max(map(abs, after)) < 0.005
    assert [shift.seconds for shift in recording.shifts] == pytest.approx([0.0, -spliced], abs=0.002)


async def test_other_parameter_sets_begin_a_new_part_at_their_key_frame(tmp_path: Path) -> None:
    given = lesson("H264")
    small = [replace(frame, timestamp=frame.timestamp) for frame in pictures("H264", 6.0, 50, 160)]
    frames = [frame for frame in given.frames if frame.kind == "audio" or captured(frame) < 4.0]
    frames = sorted([*frames, *(frame for frame in small if captured(frame) >= 4.0)], key=captured)
    first, second = await record(tmp_path, given, arriving(packets(given, frames), reports(given)))
    verdicts = [verify(path_of(tmp_path, each)) for each in (first, second)]
    assert second.id == f"{first.id}-2"
    assert [verdict.faults for verdict in verdicts] == [[], []]
    assert [verdict.tracks["video"].frames for verdict in verdicts] == [100, 50]
    assert sum(verdict.tracks["audio"].frames for verdict in verdicts) == 300


async def test_another_resolution_of_vp8_begins_a_new_part(tmp_path: Path) -> None:
    given = lesson("VP8", sound=False)
    small = pictures("VP8", 6.0, 50, 160)
    frames = [*given.frames[:100], *small[100:]]
    first, second = await record(tmp_path, given, arriving(packets(given, frames), reports(given)))
    assert [verify(path_of(tmp_path, each)).faults for each in (first, second)] == [[], []]
    assert (first.frames, second.frames) == ({"video": 100}, {"video": 50})


async def test_recording_starts_at_the_first_key_frame(tmp_path: Path) -> None:
    given = lesson("H264")
    joined = [packet for packet in packets(given) if packet.arrival > 1.0]
    (recording,) = await record(tmp_path, given, arriving(joined, reports(given)))
    verdict = verify(path_of(tmp_path, recording))
    assert verdict.faults == []
    # Three packets more of sound: the last 60 ms before the first picture belong to it.
    assert counts(verdict) == {"video": 100, "audio": 203}


async def test_sound_is_recorded_alone_until_a_picture_comes(tmp_path: Path) -> None:
    given = lesson("H264", seconds=16.0)
    sent = [packet for packet in packets(given) if packet.kind == "audio" or packet.arrival > 11.9]
    first, second = await record(tmp_path, given, arriving(sent, reports(given)))
    assert (first.media_type, second.media_type) == ("audio/webm", "video/mp4")
    assert [verify(path_of(tmp_path, each)).faults for each in (first, second)] == [[], []]
    assert first.frames["audio"] + second.frames["audio"] == 800


async def test_a_leap_of_the_timestamps_begins_a_new_part_and_both_stay_readable(tmp_path: Path) -> None:
    given = lesson("H264")
    leap = {"video": 3600 * 90_000, "audio": 3600 * 48_000}
    sent = [
        replace(each, timestamp=each.timestamp + leap[each.kind]) if each.arrival > 2.0 else each
        for each in packets(given)
    ]
    first, second = await record(tmp_path, given, sent)
    assert [verify(path_of(tmp_path, each)).unreadable for each in (first, second)] == ["", ""]
    assert first.seconds < 3.0
    assert second.seconds < 6.0


async def test_timestamps_that_jump_back_for_good_begin_a_new_part(tmp_path: Path) -> None:
    given = lesson("H264", seconds=12.0)
    sent = [
        replace(each, timestamp=each.timestamp - 3600 * 90_000) if each.arrival > 4.0 else each
        for each in packets(given)
    ]
    first, second = await record(tmp_path, given, sent)
    assert verify(path_of(tmp_path, first)).unreadable == ""
    assert verify(path_of(tmp_path, second)).unreadable == ""
    assert second.frames["video"] > 50


async def test_pictures_that_go_back_are_counted_and_never_written(tmp_path: Path) -> None:
    given = lesson("H264", sound=False)
    pairs = zip(given.frames[2::2], given.frames[1::2], strict=False)
    reordered = [given.frames[0], *(frame for pair in pairs for frame in pair)]
    (recording,) = await record(tmp_path, given, arriving(packets(given, reordered), reports(given)))
    assert verify(path_of(tmp_path, recording)).unreadable == ""
    assert recording.frames == {"video": 75}


async def test_a_hurried_recorder_leaves_a_file_that_plays_and_start_up_finishes_it(tmp_path: Path) -> None:
    given = lesson("H264")
    store = Store(tmp_path, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)))
    recorder.hurry(grace=0.0)
    await wait_for(recorder.ended(), DEADLINE)
    (left,) = store.list()
    readable = counts(verify(path_of(tmp_path, left)))
    (done,) = Store(tmp_path, reserve=0).recover(lambda: False)
    assert left.state == "finishing"
    assert readable == {"video": 150, "audio": 300}
    assert done.whole
    assert verify(path_of(tmp_path, done)).faults == []


async def test_a_hole_is_given_up_by_time_even_when_no_packets_follow(tmp_path: Path) -> None:
    given = lesson("H264")
    store = Store(tmp_path, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    sent = packets(given)
    await play(recorder, arriving([packet for packet in sent if packet is not sent[-20]], reports(given)))
    before = store.list()[0].seconds
    recorder.tick(sent[-1].arrival + 2.5)
    await settled(recorder)
    assert recorder.backlog == 0
    assert recorder.state.state == "recording"
    assert before <= store.list()[0].seconds
    recorder.closed()
    await wait_for(recorder.ended(), DEADLINE)
    assert store.list()[0].lost == {"video": 2, "audio": 0}


async def test_a_stream_without_a_key_frame_leaves_nothing_behind(tmp_path: Path) -> None:
    given = lesson("H264", sound=False)
    begun = [packet for packet in packets(given) if 0.5 < packet.arrival < 1.9]
    assert await record(tmp_path, given, begun) == []
