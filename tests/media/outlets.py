"""Outlets for tests: a real connected peer, a stream of made-up times, and what its publisher is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edge.media import rtcp
from edge.media.dtls import Identity
from edge.media.outlet import Outlet
from edge.media.packet import CLOCK_RATE, Kind
from edge.media.stream import Stream
from edge.media.transport import Peer
from tests.media.lessons import SOUND, VIDEO

TYPES: dict[Kind, int] = {"video": 96, "audio": 111}
KEY = b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"  # VP8: a descriptor and the head of a key frame
OTHER = b"\x10\x01\x00\x00"  # a picture that needs the one before
MORE = b"\x00"  # a descriptor of what is not a picture's beginning


async def connected() -> tuple[Peer, Peer]:
    """Return two peers that have each other."""
    ours, theirs = (Peer(Identity.create(), controlling, loopback=True) for controlling in (False, True))
    here, there = await ours.local("passive"), await theirs.local("active")
    await asyncio.gather(ours.connect(there, client=False), theirs.connect(here, client=True))
    return ours, theirs


class School:
    """One who watches a stream, and the stream's publisher, who notes what she is asked for."""

    def __init__(self, ours: Peer, theirs: Peer) -> None:
        self.stream = Stream("lesson", {"video": VIDEO["VP8"], "audio": SOUND}, 0.0)
        self.stream.begin()
        self.asked: list[None] = []
        self.stream.ask_publisher = lambda: self.asked.append(None)
        self.ours, self.theirs = ours, theirs
        self.clock = 0.0  # NTP seconds
        self.outlet = Outlet(ours, self.stream, TYPES, lambda: self.clock)
        self.entries = {kind: self.stream.entry(kind, 1) for kind in TYPES}
        self._next: dict[Kind, int] = {"video": 100, "audio": 100}

    def comes(self, kind: Kind, payload: bytes, now: float, marker: bool = True, shown: float = 0.0) -> None:
        """Let a packet come in from the publisher, of what is to be `shown` then."""
        timestamp = round((shown or now) * CLOCK_RATE[kind])
        self.entries[kind].take(self._next[kind], timestamp, marker, payload, now)
        self._next[kind] += 1

    def lost(self) -> int:
        """Let a packet of pictures be late or lost; return its number."""
        self._next["video"] += 1
        return self._next["video"] - 1

    def says(self, bitrate: int, now: float) -> None:
        """Let the far end say what its link carries."""
        ssrcs = tuple(track.ssrc for track in self.stream.tracks.values())
        self.outlet.take_rtcp(rtcp.build(rtcp.ReceiverReport(9, ()), rtcp.Remb(9, bitrate, ssrcs)), now)

    def reports(self, trip: float, now: float, lost: float = 0.0) -> None:
        """Let a report come of both tracks, which took so long to and fro."""
        lsr = rtcp.middle(self.clock - trip)
        blocks = tuple(
            rtcp.ReportBlock(track.ssrc, round(lost * 256), 0, 1, 0, lsr, 0)
            for track in self.stream.tracks.values()
        )
        self.outlet.take_rtcp(rtcp.build(rtcp.ReceiverReport(9, blocks)), now)


@asynccontextmanager
async def watching() -> AsyncIterator[School]:
    """A school that has just connected."""
    ours, theirs = await connected()
    school = School(ours, theirs)
    yield school
    school.outlet.close()
    await asyncio.gather(ours.close(), theirs.close())
