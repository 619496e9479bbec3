"""Watches a stream of a node as a classroom does: `python -m tests.net.witness URL STREAM [PATH]`.

PATH is where the node has it, if not among its lessons. It prints a line of JSON for each whole frame, at
once: kind, RTP timestamp (32 bits), CRC-32, length, when, key.
The clock is the kernel's, so two witnesses in two namespaces tell how long a frame took.
"""

import asyncio
import sys
from typing import Literal
from zlib import crc32

import aiohttp
import msgspec
from msgspec import Struct
from yarl import URL

from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.packet import Kind, Packet
from edge.media.pull import Parent, ParentFailed, Pull
from edge.media.record.lane import Lane
from edge.media.stream import Stream
from edge.media.studio import Studio
from tests.net.link import go_first

AGAIN = 0.1  # seconds between tries: what is measured is the node, not the patience of its witness


class Sight(Struct, frozen=True, array_like=True):
    """One frame as it was seen."""

    kind: Kind
    timestamp: int  # modulo 2**32: the frame's name at every hop
    crc: int
    length: int
    at: float
    key: bool


class Eye:
    """The drain that prints frames."""

    def __init__(self, stream: Stream) -> None:
        self._lanes = {kind: Lane(track) for kind, track in stream.tracks.items()}

    def packet(self, packet: Packet) -> None:
        """Print the frames this packet completes; what waits for a repair is printed when it is there."""
        for frame in self._lanes[packet.kind].packet(packet):
            name = frame.timestamp & 0xFFFFFFFF
            sight = Sight(frame.kind, name, crc32(frame.data), len(frame.data), frame.arrival, frame.key)
            print(msgspec.json.encode(sight).decode(), flush=True)

    def report(self, kind: Literal["video", "audio"], ntp: float, timestamp: int) -> None:
        """Nothing to print."""

    def closed(self) -> None:
        """Nothing to print."""


async def look(url: str, name: str, path: str = "") -> None:
    """Watch until told to end, again after each end of the stream."""
    studio = Studio(1)
    studio.watch(lambda stream: stream.attach(Eye(stream)))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        parent = Parent(http, URL(url), "witness", None)
        pull = Pull(parent, studio, Identity.create(), NtpClock(), loopback=True)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_again(pull, name, path))
            await asyncio.to_thread(sys.stdin.read)  # until it closes
            watching.cancel()


async def _again(pull: Pull, name: str, path: str) -> None:
    while True:
        try:
            await pull.once(name, path)
        except ParentFailed as exc:
            print(exc, file=sys.stderr)
        await asyncio.sleep(AGAIN)


if __name__ == "__main__":
    go_first()  # it measures, and is not what is measured
    asyncio.run(look(*sys.argv[1:4]))
