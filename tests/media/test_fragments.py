"""What is whole in a file, whatever its tail is like."""

from functools import cache
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import Codec
from edge.media.record import ebml, mp4
from edge.media.record.fragments import Fragment, Look, Shape
from tests.media.lessons import lesson
from tests.media.test_muxer import mux

KINDS: list[tuple[Codec, str]] = [("H264", "mp4"), ("VP8", "webm")]


@cache
def file_of(codec: Codec) -> bytes:
    """A recording as it grows, in one piece."""
    return b"".join(mux(lesson(codec)))


def shape_of(content: bytes, extension: str) -> Shape:
    """Look through a file."""
    return Look(BytesIO(content), extension).shape()


@pytest.mark.parametrize(("codec", "extension"), KINDS)
def test_every_frame_is_found_in_the_fragments(codec: Codec, extension: str) -> None:
    content = file_of(codec)
    look = Look(BytesIO(content), extension)
    chunks = [chunk for each in look.shape().fragments for chunk in look.chunks(each)]
    assert [sum(chunk.track == number for chunk in chunks) for number in (1, 2)] == [150, 300]


@pytest.mark.parametrize(("codec", "extension"), KINDS)
@given(cut=st.floats(0, 1), tail=st.one_of(st.binary(max_size=200), st.just(bytes(5000))))
def test_a_cut_file_ends_at_its_last_whole_fragment(
    codec: Codec, extension: str, cut: float, tail: bytes
) -> None:
    content = file_of(codec)
    whole = shape_of(content, extension)
    kept = int(cut * len(content))
    found = shape_of(content[:kept] + tail, extension)
    expected = [each for each in whole.fragments if each.end <= kept]
    assert found.fragments[: len(expected)] == expected
    assert found.end >= (expected[-1].end if expected else 0)
    assert len(found.fragments) <= len(expected) + 1


@pytest.mark.parametrize("extension", ["mp4", "webm"])
@given(content=st.binary(max_size=300))
def test_a_file_of_anything_has_a_shape(extension: str, content: bytes) -> None:
    assert shape_of(content, extension).fragments == []


@given(st.binary(max_size=120))
def test_a_fragment_of_anything_is_read_or_refused(content: bytes) -> None:
    moof = mp4.HEAD.pack(8 + len(content), b"moof") + content
    try:
        assert all(sample.size >= 0 for sample in mp4.samples(moof))
    except mp4.BadBox:
        return


@given(
    st.recursive(
        st.binary(max_size=20),
        lambda inside: st.builds(
            ebml.element, st.sampled_from([ebml.SIMPLE_BLOCK, ebml.BLOCK_GROUP, ebml.BLOCK]), inside
        ),
        max_leaves=3,
    )
)
def test_a_cluster_of_anything_is_read_or_found_to_contradict_itself(content: bytes) -> None:
    cluster = ebml.element(ebml.CLUSTER, content)
    chunks = Look(BytesIO(cluster), "webm").chunks(Fragment(0, len(cluster)))
    assert all(chunk.content in content for chunk in chunks)


@given(st.integers(0, 2**56 - 2), st.sampled_from([ebml.CLUSTER, ebml.SIMPLE_BLOCK, ebml.CUES]))
def test_an_elements_head_says_how_long_it_is(size: int, ident: int) -> None:
    head = ident.to_bytes((ident.bit_length() + 7) // 8) + (size | 1 << 56).to_bytes(8)
    assert ebml.head(head) == (ident, size, len(head))
