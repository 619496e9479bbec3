"""H.264: whole frames come out byte for byte, everything else is counted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.codec import h264
from edge.media.codec.assembly import MAX_FRAME
from edge.media.codec.h264 import Assembler
from edge.media.packet import Frame, Packet
from edge.media.reorder import Reorder
from tests.media.packets import annex_b, h264_frame, journeys, nal, packet, wrap

SPS, PPS = b"\x67\x42\xe0\x1f\x8c", b"\x68\xce\x06\xe2"
KEY = annex_b(SPS, PPS, b"\x65\x88" + b"key picture" * 300)
DELTA = annex_b(b"\x41\x9a" + b"small change" * 200)
LIMITS = st.integers(h264.MIN_LIMIT, 80)


def _feed(assembler: Assembler, packets: Sequence[Packet]) -> list[Frame]:
    return [frame for packet in packets for frame in assembler.feed(packet)]


def _stream(frames: Sequence[bytes], limit: int = 1200) -> list[list[Packet]]:
    sent: list[list[Packet]] = []
    sequence = 70_000
    for number, frame in enumerate(frames):
        sent.append(wrap(h264.packetise(frame, limit), sequence, 3000 * number))
        sequence += len(sent[-1])
    return sent


def _flat(frames: Sequence[Sequence[Packet]]) -> list[Packet]:
    return [packet for frame in frames for packet in frame]


@given(st.booleans().flatmap(h264_frame), LIMITS)
def test_packetised_and_assembled_any_frame_is_the_same(frame: bytes, limit: int) -> None:
    payloads = h264.packetise(frame, limit)
    assert max(map(len, payloads)) <= limit
    assert [whole.data for whole in _feed(Assembler(), wrap(payloads, 1, 0))] == [frame]


@given(nal(1, b"\x88"), LIMITS)
def test_the_pieces_of_a_nal_have_one_size_but_the_last(unit: bytes, limit: int) -> None:
    sizes = [len(payload) for payload in h264.packetise(annex_b(unit), limit)]
    assert len(set(sizes[:-1])) <= 1
    assert sizes[-1] <= sizes[0]


@given(st.data(), st.booleans(), LIMITS)
def test_after_any_loss_and_in_any_order_exactly_the_whole_frames_come_out(
    data: st.DataObject, delimited: bool, limit: int
) -> None:
    keys = [True, False, *data.draw(st.lists(st.booleans(), max_size=5))]
    frames = [data.draw(h264_frame(key, delimited)) for key in keys]
    sent = _stream(frames, limit)
    kept = len(sent[0]) + len(sent[1])  # what this stream's frames begin with is known from then on
    reorder, assembler = Reorder(), Assembler()
    arrived = data.draw(journeys(_flat(sent), kept))
    in_order = [ready for one in arrived for ready in reorder.add(one, 0.0)] + reorder.flush()
    emitted = _feed(assembler, in_order)
    came = {one.sequence for one in arrived}
    whole = [n for n, packets in enumerate(sent) if all(one.sequence in came for one in packets)]
    touched = [packets for packets in sent if any(one.sequence in came for one in packets)]
    unfinished = touched[-1][-1].sequence not in came
    assert [(frame.timestamp, frame.data, frame.key) for frame in emitted] == [
        (3000 * n, frames[n], keys[n]) for n in whole
    ]
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


@given(st.binary(max_size=60))
def test_no_payload_breaks_the_search_for_a_key_frame(payload: bytes) -> None:
    assert h264.starts_key(payload) in (True, False)


@given(st.binary(max_size=200))
def test_no_frame_breaks_the_reading_of_its_nals(frame: bytes) -> None:
    units = list(h264.nals(frame))
    assert all(unit in frame and unit[-1] and b"\0\0\1" not in unit for unit in units)


@given(
    st.lists(nal(6), min_size=1, max_size=4), st.lists(st.sampled_from([b"\0\0\1", b"\0\0\0\1"]), min_size=4)
)
def test_start_codes_of_three_and_four_bytes_part_nals(units: list[bytes], codes: list[bytes]) -> None:
    frame = b"".join(code + unit for code, unit in zip(codes, units, strict=False))
    assert list(h264.nals(frame)) == units


def test_the_tail_of_a_frame_after_an_outage_is_never_a_frame() -> None:
    key, delta = _stream([KEY, DELTA])
    assembler = Assembler()
    assert _feed(assembler, [*key[2:], *delta]) == _feed(Assembler(), delta)
    assert assembler.broken == 1


def test_a_fragment_without_a_start_breaks_its_frame() -> None:
    assembler = Assembler()
    assert _feed(assembler, [packet(1, 0, b"\x7c\x45" + b"tail", marker=True)]) == []
    assert assembler.broken == 1


def test_a_frame_without_its_marker_is_broken_and_the_next_one_whole() -> None:
    first, second, third = _stream([KEY, DELTA, DELTA])
    last = first[-1]
    unmarked = Packet("video", last.sequence, last.timestamp, False, last.wire, 0.0)
    assembler = Assembler()
    emitted = _feed(assembler, [*first[:-1], unmarked, *second, *third])
    assert [frame.timestamp for frame in emitted] == [3000, 6000]
    assert assembler.broken == 1


def test_a_key_frame_after_a_hole_without_parameter_sets_is_broken() -> None:
    key, lost, second = _stream([KEY, DELTA, KEY])
    assembler = Assembler()
    emitted = _feed(assembler, [*key, *lost[:-1], *second[1:]])
    assert [frame.timestamp for frame in emitted] == [0]
    assert assembler.broken == 2


def test_a_first_key_frame_may_begin_with_sei_before_its_parameter_sets() -> None:
    as_ffmpeg_sends_it = annex_b(b"\x06\x05seen", b"\x67sps\x80", b"\x68pps\x80", b"\x65\x88" + b"key" * 900)
    first, second = _stream([as_ffmpeg_sends_it, DELTA])
    emitted = _feed(Assembler(), [*first, *second])
    assert [frame.data for frame in emitted] == [as_ffmpeg_sends_it, DELTA]


def test_a_stream_with_parameter_sets_outside_is_whole_after_a_hole() -> None:
    bare = annex_b(b"\x65\x88" + b"key picture" * 300)
    first, second, lost, third = _stream([bare, bare, DELTA, bare])
    emitted = _feed(Assembler(), [*first, *second, *third])
    assert [frame.timestamp for frame in emitted] == [3000, 9000]
    assert lost


def test_a_later_slice_after_a_hole_is_no_beginning() -> None:
    slices = annex_b(b"\x41\x9a" + b"upper" * 5, b"\x41\x45" + b"lower" * 5)
    sent = _stream([KEY, slices])
    assembler = Assembler()
    assert len(_feed(assembler, [*sent[0], sent[1][1]])) == 1
    assert assembler.broken == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"\x78",
        b"\x78\0",
        b"\x78\0\0",
        b"\x78\0\x09\x65\x88abc",
        b"\x78\0\x02\x65\x88\0",
        b"\x78\0\x03\x7c\x85\x88",
        b"\x7c",
        b"\x7c\x1c\x88",
        b"\x7c\x9c\x88",
        b"\x7c\x80\x88",
        b"\x7d\x85\x88",
        b"\x60\x88",
        b"\x7f\x88",
        b"\x79\0\0\0\x02\x65\x88",
        b"\xe5\x88abc",
        b"\x65",
    ],
    ids=[
        "stap-empty",
        "stap-half-a-length",
        "stap-zero-length",
        "stap-cut",
        "stap-tail",
        "stap-in-it-a-fu",
        "fu-without-header",
        "fu-of-a-fu",
        "fu-start-of-a-fu",
        "fu-of-type-0",
        "fu-b",
        "type-0",
        "type-31",
        "stap-b",
        "forbidden-bit",
        "slice-without-body",
    ],
)
def test_a_malformed_payload_breaks_its_frame_only(payload: bytes) -> None:
    assembler = Assembler()
    emitted = _feed(assembler, [packet(1, 0, payload, marker=True), *wrap(h264.packetise(KEY), 2, 3000)])
    assert [frame.data for frame in emitted] == [KEY]
    assert assembler.broken == 1


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c\x85\x88a", b"\x7c\x05b"],
        [b"\x7c\x85\x88a", b"\x7c\x85\x88b", b"\x7c\x45c"],
        [b"\x7c\x85\x88a", b"\x7c\x41b"],
        [b"\x7c\x85\x88a", b"\x65\x88b", b"\x7c\x45c"],
        [b"\x7c\x85\x88a", b"\x7c\x45b", b"\x7c\x45c"],
    ],
    ids=["no-end", "two-starts", "another-type", "a-nal-between", "two-ends"],
)
def test_fragments_that_do_not_belong_together_break_their_frame(payloads: list[bytes]) -> None:
    assembler = Assembler()
    before, after = wrap(h264.packetise(KEY), 46, 0), wrap(h264.packetise(DELTA), 50 + len(payloads), 6000)
    packets = [*before, *wrap(payloads, 50, 3000), *after]
    assert before[-1].sequence == 49
    assert [frame.timestamp for frame in _feed(assembler, packets)] == [0, 6000]
    assert assembler.broken == 1


def test_a_fragment_that_is_start_and_end_at_once_is_forgiven() -> None:
    (frame,) = _feed(Assembler(), wrap([b"\x67\x42\xe0\x1f", b"\x7c\xc5\x88abc"], 1, 0))
    assert frame.data == annex_b(b"\x67\x42\xe0\x1f", b"\x65\x88abc")


def test_pictures_not_newer_than_the_last_are_counted_and_dropped() -> None:
    first, p_frame, b_frame, following = (h264.packetise(frame) for frame in (KEY, DELTA, DELTA, DELTA))
    order = [(first, 0), (p_frame, 9000), (b_frame, 3000), (b_frame, 9000), (following, 12000)]
    packets = [one for n, (payloads, at) in enumerate(order) for one in wrap(payloads, 10 * n, at)]
    packets = [Packet("video", n, one.timestamp, one.marker, one.wire, 0.0) for n, one in enumerate(packets)]
    assembler = Assembler()
    assert [frame.timestamp for frame in _feed(assembler, packets)] == [0, 9000, 12000]
    assert (assembler.backwards, assembler.broken) == (2, 0)


def test_a_jump_forward_in_time_is_just_the_next_frame() -> None:
    packets = [*wrap(h264.packetise(KEY), 0, 0), *wrap(h264.packetise(KEY), 4, 1 << 33)]
    assert [frame.timestamp for frame in _feed(Assembler(), packets)] == [0, 1 << 33]


def test_a_marker_behind_parameter_sets_does_not_end_the_frame() -> None:
    packets = [packet(1, 0, SPS, marker=True), packet(2, 0, PPS, marker=True)]
    packets.append(packet(3, 0, b"\x65\x88abc", marker=True))
    (frame,) = _feed(Assembler(), packets)
    assert frame.data == annex_b(SPS, PPS, b"\x65\x88abc")


def test_packets_of_only_padding_are_no_part_of_any_frame() -> None:
    key, delta = wrap(h264.packetise(KEY), 1, 0), wrap(h264.packetise(DELTA), 7, 3000)
    probes = [packet(5, 0, b""), packet(6, 0, b"", marker=True)]
    assembler = Assembler()
    assert [frame.data for frame in _feed(assembler, [*key, *probes, *delta])] == [KEY, DELTA]
    assert assembler.broken == 0


def test_a_hole_swallowed_with_padding_behind_it_still_counts() -> None:
    key = wrap(h264.packetise(KEY), 1, 0)
    tail = packet(8, 3000, b"\x41\x45" + b"lower slice", marker=True)
    assembler = Assembler()
    assert len(_feed(assembler, [*key, packet(7, 0, b""), tail])) == 1
    assert assembler.broken == 1


def test_a_frame_that_never_ends_is_given_up() -> None:
    assembler = Assembler()
    pieces = [
        packet(-1, 0, SPS),
        packet(0, 0, b"\x7c\x85\x88"),
        *(packet(n, 0, b"\x7c\x05" + bytes(60_000)) for n in range(1, 80)),
    ]
    end = packet(80, 0, b"\x7c\x45", marker=True)
    assert MAX_FRAME < 79 * 60_000
    assert _feed(assembler, [*pieces, end]) == []
    assert assembler.broken == 1


def test_a_frame_arrives_with_its_latest_packet() -> None:
    sent = wrap(h264.packetise(KEY), 1, 0)
    times = [1.0, 1.5, 1.1, 1.2]
    arrived = [
        Packet("video", one.sequence, 0, one.marker, one.wire, time)
        for one, time in zip(sent, times, strict=True)
    ]
    assert [frame.arrival for frame in _feed(Assembler(), arrived)] == [1.5]


def test_a_new_resolution_shows_in_the_parameter_sets() -> None:
    other = b"\x67\x42\xe0\x28\x8d"
    first, second = _feed(Assembler(), _flat(_stream([KEY, annex_b(other, PPS, b"\x65\x88abc")])))
    assert h264.parameter_sets(first.data) == (SPS, PPS)
    assert h264.parameter_sets(second.data) == (other, PPS)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        DELTA,
        annex_b(SPS, b"\x65\x88"),
        annex_b(PPS, b"\x65\x88"),
        annex_b(b"\x67\x42", PPS, b"\x65\x88"),
    ],
    ids=["empty", "delta", "no-pps", "no-sps", "short-sps"],
)
def test_a_frame_without_both_parameter_sets_has_none(frame: bytes) -> None:
    assert h264.parameter_sets(frame) is None


def test_parameter_sets_travel_together_and_pictures_alone() -> None:
    payloads = h264.packetise(KEY)
    assert [payload[0] & 0x1F for payload in payloads] == [h264.STAP_A, *[h264.FU_A] * 3]
    assert [h264.starts_key(payload) for payload in payloads] == [True, True, False, False]


@pytest.mark.parametrize(
    ("payload", "starts"),
    [
        (SPS, True),
        (PPS, False),
        (b"\x65\x88", True),
        (b"\x65\x45", False),
        (b"\x41\x9a", False),
        (b"\x78\0\x02\x09\xf0\0\x05" + SPS, True),
        (b"\x78\0\x02\x09\xf0\0\x09" + SPS, False),
        (b"\x7c\x85\x88", True),
        (b"\x7c\x45\x88", False),
        (b"\x7c\x81\x9a", False),
        (b"", False),
    ],
)
def test_the_first_payload_of_a_key_frame_is_known(payload: bytes, starts: bool) -> None:
    assert h264.starts_key(payload) is starts


@pytest.mark.parametrize("frame", [b"", b"no start code", b"\0\0\0\1", b"\0\0\1\0\0\0\1\0"])
def test_what_is_not_annex_b_cannot_be_packetised(frame: bytes) -> None:
    with pytest.raises(ValueError, match="not Annex B"):
        h264.packetise(frame)


def test_a_limit_too_small_for_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="16 is the least"):
        h264.packetise(KEY, 15)
