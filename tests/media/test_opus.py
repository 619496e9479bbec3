"""Opus: the rules of RFC 6716 section 3.4, and one packet is one frame."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.codec import opus
from edge.media.codec.opus import Assembler
from edge.media.packet import Packet
from edge.media.reorder import Reorder
from edge.media.rtp import BadPacket
from tests.media.packets import journeys, opus_packets, wrap

SPEECH = b"\x78" + b"speech" * 20  # CELT fullband, 20 ms, one frame


def _packets(frames: list[bytes]) -> list[Packet]:
    return [one for n, frame in enumerate(frames) for one in wrap([frame], n, 960 * n, "audio")]


@given(opus_packets(), st.integers(1, 2000))
def test_packetised_and_assembled_any_frame_is_the_same(frame: bytes, limit: int) -> None:
    (packet,) = _packets(opus.packetise(frame, limit))
    (whole,) = Assembler().feed(packet)
    assert (whole.data, whole.kind, whole.key) == (frame, "audio", True)


@given(st.data(), st.lists(opus_packets(), min_size=1, max_size=20))
def test_after_any_loss_and_in_any_order_exactly_what_arrived_comes_out(
    data: st.DataObject, frames: list[bytes]
) -> None:
    arrived = data.draw(journeys(_packets(frames)))
    reorder, assembler = Reorder(), Assembler()
    in_order = [ready for one in arrived for ready in reorder.add(one, 0.0)] + reorder.flush()
    emitted = [frame for one in in_order for frame in assembler.feed(one)]
    came = sorted({one.sequence for one in arrived})
    assert [(frame.timestamp, frame.data) for frame in emitted] == [(960 * n, frames[n]) for n in came]


@given(st.binary(max_size=40))
def test_a_valid_packet_has_a_duration_and_any_bytes_have_an_answer(packet: bytes) -> None:
    try:
        samples = opus.duration(packet)
    except BadPacket:
        samples = 0
    assert 0 <= samples <= opus.MAX_DURATION
    assert samples or not opus.is_valid(packet)


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        ("00 11", "10"),
        ("18 11", "60"),
        ("60 11", "10"),
        ("68 11", "20"),
        ("80 11", "2.5"),
        ("e8 11", "5"),
        ("f8 11", "20"),
        ("f9 1122", "40"),
        ("fa 01 1122", "40"),
        ("fb 06" + "11" * 6, "120"),
        ("83 30" + "11" * 48, "120"),
        ("fc", "20"),
    ],
)
def test_a_packet_lasts_as_its_first_bytes_say(packet: str, milliseconds: str) -> None:
    data = bytes.fromhex(packet)
    assert opus.is_valid(data)
    assert opus.duration(data) == 48 * Fraction(milliseconds)


VALID = {
    "silence": "78",
    "two-equal": "79 11 22",
    "two-empty": "79",
    "two-different": "7a 01 11 2233",
    "two-with-a-long-one": "7a fc01" + "11" * 256 + "22",
    "counted": "7b 03 11 22 33",
    "counted-padded": "7b 42 02 11 22 0000",
    "counted-much-padding": "7b 41 ff01" + "00" * 255,
    "counted-different": "7b 83 01 02 11 2222 33",
}
INVALID = {
    "R1-empty": "",
    "R2-too-long": "78" + "11" * 1276,
    "R3-odd": "79 11 22 33",
    "R4-no-length": "7a",
    "R4-half-a-length": "7a fc",
    "R4-cut": "7a 03 11",
    "R5-no-count": "7b",
    "R5-count-0": "7b 00",
    "R5-over-120-ms": "7b 07" + "11" * 7,
    "R6-not-a-multiple": "7b 02 11 22 33",
    "R6-no-padding-length": "7b 42",
    "R6-padding-too-long": "7b 42 05 11 22",
    "R7-cut": "7b 83 01 05 11",
    "R7-no-length": "7b 82",
}


@pytest.mark.parametrize("packet", VALID.values(), ids=VALID)
def test_a_packet_that_keeps_the_rules_is_valid(packet: str) -> None:
    assert opus.is_valid(bytes.fromhex(packet))


@pytest.mark.parametrize("packet", INVALID.values(), ids=INVALID)
def test_a_packet_that_breaks_a_rule_is_counted_and_dropped(packet: str) -> None:
    data = bytes.fromhex(packet)
    assembler = Assembler()
    assert not opus.is_valid(data)
    packets = _packets([data, SPEECH])
    assert [frame.data for one in packets for frame in assembler.feed(one)] == [SPEECH]
    assert assembler.broken == bool(data)
    with pytest.raises(ValueError, match="not an Opus packet"):
        opus.packetise(data)


def test_a_packet_back_in_time_is_counted_and_dropped() -> None:
    assembler = Assembler()
    packets = [one for at in (960, 0, 960, 1920) for one in wrap([SPEECH], at, at, "audio")]
    assert [frame.timestamp for one in packets for frame in assembler.feed(one)] == [960, 1920]
    assert assembler.backwards == 2
