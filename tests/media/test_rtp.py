"""RTP headers, what is cut off them, and counters that wrap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media import rtp
from edge.media.rtp import BadPacket, Rtp, Unwrapper

PLAIN = bytes.fromhex("80e0fffe00000e10deadbeef") + b"payload"


def test_a_plain_packet_is_taken_apart() -> None:
    assert rtp.parse(PLAIN) == Rtp(96, True, 65534, 3600, 0xDEADBEEF, b"payload")


def test_csrcs_extension_and_padding_are_cut_off() -> None:
    csrcs, extension, padding = bytes(8), bytes.fromhex("bede000110ff0000"), b"\0\0\3"
    data = b"\xb2" + PLAIN[1:12] + csrcs + extension + b"payload" + padding
    assert rtp.parse(data) == rtp.parse(PLAIN)


def test_a_packet_may_be_all_padding() -> None:
    assert rtp.parse(b"\xa0" + PLAIN[1:12] + b"\0\0\0\4").payload == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x40" + PLAIN[1:],
        b"\x8f" + PLAIN[1:],
        b"\x90" + PLAIN[1:12] + b"\xbe\xde\0",
        b"\x90" + PLAIN[1:12] + b"\xbe\xde\0\2" + bytes(4),
        b"\xa0" + PLAIN[1:12] + b"\0",
        b"\xa0" + PLAIN[1:12] + b"\5",
    ],
    ids=["empty", "cut", "version", "csrcs", "extension", "extension-length", "no-padding", "padding"],
)
def test_a_malformed_packet_is_refused(data: bytes) -> None:
    with pytest.raises(BadPacket):
        rtp.parse(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        packet = rtp.parse(data)
    except BadPacket:
        return
    assert packet.payload in data[12:]


@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 1 << 40),
    st.integers(0, 1 << 60),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=30),
)
def test_a_built_header_is_parsed_back(
    payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes
) -> None:
    data = rtp.header(payload_type, marker, sequence, timestamp, ssrc) + payload
    assert len(data) == 12 + len(payload)
    assert rtp.parse(data) == Rtp(
        payload_type, marker, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, payload
    )


def test_the_first_value_is_one_turn_above_zero() -> None:
    unwrapper = Unwrapper(16)
    assert [unwrapper.feed(value) for value in (2, 65535, 3)] == [65538, 65535, 65539]


def test_an_old_value_does_not_pull_the_counter_back() -> None:
    unwrapper = Unwrapper(16)
    assert [unwrapper.feed(value) for value in (40000, 10000, 7000)] == [105536, 75536, 65536 * 2 + 7000]


@given(
    st.sampled_from([16, 32]),
    st.data(),
    st.lists(st.tuples(st.floats(0, 0.45), st.floats(0, 0.45)), max_size=40),
)
def test_reordered_values_over_wraps_keep_their_distances(
    bits: int, data: st.DataObject, steps: list[tuple[float, float]]
) -> None:
    size = 1 << bits
    first = data.draw(st.integers(0, size - 1))
    unwrapper = Unwrapper(bits)
    head = true = first + size
    assert unwrapper.feed(first) == true
    for forward, back in steps:
        head += int(forward * size)
        true = head - int(back * size)
        assert unwrapper.feed(head % size) == head
        assert unwrapper.feed(true % size) == true


def test_a_claim_far_ahead_moves_no_counter() -> None:
    unwrapper = Unwrapper(32)
    first = unwrapper.feed(1000)
    claims = [
        unwrapper.near((1000 + ahead) % 2**32) - first for ahead in (5, 2**31 - 1, 2**31 + 5, 2**32 - 3)
    ]
    assert claims == [5, 2**31 - 1, 5 - 2**31, -3]
    assert unwrapper.feed(1001) == first + 1
