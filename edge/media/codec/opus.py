"""Opus in RTP (RFC 7587): one packet is one frame; its structure is RFC 6716 section 3."""

from edge.media.packet import RTP_HEADER, Frame, Packet
from edge.media.rtp import BadPacket

MAX_DURATION = 5760  # 120 ms (RFC 6716 R5)
MAX_CODED = 1275  # bytes of one coded frame (RFC 6716 R2)

# Samples at 48 kHz of one coded frame, by the configuration in the TOC byte (RFC 6716 table 2).
_SAMPLES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4


class Assembler:
    """Frames of one Opus track: every packet that is valid and newer than the last."""

    def __init__(self) -> None:
        self.broken = 0
        self.backwards = 0
        self._emitted = -1

    def feed(self, packet: Packet) -> list[Frame]:
        """Take the next packet in sequence order; return its frame, if it is valid."""
        data = packet.wire[RTP_HEADER:]
        if not data:
            return []  # only padding
        if not is_valid(data):
            self.broken += 1
            return []
        if packet.timestamp <= self._emitted:
            self.backwards += 1
            return []
        self._emitted = packet.timestamp
        return [Frame("audio", packet.timestamp, data, True, packet.arrival)]


def packetise(frame: bytes, limit: int = 1200) -> list[bytes]:
    """Return the one RTP payload of a frame: Opus cannot be cut, whatever the limit (RFC 7587, 4.2)."""
    if not is_valid(frame):
        raise ValueError(f"not an Opus packet: {frame[:8].hex()} and so on, {len(frame)} bytes")
    return [frame]


def duration(packet: bytes) -> int:
    """Return how many samples at 48 kHz a packet lasts or raise BadPacket."""
    count = _count(packet)
    samples = count * _SAMPLES[packet[0] >> 3] if count else 0
    if not 0 < samples <= MAX_DURATION:
        raise BadPacket(f"not an Opus packet: {packet[:2].hex()}, {count} frames")
    return samples


def is_valid(packet: bytes) -> bool:
    """Tell whether a packet keeps the rules R1 to R7 of RFC 6716 section 3.4."""
    count = _count(packet)
    if not count or count * _SAMPLES[packet[0] >> 3] > MAX_DURATION:
        return False
    code = packet[0] & 3
    if code == 3:
        return _is_valid_code_3(packet, count)
    coded = len(packet) - 1
    if code == 0:
        return coded <= MAX_CODED
    if code == 1:
        return coded % 2 == 0 and coded <= 2 * MAX_CODED
    return _fit(packet, 1, len(packet), 2)


def _count(packet: bytes) -> int:
    """Return how many coded frames a packet announces, 0 if it is too short to say."""
    if not packet:
        return 0
    code = packet[0] & 3
    if code < 3:
        return 2 if code else 1
    return packet[1] & 0x3F if len(packet) > 1 else 0


def _is_valid_code_3(packet: bytes, count: int) -> bool:
    at, end = 2, len(packet)
    if packet[1] & 0x40:
        while True:
            if at >= len(packet):
                return False
            pad = packet[at]
            at += 1
            end -= 254 if pad == 255 else pad
            if pad < 255:
                break
    if end < at:
        return False
    if packet[1] & 0x80:
        return _fit(packet, at, end, count)
    return (end - at) % count == 0 and (end - at) // count <= MAX_CODED


def _fit(packet: bytes, at: int, end: int, count: int) -> bool:
    """Tell whether `count` frames fit whose lengths, but for the last, stand at `at` (RFC 6716, 3.2.1)."""
    coded = 0
    for _ in range(count - 1):
        if at >= end:
            return False
        length = packet[at]
        at += 1
        if length >= 252:
            if at >= end:
                return False
            length += 4 * packet[at]
            at += 1
        coded += length
    return 0 <= end - at - coded <= MAX_CODED
