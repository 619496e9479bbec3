"""The relay one builds from aiortc alone: its receiver, and for every viewer its own senders of av.Packet.

SR, NACK with RTX and REMB are aiortc's own. uvloop makes no difference to it: 0.78 to 1.14 of the CPU with 1
to 60 viewers. A sender of packets ignores PLI, so a joiner waits for the next key frame. Its jitter
buffer gives a video frame out when the next one begins.
"""

import asyncio
import sys
from functools import partial
from typing import Any

import av
import msgspec
from aiortc import MediaStreamTrack, RTCPeerConnection

from tests.bench.contract import Ready, ServerPlan
from tests.bench.lesson import clock
from tests.bench.peers.encoded import EncodedFrames
from tests.bench.peers.server import doors
from tests.bench.peers.signalling import prefer
from tests.bench.peers.speech import orders, say

QUEUE = 250  # packets a viewer may lag: five seconds of sound; a viewer further behind loses the newest


class QueueTrack(MediaStreamTrack):
    """What one viewer is still to be sent."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.waiting: asyncio.Queue[av.Packet[Any]] = asyncio.Queue(QUEUE)

    async def recv(self) -> "av.Packet[Any]":
        """Return the next packet as soon as there is one."""
        return await self.waiting.get()


class PacketRelay:
    """One publisher, many viewers."""

    def __init__(self) -> None:
        self._tracks: dict[str, list[QueueTrack]] = {"video": [], "audio": []}

    async def publisher(self, pc: RTCPeerConnection) -> None:
        """Take the publisher's encoded frames."""
        for transceiver in pc.getTransceivers():
            EncodedFrames(transceiver.receiver, partial(self._take, transceiver.kind))

    async def viewer(self, pc: RTCPeerConnection) -> None:
        """Give a viewer senders of its own."""
        for transceiver in pc.getTransceivers():
            track = QueueTrack(transceiver.kind)
            self._tracks[transceiver.kind].append(track)
            transceiver.sender.replaceTrack(track)
            transceiver.direction = "sendonly"
            prefer(transceiver)

    def _take(self, kind: str, frame: bytes, timestamp: int) -> None:
        packet: av.Packet[Any] = av.Packet(frame)
        packet.pts, packet.time_base = timestamp, clock(kind)
        for track in self._tracks[kind]:
            if not track.waiting.full():
                track.waiting.put_nowait(packet)


async def main(plan: ServerPlan) -> None:
    """Relay until told to end."""
    async with doors(plan.address, PacketRelay()) as url:
        say(Ready(url))
        async for _ in orders():
            pass


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=ServerPlan)))
