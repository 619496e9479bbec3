"""Frames in, whole fragments out."""

from io import BytesIO

import av
import pytest

from edge.media.codec import h264
from edge.media.packet import CLOCK_RATE, Codec, Frame
from edge.media.record.fragments import Look
from edge.media.record.muxer import Muxer
from edge.media.record.trouble import NoTemplate
from tests.media.lessons import Lesson, captured, lesson, pictures


def mux(given: Lesson) -> list[bytes]:
    """Return what comes out at each frame, and at the end."""
    key = next((frame.data for frame in given.frames if frame.kind == "video"), b"")
    sets = h264.parameter_sets(key) if given.tracks[0].codec == "H264" else None
    muxer = Muxer({track.kind: track.codec for track in given.tracks}, key, sets)
    out = [muxer.mux(frame, round(captured(frame) * CLOCK_RATE[frame.kind])) for frame in given.frames]
    return [each for each in [*out, muxer.close()] if each]


@pytest.mark.parametrize(("codec", "extension"), [("H264", "mp4"), ("VP8", "webm")])
@pytest.mark.parametrize("gop", [50, 250])
def test_a_fragment_lasts_two_seconds_at_most_however_rare_key_frames_are(
    codec: Codec, extension: str, gop: int
) -> None:
    given = lesson(codec, seconds=6.0, gop=gop)
    content = b"".join(mux(given))
    look = Look(BytesIO(content), extension)
    fragments = look.shape().fragments
    pictures_in = [sum(chunk.track == 1 for chunk in look.chunks(each)) for each in fragments]
    assert len(fragments) >= 3
    assert max(pictures_in) <= 51
    assert sum(pictures_in) == 150


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_what_comes_out_is_always_whole_fragments(codec: Codec) -> None:
    given = lesson(codec)
    out = mux(given)
    extension = "mp4" if codec == "H264" else "webm"
    ends = [Look(BytesIO(b"".join(out[: n + 1])), extension).shape().end for n in range(len(out))]
    sizes = [sum(map(len, out[: n + 1])) for n in range(len(out))]
    assert ends == sizes


def test_sound_that_waits_for_no_picture_is_written_all_the_same() -> None:
    given = lesson("H264")
    only_sound = [given.frames[0], *given.of("audio")]
    out = mux(Lesson(given.tracks, only_sound))
    before_the_end = b"".join(out[:-1])
    assert len(Look(BytesIO(before_the_end), "mp4").shape().fragments) >= 2


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_a_key_frame_of_nonsense_is_refused(codec: Codec) -> None:
    with pytest.raises(NoTemplate):
        Muxer({"video": codec}, b"\0\0\0\1\x65nonsense")


def test_two_pictures_in_one_millisecond_are_both_kept_in_webm() -> None:
    first, second = pictures("VP8", 6.0, 50, 320)[:2]
    muxer = Muxer({"video": "VP8"}, first.data)
    out = muxer.mux(first, 0) + muxer.mux(Frame("video", 0, second.data, False, 0.0), 20) + muxer.close()
    with av.open(BytesIO(out), "r") as file:
        assert [packet.pts for packet in file.demux() if packet.size] == [0, 1]
