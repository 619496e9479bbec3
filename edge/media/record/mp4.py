"""Fragmented MP4 structure (ISO/IEC 14496-12): enough to tell a whole fragment from a torn one."""

from collections.abc import Iterator
from struct import Struct as Layout

from msgspec import Struct

HEAD = Layout(">I4s")
MAX_HEAD = 16  # bytes of a box's size and type, the size perhaps in 64 bits
TRUN_OFFSET, TRUN_FIRST_FLAGS = 0x1, 0x4
TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_TIME = 0x100, 0x200, 0x400, 0x800
TFHD_BASE, TFHD_DESCRIPTION, TFHD_DURATION, TFHD_SIZE = 0x1, 0x2, 0x8, 0x10


class BadBox(ValueError):
    """Not a box here, or one that contradicts itself."""


class Sample(Struct, frozen=True):
    """One frame in a fragment: its track's number, counted from 1, and its place."""

    track: int
    start: int
    size: int


def head(content: bytes, at: int = 0) -> tuple[bytes, int, int]:
    """Return (type, size of the whole box, length of the head) of the box that starts here."""
    if len(content) < at + HEAD.size:
        raise BadBox(f"no box at {at}")
    size, kind = HEAD.unpack_from(content, at)
    length = HEAD.size
    if size == 1 and len(content) >= at + MAX_HEAD:
        size, length = int.from_bytes(content[at + 8 : at + 16]), MAX_HEAD
    if size < length:
        raise BadBox(f"box of {size} bytes at {at}")
    return kind, size, length


def children(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end) of the bodies of the boxes that fill this range exactly."""
    while start < end:
        kind, size, length = head(content, start)
        if start + size > end:
            raise BadBox(f"{kind!r} leaves its parent")
        yield kind, start + length, start + size
        start += size


def samples(moof: bytes) -> list[Sample]:
    """Return the samples of a moof box; places are counted from its first byte. Raises BadBox."""
    found: list[Sample] = []
    _, size, length = head(moof)
    if size != len(moof):
        raise BadBox(f"moof of {size} bytes in {len(moof)}")
    for kind, start, end in children(moof, length, size):
        if kind == b"traf":
            found += _traf(moof, start, end)
    return found


def _traf(moof: bytes, start: int, end: int) -> list[Sample]:
    track, default, found = 0, 0, list[Sample]()
    for kind, begin, stop in children(moof, start, end):
        body = moof[begin:stop]
        if kind == b"tfhd":
            track, default = _tfhd(body)
        elif kind == b"trun":
            found += _trun(body, track, default)
    return found


def _tfhd(body: bytes) -> tuple[int, int]:
    flags, track = _number(body, 0) & 0xFFFFFF, _number(body, 4)
    at = 8
    for flag, width in ((TFHD_BASE, 8), (TFHD_DESCRIPTION, 4), (TFHD_DURATION, 4)):
        at += width if flags & flag else 0
    return track, _number(body, at) if flags & TFHD_SIZE else 0


def _trun(body: bytes, track: int, default: int) -> Iterator[Sample]:
    flags, count = _number(body, 0) & 0xFFFFFF, _number(body, 4)
    if not flags & TRUN_OFFSET:
        raise BadBox("trun without a data offset")
    place = _number(body, 8)
    at = 12 + (4 if flags & TRUN_FIRST_FLAGS else 0)
    before = 4 if flags & TRUN_DURATION else 0
    width = sum(4 for flag in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_TIME) if flags & flag)
    if at + width * count > len(body):
        raise BadBox(f"trun of {count} samples in {len(body)} bytes")
    for number in range(count):
        size = _number(body, at + number * width + before) if flags & TRUN_SIZE else default
        yield Sample(track, place, size)
        place += size


def _number(body: bytes, at: int) -> int:
    if len(body) < at + 4:
        raise BadBox(f"no number at {at} of {len(body)} bytes")
    return int.from_bytes(body[at : at + 4])
