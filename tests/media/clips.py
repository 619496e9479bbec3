"""Small media files of every kind, written by libav: real input for `tirek publish`."""

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Disposition
from av.video.frame import PictureType
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.packet import Frame, Kind
from edge.media.publish.source import Picture, Source
from edge.media.publish.testcard import pictures, tone
from tests.media.sample_lesson import make_lesson

SMALL = Picture(width=128, height=96, bitrate=200_000, preset="ultrafast")
SECONDS = 2.4  # more than one group of pictures


class Clip(Struct, frozen=True):
    """What to write: libav's encoder names, with options for the picture."""

    video: str | None = None
    audio: str | None = None
    options: dict[str, str] = {}
    rate: int = 48_000
    layout: str = "mono"
    rotation: int = 0


def lesson(path: Path, picture: Picture = SMALL) -> Path:
    """Write a small lesson that passes as it is."""
    make_lesson(path, SECONDS, picture)
    return path


def write(path: Path, clip: Clip) -> Path:
    """Write a second of any codecs."""
    with av.open(str(path), "w") as container:
        video = _video(container, clip) if clip.video else None
        audio = _audio(container, clip) if clip.audio else None
        if video is not None:
            _draw(container, video)
        if audio is not None:
            _play(container, audio)
    return path


def with_cover(path: Path) -> Path:
    """Write a sound file with a cover picture."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = _audio(container, Clip(audio="aac"))
        cover = container.add_stream("png", rate=1)
        assert isinstance(cover, VideoStream)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(16, 16, "rgb24")))
        _play(container, sound)
    return path


def packets(path: Path, kind: Kind) -> list[bytes]:
    """Return the payloads of one track, read without our code."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


def of(frames: list[Frame], kind: Kind) -> list[Frame]:
    """Return the frames of one track."""
    return [frame for frame in frames if frame.kind == kind]


def publish(source: Source, most: int | None = None) -> list[Frame]:
    """Read a source's frames, all or the first ones, and close it."""
    frames = list(islice(source.frames(), most))
    source.close()
    return frames


def decoded(frames: list[Frame], codec: str) -> list[Any]:
    """Decode frames as a receiver would."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext | av.AudioCodecContext)
    pictures = [each for frame in frames for each in context.decode(av.Packet(frame.data))]
    return pictures + context.decode(None)


def _video(container: OutputContainer, clip: Clip) -> VideoStream:
    stream = container.add_stream(str(clip.video), rate=25, options=dict(clip.options))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = SMALL.width, SMALL.height, "yuv420p"
    if clip.rotation:
        stream.set_display_rotation(clip.rotation)
    return stream


def _audio(container: OutputContainer, clip: Clip) -> AudioStream:
    stream = container.add_stream(str(clip.audio), rate=clip.rate)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = clip.layout
    return stream


def _draw(container: OutputContainer, stream: VideoStream) -> None:
    for number, picture in enumerate(islice(pictures(SMALL, noise=10), 25)):
        picture.pts, picture.time_base, picture.pict_type = number, Fraction(1, 25), PictureType.NONE
        container.mux(stream.encode(picture))
    container.mux(stream.encode(None))


def _play(container: OutputContainer, stream: AudioStream) -> None:
    context = stream.codec_context
    if not context.is_open:
        context.open()
    resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or 1024)
    for sound in [*islice(tone(), 50), None]:
        for block in resampler.resample(sound):
            container.mux(stream.encode(block))
    container.mux(stream.encode(None))
