"""Packets and frames for the tests of the cores: made to order, or drawn by hypothesis."""

from collections.abc import Sequence

from hypothesis import strategies as st

from edge.media import rtp
from edge.media.codec.h264 import START
from edge.media.packet import Kind, Packet

KEY_START = b"\x9d\x01\x2a"


def packet(sequence: int, timestamp: int = 0, payload: bytes = b"x", marker: bool = False) -> Packet:
    """One video packet that arrives at time 0."""
    wire = rtp.header(96, marker, sequence, timestamp, 1) + payload
    return Packet("video", sequence, timestamp, marker, wire, 0.0)


def wrap(payloads: Sequence[bytes], sequence: int, timestamp: int, kind: Kind = "video") -> list[Packet]:
    """One frame's packets: consecutive, the last with the marker."""
    last = len(payloads) - 1
    return [
        Packet(kind, sequence + n, timestamp, n == last, rtp.header(96, n == last, 0, 0, 1) + payload, 0.0)
        for n, payload in enumerate(payloads)
    ]


def annex_b(*nals: bytes) -> bytes:
    """A frame of these NALs with 4-byte start codes."""
    return b"".join(START + nal for nal in nals)


def vp8_frame(key: bool, body: bytes, width: int = 640, height: int = 480) -> bytes:
    """A VP8 frame whose first partition is the whole body."""
    tag = (len(body) << 5 | 0x10 | (not key)).to_bytes(3, "little")
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return tag + (KEY_START + size if key else b"") + body


def nal(kind: int, start: bytes = b"") -> st.SearchStrategy[bytes]:
    """Draw NALs of one type: no start code inside, no zero byte at the end."""
    bodies = st.binary(max_size=90).map(lambda body: body.replace(b"\0\0", b"\0\5") + b"\x80")
    return st.builds(lambda ref, body: bytes((ref << 5 | kind,)) + start + body, st.integers(0, 3), bodies)


def h264_frame(key: bool, delimited: bool = False) -> st.SearchStrategy[bytes]:
    """Draw access units: perhaps a delimiter, parameter sets before a key picture, one to three slices."""
    kind = 5 if key else 1
    before = [nal(9)] * delimited + [nal(7), nal(8)] * key
    slices = st.tuples(nal(kind, b"\x88"), st.lists(nal(kind, b"\x40"), max_size=2))
    return st.builds(lambda sets, cut: annex_b(*sets, cut[0], *cut[1]), st.tuples(*before), slices)


def vp8_frames() -> st.SearchStrategy[bytes]:
    """Draw VP8 frames, key and other."""
    return st.builds(vp8_frame, st.booleans(), st.binary(max_size=200))


def opus_packets() -> st.SearchStrategy[bytes]:
    """Draw Opus packets of one coded frame."""
    return st.builds(
        lambda config, body: bytes((config << 3,)) + body, st.integers(0, 31), st.binary(max_size=60)
    )


@st.composite
def journeys(draw: st.DrawFn, sent: Sequence[Packet], kept: int = 1) -> list[Packet]:
    """Draw a way: some packets get lost, some doubled, in any order; the first `kept` are safe."""
    copies = draw(st.lists(st.integers(0, 2), min_size=len(sent) - kept, max_size=len(sent) - kept))
    arriving = [packet for packet, count in zip(sent[kept:], copies, strict=True) for _ in range(count)]
    return [*sent[:kept], *draw(st.permutations(arriving))]
