"""Stream templates for the muxer: PyAV takes codec parameters only from another stream.

A header of a few bytes, as a demuxer would read it, gives one without running an encoder.
"""

from io import BytesIO
from struct import pack

import av
from av.container import InputContainer

from edge.media.codec import vp8
from edge.media.packet import CLOCK_RATE, Codec
from edge.media.record import ebml
from edge.media.record.sheet import Look
from edge.media.record.trouble import NoTemplate

CHANNELS = 2  # RFC 7587: a packet may be mono or stereo at any time; a mono head would fold later stereo
MATROSKA: dict[Codec, bytes] = {"H264": b"V_MPEG4/ISO/AVC", "VP8": b"V_VP8"}
PRE_SKIP = 0  # the RTP time line has no encoder delay to cut off


def template(codec: Codec, key: bytes) -> InputContainer:
    """Open a container whose only stream has this track's parameters; keep it while they are used.

    `key` is the first key frame, for H.264 with its parameter sets; Opus needs none.
    """
    try:
        if codec == "H264":
            return av.open(BytesIO(key), "r", format="h264")
        track = _opus() if codec == "opus" else _vp8(key)
        return av.open(BytesIO(_matroska(track)), "r", format="matroska")
    except av.FFmpegError as error:
        raise NoTemplate(f"{codec}: {error}") from error


def described(codec: Codec, picture: Look | None) -> InputContainer:
    """Open a container whose only stream has the parameters that a file's head tells; raises NoTemplate."""
    try:
        track = _opus() if codec == "opus" or picture is None else _picture(codec, picture)
        return av.open(BytesIO(_matroska(track)), "r", format="matroska")
    except (av.FFmpegError, ValueError) as error:
        raise NoTemplate(f"{codec}: {error}") from error


def opus_head() -> bytes:
    """Return the identification header of RFC 7845 section 5.1."""
    return b"OpusHead" + pack("<BBHIhB", 1, CHANNELS, PRE_SKIP, CLOCK_RATE["audio"], 0, 0)


def _opus() -> bytes:
    sound = ebml.element(
        ebml.AUDIO, ebml.real(ebml.SAMPLING, CLOCK_RATE["audio"]), ebml.number(ebml.CHANNELS, CHANNELS)
    )
    return _track(2, b"A_OPUS", ebml.element(ebml.CODEC_PRIVATE, opus_head()), sound)


def _vp8(key: bytes) -> bytes:
    size = vp8.dimensions(key)
    if size is None:
        raise NoTemplate("VP8 key frame without dimensions")
    return _picture("VP8", Look(*size))


def _picture(codec: Codec, picture: Look) -> bytes:
    sides = ebml.number(ebml.WIDTH, picture.width), ebml.number(ebml.HEIGHT, picture.height)
    private = ebml.element(ebml.CODEC_PRIVATE, bytes.fromhex(picture.config)) if picture.config else b""
    return _track(1, MATROSKA[codec], private, ebml.element(ebml.VIDEO, *sides))


def _track(track_type: int, codec: bytes, *more: bytes) -> bytes:
    return ebml.element(
        ebml.TRACK_ENTRY,
        ebml.number(ebml.TRACK_NUMBER, 1),
        ebml.number(ebml.TRACK_UID, 1),
        ebml.number(ebml.TRACK_TYPE, track_type),
        ebml.element(ebml.CODEC_ID, codec),
        *more,
    )


def _matroska(track: bytes) -> bytes:
    scale = ebml.element(ebml.INFO, ebml.number(ebml.TIMESTAMP_SCALE, 1_000_000))
    cluster = ebml.element(ebml.CLUSTER, ebml.number(ebml.TIMESTAMP, 0))  # demuxers read on until one comes
    return ebml.element(ebml.EBML, ebml.element(ebml.DOC_TYPE, b"matroska")) + ebml.element(
        ebml.SEGMENT, scale, ebml.element(ebml.TRACKS, track), cluster
    )
