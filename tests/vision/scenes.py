"""What a camera and a microphone give when all is well and when it is not, coded and in packets."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import pi, sin
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edge.media import rtp
from edge.media.packet import Frame, Kind, Packet
from edge.media.publish.encode import AUDIO_OPTIONS, AudioEncoder, VideoEncoder
from edge.media.publish.source import Picture as Wanted
from edge.media.stream import Stream
from tests.media.lessons import PACKETISE, SOUND, VIDEO

RATE = 10
SIZE = (320, 180)
STEP = 0.5  # seconds between looks, as the watchdog takes them
BLOCK = 960  # samples of a packet of sound

Light = NDArray[np.uint8]
Draw = Callable[[float], Light]
Loudness = Callable[[float], float]


class Scene(Struct, frozen=True):
    """A lesson: what is drawn at each second, and how loud it is, from 0 to 1."""

    draw: Draw
    loud: Loudness
    seconds: float
    codec: Literal["H264", "VP8"] = "H264"
    bitrate: int = 400_000
    size: tuple[int, int] = SIZE
    rate: int = RATE
    asked: bool = False  # key frames are sent only when somebody asks, as browsers do


def camera(noise: float = 3.0, seed: int = 1) -> Draw:
    """A teacher who moves before a board, with the noise of a sensor."""
    lot = np.random.default_rng(seed)
    board = cv2.resize(lot.integers(60, 200, (9, 16), np.uint8), SIZE, interpolation=cv2.INTER_CUBIC)
    cv2.putText(board, "2x + 3 = 7", (150, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 235, 2)

    def draw(at: float) -> Light:
        light = board.copy()
        middle = (int(220 + 15 * sin(at * 1.3)), int(130 + 6 * sin(at * 2.1)))
        cv2.ellipse(light, middle, (18, 28), 0, 0, 360, 180, -1)
        noisy: Light = np.clip(light + lot.normal(0, noise, light.shape), 0, 255).astype(np.uint8)
        return noisy

    return draw


def slide(pen: bool = True) -> Draw:
    """A slide that somebody writes on: a stroke begins every second, and stays."""

    def draw(at: float) -> Light:
        light: Light = np.full((SIZE[1], SIZE[0]), 245, np.uint8)
        for line in range(5):
            place = (20, 40 + 22 * line)
            cv2.putText(light, "mass times speed", place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 40, 1)
        for stroke in range(int(at * 10) if pen else 0):
            x, y = 20 + stroke * 7 % 280, 20 + stroke * 37 // 300 * 9 % 150
            cv2.line(light, (x, y), (x + 8, y + 5), 90, 2)
        return light

    return draw


def black(at: float) -> Light:
    """A lens under its cap."""
    return np.full((SIZE[1], SIZE[0]), 17, np.uint8)


def then(first: Draw, until: float, second: Draw) -> Draw:
    """One, and from a second on another."""
    return lambda at: first(at) if at < until else second(at)


def hanging(draw: Draw, since: float) -> Draw:
    """A camera whose last picture is sent again and again."""
    last: list[Light] = []

    def held(at: float) -> Light:
        if at < since or not last:
            last[:] = [draw(at)]
        return last[0]

    return held


def speech(at: float) -> float:
    """Words with pauses for breath."""
    return 0.2 if at % 3 < 2.2 else 0.0005


class OnDemand(VideoEncoder):
    """Sends a key frame first, and then only when asked."""

    def __init__(self, picture: Wanted) -> None:
        super().__init__(picture)
        self._context.gop_size = 1_000_000
        self._is_asked = False

    def ask(self) -> None:
        """Have the next picture be a key frame."""
        self._is_asked = True

    def encode(self, picture: av.VideoFrame, timestamp: int) -> list[Frame]:
        """Encode one picture."""
        self._next_key = timestamp if self._is_asked else timestamp + 1
        self._is_asked = False
        return super().encode(picture, timestamp)


def encoder(scene: Scene) -> VideoEncoder:
    """Return what codes a scene's pictures."""
    wide, high = scene.size
    wanted = Wanted(width=wide, height=high, rate=scene.rate, bitrate=scene.bitrate, codec=scene.codec)
    return OnDemand(wanted) if scene.asked else VideoEncoder(wanted)


def frames(scene: Scene, video: VideoEncoder) -> Iterator[Frame]:
    """Yield pictures and sound in order of media time."""
    audio, heard = AudioEncoder(1), 0
    for number in range(round(scene.seconds * scene.rate)):
        at = number / scene.rate
        yield from video.encode(_coded(scene.draw(at), scene.size), round(at * 90_000))
        while heard < (at + 1 / scene.rate) * 48_000:
            yield from audio.encode(_sound(heard, scene.loud(heard / 48_000)), heard)
            heard += BLOCK


class Air:
    """A stream that gets a scene's packets in its own time."""

    def __init__(self, scene: Scene) -> None:
        self.stream = Stream("lesson", {"video": VIDEO[scene.codec], "audio": SOUND}, 0.0)
        self.stream.begin()
        video = encoder(scene)
        if isinstance(video, OnDemand):
            self.stream.ask_publisher = video.ask
        self._packets = _packets(frames(scene, video), self.stream)
        self._next = next(self._packets)

    def until(self, now: float) -> None:
        """Let everything arrive that is due."""
        while self._next.arrival <= now:
            self.stream.take(self._next)
            self._next = next(self._packets, Packet("video", 0, 0, False, b"", float("inf")))


def _packets(sent: Iterator[Frame], stream: Stream) -> Iterator[Packet]:
    sequences: dict[Kind, int] = {"video": 70_000, "audio": 80_000}
    for frame in sent:
        track = stream.tracks[frame.kind]
        payloads = PACKETISE[track.codec](frame.data)
        arrival = max(0, frame.timestamp) / (90_000 if frame.kind == "video" else 48_000)
        for number, payload in enumerate(payloads, 1):
            sequence = sequences[frame.kind] = sequences[frame.kind] + 1
            marker = number == len(payloads)
            wire = rtp.header(track.payload_type, marker, sequence, frame.timestamp, track.ssrc) + payload
            yield Packet(frame.kind, sequence, frame.timestamp, marker, wire, arrival)


def _coded(light: Light, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    if size != SIZE:
        light = cv2.resize(light, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    grey = np.full((size[1] // 2, size[0]), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.vstack([light, grey]), format="yuv420p")


def _sound(begins: int, loud: float) -> av.AudioFrame:
    wave = np.sin(np.arange(begins, begins + BLOCK) * (2 * pi * 300 / 48_000)) * loud * 32_767
    sound = av.AudioFrame.from_ndarray(wave.astype(np.int16)[np.newaxis], format="s16", layout="mono")
    sound.sample_rate = 48_000
    return sound


def write(scene: Scene, path: Path) -> Path:
    """Write a scene into a file that is published as it is."""
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "sc_threshold": "0"}
        video: Any = container.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.bit_rate, video.codec_context.gop_size = scene.bitrate, 2 * RATE
        audio: Any = container.add_stream("libopus", rate=48_000, options=dict(AUDIO_OPTIONS))
        audio.codec_context.layout, audio.codec_context.format = "mono", "s16"
        heard = 0
        for number in range(round(scene.seconds * RATE)):
            picture = _coded(scene.draw(number / RATE))
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(picture))
            while heard < (number + 1) / RATE * 48_000:
                sound = _sound(heard, scene.loud(heard / 48_000))
                sound.pts, sound.time_base = heard, Fraction(1, 48_000)
                container.mux(audio.encode(sound))
                heard += BLOCK
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path
