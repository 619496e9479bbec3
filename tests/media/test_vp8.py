"""VP8: whole frames come out byte for byte, everything else is counted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.codec import vp8
from edge.media.codec.vp8 import Assembler
from edge.media.packet import Frame, Packet
from edge.media.reorder import Reorder
from tests.media.packets import journeys, packet, vp8_frame, vp8_frames, wrap

KEY = vp8_frame(True, b"key picture" * 300)
DELTA = vp8_frame(False, b"small change" * 200)


def _feed(assembler: Assembler, packets: Sequence[Packet]) -> list[Frame]:
    return [frame for packet in packets for frame in assembler.feed(packet)]


@given(vp8_frames(), st.integers(2, 80))
def test_packetised_and_assembled_any_frame_is_the_same(frame: bytes, limit: int) -> None:
    payloads = vp8.packetise(frame, limit)
    sizes = [len(payload) for payload in payloads]
    assert max(sizes) <= limit
    assert len(set(sizes[:-1])) <= 1
    assert [whole.data for whole in _feed(Assembler(), wrap(payloads, 1, 0))] == [frame]


@given(st.data(), st.lists(vp8_frames(), min_size=1, max_size=6), st.integers(5, 80))
def test_after_any_loss_and_in_any_order_exactly_the_whole_frames_come_out(
    data: st.DataObject, frames: list[bytes], limit: int
) -> None:
    sent: list[list[Packet]] = []
    for number, frame in enumerate(frames):
        sent.append(wrap(vp8.packetise(frame, limit), 70_000 + sum(map(len, sent)), 3000 * number))
    arrived = data.draw(journeys([one for packets in sent for one in packets]))
    reorder, assembler = Reorder(), Assembler()
    in_order = [ready for one in arrived for ready in reorder.add(one, 0.0)] + reorder.flush()
    emitted = _feed(assembler, in_order)
    came = {one.sequence for one in arrived}
    whole = [n for n, packets in enumerate(sent) if all(one.sequence in came for one in packets)]
    touched = [packets for packets in sent if any(one.sequence in came for one in packets)]
    unfinished = touched[-1][-1].sequence not in came
    assert [(frame.timestamp, frame.data) for frame in emitted] == [(3000 * n, frames[n]) for n in whole]
    assert assembler.broken == len(touched) - len(whole) - unfinished


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.booleans(), st.binary(max_size=40)), max_size=30
    )
)
def test_no_payload_breaks_the_assembler(parts: list[tuple[int, int, bool, bytes]]) -> None:
    packets = [packet(sequence, timestamp, payload, marker) for sequence, timestamp, marker, payload in parts]
    timestamps = [frame.timestamp for frame in _feed(Assembler(), packets)]
    assert timestamps == sorted(set(timestamps))


@given(st.binary(max_size=40))
def test_any_bytes_have_an_answer(frame: bytes) -> None:
    assert vp8.starts_key(frame) in (True, False)
    assert (vp8.dimensions(frame) is not None) == vp8.is_key(frame)
    assert vp8.is_valid(frame) in (True, False)


DESCRIPTORS = {
    "one-byte": "10",
    "reserved-and-not-reference": "70",
    "extension-alone": "9000",
    "picture-id-7": "908011",
    "picture-id-15": "9080 8011",
    "layer": "90c0 8011 22",
    "all": "90f0 8011 22 43",
    "key-index": "901043",
}


@pytest.mark.parametrize("descriptor", DESCRIPTORS.values(), ids=DESCRIPTORS)
def test_every_descriptor_is_cut_off(descriptor: str) -> None:
    payload = bytes.fromhex(descriptor) + KEY
    (frame,) = Assembler().feed(packet(1, 0, payload, marker=True))
    assert frame.data == KEY
    assert frame.key
    assert vp8.starts_key(payload)


@pytest.mark.parametrize("descriptor", ["10", "80", "90", "9080", "908080", "90c08011", "90f0801122"])
def test_a_payload_cut_in_its_descriptor_breaks_its_frame_only(descriptor: str) -> None:
    assembler = Assembler()
    cut = packet(1, 0, bytes.fromhex(descriptor), marker=True)
    assert [frame.data for frame in _feed(assembler, [cut, *wrap(vp8.packetise(KEY), 2, 3000)])] == [KEY]
    assert assembler.broken == 1
    assert not vp8.starts_key(cut.payload)


def test_partitions_of_their_own_packets_make_one_frame() -> None:
    payloads = [b"\x10" + KEY[:500], b"\x01" + KEY[500:900], b"\x11" + KEY[900:]]
    (frame,) = _feed(Assembler(), wrap(payloads, 1, 0))
    assert frame.data == KEY


def test_a_second_beginning_before_the_marker_breaks_the_frame() -> None:
    assembler = Assembler()
    assert _feed(assembler, wrap([b"\x10" + KEY, b"\x10" + KEY], 1, 0)) == []
    assert assembler.broken == 1


def test_a_whole_frame_right_after_a_hole_is_whole() -> None:
    first, second = wrap(vp8.packetise(KEY), 1, 0), wrap(vp8.packetise(DELTA), 100, 3000)
    assert [frame.data for frame in _feed(Assembler(), [*first, *second])] == [KEY, DELTA]


def test_the_tail_of_a_frame_after_an_outage_is_never_a_frame() -> None:
    assembler = Assembler()
    assert _feed(assembler, wrap(vp8.packetise(KEY), 1, 0)[1:]) == []
    assert assembler.broken == 1


def test_a_frame_without_its_marker_is_broken_and_the_next_one_whole() -> None:
    assembler = Assembler()
    packets = [packet(1, 0, b"\x10" + KEY), *wrap(vp8.packetise(DELTA), 2, 3000)]
    assert [frame.data for frame in _feed(assembler, packets)] == [DELTA]
    assert assembler.broken == 1


def test_a_frame_back_in_time_is_counted_and_dropped() -> None:
    order = [(KEY, 9000), (DELTA, 3000), (DELTA, 9000), (DELTA, 12000)]
    assembler = Assembler()
    packets = [packet(n, at, b"\x10" + frame, marker=True) for n, (frame, at) in enumerate(order)]
    assert [frame.timestamp for frame in _feed(assembler, packets)] == [9000, 12000]
    assert assembler.backwards == 2


@pytest.mark.parametrize(
    "frame",
    [b"", KEY[:2], KEY[:9], KEY[:-1], DELTA[:-1], KEY[:3] + b"\x9d\x01\x2b" + KEY[6:]],
    ids=["empty", "half-a-tag", "half-a-header", "cut-key", "cut-delta", "start-code"],
)
def test_a_frame_with_an_unsound_header_is_refused(frame: bytes) -> None:
    assembler = Assembler()
    assert _feed(assembler, [packet(1, 0, b"\x10" + frame, marker=True)]) == []
    assert assembler.broken == 1
    with pytest.raises(ValueError, match="not a VP8 frame"):
        vp8.packetise(frame)


def test_a_key_frame_tells_its_size_without_the_scale_bits() -> None:
    assert vp8.dimensions(vp8_frame(True, b"", 1280 | 1 << 14, 720 | 3 << 14)) == (1280, 720)
    assert vp8.dimensions(DELTA) is None


def test_only_the_first_payload_starts_a_key_frame() -> None:
    assert [vp8.starts_key(payload) for payload in vp8.packetise(KEY)] == [True, False, False]
    assert not vp8.starts_key(vp8.packetise(DELTA)[0])


def test_a_limit_without_room_for_a_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="2 is the least"):
        vp8.packetise(KEY, 1)
