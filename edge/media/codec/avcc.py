"""H.264 as MP4 keeps it (ISO/IEC 14496-15): lengths instead of start codes, parameter sets in the header.

Cutting at every 4-byte start code and joining with the same gives back exactly the bytes that came, whatever
they are: that is what the index's CRC is about.
"""

from base64 import b64decode
from collections.abc import Iterator

from edge.media.codec.h264 import PPS, SPS, START

Sets = tuple[bytes, bytes]  # SPS and PPS

CHROMA_PROFILES = frozenset((100, 110, 122, 144))  # their header must name chroma format and bit depths
YUV444 = 3


class BadSample(ValueError):
    """The lengths of a sample do not fit its size."""


def to_lengths(frame: bytes) -> bytes:
    """Return an Annex B frame with 4-byte start codes as a sample."""
    return b"".join(len(nal).to_bytes(4) + nal for nal in frame.split(START)[1:])


def to_annexb(sample: bytes) -> bytes:
    """Return a sample as an Annex B frame with 4-byte start codes."""
    return b"".join(START + nal for nal in _nals(sample))


def config(sets: Sets) -> bytes:
    """Return the AVCDecoderConfigurationRecord."""
    sps, pps = sets
    record = b"\x01" + sps[1:4] + b"\xff\xe1" + _sized(sps) + b"\x01" + _sized(pps)
    if sps[1] not in CHROMA_PROFILES:
        return record
    bits = _Bits(sps[4:].replace(b"\0\0\3", b"\0\0"))
    bits.golomb()  # seq_parameter_set_id
    chroma = bits.golomb()
    if chroma == YUV444:
        bits.take(1)  # separate_colour_plane_flag
    luma_depth, chroma_depth = bits.golomb(), bits.golomb()
    return record + bytes((0xFC | chroma & 3, 0xF8 | luma_depth & 7, 0xF8 | chroma_depth & 7, 0))


def sets_of(fmtp: str) -> Sets | None:
    """Return the parameter sets of SDP format parameters (RFC 6184 section 8.1), if both are there."""
    for parameter in fmtp.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "sprop-parameter-sets":
            return _pair(value.split(","))
    return None


def _pair(encoded: list[str]) -> Sets | None:
    try:
        units = {unit[0] & 0x1F: unit for unit in map(b64decode, encoded) if len(unit) >= 4}
    except ValueError:  # not Base64, not even ASCII
        return None
    return (units[SPS], units[PPS]) if SPS in units and PPS in units else None


def _sized(unit: bytes) -> bytes:
    return len(unit).to_bytes(2) + unit


def _nals(sample: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(sample):
        start = at + 4
        at = start + int.from_bytes(sample[at:start])
        if at > len(sample):
            raise BadSample(f"a NAL ends at {at} of {len(sample)} bytes")
        yield sample[start:at]


class _Bits:
    """Reads a raw byte sequence payload bit by bit; zeros follow its end."""

    def __init__(self, payload: bytes) -> None:
        self._bits = int.from_bytes(payload)
        self._left = len(payload) * 8

    def take(self, count: int) -> int:
        self._left -= count
        kept = self._bits >> self._left if self._left >= 0 else self._bits << -self._left
        return kept & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1) and zeros < 32:
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
