"""One live stream: what its publisher sends, kept for ten seconds, and handed to any number of drains."""

import re
import struct
from collections.abc import Callable, Mapping

from edge.media.codec import h264, vp8
from edge.media.estimate import Strain
from edge.media.packet import CLOCK_RATE, Drain, Kind, Packet, Track
from edge.media.splice import Splice
from edge.media.timeline import SenderClock

NAME = re.compile(r"[a-z0-9-]{1,64}")  # becomes part of addresses and of files' names
RESERVED = re.compile(r"class-[0-9a-f]{16}|floor-.*|up-[0-9a-f]{16}")  # what classes send: no lesson's name
RETURN_TIME = 30.0  # seconds a stream waits for its publisher to come back: a browser restarts in less
# Slots for packets, powers of 2: more than KEPT seconds of 6 Mbit/s, and of 10 ms Opus.
RING: dict[Kind, int] = {"video": 8192, "audio": 2048}
KEPT = 12.0  # seconds of packets for repeats and joiners: the longest that anybody asks for is 10
# packets: 10 s of 4 Mbit/s, 20 s of 20 ms Opus; powers of 2
KEY_PAUSE = 1.0  # seconds between key frame requests: an encoder that answers each would starve the rest
RATE_SPAN = 2.0  # seconds over which the bitrate is measured: a group of pictures of ours
NTP_STEP = 0.25  # seconds: a larger change of the publisher's clock is a set clock, not a shorter way

_pack = struct.Struct("!BBHII").pack


class Ring:
    """The packets of the last KEPT seconds; `size` must divide 65536: a 16-bit number finds its slot."""

    def __init__(self, size: int) -> None:
        self._slots: list[Packet | None] = [None] * size
        self._mask = size - 1
        self._oldest = 0
        self.newest: Packet | None = None

    def put(self, packet: Packet) -> bool:
        """Keep a packet; return False when it is there already or too old."""
        slot = packet.sequence & self._mask
        held = self._slots[slot]
        if held is not None and held.sequence >= packet.sequence:
            return False
        self._slots[slot] = packet
        if self.newest is None or packet.sequence > self.newest.sequence:
            self.newest = packet
            self._forget(packet)
        return True

    def _forget(self, newest: Packet) -> None:
        """Let go of what is older than KEPT: a lesson of 1.5 Mbit/s fills the slots only after a minute."""
        oldest = max(self._oldest, newest.sequence - self._mask)
        while oldest < newest.sequence:
            held = self._slots[oldest & self._mask]
            if held is not None and held.sequence == oldest:
                if newest.arrival - held.arrival < KEPT:
                    break
                self._slots[oldest & self._mask] = None
            oldest += 1
        self._oldest = oldest

    def get(self, sequence: int) -> Packet | None:
        """Find a packet by its extended sequence number."""
        held = self._slots[sequence & self._mask]
        return held if held is not None and held.sequence == sequence else None

    def find(self, low: int) -> Packet | None:
        """Find a packet by the 16 bits of its sequence number that a NACK carries."""
        held = self._slots[low & self._mask]
        return held if held is not None and held.sequence & 0xFFFF == low else None


class _Lane:
    """One track's state within a stream."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.ring = Ring(RING[track.kind])
        self.splice = Splice(CLOCK_RATE[track.kind])
        self.clock = SenderClock(CLOCK_RATE[track.kind])
        self.bytes = 0
        self.packets = 0


class Stream:
    """A named stream with one publisher at a time; SSRCs and number spaces are its own and never change."""

    def __init__(self, name: str, tracks: dict[Kind, Track], since: float) -> None:
        self.name = name
        self.since = since
        self.lanes = {kind: _Lane(track) for kind, track in tracks.items()}
        self.live = False
        self.ended = False
        self.publication = 0
        self.heard = since
        self.key: Packet | None = None
        self.ntp_shift: float | None = None
        self.ask_publisher: Callable[[], None] = nobody
        self.strain: Callable[[], Strain] | None = (
            None  # of the link to the parent, while it comes from there
        )
        self.crowded = False  # this node sends so much to where it comes from that round trips grow
        self.glance: Callable[[], Strain] | None = None  # the same for one who looks besides
        # What the publication brought and what went wrong with it, by name; of the last one, when it is over.
        self.counts: Callable[[], Mapping[str, int]] = dict
        self.bitrate = 0.0  # bits per second over the last RATE_SPAN or so
        self._drains: list[Drain] = []
        self._rated = (since, 0)
        self._key_asked = -KEY_PAUSE
        self.key_requests = 0

    @property
    def tracks(self) -> dict[Kind, Track]:
        """The tracks, with the payload types and SSRCs this node forwards them with."""
        return {kind: lane.track for kind, lane in self.lanes.items()}

    def attach(self, drain: Drain) -> None:
        """Send every packet from now on to a drain."""
        self._drains.append(drain)

    def detach(self, drain: Drain) -> None:
        """Stop sending to a drain; one that is not attached is ignored."""
        if drain in self._drains:
            self._drains.remove(drain)

    def entry(self, kind: Kind, source: int) -> "Entry":
        """Return the door through which one publication's packets of one track come in."""
        return Entry(self, self.lanes[kind], source)

    def take(self, packet: Packet) -> None:
        """Keep a packet and hand it to every drain."""
        lane = self.lanes[packet.kind]
        if not lane.ring.put(packet):
            return
        self.heard = packet.arrival
        lane.packets += 1
        lane.bytes += len(packet.wire)
        if packet.kind == "video" and self._starts_key(packet, lane.track):
            self.key = packet
        for drain in self._drains:
            drain.packet(packet)

    def _starts_key(self, packet: Packet, track: Track) -> bool:
        if self.key is not None and packet.timestamp <= self.key.timestamp:
            return packet.timestamp == self.key.timestamp and packet.sequence < self.key.sequence
        starts_key: Callable[[bytes], bool] = (h264 if track.codec == "H264" else vp8).starts_key
        return starts_key(packet.payload)

    def arrived(self, kind: Kind) -> tuple[int, int, float] | None:
        """Return the newest sequence number, how many packets came, when the newest did; None before any."""
        lane = self.lanes[kind]
        newest = lane.ring.newest
        return (newest.sequence, lane.packets, newest.arrival) if newest else None

    def following(self, kind: Kind) -> int | None:
        """Return the sequence number after the highest there was; None before any."""
        return self.lanes[kind].splice.following

    def report(self, kind: Kind, ntp: float, timestamp: int, now_ntp: float) -> None:
        """Learn from a sender report: media of this extended timestamp was captured at `ntp` of its clock."""
        shift = now_ntp - ntp
        if self.ntp_shift is None or shift < self.ntp_shift or shift - self.ntp_shift > NTP_STEP:
            self.ntp_shift = shift
        self.lanes[kind].clock.add(ntp, timestamp)
        for drain in self._drains:
            drain.report(kind, ntp, timestamp)

    def timestamp_at(self, kind: Kind, ntp: float) -> int | None:
        """Return the extended timestamp of what is captured at this node's NTP time, None until known."""
        lane = self.lanes[kind]
        offset = lane.clock.offset
        if offset is None or self.ntp_shift is None:
            return None
        return round((ntp - self.ntp_shift - offset) * CLOCK_RATE[kind])

    def rate(self, now: float) -> None:
        """Measure the bitrate anew, if it is time."""
        then, before = self._rated
        if now - then >= RATE_SPAN:
            total = sum(lane.bytes for lane in self.lanes.values())
            self.bitrate = (total - before) * 8 / (now - then)
            self._rated = (now, total)

    def request_key(self, now: float, pause: float = KEY_PAUSE) -> None:
        """Ask the publisher for a key frame for all who want one, unless somebody did within the pause."""
        if self.ask_publisher is not nobody and now - self._key_asked >= pause:
            self._key_asked = now
            self.key_requests += 1
            self.ask_publisher()

    def begin(self) -> None:
        """A publication begins: what the last one's clock said no longer counts."""
        self.live = True
        self.publication += 1
        self.ntp_shift = None
        for lane in self.lanes.values():
            lane.clock = SenderClock(CLOCK_RATE[lane.track.kind])

    def left(self) -> None:
        """The publication has gone; the stream waits for the next."""
        self.live = False
        self.ask_publisher = nobody

    def end(self) -> None:
        """End for good: every drain is told once."""
        if self.ended:
            return
        self.ended, self.live = True, False
        self.publication += 1  # the last one is over
        drains, self._drains = self._drains, []
        for drain in drains:
            drain.closed()


class Entry:
    """One publication's way into one track: its numbers become the stream's."""

    def __init__(self, stream: Stream, lane: _Lane, source: int) -> None:
        self._stream = stream
        self._lane = lane
        self._source = source
        self._begun = False
        track = lane.track
        self._head = (track.payload_type, track.payload_type | 0x80)

    def take(self, sequence: int, timestamp: int, marker: bool, payload: bytes, now: float) -> None:
        """Take a packet; sequence number and timestamp are the publication's own, extended."""
        lane = self._lane
        if not self._begun:
            lane.splice.begin(self._source, sequence, timestamp, now)
            self._begun = True
        sequence, timestamp = lane.splice.map(sequence, timestamp, now)
        head = _pack(0x80, self._head[marker], sequence & 0xFFFF, timestamp & 0xFFFFFFFF, lane.track.ssrc)
        self._stream.take(Packet(lane.track.kind, sequence, timestamp, marker, head + payload, now))

    def report(self, ntp: float, timestamp: int, now_ntp: float) -> None:
        """Take a sender report (extended timestamp); ignored until the first packet is here."""
        if self._begun:
            timestamp = self._lane.splice.timestamp(timestamp)
            self._stream.report(self._lane.track.kind, ntp, timestamp, now_ntp)


def nobody() -> None:
    """Nobody is there to send a key frame."""
