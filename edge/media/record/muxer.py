"""Frames in, whole fragments of a file out: fragmented MP4 for H.264, WebM for VP8 and for sound alone.

The muxer writes into memory and hands out bytes, so that files, syncs and disk errors are its owner's.
"""

from collections.abc import Mapping
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from edge.media.codec import opus
from edge.media.codec.avcc import Sets, config, to_lengths
from edge.media.codec.h264 import START
from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.record.containers import container_of
from edge.media.record.template import template
from edge.media.record.trouble import NoTemplate

FRAGMENT = 2.0  # seconds: what a power cut may cost
INTERLEAVE = 0.2  # seconds libav waits for the other track before it writes one that runs alone
MAX_CLUSTER = 1 << 26  # bytes: only time and key frames cut clusters
MAX_DURATION = 1.0  # seconds a video frame is said to last when the next one is not known yet

_COMMON = {"flush_packets": "1", "fflags": "+bitexact", "max_interleave_delta": str(int(INTERLEAVE * 1e6))}
OPTIONS = {
    "mp4": {
        "movflags": "frag_keyframe+empty_moov+default_base_moof",
        "frag_duration": str(int(FRAGMENT * 1e6)),
        **_COMMON,
    },
    "webm": {
        "cluster_time_limit": str(int(FRAGMENT * 1e3)),
        "cluster_size_limit": str(MAX_CLUSTER),
        **_COMMON,
    },
}


class _Sink:
    """Where libav writes: no `seek`, so nothing written is ever changed."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes) -> int:
        """Take some bytes."""
        self._chunks.append(bytes(chunk))
        return len(chunk)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


class _Lane:
    """One track's time line inside the file."""

    def __init__(self, stream: Stream, kind: Kind, container: str) -> None:
        self._stream = stream
        self._lengths = kind == "video" and container == "mp4"
        self._base = Fraction(stream.time_base or 0)
        self._rate = CLOCK_RATE[kind]
        self._last = -1
        self._step = 0

    def packet(self, frame: Frame, pts: int) -> "av.Packet[Stream]":
        ticks = round(Fraction(pts, self._rate) / self._base)
        ticks = max(ticks, self._last + 1)  # WebM counts milliseconds: two frames may fall into one
        if self._last >= 0:
            self._step = min(ticks - self._last, round(MAX_DURATION / self._base))
        self._last = ticks
        packet = av.Packet(to_lengths(frame.data) if self._lengths else frame.data)
        packet.stream = self._stream
        packet.time_base = self._base
        packet.pts = packet.dts = ticks
        packet.duration = self._duration(frame)
        packet.is_keyframe = frame.key or frame.kind == "audio"
        return packet

    def _duration(self, frame: Frame) -> int:
        if frame.kind == "video":
            return self._step
        return round(Fraction(opus.duration(frame.data), self._rate) / self._base)


class Muxer:
    """One file's worth of frames. Raises NoTemplate if the key frame does not describe the video."""

    def __init__(self, codecs: Mapping[Kind, Codec], key: bytes = b"", sets: Sets | None = None) -> None:
        name = container_of(codecs)
        self._sink = _Sink()
        self._templates: list[InputContainer] = []  # they own what the streams were copied from
        self._out = av.open(self._sink, "w", format=name, options=OPTIONS[name])
        streams = {kind: self._add(kind, codec, key, sets) for kind, codec in codecs.items()}
        try:
            self._out.start_encoding()
        except av.FFmpegError as error:
            raise NoTemplate(f"{name}: {error}") from error
        # The header may settle on another time base: lanes come after it.
        self._lanes = {kind: _Lane(stream, kind, name) for kind, stream in streams.items()}

    def mux(self, frame: Frame, pts: int) -> bytes:
        """Take one frame, `pts` in its track's clock rate; return the fragments that are complete now."""
        self._out.mux_one(self._lanes[frame.kind].packet(frame, pts))
        return self._sink.take()

    def close(self) -> bytes:
        """Return the last fragment."""
        self._out.close()
        for opened in self._templates:
            opened.close()
        return self._sink.take()

    def _add(self, kind: Kind, codec: Codec, key: bytes, sets: Sets | None) -> Stream:
        if sets is not None and codec == "H264":
            key = b"".join(START + unit for unit in sets) + key
        opened = template(codec, key)
        self._templates.append(opened)
        source = opened.streams[0]
        assert isinstance(source, VideoStream | AudioStream)
        stream = self._out.add_stream_from_template(source, opaque=True)
        stream.time_base = Fraction(1, CLOCK_RATE[kind])
        if sets is not None and codec == "H264":
            stream.codec_context.extradata = config(sets)
        return stream
