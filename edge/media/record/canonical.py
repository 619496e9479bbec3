"""The one file that a set of frames makes, to the last byte: the same on every node that has them.

What is in it besides the frames comes from their index, the shifts of the sound and the picture's
description (`Form`); of what a frame holds nothing matters but its length, and how long the last sound is.
So the place of every frame is known before it is there (`blank` stands for it), and a node that lacks some
can ask another for those bytes alone.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.codec import opus
from edge.media.packet import CLOCK_RATE, Codec, Kind
from edge.media.record import times
from edge.media.record.containers import container_of
from edge.media.record.index import Index, IndexEntry
from edge.media.record.sheet import Form, Look
from edge.media.record.template import described
from edge.media.rtp import BadPacket

CODECS: dict[str, Codec] = {"h264": "H264", "vp8": "VP8", "opus": "opus"}  # by libav's name
MP4_SAMPLE = 36  # bytes in the table: 8 time, 4 size, 12 chunk, 8 place, 4 key
WEBM_CUE = 64  # bytes: time, track, cluster and place in it take 45 at most
WEBM_CLUSTER = 5.0  # seconds: libav's default; where there is no picture each has one cue
WEBM_BLOCK = 4  # bytes of a block before its frame: track, time and flags
AS_IT_IS = {"fflags": "noparse+nofillin"}  # a parser swallows frames in which it finds no sense
SILENT = b"\x08"  # RFC 6716 section 3.1: one frame of 20 ms
TABLE = 16_384  # bytes: what else is in a table, ten times over

Stored = Callable[[IndexEntry], bytes]


class Copied(Struct, frozen=True):
    """What is in the new file."""

    frames: dict[Kind, int]
    seconds: float


class Found(Struct, frozen=True, gc=False):
    """One frame as it stands in a file."""

    kind: Kind
    codec: Codec
    at: int  # the byte where it begins
    stored: bytes


def write(
    draft: Path, form: Form, stored: Callable[[IndexEntry], bytes], go_on: Callable[[], None]
) -> Copied:
    """Write the file; `stored` tells a frame's bytes as a file has them. Raises OSError, av.FFmpegError."""
    index, container = form.index, container_of(form.index.header.codecs)
    options = {"fflags": "+bitexact", **_reserve(container, index)}
    templates: list[InputContainer] = []  # they own what the streams are copied from
    counted: dict[Kind, int] = dict.fromkeys(index.header.codecs, 0)
    seconds = 0.0
    try:
        with av.open(draft, "w", format=container, options=options) as out:
            streams = {
                kind: _add(out, kind, described(codec, form.picture), templates)
                for kind, codec in index.header.codecs.items()
            }
            out.start_encoding()  # it settles on the time bases
            bases = {kind: Fraction(stream.time_base or 1).denominator for kind, stream in streams.items()}
            for each in times.shown(index, form.shifts, bases):
                go_on()
                kind = each.entry.kind
                out.mux_one(_packet(each, streams[kind], bases[kind], stored(each.entry)))
                counted[kind] += 1
                seconds = max(seconds, each.at / bases[kind])
    finally:
        for opened in templates:
            opened.close()
    return Copied(counted, seconds)


def blank(entry: IndexEntry) -> bytes:
    """Return what stands in the place of a frame that is not here yet."""
    # libav writes another element, longer and for players misleading, where a sound's own length is not the
    # one it is given: so a blank sound says of itself that it has the usual one.
    return bytes(entry.length) if entry.kind == "video" else SILENT + bytes(entry.length - 1)


def frames(path: Path, go_on: Callable[[], None]) -> Iterator[Found]:
    """Yield the frames of a file and where each begins; raises OSError, av.FFmpegError."""
    before = WEBM_BLOCK if path.suffix == ".webm" else 0
    with av.open(path, "r", options=AS_IT_IS) as source:
        for packet in source.demux():
            if not packet.size:
                continue
            go_on()
            stream = packet.stream
            assert isinstance(stream, VideoStream | AudioStream)
            codec = CODECS[stream.codec_context.name]
            yield Found(stream.type, codec, (packet.pos or 0) + before, bytes(packet))


def picture_of(path: Path) -> Look | None:
    """Return the description of a file's picture, None if it has none; raises OSError, av.FFmpegError."""
    with av.open(path, "r") as source:
        for stream in source.streams:
            if isinstance(stream, VideoStream):
                context = stream.codec_context
                return Look(context.width, context.height, (context.extradata or b"").hex())
    return None


def muxer() -> str:
    """Name what writes the files here: another version may write other tables."""
    return "lavf" + ".".join(map(str, av.library_versions["libavformat"]))


def _packet(each: times.Shown, stream: Stream, base: int, stored: bytes) -> "av.Packet[Stream]":
    packet = av.Packet(stored)
    packet.stream = stream
    packet.time_base = Fraction(1, base)
    packet.pts = packet.dts = each.at
    packet.duration = (_own_length(stored, base) if each.entry.kind == "audio" else 0) or each.lasts
    packet.is_keyframe = each.entry.key or each.entry.kind == "audio"
    return packet


def _own_length(sound: bytes, base: int) -> int:
    """Return how many ticks a sound says that it has, 0 where it says nothing sound."""
    try:
        samples = opus.duration(sound)
    except BadPacket:
        return 0
    rate = CLOCK_RATE["audio"]
    return (2 * samples * base + rate) // (2 * rate)


def _add(out: OutputContainer, kind: Kind, opened: InputContainer, templates: list[InputContainer]) -> Stream:
    templates.append(opened)
    source = opened.streams[0]
    assert isinstance(source, VideoStream | AudioStream)
    stream = out.add_stream_from_template(source, opaque=True)
    stream.time_base = Fraction(1, CLOCK_RATE[kind])
    return stream


def _reserve(container: str, index: Index) -> dict[str, str]:
    if container == "mp4":
        return {"moov_size": str(TABLE + MP4_SAMPLE * len(index.entries))}
    cues = sum(entry.kind == "video" and entry.key for entry in index.entries)
    cues = cues or round(_seconds(index) / WEBM_CLUSTER) + 1
    return {"reserve_index_space": str(TABLE + WEBM_CUE * cues)}


def _seconds(index: Index) -> float:
    header, last = index.header, index.entries[-1]
    return (last.timestamp - header.zero[last.kind]) / header.rates[last.kind]
