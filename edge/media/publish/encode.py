"""Pictures and sound to H.264, VP8 and Opus frames that suit WebRTC: no reordering, a key frame every 2 s."""

from fractions import Fraction
from typing import Any, cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from edge.media.codec import annexb
from edge.media.codec.h264 import nals
from edge.media.packet import CLOCK_RATE, Codec, Frame
from edge.media.publish.source import KEY_INTERVAL, Picture

OPUS_FRAME = 960  # samples: 20 ms, what every WebRTC receiver expects
OPUS_BITRATE = 48_000  # bit/s: speech and a school's music; 20 ms packets of 120 bytes
AUDIO_OPTIONS = {"frame_duration": "20", "application": "audio", "vbr": "constrained"}

_VIDEO_TIME = Fraction(1, CLOCK_RATE["video"])
_AUDIO_TIME = Fraction(1, CLOCK_RATE["audio"])


class VideoEncoder:
    """Raw pictures of one size in, frames out, none held back."""

    def __init__(self, picture: Picture) -> None:
        self.codec: Codec = picture.codec
        self.fmtp = annexb.fmtp(_sps(picture)) if picture.codec == "H264" else ""
        self._context = video_context(picture)
        self._next_key = 0
        self._last: int | None = None

    def encode(self, picture: av.VideoFrame, timestamp: int) -> list[Frame]:
        """Encode one picture; one that is not later than the last is dropped."""
        if self._last is not None and timestamp <= self._last:
            return []
        if self._last is None or timestamp >= self._next_key:
            picture.pict_type = PictureType.I
            self._next_key = timestamp + round(KEY_INTERVAL * CLOCK_RATE["video"])
        else:
            picture.pict_type = PictureType.NONE
        self._last = timestamp
        picture.pts, picture.time_base = timestamp, _VIDEO_TIME
        return [self._frame(packet) for packet in self._context.encode(picture)]

    def _frame(self, packet: "av.Packet[Any]") -> Frame:
        coded = bytes(packet)
        if self.codec == "H264":
            coded = annexb.join(nals(coded))
        return Frame("video", cast(int, packet.pts), coded, packet.is_keyframe, 0.0)


class AudioEncoder:
    """Blocks of 960 samples (s16, 48 kHz) in, Opus packets out."""

    codec: Codec = "opus"

    def __init__(self, channels: int) -> None:
        self.layout = "stereo" if channels > 1 else "mono"
        self.fmtp = sound_fmtp(channels)
        self._context = audio_context(self.layout)

    def encode(self, sound: av.AudioFrame, timestamp: int) -> list[Frame]:
        """Encode one block; the packet's timestamp is early by the codec's look-ahead (6.5 ms)."""
        sound.pts, sound.time_base = timestamp, _AUDIO_TIME
        packets = self._context.encode(sound)
        return [Frame("audio", cast(int, packet.pts), bytes(packet), True, 0.0) for packet in packets]


def sound_fmtp(channels: int) -> str:
    """Return Opus format parameters (RFC 7587 section 6.1); mono is the default and needs none."""
    return "sprop-stereo=1;stereo=1" if channels > 1 else ""


def video_context(picture: Picture) -> VideoCodecContext:
    """Return a libav encoder for real-time pictures, not opened yet."""
    name = "libx264" if picture.codec == "H264" else "libvpx"
    context = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "yuv420p"
    context.time_base, context.framerate = _VIDEO_TIME, Fraction(picture.rate)
    context.bit_rate = picture.bitrate
    context.gop_size = round(KEY_INTERVAL * picture.rate)
    context.thread_count = 1  # one slice a picture, the same bytes on every machine
    context.options = video_options(picture)
    return context


def video_options(picture: Picture) -> dict[str, str]:
    """Return the encoder's own options, by libav name."""
    # A buffer of one second bounds a key frame to what a link of this bit rate carries in a second.
    rate = {"maxrate": str(picture.bitrate), "bufsize": str(picture.bitrate)}
    if picture.codec == "VP8":
        return rate | {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    return rate | {
        "preset": picture.preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "sc_threshold": "0",
    }


def audio_context(layout: str) -> AudioCodecContext:
    """Return a libav encoder for Opus in 20 ms packets, not opened yet."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = CLOCK_RATE["audio"], layout, "s16"
    context.time_base = _AUDIO_TIME
    context.bit_rate = OPUS_BITRATE
    context.options = dict(AUDIO_OPTIONS)
    return context


def _sps(picture: Picture) -> bytes:
    context = video_context(picture)
    context.flags |= Flags.global_header
    context.open()
    sets = annexb.ParameterSets()
    sets.learn(nals(context.extradata or b""))
    if sets.sps is None:
        raise RuntimeError(f"libx264 gave no SPS for {picture}")
    return sets.sps
