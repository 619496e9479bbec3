"""The index beside a recording."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import Frame
from edge.media.record.index import (
    SIZE,
    BadIndex,
    IndexEntry,
    IndexHeader,
    decode,
    encode,
    encode_header,
    entry_of,
)
from edge.media.record.recording import seconds_so_far

HEADER = IndexHeader(
    id="lesson-20261122T044500Z",
    stream="lesson",
    started="2026-11-22T04:45:00Z",
    codecs={"video": "H264", "audio": "opus"},
    ssrc={"video": 1, "audio": 2},
    rates={"video": 90_000, "audio": 48_000},
    zero={"video": 2**32 + 5, "audio": 2**32 + 7},
    aligned="sender-reports",
)

numbers = st.integers(0, 2**32 - 1)
entries = st.lists(
    st.builds(
        IndexEntry,
        st.sampled_from(["video", "audio"]),
        st.integers(0, 2**48),
        numbers,
        numbers,
        st.booleans(),
    )
)


def written(names: list[IndexEntry]) -> bytes:
    """An index file."""
    return encode_header(HEADER) + b"".join(map(encode, names))


@given(entries)
def test_what_is_written_is_read_back(names: list[IndexEntry]) -> None:
    index = decode(written(names))
    assert (index.header, index.entries, index.torn) == (HEADER, names, 0)


@given(entries, st.integers(0, 4 * SIZE), st.binary(max_size=3 * SIZE))
def test_a_torn_tail_costs_only_its_own_records(names: list[IndexEntry], cut: int, tail: bytes) -> None:
    content = written(names)
    kept = max(len(encode_header(HEADER)), len(content) - cut)
    index = decode(content[:kept] + tail)
    whole = (kept - len(encode_header(HEADER))) // SIZE
    assert index.entries[:whole] == names[:whole]
    assert index.torn + len(index.entries) * SIZE == kept - len(encode_header(HEADER)) + len(tail)


@given(entries)
def test_zeros_behind_the_last_record_are_no_records(names: list[IndexEntry]) -> None:
    index = decode(written(names) + bytes(4 * SIZE))
    assert (index.entries, index.torn) == (names, 4 * SIZE)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nonsense", b"\xff\n", bytes(100_000)])
def test_what_is_no_index_is_refused(content: bytes) -> None:
    with pytest.raises(BadIndex):
        decode(content)


def test_the_length_of_a_growing_recording_is_read_from_its_tail(tmp_path: Path) -> None:
    frames = [Frame("video", HEADER.zero["video"] + n * 3600, b"x", False, 0.0) for n in range(1000)]
    path = tmp_path / f"{HEADER.id}.idx"
    path.write_bytes(written([entry_of(frame) for frame in frames]) + b"torn")
    assert seconds_so_far(tmp_path, HEADER.id) == pytest.approx(999 * 0.04)
