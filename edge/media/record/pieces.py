"""Which bytes of a file are asked for, in few bytes: gaps and sizes, each as short as its number (core)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

MAX_PIECES = 8192  # of one request: a minute of a lesson of which every other frame is lost has 2,300
MAX_REQUEST = 65_536  # bytes: so many pieces take 50 kB at most
MAX_ANSWER = 8 << 20  # bytes: one request's frames, and one frame as large as they may be
MAX_NUMBER = 1 << 40  # no file is larger
SEVEN = 0x7F


class BadPieces(ValueError):
    """Not a list of pieces, or too much is asked for at once."""


class Piece(Struct, frozen=True, gc=False):
    """Bytes that stand together."""

    at: int
    size: int

    @property
    def end(self) -> int:
        """Where the next byte is."""
        return self.at + self.size


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces in order, those that touch as one."""
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].end == piece.at:
            found[-1] = Piece(found[-1].at, found[-1].size + piece.size)
        else:
            found.append(piece)
    return found


def between(pieces: Iterable[Piece], size: int) -> list[Piece]:
    """Return what is not in these pieces of a file of so many bytes."""
    found, at = [], 0
    for piece in [*pieces, Piece(size, 0)]:
        if piece.at > at:
            found.append(Piece(at, piece.at - at))
        at = piece.end
    return found


def cut(pieces: Iterable[Piece], most: int) -> list[Piece]:
    """Return the same bytes in pieces of so many at most."""
    return [
        Piece(at, min(most, piece.end - at)) for piece in pieces for at in range(piece.at, piece.end, most)
    ]


def encode(pieces: Sequence[Piece]) -> bytes:
    """Return pieces, in order, as they are asked for."""
    wire, at = bytearray(), 0
    for piece in pieces:
        wire += _number(piece.at - at) + _number(piece.size)
        at = piece.end
    return bytes(wire)


def decode(wire: bytes) -> list[Piece]:
    """Read what somebody asks for; raises BadPieces."""
    numbers = _numbers(wire)
    if not numbers or len(numbers) % 2 or len(numbers) > 2 * MAX_PIECES:
        raise BadPieces(f"{len(numbers)} numbers: no pieces, half a one, or too many")
    pieces, at, total = [], 0, 0
    for skipped, size in zip(numbers[::2], numbers[1::2], strict=True):
        at += skipped
        pieces.append(Piece(at, size))
        at, total = at + size, total + size
        if not size or total > MAX_ANSWER or at > MAX_NUMBER:
            raise BadPieces(f"a piece of {size} bytes at {at - size}, {total} bytes together")
    return pieces


def _number(value: int) -> bytes:
    wire = bytearray()
    while value > SEVEN:
        wire.append(value & SEVEN | 0x80)
        value >>= 7
    wire.append(value)
    return bytes(wire)


def _numbers(wire: bytes) -> list[int]:
    if len(wire) > MAX_REQUEST:
        raise BadPieces(f"a request of {len(wire)} bytes")
    numbers, value, shift = [], 0, 0
    for byte in wire:
        value |= (byte & SEVEN) << shift
        shift += 7
        if value > MAX_NUMBER or shift > 56:
            raise BadPieces("a number that no file has a place for")
        if byte <= SEVEN:
            numbers.append(value)
            value, shift = 0, 0
    if shift:
        raise BadPieces("cut off in the middle of a number")
    return numbers
