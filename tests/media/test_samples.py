"""Packets another program sent become the frames its encoder made (tests/samples/rtp/README.md)."""

import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from edge.media import rtcp, rtp
from edge.media.codec import h264, opus, vp8
from edge.media.packet import Frame, Packet
from edge.media.rtcp import SenderReport

AnyAssembler = h264.Assembler | vp8.Assembler | opus.Assembler
SAMPLES = Path(__file__).parent.parent / "samples" / "rtp"


def _received(name: str) -> Iterator[bytes]:
    stored = (SAMPLES / f"{name}.bin").read_bytes()
    while stored:
        end = 2 + int.from_bytes(stored[:2], "big")
        yield stored[2:end]
        stored = stored[end:]


def _packets(name: str) -> list[Packet]:
    sequences, timestamps = rtp.Unwrapper(16), rtp.Unwrapper(32)
    packets: list[Packet] = []
    for one in (rtp.parse(data) for data in _received(name) if not rtcp.is_rtcp(data)):
        sequence, timestamp = sequences.feed(one.sequence), timestamps.feed(one.timestamp)
        header = rtp.header(one.payload_type, one.marker, sequence, timestamp, one.ssrc)
        packets.append(Packet("video", sequence, timestamp, one.marker, header + one.payload, 0.0))
    return packets


def _assembled(assembler: AnyAssembler, packets: list[Packet]) -> list[Frame]:
    return [frame for packet in packets for frame in assembler.feed(packet)]


def _encoded(name: str) -> list[tuple[int, str]]:
    rows = [line.split() for line in (SAMPLES / f"{name}.framecrc").read_text().splitlines()]
    return [(int(length), checksum) for length, checksum in rows]


def _checksums(frames: list[Frame]) -> list[tuple[int, str]]:
    return [(len(frame.data), f"{zlib.adler32(frame.data, 0):08x}") for frame in frames]


@pytest.mark.parametrize("name", ["h264", "vp8", "opus"])
def test_the_sender_report_comes_from_the_same_source_as_the_media(name: str) -> None:
    report, media = list(_received(name))[:2]
    (parsed,) = rtcp.parse(report)
    assert isinstance(parsed, SenderReport)
    assert parsed.ssrc == rtp.parse(media).ssrc
    assert parsed.rtp_timestamp - rtp.parse(media).timestamp < 90_000


def test_vp8_frames_are_the_encoders_byte_for_byte() -> None:
    assembler = vp8.Assembler()
    frames = _assembled(assembler, _packets("vp8"))
    assert (assembler.broken, assembler.backwards) == (0, 0)
    assert _checksums(frames) == _encoded("vp8")
    assert [n for n, frame in enumerate(frames) if frame.key] == [0, 8]
    assert vp8.dimensions(frames[8].data) == (160, 120)


def test_opus_packets_are_the_encoders_byte_for_byte() -> None:
    assembler = opus.Assembler()
    frames = _assembled(assembler, _packets("opus"))
    assert (assembler.broken, assembler.backwards) == (0, 0)
    assert _checksums(frames) == _encoded("opus")
    assert {opus.duration(frame.data) for frame in frames} == {960}
    assert {late.timestamp - early.timestamp for early, late in pairwise(frames)} == {960}


def test_h264_frames_hold_all_their_slices_and_can_be_decoded() -> None:
    assembler = h264.Assembler()
    frames = _assembled(assembler, _packets("h264"))
    assert (assembler.broken, assembler.backwards) == (0, 0)
    kinds = [[unit[0] & 0x1F for unit in h264.nals(frame.data)] for frame in frames]
    assert kinds == [[7, 8, 6, 5, 5], *[[1, 1]] * 7, [7, 8, 5, 5], [1, 1]]
    decoder = av.CodecContext.create("h264", "r")
    pictures = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
    pictures += decoder.decode(None)
    assert [(picture.width, picture.height) for picture in pictures] == [(160, 120)] * 10


@pytest.mark.parametrize("lost", range(60))
def test_one_lost_packet_of_real_h264_costs_its_frame_only(lost: int) -> None:
    packets = _packets("h264")
    hurt = packets[lost].timestamp
    whole = _assembled(h264.Assembler(), packets)
    assembler = h264.Assembler()
    emitted = _assembled(assembler, packets[:lost] + packets[lost + 1 :])
    assert emitted == [frame for frame in whole if frame.timestamp != hurt]
    assert (len(emitted), assembler.broken) == (9, 1)
