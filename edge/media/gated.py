"""A stream with a gate for each kind: what is not admitted goes nowhere at all, and is counted.

A gate that opens begins the space of numbers anew, so readers see time go on and ask for nothing that was
kept out. Pictures begin with a key frame, which the publisher is asked for.
"""

import asyncio
from collections.abc import Callable, Collection

from edge.media.codec import h264, vp8
from edge.media.packet import Kind, Packet, Track
from edge.media.stream import RING, Entry, Ring, Stream, nobody


class GatedStream(Stream):
    """A stream that lets in nothing until it is told to."""

    def __init__(self, name: str, tracks: dict[Kind, Track], since: float) -> None:
        super().__init__(name, tracks, since)
        self.admitted: frozenset[Kind] = frozenset()
        self.refused: dict[Kind, int] = dict.fromkeys(tracks, 0)  # packets that came all the same

    def admit(self, kinds: Collection[Kind]) -> None:
        """Let these kinds in from now on, and no others."""
        self.admitted = frozenset(kinds)

    def forget(self, kind: Kind) -> None:
        """Keep none of what came of a kind: nobody gets it any more, not even as a repeat."""
        self.lanes[kind].ring = Ring(RING[kind])
        if kind == "video":
            self.key = None

    def entry(self, kind: Kind, source: int) -> Entry:
        """Return the door through which one publication's packets of one track come in."""
        return GatedEntry(self, kind, source)

    def begins(self, kind: Kind, payload: bytes) -> bool:
        """Tell whether readers can begin with a packet."""
        if kind == "audio":
            return True
        codec = self.lanes[kind].track.codec
        starts_key: Callable[[bytes], bool] = (h264 if codec == "H264" else vp8).starts_key
        return starts_key(payload)


class GatedEntry(Entry):
    """One publication's way into one track of a gated stream."""

    def __init__(self, stream: GatedStream, kind: Kind, source: int) -> None:
        super().__init__(stream, stream.lanes[kind], source)
        self._gated = stream
        self._kind: Kind = kind
        self._first = 0

    def take(self, sequence: int, timestamp: int, marker: bool, payload: bytes, now: float) -> None:
        """Take a packet, or refuse it."""
        if self._kind not in self._gated.admitted:
            self._gated.refused[self._kind] += 1
            self._begun = False
            return
        if not self._begun:
            if not self._gated.begins(self._kind, payload):
                self._gated.request_key(now)
                return
            self._first = sequence
        elif sequence < self._first:
            return  # of before the gate opened: its number is another packet's by now
        super().take(sequence, timestamp, marker, payload, now)


class Valve:
    """A drain that lets what one stream gets on into another one, as its next publication."""

    def __init__(self, source: Stream, into: GatedStream, number: int, ntp: Callable[[], float]) -> None:
        """`number` tells this publication from all others of `into`."""
        self.source = source
        self._into = into
        self._ntp = ntp
        self._entries = {kind: into.entry(kind, number) for kind in source.lanes if kind in into.lanes}
        into.begin()
        into.ask_publisher = self._ask
        source.attach(self)

    def packet(self, packet: Packet) -> None:
        """Let a packet on, if it is admitted there."""
        entry = self._entries.get(packet.kind)
        if entry is not None:
            entry.take(packet.sequence, packet.timestamp, packet.marker, packet.payload, packet.arrival)

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        """Say when media is captured by this node's own clock: publications with other clocks follow."""
        now = self._ntp()
        at = self.source.timestamp_at(kind, now)
        if at is not None and kind in self._entries:
            self._entries[kind].report(now, at, now)

    def closed(self) -> None:
        """The source has ended: its follower is another one."""

    def close(self) -> None:
        """Let nothing on any more."""
        self.source.detach(self)
        if self._into.ask_publisher == self._ask:
            self._into.ask_publisher = nobody

    def _ask(self) -> None:
        self.source.request_key(asyncio.get_running_loop().time())
