"""RTP (RFC 3550 section 5.1): parse what arrives, build headers, extend counters that wrap."""

import struct

from msgspec import Struct

HEADER = struct.Struct(">BBHII")
_VERSION_2 = 0x80  # version 2, no padding, no extension, no CSRC: what most packets say


class BadPacket(ValueError):
    """Bytes that are not the RTP or RTCP packet they claim to be."""


class Rtp(Struct, frozen=True, gc=False):
    """One packet as it was on the wire, its CSRCs, extension and padding cut off."""

    payload_type: int
    marker: bool
    sequence: int  # 16 bits
    timestamp: int  # 32 bits
    ssrc: int
    payload: bytes


def parse(data: bytes) -> Rtp:
    """Return the packet in these bytes or raise BadPacket."""
    if len(data) < 12:
        raise BadPacket(f"RTP packet of {len(data)} bytes, a header has 12")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    payload = data[12:] if first == _VERSION_2 else _payload(data, first)
    return Rtp(second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, payload)


def header(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """Return the 12 bytes of a header; extended counters are cut to their bits on the wire."""
    second = payload_type | 0x80 if marker else payload_type
    return HEADER.pack(_VERSION_2, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


class Unwrapper:
    """Extends a counter of `bits` bits so that it never wraps, also when values come out of order."""

    __slots__ = ("_half", "_highest", "_mask", "_size")

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._half = self._size >> 1
        self._mask = self._size - 1
        self._highest = -1

    def feed(self, value: int) -> int:
        """Return the extended value nearest to the highest so far; the first one is `value + 2**bits`."""
        highest = self._highest
        if highest < 0:
            # One turn above zero: values from before the first stay positive.
            self._highest = value + self._size
            return self._highest
        ahead = (value - highest) & self._mask
        if ahead <= self._half:
            self._highest = highest + ahead
            return self._highest
        return highest + ahead - self._size

    def near(self, value: int) -> int:
        """Return the extended value nearest to the highest so far, and leave that where it is."""
        ahead = (value - self._highest) & self._mask
        return self._highest + (ahead if ahead <= self._half else ahead - self._size)


def _payload(data: bytes, first: int) -> bytes:
    """Cut off CSRCs, extension and padding as the header's first byte announces them."""
    if first >> 6 != 2:
        raise BadPacket(f"RTP version {first >> 6}, not 2")
    start = 12 + 4 * (first & 0x0F)
    end = len(data)
    if first & 0x10:
        if end < start + 4:
            raise BadPacket(f"RTP packet of {end} bytes has no room for its extension at {start}")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        if data[-1] == 0:
            raise BadPacket("RTP padding of 0 bytes")
        end -= data[-1]
    if start > end:
        raise BadPacket(f"RTP payload would begin at {start} and end at {end}")
    return data[start:end]
