"""Whole frames to RTP packets (RFC 3550, 6184, 7741, 7587), one `Packetiser` a track. A core."""

from collections.abc import Callable

from edge.media import rtp
from edge.media.codec import h264, opus, vp8
from edge.media.packet import Codec, Frame, Packet, Track

_PAYLOADS: dict[Codec, Callable[[bytes], list[bytes]]] = {
    "H264": h264.packetise,
    "VP8": vp8.packetise,
    "opus": opus.packetise,
}


class Packetiser:
    """Frames of one track in, packets out; sequence numbers and timestamps are extended and never wrap."""

    def __init__(self, track: Track, sequence: int, timestamp: int) -> None:
        """`sequence` is that of the first packet, `timestamp` that of media time 0 (RFC 3550: random)."""
        self.track = track
        self.packets = 0
        self._first = sequence
        self._origin = timestamp
        self._split = _PAYLOADS[track.codec]

    def packetise(self, frame: Frame) -> list[Packet]:
        """Return the packets of one frame; they carry its `arrival`."""
        payloads = self._split(frame.data)
        last = len(payloads) - 1
        # The marker ends a picture (RFC 6184, 7741); for sound it would mean "after silence" (RFC 7587).
        ends = frame.kind == "video"
        return [self._packet(frame, each, ends and index == last) for index, each in enumerate(payloads)]

    def _packet(self, frame: Frame, payload: bytes, marker: bool) -> Packet:
        sequence = self._first + self.packets
        timestamp = self._origin + frame.timestamp
        header = rtp.header(self.track.payload_type, marker, sequence, timestamp, self.track.ssrc)
        self.packets += 1
        return Packet(frame.kind, sequence, timestamp, marker, header + payload, frame.arrival)
