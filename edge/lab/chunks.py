"""Samples as they lie in the laboratory's file: some hundred of one channel together, packed (core).

A sample is a moment in microseconds since its run began, the value as it came, and whether it was out of
range. Ten hours of four channels at 10 Hz are 1.4 million: as rows of a table they would be written and read
too slowly, and take six times the room.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, repeat
from operator import sub
from typing import NamedTuple

SIZE = 512  # samples of a full chunk: 50 s at 10 Hz; one that is not full is written anew with each commit
LEVEL = 1  # of zlib: quick, and regular moments become nothing

Row = tuple[int, int, float, int]  # microseconds, number of the channel, value, 1 if out of range


class Piece(NamedTuple):
    """Samples of one channel, in order of time; three columns of one length."""

    ats: list[int]
    values: list[float]
    beyond: list[int]

    def cut(self, begin: int, end: int | None = None) -> "Piece":
        """Return some of them."""
        return Piece(self.ats[begin:end], self.values[begin:end], self.beyond[begin:end])

    def grow(self, more: "Piece") -> None:
        """Add what came after them."""
        self.ats.extend(more.ats)
        self.values.extend(more.values)
        self.beyond.extend(more.beyond)


class Chunk(NamedTuple):
    """A chunk as it is read."""

    channel: int
    length: int
    body: bytes

    @property
    def piece(self) -> Piece:
        """Return its samples."""
        return unpack(self.length, self.body)


def pack(piece: Piece) -> bytes:
    """Return samples as bytes: how much later each is than the one before, then the values."""
    ats = piece.ats
    pauses = (ats[0], *map(sub, ats[1:], ats))
    count = len(ats)
    plain = struct.pack(f"<{count}q{count}d", *pauses, *piece.values)
    return zlib.compress(plain + bytes(piece.beyond) if any(piece.beyond) else plain, LEVEL)


def unpack(count: int, body: bytes) -> Piece:
    """Return the samples of a chunk."""
    plain = zlib.decompress(body)
    numbers = struct.unpack_from(f"<{count}q{count}d", plain)
    beyond = list(plain[16 * count :]) or [0] * count
    return Piece(list(accumulate(numbers[:count])), list(numbers[count:]), beyond)


def merged(chunks: Iterable[tuple[int, Chunk]]) -> Iterator[list[Row]]:
    """Yield all rows in order of time; the chunks come with the moment of their first row, in that order."""
    waiting: list[Row] = []
    for first, chunk in chunks:
        ready = _before(waiting, first)
        if ready:
            yield waiting[:ready]
            del waiting[:ready]
        piece = chunk.piece
        waiting.extend(zip(piece.ats, repeat(chunk.channel), piece.values, piece.beyond, strict=False))
        waiting.sort()  # two sorted runs: no more than a merge; a channel has no moment twice
    if waiting:
        yield waiting


def _before(rows: Sequence[Row], at: int) -> int:
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if rows[middle][0] < at else (low, middle)
    return low
