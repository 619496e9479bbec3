"""What the video assemblers share: one frame is gathered at a time, and only a whole one comes out.

Packets come in sequence order, perhaps with holes. A frame is opened by a new timestamp and closed by the
marker. It is *spoiled* by a hole inside it, by a payload its codec refuses, by a next frame that begins
before its marker, and by growing past MAX_FRAME. A hole *before* it may have swallowed its beginning:
only the codec can tell, from the first payload that is there. Spoiled frames are counted, never emitted.
"""

from abc import ABC, abstractmethod

from edge.media.packet import RTP_HEADER, Frame, Packet

# Bytes: ten times the largest key frame of a 1080p lesson; a lost marker must not fill the memory.
MAX_FRAME = 4 << 20


class VideoAssembler(ABC):
    """Turns packets in sequence order into whole frames with growing timestamps."""

    def __init__(self) -> None:
        self.broken = 0  # frames of which something arrived, but not all or not sound
        self.backwards = 0  # whole frames not newer than the one emitted before (B-frames, jumps back)
        self._expected = -1
        self._emitted = -1
        self._timestamp = -1
        self._arrival = 0.0
        self._size = 0
        self._chunks: list[bytes] = []
        self._open = False
        self._hole = False  # packets are missing since the last payload
        self._spoiled = False
        self._after_hole = False  # packets are missing right before the open frame
        self._pictured = False  # the open frame has more than parameter sets

    def feed(self, packet: Packet) -> list[Frame]:
        """Take the next packet; return the frame it completes, if it is whole."""
        if packet.sequence != self._expected:
            self._hole = self._spoiled = True
        self._expected = packet.sequence + 1
        wire = packet.wire
        if len(wire) <= RTP_HEADER:
            return []  # only padding: browsers probe the link with such packets
        if packet.timestamp != self._timestamp or not self._open:
            self._begin(packet)
        self._hole = False
        if packet.arrival > self._arrival:
            self._arrival = packet.arrival
        if not self._spoiled:
            self._size += len(wire)
            self._spoiled = self._size > MAX_FRAME or not self._add(wire)
        if packet.marker and (self._pictured or self._spoiled):
            return self._end()
        return []

    @abstractmethod
    def _reset(self) -> None:
        """Forget the codec's state of the last frame."""

    @abstractmethod
    def _add(self, wire: bytes) -> bool:
        """Append the payload's part of the frame to the chunks; False if it cannot be."""

    @abstractmethod
    def _is_whole(self, frame: bytes) -> bool:
        """Tell whether the closed frame lacks nothing and is well formed."""

    @abstractmethod
    def _is_key(self, frame: bytes) -> bool:
        """Tell whether decoding can begin at the closed frame."""

    def _begin(self, packet: Packet) -> None:
        if self._open:
            self.broken += 1
        self._open = True
        self._timestamp = packet.timestamp
        self._arrival = packet.arrival
        self._after_hole = self._hole
        self._spoiled = self._pictured = False
        self._size = 0
        self._chunks = []
        self._reset()

    def _end(self) -> list[Frame]:
        self._open = False
        frame = b"".join(self._chunks)
        self._chunks = []
        if self._spoiled or not self._is_whole(frame):
            self.broken += 1
            return []
        if self._timestamp <= self._emitted:
            self.backwards += 1
            return []
        self._emitted = self._timestamp
        return [Frame("video", self._timestamp, frame, self._is_key(frame), self._arrival)]
