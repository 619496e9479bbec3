"""A V4L2 camera and the default ALSA microphone as a source, captured and encoded by Debian's ffmpeg.

PyAV's wheel has no camera input. The child writes finished frames in NUT to a pipe; they pass as from a file.
"""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from threading import Event, Lock
from typing import IO, cast

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.publish.encode import AUDIO_OPTIONS, OPUS_BITRATE, video_options
from edge.media.publish.files import read_once
from edge.media.publish.source import KEY_INTERVAL, Broken, NoFfmpeg, NoSuchSource, Picture, Unreadable
from edge.media.publish.tracks import PassedOpus, PassedVideo, Reader, UnitStream

OPEN_TIME = 10.0  # seconds for the first picture: USB cameras wake in 1 to 3
LAST_WORDS = 65_536  # bytes of the child's messages kept: what a pipe holds; the rest is lost, nothing blocks
MAX_SKEW = Fraction(5)  # seconds between the tracks' first timestamps; more means two clocks, not one
INSTALL = "sudo apt install -y ffmpeg"


class Inputs(Struct, frozen=True):
    """ffmpeg's arguments for one way to open the devices."""

    video: tuple[str, ...]
    audio: tuple[str, ...] = ()


def open_camera(device: Path, picture: Picture, microphone: bool = True) -> "Capture":
    """Open a camera such as /dev/video0; blocks until its first picture. Raises SourceError."""
    if not device.exists():
        others = ", ".join(str(each) for each in sorted(Path("/dev").glob("video*"))) or "none"
        raise NoSuchSource(f"no camera at {device}; cameras here: {others}")
    return Capture(
        f"camera {device}", camera_inputs(device, picture, microphone and has_microphone()), picture
    )


def has_microphone() -> bool:
    """Tell whether the kernel knows a sound card that can record."""
    return any(Path("/dev/snd").glob("pcmC*c"))


def camera_inputs(device: Path, picture: Picture, microphone: bool) -> list[Inputs]:
    """Return the ways to open a camera, the best first."""
    # Absolute time for the picture, as ALSA stamps sound: with -copyts the two share one clock.
    common = ("-f", "v4l2", "-thread_queue_size", "64", "-timestamps", "abs")
    wanted = ("-video_size", f"{picture.width}x{picture.height}", "-framerate", str(picture.rate))
    sound = ("-f", "alsa", "-thread_queue_size", "512", "-i", "default") if microphone else ()
    address = ("-i", str(device))
    return [
        # Raw 720p exceeds USB 2, most cameras give 5 to 10 pictures a second; MJPEG gives 30.
        Inputs((*common, "-input_format", "mjpeg", *wanted, *address), sound),
        Inputs((*common, *wanted, *address), sound),
        Inputs((*common, *address), sound),
    ]


def capture_arguments(inputs: Inputs, picture: Picture) -> list[str]:
    """Return ffmpeg's arguments: these inputs, encoded for WebRTC, as NUT on standard output."""
    encoder = "libx264" if picture.codec == "H264" else "libvpx"
    options = {"c": encoder, "b": str(picture.bitrate), "pix_fmt": "yuv420p", "threads": "1"}
    video = [part for key, text in (options | video_options(picture)).items() for part in (f"-{key}:v", text)]
    sound = {
        "c": "libopus",
        "b": str(OPUS_BITRATE),
        "ar": str(CLOCK_RATE["audio"]),
        "ac": "1",
    } | AUDIO_OPTIONS
    audio = [part for key, text in sound.items() for part in (f"-{key}:a", text)]
    every = f"expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+{KEY_INTERVAL:g}))"
    fitted = (
        f"scale={picture.width}:{picture.height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    )
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-copyts"),
        *inputs.video,
        *inputs.audio,
        *("-map", "0:v:0", "-vf", f"{fitted},setsar=1", *video),
        *("-force_key_frames", every, "-fps_mode", "passthrough"),
        *(("-map", "1:a:0", *audio) if inputs.audio else ()),
        *("-flush_packets", "1", "-f", "nut", "pipe:1"),
    ]


class Capture:
    """ffmpeg as a child process that captures, encodes and writes to a pipe."""

    live = True

    def __init__(self, name: str, ways: Sequence[Inputs], picture: Picture) -> None:
        """Start with the first way that gives a picture; raises SourceError with ffmpeg's own last words."""
        self._name = name
        self._child, self._container = _first_working(name, ways, picture)
        self._closed, self._reading = Event(), False
        self._readers = {each.index: _reader(each) for each in self._container.streams}
        self.codecs: dict[Kind, Codec] = {each.kind: each.codec for each in self._readers.values()}
        self.fmtp: dict[Kind, str] = {each.kind: each.fmtp for each in self._readers.values()}

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they are captured, until `close`; raises Broken when the camera goes away."""
        self._reading = True
        try:
            shifts = _shifts(list(self._container.streams))
            with suppress(av.FFmpegError):  # a child that was stopped leaves half a frame behind
                yield from read_once(self._container, self._readers, shifts, self._closed)
        finally:
            words = self._release()
        if not self._closed.is_set():
            raise Broken(f"{self._name} stopped: {words}")

    def close(self) -> None:
        """Make `frames` end soon; callable at any time from any thread."""
        self._closed.set()
        self._child.end()
        if not self._reading:
            self._release()

    def _release(self) -> str:
        words = self._child.end()
        self._container.close()
        self._child.output.close()
        return words


class Child:
    """One ffmpeg process; its messages go to a pipe that is never full for it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        program = shutil.which("ffmpeg")
        if program is None:
            raise NoFfmpeg(f"a camera needs ffmpeg: {INSTALL}")
        self._ending = Lock()  # `end` is called by the reading thread and by the one that closes
        self._said: str | None = None
        self._words, theirs = os.pipe()
        os.set_blocking(theirs, False)
        try:
            self._process = subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=theirs,
                bufsize=0,
            )
        finally:
            os.close(theirs)

    @property
    def output(self) -> IO[bytes]:
        """The pipe to read from."""
        return cast(IO[bytes], self._process.stdout)

    def answers(self, seconds: float) -> bool:
        """Wait for the first byte; False when there is none in time."""
        ready, _, _ = select.select([self.output], [], [], seconds)
        return bool(ready)

    def end(self) -> str:
        """Stop the process, which has no file to finish, and return the last line it said."""
        with self._ending:
            if self._said is None:
                self._process.kill()
                with suppress(subprocess.TimeoutExpired):  # hangs in a driver: let it, but not our thread
                    self._process.wait(2)
                self._said = _last_line(self._words)
                os.close(self._words)
            return self._said


def _first_working(name: str, ways: Sequence[Inputs], picture: Picture) -> tuple[Child, InputContainer]:
    reason = "no way to open it"
    for way in ways:
        child = Child(capture_arguments(way, picture))
        if not child.answers(OPEN_TIME):
            child.end()
            child.output.close()
            raise Unreadable(f"{name} gave no picture within {OPEN_TIME:g} s")
        try:
            # The header names the codecs: nothing to analyse, and every byte waited for is delay.
            return child, av.open(child.output, "r", format="nut", container_options={"analyzeduration": "1"})
        except av.FFmpegError:
            reason = child.end()
            child.output.close()
    raise Unreadable(f"{name} cannot be read: {reason}")


def _last_line(pipe: int) -> str:
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        lines = os.read(pipe, LAST_WORDS).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")
    return "and does not end"


def _reader(stream: Stream) -> Reader:
    if stream.type == "audio":
        return PassedOpus(1)
    if stream.codec_context.name == "vp8":
        return PassedVideo("VP8")
    header = UnitStream()
    header.begin(cast(VideoStream, stream))
    return PassedVideo("H264", header.sets.sps)


def _shifts(streams: list[Stream]) -> dict[int, Fraction]:
    """Return what brings each track's first timestamp to zero, together if they share a clock."""
    starts = {each.index: (each.start_time or 0) * (each.time_base or Fraction(0)) for each in streams}
    first, last = min(starts.values()), max(starts.values())
    return {index: -(first if last - first <= MAX_SKEW else start) for index, start in starts.items()}
