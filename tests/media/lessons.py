"""Short real lessons, encoded once a run, and their way to a recorder: packets and sender reports in time."""

from asyncio import sleep, timeout
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from statistics import median

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from msgspec import Struct
from msgspec.structs import replace

from edge.media import rtp
from edge.media.codec import h264, opus, vp8
from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind, Packet, Track
from edge.media.record.recorder import Recorder

SECONDS = 6.0
RATE = 25
GOP = 50
ZERO: dict[Kind, int] = {"video": 2**32 + 3_456_789_000, "audio": 2**32 + 77_777}
NTP = 3_900_000_000.0  # of the first picture
SOUND_LATER = 0.013  # seconds: the first sound was captured so long after the first picture
DELAY = 0.02  # seconds from capture to arrival
TICK = 0.25  # seconds between calls of Recorder.tick
STEP = 0.0005  # seconds between looks at the recorder
DEADLINE = 40.0  # seconds for what takes a fraction of one

ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    "H264": (
        "libx264",
        {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0:repeat-headers=1"},
    ),
    "VP8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
}
VIDEO: dict[Codec, Track] = {
    "H264": Track("video", "H264", 102, 1111, "packetization-mode=1;profile-level-id=42c01f"),
    "VP8": Track("video", "VP8", 96, 1111),
}
SOUND = Track("audio", "opus", 111, 2222, "minptime=10;useinbandfec=1")
PACKETISE: dict[Codec, Callable[[bytes], list[bytes]]] = {
    "H264": h264.packetise,
    "VP8": vp8.packetise,
    "opus": opus.packetise,
}


class Report(Struct, frozen=True):
    """A sender report on its way."""

    kind: Kind
    ntp: float
    timestamp: int
    arrival: float


Event = Packet | Report


class Lesson(Struct, frozen=True):
    """What a publisher sends."""

    tracks: list[Track]
    frames: list[Frame]  # by time of capture

    @property
    def seconds(self) -> float:
        """How long it is, nearly."""
        return captured(self.frames[-1])

    def of(self, kind: Kind) -> list[Frame]:
        """One track's frames."""
        return [frame for frame in self.frames if frame.kind == kind]


def lesson(
    codec: Codec | None = "H264", sound: bool = True, seconds: float = SECONDS, gop: int = GOP
) -> Lesson:
    """A lesson of seconds with these tracks."""
    tracks = ([VIDEO[codec]] if codec else []) + ([SOUND] if sound else [])
    frames = (pictures(codec, seconds, gop, 320) if codec else []) + (sounds(seconds) if sound else [])
    return Lesson(tracks, sorted(frames, key=captured))


def repeated(lesson: Lesson, rounds: int) -> Lesson:
    """The same lesson over and over, as one."""
    seconds = len(lesson.of(lesson.tracks[0].kind)) / RATE
    frames = [
        replace(frame, timestamp=frame.timestamp + round(number * seconds * CLOCK_RATE[frame.kind]))
        for number in range(rounds)
        for frame in lesson.frames
    ]
    return replace(lesson, frames=frames)


def captured(frame: Frame) -> float:
    """Seconds from the first picture to this frame's capture."""
    later = SOUND_LATER if frame.kind == "audio" else 0.0
    return later + (frame.timestamp - ZERO[frame.kind]) / CLOCK_RATE[frame.kind]


@cache
def pictures(codec: Codec, seconds: float, gop: int, width: int) -> list[Frame]:
    """Encode a moving test picture."""
    name, options = ENCODERS[codec]
    height = width * 9 // 16
    context = VideoCodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.gop_size, context.bit_rate = Fraction(1, RATE), gop, 400_000
    context.thread_count = 1
    context.options = {**options, "g": str(gop)}
    frames: list[Frame] = []
    for number, picture in enumerate(_drawn(width, height, round(seconds * RATE))):
        picture.pts, picture.pict_type = number, PictureType.NONE
        for packet in context.encode(picture):
            data = bytes(packet)
            if codec == "H264":
                data = b"".join(h264.START + nal for nal in h264.nals(data))
            timestamp = ZERO["video"] + len(frames) * CLOCK_RATE["video"] // RATE
            frames.append(Frame("video", timestamp, data, packet.is_keyframe, 0.0))
    return frames


@cache
def sounds(seconds: float) -> list[Frame]:
    """Encode noise: every packet is unlike the others."""
    context = AudioCodecContext.create("libopus", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.format, context.layout = CLOCK_RATE["audio"], "s16", "stereo"
    resampler = av.AudioResampler("s16", "stereo", CLOCK_RATE["audio"], 960)
    frames: list[Frame] = []
    for noise in _played(seconds):
        for block in resampler.resample(noise):
            block.pts = None
            for packet in context.encode(block):
                timestamp = ZERO["audio"] + len(frames) * 960
                frames.append(Frame("audio", timestamp, bytes(packet), True, 0.0))
    return frames


def packets(lesson: Lesson, frames: Sequence[Frame] | None = None) -> list[Packet]:
    """The lesson in RTP, in order of arrival."""
    sequences: dict[Kind, int] = {"video": 70_000, "audio": 80_000}
    codecs = {track.kind: track for track in lesson.tracks}
    sent = []
    for frame in lesson.frames if frames is None else frames:
        track = codecs[frame.kind]
        payloads = PACKETISE[track.codec](frame.data)
        for number, payload in enumerate(payloads, 1):
            sequence = sequences[frame.kind]
            sequences[frame.kind] += 1
            marker = number == len(payloads)
            wire = rtp.header(track.payload_type, marker, sequence, frame.timestamp, track.ssrc) + payload
            arrival = captured(frame) + DELAY + number * 1e-5
            sent.append(Packet(frame.kind, sequence, frame.timestamp, marker, wire, arrival))
    return sent


def reports(lesson: Lesson, every: float = 0.5, late: float = 0.0, seed: int = 1) -> list[Report]:
    """Sender reports of all tracks; each is stamped up to `late` seconds after what it tells of."""
    chance = Random(seed)
    found = []
    for track in lesson.tracks:
        for frame in lesson.of(track.kind)[:: round(every * (RATE if track.kind == "video" else 50))]:
            at = captured(frame)
            noise = chance.uniform(0.0, late)
            found.append(Report(track.kind, NTP + at + noise, frame.timestamp, at + DELAY + noise))
    return found


def arriving(*events: Iterable[Event]) -> list[Event]:
    """Everything in order of arrival."""
    return sorted((event for each in events for event in each), key=lambda event: event.arrival)


def shuffled(sent: Sequence[Packet], seed: int, spread: float = 0.1) -> list[Packet]:
    """Each packet up to `spread` seconds later, but for those of the first moment."""
    chance = Random(seed)
    begun = [packet for packet in sent if packet.arrival <= 0.2]
    return begun + [
        replace(packet, arrival=packet.arrival + chance.uniform(0.0, spread)) for packet in sent[len(begun) :]
    ]


async def play(
    recorder: Recorder,
    events: Iterable[Event],
    tell: Callable[[float], None] = lambda seconds: None,
    begin: float = 0.0,
) -> None:
    """Hand events to a recorder as they arrive, with its ticks between them; wait for it at every tick."""
    tick = begin
    for event in events:
        while tick <= event.arrival:
            recorder.tick(tick)
            await settled(recorder)
            tell(tick)
            tick += TICK
        if isinstance(event, Packet):
            recorder.packet(event)
        else:
            recorder.report(event.kind, event.ntp, event.timestamp)


async def settled(recorder: Recorder) -> None:
    """Wait until the recorder has nothing left to do."""
    async with timeout(DEADLINE):
        while True:
            if not recorder.backlog:
                return
            await sleep(STEP)


def _drawn(width: int, height: int, count: int) -> Iterator[VideoFrame]:
    with av.open(f"testsrc2=size={width}x{height}:rate={RATE}", "r", format="lavfi") as source:
        for number, picture in enumerate(source.decode(video=0)):
            if number == count:
                return
            yield picture.reformat(format="yuv420p")


def _played(seconds: float) -> Iterator[AudioFrame]:
    noise = f"anoisesrc=color=pink:sample_rate=48000:seed=7:duration={seconds}"
    with av.open(noise, "r", format="lavfi") as source:
        yield from source.decode(audio=0)


def later(event: Event, seconds: float) -> Event:
    """The same, captured and sent later."""
    ticks = round(seconds * CLOCK_RATE[event.kind])
    moved = replace(event, timestamp=event.timestamp + ticks, arrival=event.arrival + seconds)
    return replace(moved, ntp=moved.ntp + seconds) if isinstance(moved, Report) else moved


class Shown(Struct, frozen=True):
    """A frame as a player gets it."""

    at: float
    data: bytes


def shown(path: Path) -> dict[Kind, list[Shown]]:
    """Read a file without our index: frames as they were sent, and when they are shown."""
    found: dict[Kind, list[Shown]] = {"video": [], "audio": []}
    with av.open(path, "r") as source:
        for packet in source.demux():
            if packet.size:
                kind: Kind = "video" if packet.stream.type == "video" else "audio"
                data = bytes(packet)
                if packet.stream.codec_context.name == "h264":
                    data = _started(data)
                found[kind].append(Shown(float((packet.pts or 0) * packet.time_base), data))
    return found


def skew(lesson: Lesson, path: Path) -> float:
    """How many seconds the sound comes later in the file than it was captured."""
    when = {frame.data: captured(frame) for frame in lesson.frames}
    found = shown(path)
    middle = {kind: median(each.at - when[each.data] for each in track) for kind, track in found.items()}
    return middle["audio"] - middle["video"]


def _started(sample: bytes) -> bytes:
    nals, at = [], 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4])
        nals.append(sample[at + 4 : at + 4 + size])
        at += 4 + size
    return b"".join(b"\0\0\0\1" + nal for nal in nals)
