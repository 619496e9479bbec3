from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from edge.media import rtp
from edge.media.codec import h264, opus, vp8
from edge.media.codec.packetiser import Packetiser
from edge.media.packet import Codec, Frame, Kind, Packet, Track
from edge.media.publish.files import FileSource
from edge.media.publish.source import Picture
from tests.media.clips import lesson, of

Assembler = h264.Assembler | vp8.Assembler | opus.Assembler
ASSEMBLERS: dict[Codec, Callable[[], Assembler]] = {
    "H264": h264.Assembler,
    "VP8": vp8.Assembler,
    "opus": opus.Assembler,
}
SEQUENCE, ORIGIN = 65_500, 2**32 - 1000  # both wrap on the wire within the lesson


@pytest.fixture(scope="module", params=[("lesson.mkv", "H264"), ("lesson.webm", "VP8")], ids=["H264", "VP8"])
def frames(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    name, codec = request.param
    picture = Picture(codec, 320, 240, 25, 600_000, "ultrafast")
    path: Path = lesson(tmp_path_factory.mktemp("lesson") / name, picture)
    return list(FileSource(path, picture).frames())


def _codec(frames: list[Frame], kind: Kind) -> Codec:
    if kind == "audio":
        return "opus"
    return "H264" if of(frames, "video")[0].data.startswith(h264.START) else "VP8"


def _packets(frames: list[Frame], kind: Kind) -> list[Packet]:
    track = Track(kind, _codec(frames, kind), 102, 0xCAFE)
    packetiser = Packetiser(track, SEQUENCE, ORIGIN)
    return [packet for frame in of(frames, kind) for packet in packetiser.packetise(frame)]


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_receiver_puts_the_same_frames_together_again(frames: list[Frame], kind: Kind) -> None:
    assembler = ASSEMBLERS[_codec(frames, kind)]()

    received = [frame for packet in _packets(frames, kind) for frame in assembler.feed(packet)]

    sent = of(frames, kind)
    assert [(frame.data, frame.key, frame.timestamp - ORIGIN) for frame in received] == [
        (frame.data, frame.key, frame.timestamp) for frame in sent
    ]
    assert assembler.broken == 0


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_headers_say_on_the_wire_what_the_packets_say(frames: list[Frame], kind: Kind) -> None:
    packets = _packets(frames, kind)

    parsed = [rtp.parse(packet.wire) for packet in packets]

    assert [packet.sequence for packet in packets] == list(range(SEQUENCE, SEQUENCE + len(packets)))
    assert [each.sequence for each in parsed] == [packet.sequence % 2**16 for packet in packets]
    assert [each.timestamp for each in parsed] == [packet.timestamp % 2**32 for packet in packets]
    assert [each.marker for each in parsed] == [packet.marker for packet in packets]
    assert {(each.payload_type, each.ssrc) for each in parsed} == {(102, 0xCAFE)}
    assert max(len(packet.wire) for packet in packets) <= 1212


def test_only_the_last_packet_of_a_picture_is_marked(frames: list[Frame]) -> None:
    packets = _packets(frames, "video")

    last = [a.timestamp != b.timestamp for a, b in pairwise(packets)]

    assert [packet.marker for packet in packets[:-1]] == last
    assert not any(packet.marker for packet in _packets(frames, "audio"))


def test_packets_are_counted_and_carry_the_arrival_of_their_frame() -> None:
    packetiser = Packetiser(Track("audio", "opus", 111, 7), 0, 0)
    sound = b"\x78" + bytes(100)

    packetiser.packetise(Frame("audio", 0, sound, True, 3.5))
    (packet,) = packetiser.packetise(Frame("audio", 960, sound, True, 4.5))

    assert packetiser.packets == 2
    assert packet.arrival == 4.5
