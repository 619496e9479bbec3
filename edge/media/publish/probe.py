"""What a file holds and whether its tracks can pass without re-encoding: a look at its first packets."""

from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream
from msgspec import Struct
from msgspec.structs import replace

from edge.media.codec import annexb
from edge.media.codec.h264 import IDR
from edge.media.publish.source import NoSuchSource, NotMedia, Picture, Unreadable
from edge.media.publish.tracks import (
    MAX_RATE,
    EncodedAudio,
    EncodedVideo,
    PassedOpus,
    PassedVideo,
    Reader,
    UnitStream,
)

PROBE_PACKETS = 600  # of all tracks: 8 s, several B-frame patterns and at least one key frame of usual GOPs
MAX_OPUS = 1200  # bytes: a larger packet does not fit one datagram
PASSED_FORMATS = {"yuv420p", "yuvj420p"}  # what browsers decode; 4:2:2 and 10 bit they do not
PROGRESSIVE = {0, 1}  # AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE
# Media files only: playlists would read other files and addresses, "tty" shows any text as a video.
FORMATS = (
    "aac,aiff,amr,asf,avi,dv,flac,flv,h264,hevc,ivf,matroska,mov,mp3,mpeg,mpegts,mxf,nut,obu,ogg,w64,wav"
)


class Found(Struct, frozen=True):
    """The readers for a file's tracks by stream index, and when its media time begins."""

    readers: dict[int, Reader]
    start: Fraction


def open_file(path: Path) -> InputContainer:
    """Open a media file, or raise the SourceError that says why not."""
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise NoSuchSource(f"no such file: {path}") from None
    except OSError as exc:
        raise Unreadable(f"cannot read {path}: {(exc.strerror or str(exc)).lower()}") from exc
    limits = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", container_options=limits)
    except av.FFmpegError as exc:
        raise NotMedia(f"not a media file tirek can read: {path}") from exc


def examine(path: Path, picture: Picture) -> Found:
    """Look at the first packets of each track and choose how to read it."""
    with open_file(path) as container:
        streams = [stream for stream in (_picture(container), _sound(container)) if stream is not None]
        try:
            packets = [each for each in islice(container.demux(streams), PROBE_PACKETS) if each.size]
            readers = {s.index: _reader(s, _of(s, packets), picture) for s in streams if _of(s, packets)}
        except av.FFmpegError as exc:
            raise NotMedia(f"damaged from its beginning: {path}") from exc
        if not readers:
            raise NotMedia(f"neither picture nor sound that tirek can read: {path}")
        return Found(readers, start_of(streams))


def start_of(streams: list[Stream]) -> Fraction:
    """Return the container time of the earliest track, in seconds."""
    starts = [s.start_time * s.time_base for s in streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(0))


def _picture(container: InputContainer) -> Stream | None:
    still = Disposition.attached_pic | Disposition.still_image  # the cover of an MP3 is no lesson
    moving = [s for s in container.streams.video if not s.disposition & still and _decodable(s)]
    best = container.streams.best("video")
    return best if best in moving else next(iter(moving), None)


def _sound(container: InputContainer) -> Stream | None:
    heard = [s for s in container.streams.audio if _decodable(s)]
    best = container.streams.best("audio")
    return best if best in heard else next(iter(heard), None)


def _decodable(stream: Stream) -> bool:
    return stream.codec_context is not None  # PyAV's None: libav has no decoder for it


def _of(stream: Stream, packets: "list[av.Packet[Any]]") -> "list[av.Packet[Any]]":
    return [packet for packet in packets if packet.stream_index == stream.index]


def _reader(stream: Stream, packets: "list[av.Packet[Any]]", picture: Picture) -> Reader:
    if stream.type == "audio":
        return _sound_reader(cast(AudioStream, stream), packets)
    return _picture_reader(cast(VideoStream, stream), packets, picture)


def _sound_reader(stream: AudioStream, packets: "list[av.Packet[Any]]") -> Reader:
    channels = stream.codec_context.channels
    is_opus = stream.codec_context.name in ("opus", "libopus")
    if is_opus and channels <= 2 and max(packet.size for packet in packets) <= MAX_OPUS:
        return PassedOpus(channels)
    return EncodedAudio(channels)


def _picture_reader(stream: VideoStream, packets: "list[av.Packet[Any]]", picture: Picture) -> Reader:
    context = stream.codec_context
    shape = _shape(stream, packets)
    plain = context.pix_fmt in PASSED_FORMATS and context.field_order in PROGRESSIVE and not shape.rotation
    if plain and _in_order(packets):
        if context.name in ("vp8", "libvpx"):
            return PassedVideo("VP8")
        sps = _passable_sps(stream, packets) if context.name == "h264" else None
        if sps is not None:
            return PassedVideo("H264", sps)
    return EncodedVideo(_fitted(picture, stream, shape), shape.rotation)


def _in_order(packets: "list[av.Packet[Any]]") -> bool:
    times = [packet.pts if packet.pts is not None else packet.dts for packet in packets]
    known = [time for time in times if time is not None]
    return packets[0].is_keyframe and all(a < b for a, b in pairwise(known))


def _passable_sps(stream: VideoStream, packets: "list[av.Packet[Any]]") -> bytes | None:
    """Return the SPS if every key frame is an IDR and nothing is reordered."""
    if stream.codec_context.has_b_frames:
        return None
    reading = UnitStream()
    reading.begin(stream)
    for packet in packets:
        if packet.is_keyframe:
            units = reading.units(packet)
            if IDR not in map(annexb.kind, units):
                return None
    return reading.sets.sps


class Shape(Struct, frozen=True):
    """A decoded picture's size as it is to be seen, upright and with square pixels."""

    width: int
    height: int
    rotation: int


def _shape(stream: VideoStream, packets: "list[av.Packet[Any]]") -> Shape:
    """Decode the first picture: phones write their rotation where only the decoder finds it."""
    context = stream.codec_context
    rotation = _rotation(stream, packets)
    pixel = stream.sample_aspect_ratio or Fraction(1)
    width, height = round(context.width * pixel), context.height
    return Shape(height, width, rotation) if rotation % 180 else Shape(width, height, rotation)


def _rotation(stream: VideoStream, packets: "list[av.Packet[Any]]") -> int:
    for packet in [*packets[:30], None]:  # decoders hold a few pictures back; None empties them
        try:
            for frame in stream.decode(packet):
                return frame.rotation
        except av.FFmpegError:
            continue
    return 0


def _fitted(picture: Picture, stream: VideoStream, shape: Shape) -> Picture:
    """Return `picture` with the file's own shape and rate where they are smaller."""
    if shape.width <= 0 or shape.height <= 0:
        raise NotMedia(f"a picture of {shape.width}x{shape.height} pixels")
    scale = min(Fraction(1), Fraction(picture.width, shape.width), Fraction(picture.height, shape.height))
    width, height = (max(16, round(side * scale / 2) * 2) for side in (shape.width, shape.height))
    rate = stream.average_rate or stream.guessed_rate or Fraction(picture.rate)
    return replace(picture, width=width, height=height, rate=max(1, min(MAX_RATE, round(rate))))
