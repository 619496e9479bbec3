"""The lesson every measurement sends: a file encoded once, and its frames by content."""

import hashlib
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Literal
from zlib import crc32

import av
from msgspec import Struct

Kind = Literal["video", "audio"]
CACHE = Path(__file__).parents[2] / ".bench_cache"
SECONDS = 60
VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
FRAMES_PER_SECOND = 25
AUDIO_PER_SECOND = 50
VIDEO_STEP, AUDIO_STEP = VIDEO_RATE // FRAMES_PER_SECOND, AUDIO_RATE // AUDIO_PER_SECOND
TAIL = 16  # bytes at the end of a frame that tell it from all others of the lesson
START_CODE = re.compile(rb"\x00\x00\x00?\x01")

# 1280×720 at 25/s, constrained baseline, GOP 2 s, 1.5 Mbit/s, Opus 48 kbit/s: what a hub's camera sends.
# Noise in picture and sound makes every frame unlike every other, so that it can be told by its content.
RECIPE = (
    "-f lavfi -i testsrc2=s=1280x720:r=25,noise=alls=20:allf=t"
    " -f lavfi -i anoisesrc=r=48000:a=0.05:seed=5"
    f" -t {SECONDS} -c:v libx264 -preset veryfast -profile:v baseline -g 50 -keyint_min 50"
    " -sc_threshold 0 -bf 0 -b:v 1500k -maxrate 1500k -bufsize 1500k -pix_fmt yuv420p"
    " -c:a libopus -b:a 48k -ac 2"
)


class Unit(Struct, frozen=True):
    """One encoded frame."""

    kind: Kind
    timestamp: int  # in units of the kind's clock, from 0
    data: bytes


class Lesson:
    """The frames of one file, found by number or by content."""

    def __init__(self, path: Path) -> None:
        self.video: list[Unit] = []
        self.audio: list[Unit] = []
        self._keys: set[int] = set()
        self._read(path)
        self._numbers = {
            "video": {print_of_video(unit.data): number for number, unit in enumerate(self.video)},
            "audio": {crc32(unit.data): number for number, unit in enumerate(self.audio)},
        }
        self._tails = {unit.data[-TAIL:]: number for number, unit in enumerate(self.video)}
        if len(self._tails) < len(self.video) or len(self._numbers["audio"]) < len(self.audio):
            raise ValueError(f"not a lesson to measure with: {path} has two equal frames")

    def find_video(self, frame: bytes) -> int | None:
        """The number of a whole video frame (Annex B), by content."""
        return self._numbers["video"].get(print_of_video(frame))

    def find_audio(self, frame: bytes) -> int | None:
        """The number of an Opus packet, by content."""
        return self._numbers["audio"].get(crc32(frame))

    def find_tail(self, payload: bytes) -> int | None:
        """The number of the video frame whose last RTP payload this is."""
        return self._tails.get(payload[-TAIL:])

    def is_key(self, number: int) -> bool:
        """Whether decoding can begin at this video frame."""
        return number in self._keys

    def _read(self, path: Path) -> None:
        with av.open(str(path)) as source:
            annex_b = av.BitStreamFilterContext("h264_mp4toannexb", source.streams.video[0])
            for packet in source.demux():
                if not packet.size:
                    continue
                if packet.stream.type == "video":
                    if packet.is_keyframe:
                        self._keys.add(len(self.video))
                    for unit in annex_b.filter(packet):
                        self.video.append(Unit("video", len(self.video) * VIDEO_STEP, bytes(unit)))
                else:
                    self.audio.append(Unit("audio", len(self.audio) * AUDIO_STEP, bytes(packet)))


def make() -> Path:
    """Return the lesson's file; it is encoded when its recipe is new."""
    path = CACHE / f"lesson-{hashlib.sha256(RECIPE.encode()).hexdigest()[:12]}.mkv"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        ffmpeg = shutil.which("ffmpeg") or _packaged_ffmpeg()
        unfinished = path.with_suffix(".part.mkv")
        subprocess.run(
            [ffmpeg, "-v", "error", "-y", *RECIPE.split(), str(unfinished)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        unfinished.rename(path)
    return path


def _packaged_ffmpeg() -> str:
    import imageio_ffmpeg  # type: ignore[import-untyped]  # it comes without types

    path: str = imageio_ffmpeg.get_ffmpeg_exe()
    return path


def print_of_video(frame: bytes) -> int:
    """A checksum of a frame's NAL units, however they are delimited."""
    checksum = 0
    for nal in START_CODE.split(frame):
        checksum = crc32(nal.rstrip(b"\0"), checksum)
    return checksum


def clock(kind: str) -> Fraction:
    """The time base of a kind."""
    return Fraction(1, VIDEO_RATE if kind == "video" else AUDIO_RATE)
