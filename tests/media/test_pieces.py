"""Which bytes are asked for: short on the wire, and bounded."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.record.pieces import (
    MAX_ANSWER,
    MAX_PIECES,
    MAX_REQUEST,
    BadPieces,
    Piece,
    between,
    cut,
    decode,
    encode,
    joined,
)

SIZE = 10_000


@st.composite
def lists(draw: st.DrawFn) -> list[Piece]:
    """Pieces of a file in order, some of which touch."""
    edges = sorted(draw(st.sets(st.integers(0, SIZE), min_size=2, max_size=40)))
    spans = list(pairwise(edges))
    kept = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    found = [Piece(at, end - at) for (at, end), keep in zip(spans, kept, strict=True) if keep]
    return found or [Piece(edges[0], 1)]


def covered(pieces: list[Piece]) -> list[int]:
    """Return every byte of some pieces."""
    return [at for piece in pieces for at in range(piece.at, piece.end)]


@given(lists())
def test_what_is_asked_for_arrives_as_it_was_meant(pieces: list[Piece]) -> None:
    assert decode(encode(pieces)) == pieces
    assert len(encode(pieces)) <= 4 * len(pieces)


@given(lists(), st.integers(1, 3000))
def test_joined_cut_and_complemented_pieces_have_the_same_bytes(pieces: list[Piece], most: int) -> None:
    assert covered(joined(pieces)) == covered(pieces) == covered(cut(pieces, most))
    assert all(each.size <= most for each in cut(pieces, most))
    assert sorted(covered(pieces) + covered(between(joined(pieces), SIZE))) == list(range(SIZE))


@given(st.binary(max_size=200))
def test_anything_at_all_is_read_or_refused(wire: bytes) -> None:
    try:
        pieces = decode(wire)
    except BadPieces:
        return
    assert sum(each.size for each in pieces) <= MAX_ANSWER
    assert pieces == sorted(pieces, key=lambda each: each.at)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\0",
        b"\0\0",
        b"\x80",
        encode([Piece(0, MAX_ANSWER + 1)]),
        encode([Piece(0, MAX_ANSWER), Piece(MAX_ANSWER + 5, 1)]),
        encode([Piece(1 << 39, 1), Piece(1 << 41, 1)]),
        b"\xff" * 9 + b"\1\1",
        b"\1\1" * (MAX_PIECES + 1),
        b"\x80" * (MAX_REQUEST + 1),
    ],
)
def test_too_much_and_half_a_request_are_refused(wire: bytes) -> None:
    with pytest.raises(BadPieces):
        decode(wire)
