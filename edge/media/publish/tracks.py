"""A container's tracks to frames: passed on byte by byte where WebRTC can take them, else encoded."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol, cast

import av
from av.audio.stream import AudioStream
from av.filter import Graph
from av.stream import Stream
from av.video.stream import VideoStream

from edge.media.codec import annexb, opus, vp8
from edge.media.codec.h264 import IDR, nals
from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.publish.encode import OPUS_FRAME, AudioEncoder, VideoEncoder, sound_fmtp
from edge.media.publish.interleave import Continuity
from edge.media.publish.source import Picture

MAX_RATE = 30  # pictures a second of what we encode: a phone's 60 would double the work for a lesson's gain
TICK = Fraction(1, CLOCK_RATE["video"])
USUAL_RATE = Fraction(50)  # steps a second of a track that tells no times: 20 ms of sound


class Reader(Protocol):
    """Packets of one track in, frames out; with --loop it lives through several passes over the file."""

    kind: Kind
    codec: Codec
    fmtp: str

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass; `shift` seconds are added to the container's time."""

    def feed(self, packet: "av.Packet[Any]") -> list[Frame]:
        """Take the next packet of the stream."""

    def end(self) -> list[Frame]:
        """End the pass and return what decoders held back."""


class PassedVideo:
    """H.264 or VP8 as it is; H.264 leaves as Annex B with parameter sets before every IDR."""

    kind: Kind = "video"

    def __init__(self, codec: Codec, sps: bytes | None = None) -> None:
        self.codec = codec
        self.fmtp = annexb.fmtp(sps) if sps else ""
        self.backwards = 0  # frames dropped because they are not later than the one before
        self._units = UnitStream()
        self._clock = Clock(CLOCK_RATE["video"])
        self._last: int | None = None

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass; `shift` seconds are added to the container's time."""
        self._clock.begin(stream, shift)
        if self.codec == "H264":
            self._units.begin(cast(VideoStream, stream))

    def feed(self, packet: "av.Packet[Any]") -> list[Frame]:
        """Take the next packet of the stream."""
        timestamp = self._clock.timestamp(packet.pts if packet.pts is not None else packet.dts)
        if self._last is not None and timestamp <= self._last:
            self.backwards += 1
            return []
        self._last = timestamp
        if self.codec == "VP8":
            coded = bytes(packet)
            return [Frame("video", timestamp, coded, vp8.is_key(coded), 0.0)] if vp8.is_valid(coded) else []
        units = self._units.units(packet)
        key = IDR in map(annexb.kind, units)
        return [Frame("video", timestamp, annexb.join(units), key, 0.0)] if units else []

    def end(self) -> list[Frame]:
        """End the pass; nothing is ever held back."""
        return []


class PassedOpus:
    """Opus packets as they are, with timestamps that advance by their own length."""

    kind: Kind = "audio"
    codec: Codec = "opus"

    def __init__(self, channels: int) -> None:
        self.fmtp = sound_fmtp(channels)
        self._clock = Clock(CLOCK_RATE["audio"])
        self._continuity = Continuity()

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass; `shift` seconds are added to the container's time."""
        self._clock.begin(stream, shift)

    def feed(self, packet: "av.Packet[Any]") -> list[Frame]:
        """Take the next packet of the stream."""
        coded = bytes(packet)
        if not opus.is_valid(coded):
            return []
        timestamp = self._continuity.place(self._clock.timestamp(packet.pts), opus.duration(coded))
        return [] if timestamp is None else [Frame("audio", timestamp, coded, True, 0.0)]

    def end(self) -> list[Frame]:
        """End the pass; nothing is ever held back."""
        return []


class EncodedVideo:
    """Any picture libav can decode, turned upright, scaled to `picture` and encoded."""

    kind: Kind = "video"

    def __init__(self, picture: Picture, rotation: int = 0) -> None:
        self._encoder = VideoEncoder(picture)
        self.codec, self.fmtp = self._encoder.codec, self._encoder.fmtp
        self.undecodable = 0
        self._picture, self._rotation = picture, rotation
        self._clock = Clock(CLOCK_RATE["video"])
        # A tenth of slack: timestamps of 30 a second are rounded to milliseconds in Matroska.
        self._least = CLOCK_RATE["video"] * 9 // (MAX_RATE * 10)
        self._next: int | None = None

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass; `shift` seconds are added to the container's time."""
        self._stream = cast(VideoStream, stream)
        self._clock.begin(stream, shift)
        self._graph = self._upright_and_scaled(self._stream)

    def feed(self, packet: "av.Packet[Any]") -> list[Frame]:
        """Take the next packet of the stream."""
        return self._decode(packet)

    def end(self) -> list[Frame]:
        """End the pass and return what decoder and filters held back."""
        frames = self._decode(None)
        self._graph.vpush(None)
        return frames + self._filtered()

    def _decode(self, packet: "av.Packet[Any] | None") -> list[Frame]:
        try:
            pictures = self._stream.decode(packet)
        except av.FFmpegError:
            self.undecodable += 1
            return []
        return [frame for picture in pictures for frame in self._encode(picture)]

    def _encode(self, picture: av.VideoFrame) -> list[Frame]:
        timestamp = self._clock.timestamp(picture.pts)
        if self._next is not None and timestamp < self._next:
            return []
        self._next = timestamp + self._least
        picture.pts, picture.time_base = timestamp, TICK
        self._graph.vpush(picture)
        return self._filtered()

    def _filtered(self) -> list[Frame]:
        """Encode what the filters have ready: the deinterlacer is a picture behind."""
        frames = []
        for scaled in _pulled(self._graph):
            timestamp = round(cast(int, scaled.pts) * (scaled.time_base or TICK) / TICK)
            frames += self._encoder.encode(scaled, timestamp)
        return frames

    def _upright_and_scaled(self, stream: VideoStream) -> Graph:
        graph = Graph()
        turns = {90: ["cclock"], 180: ["clock", "clock"], 270: ["clock"]}.get(self._rotation % 360, [])
        size = f"{self._picture.width}:{self._picture.height}"
        graph.link_nodes(
            graph.add_buffer(template=stream, time_base=TICK),
            graph.add("yadif", "deint=interlaced"),  # school archives on MPEG-2 and DV
            *(graph.add("transpose", turn) for turn in turns),
            graph.add("scale", size),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        return graph


class EncodedAudio:
    """Any sound libav can decode, at any rate, encoded as Opus."""

    kind: Kind = "audio"

    def __init__(self, channels: int) -> None:
        self._encoder = AudioEncoder(channels)
        self.codec, self.fmtp = self._encoder.codec, self._encoder.fmtp
        self.undecodable = 0
        self._clock = Clock(CLOCK_RATE["audio"])
        self._continuity = Continuity()

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass; `shift` seconds are added to the container's time."""
        self._stream = cast(AudioStream, stream)
        self._clock.begin(stream, shift)
        self._blocks = self._resampler()
        self._form: tuple[object, ...] | None = None

    def feed(self, packet: "av.Packet[Any]") -> list[Frame]:
        """Take the next packet of the stream."""
        return self._decode(packet)

    def end(self) -> list[Frame]:
        """End the pass and return what decoder and resampler held back."""
        return self._decode(None) + self._encode(self._blocks.resample(None) if self._form else [])

    def _decode(self, packet: "av.Packet[Any] | None") -> list[Frame]:
        try:
            sounds = self._stream.decode(packet)
        except av.FFmpegError:
            self.undecodable += 1
            return []
        return [frame for sound in sounds for frame in self._resample(sound)]

    def _resample(self, sound: av.AudioFrame) -> list[Frame]:
        form = (sound.format.name, sound.layout.name, sound.sample_rate)
        held: list[av.AudioFrame] = []
        if self._form not in (None, form):  # a stream that changes in the middle, as broadcasts do
            held = self._blocks.resample(None)
            self._blocks = self._resampler()
        self._form = form
        return self._encode(held + self._blocks.resample(sound))

    def _encode(self, blocks: list[av.AudioFrame]) -> list[Frame]:
        frames = []
        for block in blocks:
            timestamp = self._clock.timestamp(block.pts, Fraction(1, CLOCK_RATE["audio"]))
            if block.samples == OPUS_FRAME:  # the rest of a pass, less than a packet, is dropped
                placed = self._continuity.place(timestamp, OPUS_FRAME)
                frames += self._encoder.encode(block, placed) if placed is not None else []
        return frames

    def _resampler(self) -> av.AudioResampler:
        return av.AudioResampler("s16", self._encoder.layout, CLOCK_RATE["audio"], OPUS_FRAME)


class Clock:
    """A container's time to timestamps; packets without a time follow the one before at the stream's rate."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last = Fraction(0)

    def begin(self, stream: Stream, shift: Fraction) -> None:
        """Start a pass over this stream, `shift` seconds after the container's time."""
        self._base = stream.time_base or Fraction(1, self._rate)
        pictures = stream.average_rate or stream.guessed_rate if isinstance(stream, VideoStream) else None
        self._step = 1 / (pictures or USUAL_RATE)
        self._shift = shift
        self._last = shift - self._step

    def timestamp(self, pts: int | None, base: Fraction | None = None) -> int:
        """Return the timestamp of a packet or picture of this container time."""
        self._last = self._last + self._step if pts is None else pts * (base or self._base) + self._shift
        return round(self._last * self._rate)


class UnitStream:
    """The NAL units of each H.264 packet, MP4's length fields or start codes alike."""

    def __init__(self) -> None:
        self.sets = annexb.ParameterSets()

    def begin(self, stream: VideoStream) -> None:
        """Start with the parameter sets in the container's header."""
        self._filter = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        header = stream.codec_context.extradata or b""
        if header.startswith(b"\x00\x00"):
            self.sets.learn(nals(header))  # Annex B already: the filter adds nothing

    def units(self, packet: "av.Packet[Any]") -> list[bytes]:
        """Return the packet's units, an IDR with its parameter sets; none when it is damaged."""
        try:
            filtered = self._filter.filter(packet)
        except av.FFmpegError:
            return []
        return self.sets.complete([nal for each in filtered for nal in nals(bytes(each))])


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
