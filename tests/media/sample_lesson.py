"""Lessons made of libav's test picture: real files for tests, the same content every time."""

from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from edge.media.packet import CLOCK_RATE
from edge.media.publish.encode import AUDIO_OPTIONS, OPUS_BITRATE, OPUS_FRAME, video_context
from edge.media.publish.source import Picture
from edge.media.publish.testcard import pictures, tone

HISS_LEVEL = 0.02  # of 1: a quiet room; no two sound packets are alike, so each can be told by its content
NOISE = 12  # of 100: fills 1.5 Mbit/s at 720p25, as a camera in a classroom does


def make_lesson(path: Path, seconds: float, picture: Picture | None = None, noise: int = NOISE) -> None:
    """Write a lesson that passes `tirek publish` without re-encoding: .mkv, .mp4 or (VP8) .webm."""
    picture = picture or Picture(preset="superfast")
    with av.open(str(path), "w", container_options={"fflags": "+bitexact"}) as container:
        _write(container, seconds, picture, noise)


def _write(container: OutputContainer, seconds: float, picture: Picture, noise: int) -> None:
    video, audio = _video_stream(container, picture), _audio_stream(container)
    sounds, heard = tone("stereo", HISS_LEVEL), 0
    for number, drawn in zip(range(round(seconds * picture.rate)), pictures(picture, noise), strict=False):
        drawn.pts, drawn.time_base = number, Fraction(1, picture.rate)
        drawn.pict_type = PictureType.NONE  # the generator marks every picture as a key frame
        container.mux(video.encode(drawn))
        while heard < (number + 1) * CLOCK_RATE["audio"] // picture.rate:
            block = next(sounds)
            block.pts, block.time_base = heard, Fraction(1, CLOCK_RATE["audio"])
            container.mux(audio.encode(block))
            heard += OPUS_FRAME
    container.mux(video.encode(None))
    container.mux(audio.encode(None))


def _video_stream(container: OutputContainer, picture: Picture) -> VideoStream:
    wanted = video_context(picture)
    stream = container.add_stream(wanted.codec.name, rate=picture.rate, options=wanted.options)
    assert isinstance(stream, VideoStream)  # the stub does not know a codec named at run time
    stream.width, stream.height, stream.pix_fmt = wanted.width, wanted.height, wanted.pix_fmt
    context = stream.codec_context
    context.bit_rate, context.gop_size, context.thread_count = wanted.bit_rate, wanted.gop_size, 1
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("libopus", rate=CLOCK_RATE["audio"], options=dict(AUDIO_OPTIONS))
    stream.codec_context.layout = "stereo"  # FFmpeg's WHIP muxer refuses mono
    stream.codec_context.format = "s16"
    stream.codec_context.bit_rate = OPUS_BITRATE
    return stream
