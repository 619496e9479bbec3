"""Pictures for one narrow link: contiguous numbers, whole pictures, and each with all it depends on."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from edge.media import rtp
from edge.media.codec import h264
from edge.media.paced import BURST, HOLD, PacedVideo
from edge.media.packet import Packet

LARGEST = 1200  # bytes of a packet here
STEP = 0.04  # seconds between pictures
KEY, OTHER = b"K", b"-"


class Sent(Struct, frozen=True):
    """One packet as the receiver gets it."""

    sequence: int
    picture: int
    part: int


def _starts_key(payload: bytes) -> bool:
    return payload[:1] == KEY


def _lesson(sizes: list[int], keys: list[bool]) -> list[list[Packet]]:
    """Make pictures of so many packets each."""
    pictures, sequence = [], 65_500
    for number, (size, key) in enumerate(zip(sizes, keys, strict=False)):
        packets = []
        for part in range(size):
            start = KEY if key and part == 0 else OTHER
            payload = start + bytes((number, part)) + bytes(LARGEST - 15)
            last = part == size - 1
            wire = rtp.header(96, last, sequence, number * 3600, 1) + payload
            packets.append(Packet("video", sequence, number * 3600, last, wire, number * STEP))
            sequence += 1
        pictures.append(packets)
    return pictures


def _read(wire: bytes) -> Sent:
    packet = rtp.parse(wire)
    return Sent(packet.sequence, packet.payload[1], packet.payload[2])


def _drain(paced: PacedVideo, begin: float, bitrate: float) -> list[bytes]:
    """Let time pass until nothing waits."""
    wires, now = paced.due(begin, bitrate), begin
    while paced.waiting:
        now += 0.005
        wires += paced.due(now, bitrate)
    return wires


PICTURES = st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=25)
CHANCES = st.lists(st.booleans(), min_size=125, max_size=125)
RATES = st.lists(st.sampled_from((30_000.0, 300_000.0, 3_000_000.0)), min_size=25, max_size=25)


@given(PICTURES, CHANCES, st.randoms(use_true_random=False), RATES)
def test_what_is_sent_has_no_hole_and_can_be_decoded(
    drawn: list[tuple[int, bool]], lost: list[bool], chance: Random, rates: list[float]
) -> None:
    pictures = _lesson([size for size, _ in drawn], [key for _, key in drawn])
    paced = PacedVideo(_starts_key, None)
    wires: list[bytes] = []
    fates = iter(lost)
    for number, packets in enumerate(pictures):
        coming = [packet for packet in packets if next(fates) or chance.random() < 0.7]
        chance.shuffle(coming)
        for packet in coming:
            paced.offer(packet, number * STEP, rates[number])
        wires += paced.due(number * STEP, rates[number])
    end = len(pictures) * STEP + HOLD
    paced.expire(end, 3_000_000.0)
    sent = [_read(wire) for wire in wires + _drain(paced, end, 3_000_000.0)]

    assert all((after.sequence - before.sequence) & 0xFFFF == 1 for before, after in pairwise(sent))
    shown = list(dict.fromkeys(each.picture for each in sent))
    assert [(each.picture, each.part) for each in sent] == [
        (number, part) for number in shown for part in range(len(pictures[number]))
    ]
    assert all(drawn[number][1] or number - 1 in shown for number in shown)


@given(PICTURES, st.sampled_from((50_000.0, 400_000.0, 2_000_000.0)))
def test_no_more_goes_out_than_the_link_carries(drawn: list[tuple[int, bool]], bitrate: float) -> None:
    paced = PacedVideo(_starts_key, None)
    octets, now = 0, 0.0
    for packets in _lesson([size for size, _ in drawn], [key for _, key in drawn]):
        for packet in packets:
            paced.offer(packet, now, bitrate)
        for _ in range(8):
            octets += sum(map(len, paced.due(now, bitrate)))
            assert octets <= now * bitrate / 8 + BURST + LARGEST
            now += STEP / 8


def test_everything_goes_out_where_there_is_room() -> None:
    pictures = _lesson([4] * 50, [number % 25 == 0 for number in range(50)])
    paced = PacedVideo(_starts_key, None)
    wires: list[bytes] = []
    for number, packets in enumerate(pictures):
        for packet in packets:
            paced.offer(packet, number * STEP, 10_000_000.0)
        wires += paced.due(number * STEP, 10_000_000.0)
    wires += _drain(paced, 3.0, 10_000_000.0)
    assert wires == [packet.wire for packets in pictures for packet in packets]
    assert paced.left_out == 0
    assert paced.settled


def test_a_key_frame_with_a_hole_inside_is_left_out_with_its_group() -> None:
    first, *group, last = _lesson([3, 1, 1, 3], [True, False, False, True])
    paced = PacedVideo(_starts_key, None)
    for packet in (first[0], first[2], *group[0], *group[1], *last):
        paced.offer(packet, 0.0, 3_000_000.0)
    paced.expire(HOLD, 3_000_000.0)
    assert {_read(wire).picture for wire in _drain(paced, HOLD, 3_000_000.0)} == {3}


def test_a_key_frame_may_begin_with_a_delimiter_of_its_own() -> None:
    units = [b"\x09\xf0", b"\x67sps\x80", b"\x68pps\x80", b"\x65\x88key"]
    packets = [_bare(number, unit, number == 11) for number, unit in enumerate(units, 8)]
    paced = PacedVideo(h264.starts_key, None)
    paced.offer(_bare(7, b"\x41\x9aend of a picture", True), 0.0, 3_000_000.0)
    for packet in packets:
        paced.offer(packet, 0.0, 3_000_000.0)
    assert [rtp.parse(wire).payload for wire in _drain(paced, 0.0, 3_000_000.0)] == units


def test_a_repeat_waits_for_room_and_goes_out_once() -> None:
    (picture,) = _lesson([2], [True])
    paced = PacedVideo(_starts_key, None)
    for packet in picture:
        paced.offer(packet, 0.0, 3_000_000.0)
    sent = _drain(paced, 0.0, 3_000_000.0)
    paced.repeat(65_500)
    paced.repeat(65_500)
    paced.repeat(1)
    assert _drain(paced, 1.0, 3_000_000.0) == sent[:1]


def _bare(sequence: int, payload: bytes, marker: bool) -> Packet:
    timestamp = 3600 if sequence > 7 else 0
    wire = rtp.header(102, marker, sequence, timestamp, 1) + payload
    return Packet("video", sequence, timestamp, marker, wire, 0.0)
