"""H.264 between start codes and lengths."""

from base64 import b64encode
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.codec import avcc, h264
from edge.media.codec.h264 import START


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
def test_any_frame_comes_back_byte_by_byte(nals: list[bytes]) -> None:
    frame = b"".join(START + nal for nal in nals)
    assert avcc.to_annexb(avcc.to_lengths(frame)) == frame


@given(st.binary(max_size=60))
def test_a_sample_of_anything_is_read_or_refused(sample: bytes) -> None:
    try:
        frame = avcc.to_annexb(sample)
    except avcc.BadSample:
        return
    assert len(frame) == len(sample)


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_the_header_is_the_one_libav_writes(tmp_path: Path, profile: str) -> None:
    path = tmp_path / "picture.mp4"
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"profile": profile})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 320, 180, "yuv420p", Fraction(1, 25)
        out.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        out.mux(stream.encode(None))
    with av.open(path) as file:
        written = file.streams.video[0].codec_context.extradata
    assert written is not None
    sps_size = int.from_bytes(written[6:8])
    sps = written[8 : 8 + sps_size]
    pps_size = int.from_bytes(written[9 + sps_size : 11 + sps_size])
    pps = written[11 + sps_size : 11 + sps_size + pps_size]
    assert avcc.config((sps, pps)) == written


def test_parameter_sets_are_found_in_the_session_description() -> None:
    sps, pps = bytes((0x60 | h264.SPS, 1, 2, 3, 4)), bytes((0x60 | h264.PPS, 5, 6, 7))
    encoded = ",".join(b64encode(unit).decode() for unit in (sps, pps))
    assert avcc.sets_of(f"packetization-mode=1; sprop-parameter-sets={encoded}") == (sps, pps)


@pytest.mark.parametrize(
    "fmtp", ["", "sprop-parameter-sets=", "sprop-parameter-sets=!,?", "sprop-parameter-sets=ә,ғ", "a=b;c"]
)
def test_a_description_without_parameter_sets_has_none(fmtp: str) -> None:
    assert avcc.sets_of(fmtp) is None
