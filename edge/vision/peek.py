"""What came of a stream since the last look, taken from the packets that it keeps: no packet waits for us.

A stream keeps its packets for 12 s. Who looks later than that, or finds more than it may take, leaves some
out and counts them; nobody else notices.
"""

from collections.abc import Iterator

from msgspec import Struct

from edge.media.codec import h264, vp8
from edge.media.packet import RTP_HEADER, Codec, Frame, Kind, Packet, Track
from edge.media.stream import Stream
from edge.vision.judge import Look
from edge.vision.wire import MAX_SOUNDS

# Packets of one look: 2 s of 6 Mbit/s and of 10 ms sound. A look is due every half second.
MOST: dict[Kind, int] = {"video": 1300, "audio": MAX_SOUNDS}
MAX_KEY = 4096  # packets of a key frame: as large as an assembler takes one

Assembler = h264.Assembler | vp8.Assembler


class Peeked(Struct, frozen=True):
    """What one look found."""

    look: Look
    key: Frame | None  # the newest whole key frame, if it is a new one
    sounds: list[bytes]


class Peek:
    """Looks at one publication of a stream, again and again."""

    def __init__(self, stream: Stream) -> None:
        self.left_out = 0  # packets that were not looked at
        self._stream = stream
        self._next: dict[Kind, int] = {}
        self._key = -1  # timestamp of the key frame that was handed out last

    @property
    def codec(self) -> Codec | None:
        """How the picture is coded, if there is one."""
        track = self._stream.tracks.get("video")
        return track.codec if track else None

    def look(self, now: float) -> Peeked:
        """Return what is new."""
        frames: dict[int, int] = {}
        video = 0
        for packet in self._new("video"):
            video += 1
            frames[packet.timestamp] = frames.get(packet.timestamp, 0) + len(packet.wire) - RTP_HEADER
        if self._stream.key is not None:
            frames.pop(self._stream.key.timestamp, None)
        sounds = [packet.payload for packet in self._new("audio")]
        look = Look(now, len(frames), sum(frames.values()), video, len(sounds))
        return Peeked(look, self._new_key(), [each for each in sounds if each])

    def _new(self, kind: Kind) -> Iterator[Packet]:
        if kind not in self._stream.lanes:
            return
        ring = self._stream.lanes[kind].ring
        newest = ring.newest.sequence if ring.newest else -1
        first = self._next.get(kind, newest + 1)  # what came before the first look is no news
        self._next[kind] = newest + 1
        if newest + 1 - first > MOST[kind]:
            self.left_out += newest + 1 - first - MOST[kind]
            first = newest + 1 - MOST[kind]
        for sequence in range(first, newest + 1):
            packet = ring.get(sequence)
            if packet is not None:
                yield packet

    def _new_key(self) -> Frame | None:
        start = self._stream.key
        if start is None or start.timestamp == self._key:
            return None
        frame = _assembled(self._stream, self._stream.tracks["video"], start)
        if frame is not None:
            self._key = start.timestamp
        return frame


def _assembled(stream: Stream, track: Track, start: Packet) -> Frame | None:
    """Put a key frame together; None while a packet of it is missing."""
    assembler: Assembler = h264.Assembler() if track.codec == "H264" else vp8.Assembler()
    ring = stream.lanes["video"].ring
    for sequence in range(start.sequence, start.sequence + MAX_KEY):
        packet = ring.get(sequence)
        if packet is None or packet.timestamp != start.timestamp:
            return None
        for frame in assembler.feed(packet):
            return frame
    return None
