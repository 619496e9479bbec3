"""Samples, packed: whatever goes in comes out, in order of time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.lab.chunks import Chunk, Piece, merged, pack, unpack

VALUES = st.floats(allow_nan=False)
MOMENTS = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=60, unique=True).map(sorted)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    ats = draw(MOMENTS)
    count = len(ats)
    values = draw(st.lists(VALUES, min_size=count, max_size=count))
    return Piece(ats, values, draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)))


@given(pieces())
def test_what_was_packed_is_unpacked_unchanged(piece: Piece) -> None:
    assert unpack(len(piece.ats), pack(piece)) == piece


@given(st.lists(pieces(), max_size=5), st.integers(1, 20))
def test_the_chunks_of_several_channels_are_merged_in_order_of_time(all_: list[Piece], size: int) -> None:
    chunks = [
        (
            piece.ats[begin],
            Chunk(channel, len(piece.ats[begin : begin + size]), pack(piece.cut(begin, begin + size))),
        )
        for channel, piece in enumerate(all_)
        for begin in range(0, len(piece.ats), size)
    ]
    rows = [row for together in merged(sorted(chunks)) for row in together]
    given_ = [
        (at, channel, value, beyond)
        for channel, piece in enumerate(all_)
        for at, value, beyond in zip(*piece, strict=True)
    ]
    assert rows == sorted(given_, key=lambda row: row[:2])


@given(st.lists(pieces(), min_size=2, max_size=4))
def test_rows_of_one_moment_are_never_torn_apart(all_: list[Piece]) -> None:
    chunks = [
        (piece.ats[0], Chunk(channel, len(piece.ats), pack(piece))) for channel, piece in enumerate(all_)
    ]
    ends = [(together[0][0], together[-1][0]) for together in merged(sorted(chunks))]
    assert all(before[1] < after[0] for before, after in pairwise(ends))
