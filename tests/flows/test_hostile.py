"""Nonsense in the media path, inside and outside of SRTP: counted, never written, and the lesson goes on."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import zip_longest
from random import Random

import pytest
from aiohttp import ClientSession

from edge.media import rtp, sdp
from edge.media.codec import h264
from edge.media.dtls import Identity
from edge.media.negotiate import read_answer
from edge.media.packet import Kind, Track
from edge.media.transport import Peer
from tests.flows.crew import Crew
from tests.flows.door import Door
from tests.flows.kept import is_end_of, sounds
from tests.media import clips, lessons

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOREIGN = 0xDEADBEEF
FIRST_BYTES = (0, 1, 22, 64, 128, 144, 200)  # what tells STUN, DTLS, TURN, SRTP and SRTCP apart (RFC 7983)
NONSENSE = 25  # of each kind, spread over the lesson


class Publisher:
    """A publisher whose every packet is made by hand and then properly encrypted."""

    def __init__(self, peer: Peer, tracks: dict[Kind, Track], targets: list[tuple[str, int]]) -> None:
        self._peer = peer
        self.tracks = tracks
        self._targets = targets

    def send(self, data: bytes) -> None:
        """Send one RTP packet."""
        self._out(self._peer.srtp.protect(data))

    def send_rtcp(self, data: bytes) -> None:
        """Send one compound RTCP packet."""
        self._out(self._peer.srtp.protect_rtcp(data))

    def send_cut(self, data: bytes) -> None:
        """Send the first half of an encrypted packet."""
        self._out(self._peer.srtp.protect(data)[: len(data) // 2])

    def send_plain(self, data: bytes) -> None:
        """Send what nobody encrypted, on the association and to every port of the node."""
        self._out(data)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for target in self._targets:
                stranger.sendto(data, target)

    def _out(self, data: bytes) -> None:
        path = self._peer.path
        assert path is not None
        path[0].sendto(data, path[1])


@asynccontextmanager
async def _publishing(http: ClientSession, url: str, tracks: list[Track]) -> AsyncIterator[Publisher]:
    peer, door = Peer(Identity.create(), controlling=True, loopback=True), Door(http, url)
    sections = sdp.offer_sections([(track.kind, (track.codec,)) for track in tracks], "sendonly")
    ssrcs = {str(track.kind): track.ssrc for track in tracks}
    try:
        opened = await door.enter(
            "/whip/hostile", sdp.write_offer(sections, await peer.local("actpass"), ssrcs)
        )
        answer, agreed = read_answer(opened.answer, sections)
        await peer.connect(answer.transport, client=True)
        targets = [_target(line) for line in answer.transport.candidates if sdp.usable(line)]
        yield Publisher(peer, agreed, [target for target in targets if "." in target[0]])
        await door.leave(opened)
    finally:
        await peer.close()


async def test_nonsense_is_counted_and_never_written(crew: Crew, http: ClientSession) -> None:
    node = await crew.node("hub")
    lesson = lessons.lesson(seconds=2.4)
    async with _publishing(http, node.url, lesson.tracks) as publisher:
        nonsense = _nonsense(publisher, Random(1))
        for packet, spoil in zip_longest(lessons.packets(lesson), nonsense, fillvalue=None):
            if packet is not None:
                publisher.send(packet.wire)
            if spoil is not None:
                spoil()
            await asyncio.sleep(0.002)
    left = await node.says(r"publisher left.* stream=hostile counts=(.*)")
    await node.stop()

    counts = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", left[1])}
    (path,) = node.recordings.glob("*.mp4")
    kept = [_annex_b(picture) for picture in clips.packets(path, "video")]
    assert kept == [frame.data for frame in lesson.of("video")]
    assert is_end_of(sounds(path), [frame.data for frame in lesson.of("audio")])
    assert counts["received"] == len(lessons.packets(lesson))
    assert counts["lost"] == 0
    assert counts["foreign"] == 2 * NONSENSE
    assert counts["malformed"] == 2 * NONSENSE
    assert "Traceback" not in node.said


def _nonsense(publisher: Publisher, chance: Random) -> list[Callable[[], None]]:
    """Return what sends nonsense, a different kind each time."""
    video = publisher.tracks["video"]
    found: list[Callable[[], None]] = []
    for number in range(NONSENSE):
        noise = chance.randbytes(chance.randint(1, 1200))
        foreign = rtp.header(video.payload_type, True, number, number, FOREIGN) + noise
        padded = b"\xa0" + rtp.header(video.payload_type, True, number, number, FOREIGN + 1)[1:] + b"abc\xff"
        found += [
            partial(publisher.send_plain, b""),
            partial(publisher.send_plain, bytes((chance.choice(FIRST_BYTES),)) + noise),
            partial(publisher.send, foreign),
            partial(publisher.send, rtp.header(99, True, number, number, video.ssrc) + noise),
            partial(publisher.send, padded),
            partial(publisher.send_rtcp, struct.pack("!BBHI", 0x81, 201, 0xFFFF, video.ssrc) + noise),
            partial(publisher.send_cut, foreign),
        ]
    return found


def _target(candidate: str) -> tuple[str, int]:
    bits = candidate.split()
    return bits[4], int(bits[5])


def _annex_b(picture: bytes) -> bytes:
    """Return a picture of an MP4 file as it was sent."""
    sent, rest = b"", picture
    while rest:
        length = int.from_bytes(rest[:4], "big")
        sent, rest = sent + h264.START + rest[4 : 4 + length], rest[4 + length :]
    return sent
