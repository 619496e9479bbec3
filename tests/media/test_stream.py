"""One stream, many drains: order of arrival, a ring of the newest, key frames, and an end told once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.media import rtp
from edge.media.packet import Kind, Packet, Track
from edge.media.stream import KEY_PAUSE, RATE_SPAN, RING, Ring, Stream

VIDEO = Track("video", "VP8", 96, 1111)
SOUND = Track("audio", "opus", 111, 2222)
KEY = b"\x10\x00\x00\x00\x9d\x01\x2a"  # the beginning of a VP8 key frame behind its descriptor
DELTA = b"\x10\x01"


class Taken:
    """A drain that remembers."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.reports: list[tuple[Kind, float, int]] = []
        self.ends = 0

    def packet(self, packet: Packet) -> None:
        self.packets.append(packet)

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        self.reports.append((kind, ntp, timestamp))

    def closed(self) -> None:
        self.ends += 1


def _stream() -> Stream:
    stream = Stream("lesson", {"video": VIDEO, "audio": SOUND}, 0.0)
    stream.begin()
    return stream


def _key(stream: Stream) -> int | None:
    return stream.key.sequence if stream.key else None


def _packet(sequence: int, payload: bytes = DELTA, timestamp: int = 0, arrival: float = 0.0) -> Packet:
    wire = rtp.header(96, True, sequence, timestamp, 1111) + payload
    return Packet("video", sequence, timestamp, True, wire, arrival)


@given(st.lists(st.integers(0, 200), max_size=100), st.integers(0, 3))
def test_a_ring_holds_the_newest_and_nothing_twice(offsets: list[int], turns: int) -> None:
    ring, kept = Ring(64), set[int]()
    for sequence in (turns * 65_536 + 65_500 + offset for offset in offsets):
        there = any(sequence <= other and (other - sequence) % 64 == 0 for other in kept)
        assert ring.put(_packet(sequence)) is not there
        kept.add(sequence)
    newest = max(kept, default=None)
    assert (ring.newest.sequence if ring.newest else None) == newest
    for sequence in kept:
        found = ring.get(sequence)
        assert found is None or found.sequence == sequence
        assert found is not None or any(other > sequence and (other - sequence) % 64 == 0 for other in kept)
        low = ring.find(sequence & 0xFFFF)
        assert found is None or low is found


def test_rings_find_any_sixteen_bit_number() -> None:
    assert all(65_536 % size == 0 for size in RING.values())


def test_every_drain_gets_every_packet_once_in_order_of_arrival() -> None:
    stream, first, second = _stream(), Taken(), Taken()
    stream.attach(first)
    stream.take(_packet(10))
    stream.attach(second)
    for sequence in (12, 11, 12, 13):
        stream.take(_packet(sequence))
    stream.detach(first)
    stream.detach(first)
    stream.take(_packet(14))
    assert [packet.sequence for packet in first.packets] == [10, 12, 11, 13]
    assert [packet.sequence for packet in second.packets] == [12, 11, 13, 14]


def test_the_newest_key_frame_is_known_by_its_first_packet() -> None:
    stream = _stream()
    assert _key(stream) is None
    stream.take(_packet(10, KEY, 3000))
    stream.take(_packet(11, DELTA, 6000))
    stream.take(_packet(13, DELTA, 9000))
    stream.take(_packet(12, KEY, 9000))
    assert _key(stream) == 12
    stream.take(_packet(20, KEY, 12_000))
    stream.take(_packet(15, KEY, 8000))
    assert _key(stream) == 20


def test_an_entry_gives_packets_the_streams_own_numbers() -> None:
    stream, taken = _stream(), Taken()
    stream.attach(taken)
    stream.entry("video", 77).take(65_536 + 5, 2**32 + 7, True, KEY, 1.0)
    stream.left()
    stream.begin()
    stream.entry("video", 78).take(65_536 + 900, 2**32 + 1, True, DELTA, 3.0)
    sent = [rtp.parse(packet.wire) for packet in taken.packets]
    assert {(each.ssrc, each.payload_type) for each in sent} == {(1111, 96)}
    assert [each.sequence for each in sent] == [5, 6]
    assert sent[1].timestamp - sent[0].timestamp == 2 * 90_000


def test_a_report_before_the_first_packet_says_nothing() -> None:
    stream, taken = _stream(), Taken()
    stream.attach(taken)
    entry = stream.entry("video", 77)
    entry.report(100.0, 5, 200.0)
    entry.take(65_536, 2**32, True, KEY, 1.0)
    entry.report(101.0, 2**32 + 90_000, 201.5)
    assert taken.reports == [("video", 101.0, 2**32 + 90_000)]
    assert stream.timestamp_at("video", 201.5) == 2**32 + 90_000
    assert stream.timestamp_at("audio", 201.5) is None


@given(st.lists(st.floats(0.0, 3.0), max_size=60))
def test_a_publisher_is_asked_for_a_key_frame_no_more_than_once_a_second(pauses: list[float]) -> None:
    stream, asked, now = _stream(), list[float](), 100.0
    stream.ask_publisher = lambda: asked.append(now)
    for pause in pauses:
        now += pause
        stream.request_key(now)
    assert all(after - before >= KEY_PAUSE for before, after in pairwise(asked))
    assert bool(asked) is bool(pauses)


def test_who_can_wait_longer_is_content_with_what_somebody_asked_for() -> None:
    stream, asked = _stream(), list[float]()
    stream.ask_publisher = lambda: asked.append(now)
    for now, pause in ((10.0, KEY_PAUSE), (11.9, 2.0), (12.0, 2.0)):
        stream.request_key(now, pause)
    assert asked == [10.0, 12.0]


def test_nobody_is_asked_once_the_publisher_has_left() -> None:
    stream, asked = _stream(), list[str]()
    stream.ask_publisher = lambda: asked.append("publisher")
    stream.left()
    stream.request_key(10.0)
    assert asked == []


def test_the_bitrate_is_that_of_the_last_seconds() -> None:
    stream = _stream()
    for number in range(100):
        stream.take(_packet(number, DELTA + bytes(986), arrival=number / 25))
    stream.rate(RATE_SPAN)
    assert stream.bitrate == 100 * 1000 * 8 / RATE_SPAN
    stream.rate(2 * RATE_SPAN)
    assert stream.bitrate == 0.0


def test_the_end_is_told_once() -> None:
    stream, taken = _stream(), Taken()
    stream.attach(taken)
    stream.end()
    stream.end()
    assert taken.ends == 1
    assert not stream.live


def test_a_ring_lets_go_of_what_nobody_asks_for_any_more() -> None:
    ring = Ring(64)
    for number in range(40):
        assert ring.put(_packet(number, DELTA, number * 3000, arrival=float(number)))
    assert [number for number in range(40) if ring.get(number)] == list(range(28, 40))


def test_a_ring_that_is_full_forgets_the_oldest_at_once() -> None:
    ring = Ring(64)
    for number in range(200):
        assert ring.put(_packet(number, DELTA, number * 3000, arrival=number / 100))
    assert [number for number in range(200) if ring.get(number)] == list(range(136, 200))
