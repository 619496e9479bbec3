"""One direction of the link emulator, told the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.wire import Quality, Wire

PACKET = b"\x45" + bytes(999)  # 1000 bytes = 8000 bits


def rtp(sequence: int, kind: int = 96) -> bytes:
    ip_and_udp = b"\x45" + bytes(8) + b"\x11" + bytes(18)
    return ip_and_udp + bytes([0x80, kind]) + sequence.to_bytes(2, "big") + bytes(4) + b"\0\0\0\7" + bytes(20)


def send(wire: Wire, count: int, every: float = 0.01) -> list[bytes]:
    for number in range(count):
        wire.offer(PACKET, number * every)
    return wire.due(1e9)


def test_a_perfect_line_delivers_at_once() -> None:
    wire = Wire(Quality(), seed=1)
    wire.offer(PACKET, 5.0)
    assert wire.due(5.0) == [PACKET]


def test_loss_comes_close_to_what_was_asked_for() -> None:
    wire = Wire(Quality(loss=0.05), seed=1)
    send(wire, 10_000)
    assert wire.counts.lost == pytest.approx(500, rel=0.15)
    assert wire.counts.delivered + wire.counts.lost == 10_000


def test_the_same_seed_loses_the_same_packets() -> None:
    first, second = Wire(Quality(loss=0.1), seed=3), Wire(Quality(loss=0.1), seed=3)
    numbered = [bytes([0x45, number]) for number in range(200)]
    for packet in numbered:
        first.offer(packet, 0.0)
        second.offer(packet, 0.0)
    assert first.due(0.0) == second.due(0.0) != numbered


def test_a_packet_arrives_after_the_delay_and_not_before() -> None:
    wire = Wire(Quality(delay=0.1), seed=1)
    wire.offer(PACKET, 1.0)
    assert wire.next_due() == pytest.approx(1.1)
    assert wire.due(1.09) == []
    assert wire.due(1.11) == [PACKET]


def test_the_rate_spaces_packets_out() -> None:
    wire = Wire(Quality(rate=80_000), seed=1)  # a packet takes 0.1 s
    for _ in range(3):
        wire.offer(PACKET, 0.0)
    assert [len(wire.due(at)) for at in (0.05, 0.11, 0.21, 0.31)] == [0, 1, 1, 1]


def test_a_full_queue_drops_the_newest_packet() -> None:
    wire = Wire(Quality(rate=80_000, queue=0.4), seed=1)
    assert len(send(wire, 10, every=0.0)) == 4
    assert wire.counts.dropped == 6


def test_a_cut_line_loses_everything_and_forgets_nothing_under_way() -> None:
    wire = Wire(Quality(delay=0.1), seed=1)
    wire.offer(PACKET, 0.0)
    wire.is_cut = True
    wire.offer(PACKET, 0.05)
    assert wire.due(1.0) == [PACKET]
    assert wire.counts.cut == 1


def test_a_repeated_sequence_number_is_a_retransmission() -> None:
    wire = Wire(Quality(), seed=1)
    for sequence in (1, 2, 3, 2):
        wire.offer(rtp(sequence), 0.0)
    (flow,) = wire.counts.flows.values()
    assert (flow.packets, flow.repeated) == (4, 1)


def test_rtcp_and_other_packets_are_no_rtp_flow() -> None:
    wire = Wire(Quality(), seed=1)
    wire.offer(rtp(1, kind=200 & 0x7F), 0.0)
    wire.offer(PACKET, 0.0)
    assert wire.counts.flows == {}


@given(st.lists(st.floats(0.0, 0.2), max_size=50), st.sampled_from([0.0, 20_000.0, 1e6]))
def test_packets_never_overtake_and_none_is_made_up(gaps: list[float], rate: float) -> None:
    wire = Wire(Quality(loss=0.1, delay=0.05, rate=rate), seed=5)
    now, arrived = 0.0, list[bytes]()
    for number, gap in enumerate(gaps):
        now += gap
        wire.offer(b"\x45" + number.to_bytes(2, "big") * 40, now)
        arrived += wire.due(now)
    arrived += wire.due(1e9)
    counts = wire.counts
    assert arrived == sorted(set(arrived))
    assert len(arrived) == counts.delivered == counts.offered - counts.lost - counts.dropped
