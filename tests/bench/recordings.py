"""Which frames of the lesson stand in a recording."""

from pathlib import Path

import av

from tests.bench.contract import Frames
from tests.bench.lesson import Lesson

MEDIA = {".mp4", ".webm"}


def read(folder: Path, lesson: Lesson) -> Frames:
    """Find every frame of every recording in a node's state, by content; the times are the file's."""
    files = sorted(file for file in (folder / "state").rglob("*") if file.suffix in MEDIA)
    video: list[tuple[int, float]] = []
    audio: list[tuple[int, float]] = []
    strange = 0
    for file in files:
        for kind, number, at in _frames(file, lesson):
            if number is None:
                strange += 1
            else:
                (video if kind == "video" else audio).append((number, at))
    return Frames(video, audio, strange)


def counted(file: Path) -> tuple[int, int]:
    """Video frames, and audio in units of 20 ms, of a file that was encoded anew."""
    with av.open(str(file)) as source:
        video = audio = 0.0
        for packet in source.demux():
            if packet.size and packet.stream.type == "video":
                video += 1
            elif packet.size and packet.duration:
                audio += float(packet.duration * packet.time_base) / 0.02
    return round(video), round(audio)


def _frames(file: Path, lesson: Lesson) -> list[tuple[str, int | None, float]]:
    found: list[tuple[str, int | None, float]] = []
    with av.open(str(file)) as source:
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", source.streams.video[0])
        for packet in source.demux():
            if not packet.size:
                continue
            at = float((packet.pts or 0) * packet.time_base)
            if packet.stream.type == "audio":
                found.append(("audio", lesson.find_audio(bytes(packet)), at))
            else:
                found += [("video", lesson.find_video(bytes(unit)), at) for unit in annex_b.filter(packet)]
    return found
