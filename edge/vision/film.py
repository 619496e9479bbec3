"""The pictures of a recording, one every 2 s, and the slides in them (worker only: PyAV, OpenCV).

Key frames are enough where they come often. A browser sends one only when somebody asks: between key frames
that are far apart everything is decoded, which takes longer and finds the same.
"""

from collections.abc import Iterator
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from edge.vision.eye import MAX_PIXELS, Colours, Unseen, grey
from edge.vision.slides import Change, Slides
from edge.vision.wire import Found, Progress

LOOK = 2.0  # seconds between pictures that are looked at
EARLY = 0.1  # seconds that a picture may come before its time
FAR = 5.0  # seconds between key frames from which all between them is decoded
MAX_GROUP = 64 << 20  # bytes of a group of pictures that is held until its end is known: 2 min of 4 Mbit/s
TELL = 64  # packets between two words of progress: far less than a second's work
THUMBNAIL = (320, 180)  # points at most
QUALITY = 80  # of JPEG: text can be read, and a thumbnail takes 10 kB

Packets = list["av.Packet[Any]"]


def scan(path: str) -> Iterator[Found | Progress]:
    """Find the slides of a recording; the first picture is one. Raises OSError, Unseen, FFmpegError."""
    slides: Slides[Colours] = Slides()
    seen = 0
    for shown in pictures(path):
        if isinstance(shown, Progress):
            yield shown
            continue
        at, luma, small = float(shown.time or 0.0), grey(shown), thumbnail(shown)
        if not seen:
            yield _found(Change(at, 1.0, small))
        seen += 1
        yield from map(_found, slides.feed(at, luma, small))
    if not seen:
        raise Unseen("no pictures")
    yield from map(_found, slides.end())


def pictures(path: str) -> Iterator[VideoFrame | Progress]:
    """Yield a picture every LOOK seconds, and a sign of life now and then."""
    with av.open(path) as container:
        if not container.streams.video:
            raise Unseen("sound only")
        stream = container.streams.video[0]
        context = stream.codec_context
        context.thread_count = 1
        if context.width * context.height > MAX_PIXELS:
            raise Unseen(f"{context.width}×{context.height} points")
        due = float("-inf")
        for group in _groups(container.demux(stream)):
            for number, packet in enumerate(_wanted(group)):
                if number % TELL == 0:
                    yield Progress(due if due > 0 else 0.0)
                for picture in _decoded(context, packet):
                    if picture.time is not None and picture.time >= due:
                        due = picture.time + LOOK - EARLY
                        yield picture


def thumbnail(picture: VideoFrame) -> Colours:
    """Return a picture as small as it is kept."""
    scale = min(THUMBNAIL[0] / picture.width, THUMBNAIL[1] / picture.height, 1.0)
    wide, high = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
    return np.asarray(picture.reformat(width=wide, height=high, format="bgr24").to_ndarray(), np.uint8)


def _groups(packets: "Iterator[av.Packet[Any]]") -> Iterator[Packets]:
    """Yield groups of pictures: a key frame and what follows it, with an empty packet in the end."""
    group: Packets = []
    held = 0
    for packet in packets:
        if group and (packet.is_keyframe or not packet.size or held > MAX_GROUP):
            yield group
            group, held = [], 0
        group.append(packet)
        held += packet.size
    yield group


def _wanted(group: Packets) -> Packets:
    times = [float(each.pts * each.time_base) for each in group if each.pts is not None]
    is_long = bool(times) and max(times) - min(times) > FAR
    return group if is_long or not group[0].is_keyframe else group[:1]


def _decoded(context: Any, packet: "av.Packet[Any]") -> list[VideoFrame]:
    """Decode a packet, the last and empty one too; what is damaged is left out."""
    try:
        found: list[VideoFrame] = context.decode(packet if packet.size else None)
    except av.FFmpegError:
        return []
    return found


def _found(change: Change[Colours]) -> Found:
    fine, coded = cv2.imencode(".jpg", change.kept, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not fine:
        raise Unseen("no JPEG could be made")
    return Found(round(change.at, 2), change.score, np.asarray(coded, np.uint8).tobytes())
