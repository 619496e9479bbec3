"""RTCP: what is built is parsed back, and nonsense is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media import rtcp, rtp
from edge.media.rtcp import (
    AnyRtcp,
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
)
from edge.media.rtp import BadPacket

WORD = st.integers(0, 2**32 - 1)
WORDS = st.lists(WORD, max_size=31).map(tuple)
BLOCKS = st.lists(
    st.builds(
        ReportBlock, WORD, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), WORD, WORD, WORD, WORD
    ),
    max_size=4,
).map(tuple)


def _sender_report(
    ssrc: int, ntp: float, rest: tuple[int, int, int], blocks: tuple[ReportBlock, ...]
) -> AnyRtcp:
    return SenderReport(ssrc, ntp, rtcp.middle(ntp), *rest, blocks)


def _lost(first: int, gaps: list[int]) -> tuple[int, ...]:
    lost = [first]
    for gap in gaps:
        lost.append(lost[-1] + gap)
    return tuple(sequence & 0xFFFF for sequence in lost)


PACKETS: st.SearchStrategy[AnyRtcp] = st.one_of(
    st.builds(
        _sender_report,
        WORD,
        st.integers(0, 2**53 - 1).map(lambda n: n / 2**21),
        st.tuples(WORD, WORD, WORD),
        BLOCKS,
    ),
    st.builds(ReceiverReport, WORD, BLOCKS),
    st.builds(Nack, WORD, WORD, st.builds(_lost, WORD, st.lists(st.integers(1, 40), max_size=60))),
    st.builds(Pli, WORD, WORD),
    st.builds(Fir, WORD, WORDS.filter(bool), st.integers(0, 255)),
    st.builds(Remb, WORD, st.builds(int.__lshift__, st.integers(0, 2**18 - 1), st.integers(0, 40)), WORDS),
    st.builds(Bye, WORDS),
    st.builds(SourceDescription, WORD, st.text(max_size=60)),
)


@given(st.lists(PACKETS, min_size=1, max_size=5))
def test_what_is_built_is_parsed_back(packets: list[AnyRtcp]) -> None:
    data = rtcp.build(*packets)
    assert len(data) % 4 == 0
    assert rtcp.is_rtcp(data)
    assert rtcp.parse(data) == packets


@given(st.binary(max_size=120))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        rtcp.parse(data)
    except BadPacket:
        return
    assert data


@given(st.lists(PACKETS, min_size=1, max_size=3), st.data())
def test_a_damaged_compound_is_parsed_or_refused(packets: list[AnyRtcp], data: st.DataObject) -> None:
    damaged = bytearray(rtcp.build(*packets))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(1, len(damaged))) :]
    try:
        rtcp.parse(bytes(damaged))
    except BadPacket:
        return


@given(st.integers(0, 2**82))
def test_a_bitrate_is_rounded_down_to_18_bits(bitrate: int) -> None:
    (remb,) = rtcp.parse(rtcp.build(Remb(1, bitrate, (2,))))
    assert isinstance(remb, Remb)
    assert bitrate * (1 - 2**-17) <= remb.bitrate <= bitrate or remb.bitrate == (2**18 - 1) << 63


def test_neighbours_share_one_entry_of_a_nack_also_over_a_wrap() -> None:
    data = rtcp.build(Nack(1, 2, (65535, 65536, 65551, 65552)))
    assert len(data) == 4 + 8 + 2 * 4
    assert rtcp.parse(data) == [Nack(1, 2, (65535, 0, 15, 16))]


def test_the_middle_of_an_ntp_time_is_what_comes_back_as_lsr() -> None:
    ntp = 3_944_678_400.62500095
    (report,) = rtcp.parse(rtcp.build(SenderReport(1, ntp, 0, 2, 3, 4)))
    assert isinstance(report, SenderReport)
    assert report.ntp_middle == rtcp.middle(ntp) == rtcp.middle(report.ntp)
    assert report.ntp == pytest.approx(ntp, abs=1e-6)


def test_a_receivers_counters_stay_within_their_fields() -> None:
    block = ReportBlock(1, 300, 1 << 30, 1 << 33 | 5, 1 << 40, 7, 1 << 40)
    (report,) = rtcp.parse(rtcp.build(ReceiverReport(9, (block,))))
    assert report == ReceiverReport(9, (ReportBlock(1, 255, 2**23 - 1, 5, 2**32 - 1, 7, 2**32 - 1),))


def test_unknown_packets_in_a_compound_are_skipped() -> None:
    extended_report = bytes.fromhex("80cf000200000001") + bytes(4)
    transport_feedback = bytes.fromhex("8fcd00020000000100000002")
    other_application = bytes.fromhex("8fce000500000001000000005842515901000009") + bytes(4)
    data = extended_report + transport_feedback + other_application + rtcp.build(Pli(1, 2))
    assert rtcp.parse(data) == [Pli(1, 2)]


def test_a_goodbye_with_a_reason_and_padding_is_understood() -> None:
    assert rtcp.parse(bytes.fromhex("a1cb000400000007") + b"\3bye" + bytes(7) + b"\4") == [Bye((7,))]


def test_other_items_of_a_source_description_are_passed_over() -> None:
    body = b"\0\0\0\7" + b"\2\4name" + b"\1\5cname" + b"\0" * 3
    assert rtcp.parse(bytes.fromhex("81ca0005") + body) == [SourceDescription(7, "cname")]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80c9",
        "40c9000100000001",
        "80c9ffff00000001",
        "81c9000100000001",
        "80c8000100000001",
        "82cb000100000001",
        "81cd0001 00000001",
        "81cd000300000001 00000002 0005",
        "81ca000200000001 01ff6162",
        "a0c9000100000001",
        "a0c9000100000009",
        "8fce000400000001 00000000 52454d42 05000001",
        "80c9000100000001 80",
    ],
    ids=[
        "empty",
        "cut",
        "version",
        "length",
        "no-block",
        "no-sender",
        "no-source",
        "no-media-source",
        "half-a-nack",
        "long-name",
        "padding-in-the-ssrc",
        "padding-too-long",
        "remb-ssrcs",
        "tail",
    ],
)
def test_a_malformed_compound_is_refused(data: str) -> None:
    with pytest.raises(BadPacket):
        rtcp.parse(bytes.fromhex(data))


def test_more_blocks_than_the_count_can_say_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 31"):
        rtcp.build(Bye(tuple(range(32))))


def test_a_name_longer_than_its_length_field_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 255"):
        rtcp.build(SourceDescription(1, "ұ" * 128))


@given(st.integers(0, 63), st.booleans())
def test_rtp_of_the_payload_types_in_use_is_not_taken_for_rtcp(low: int, marker: bool) -> None:
    assert not rtcp.is_rtcp(rtp.header(low, marker, 1, 2, 3))
    assert not rtcp.is_rtcp(rtp.header(96 + low % 32, marker, 1, 2, 3))
