"""Takes one publication's RTP and RTCP, asks again for what was lost, reports, and feeds a stream."""

import asyncio
import secrets
from collections.abc import Callable

from msgspec import Struct, structs

from edge.media import rtcp
from edge.media.estimate import LinkEstimate, Strain
from edge.media.loss import LossTracker
from edge.media.packet import CLOCK_RATE, Track
from edge.media.rtp import BadPacket, Rtp, Unwrapper
from edge.media.rtp import parse as parse_rtp
from edge.media.stream import Entry, Stream
from edge.media.transport import Peer

TICK = (
    0.01  # seconds between looks at what is missing, taken as packets arrive: the reorder grace of a question
)
LULL = 0.08  # seconds between looks while nothing arrives: waking an idle PC costs more than a packet
IDLE = 0.4  # seconds without a packet from which looks are as rare as that: a hub keeps 134 that are idle
REPORT_PAUSE = 0.5  # seconds between receiver reports; RFC 4585 allows feedback below RFC 3550's 5 s
FIRST_RTT = 0.15  # seconds assumed until a round trip is measured: asks too late rather than twice
SSRC_SILENCE = 2.0  # seconds after which another SSRC with the right payload type may take a track over
JITTER_GAIN = 1 / 16  # RFC 3550 section 6.4.1


class ReceiverCounts(Struct):
    """What one publication brought and what went wrong with it."""

    received: int = 0
    bytes: int = 0
    duplicates: int = 0
    recovered: int = 0
    asked: int = 0
    lost: int = 0
    malformed: int = 0
    foreign: int = 0


class _Lane:
    """One track of the publication."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.rate = CLOCK_RATE[track.kind]
        self.entry: Entry | None = None
        self.sequences = Unwrapper(16)
        self.timestamps = Unwrapper(32)
        self.loss = LossTracker()
        self.first = self.highest = 0
        self.received = 0
        self.heard = 0.0
        self.jitter = 0.0
        self._transit: float | None = None
        self._reported = (0, 0)
        self._restarts = 0
        self.sender_report: tuple[int, float] = (0, 0.0)

    def note(self, sequence: int, timestamp: int, now: float) -> bool:
        """Count a packet; return whether it moves the track forward."""
        self.received += 1
        self.heard = now
        if not self.first:
            self.first = sequence
        if sequence <= self.highest:
            return False
        self.highest = sequence
        transit = now * self.rate - timestamp
        if self._transit is not None:
            self.jitter += JITTER_GAIN * (abs(transit - self._transit) % (1 << 31) - self.jitter)
        self._transit = transit
        return True

    @property
    def source(self) -> int:
        """Whose clock the timestamps follow: the SSRC's, another one after each restart of the encoder."""
        return self.track.ssrc + (self._restarts << 32)

    def restart(self) -> None:
        """The encoder began anew under the same SSRC: its numbers have nothing to do with those before."""
        self._restarts += 1
        self.entry = None
        self.first = self.highest = self.received = 0
        self._transit = None
        self._reported = (0, 0)

    def block(self, now: float) -> rtcp.ReportBlock:
        """Report since the last call (RFC 3550 section 6.4.1)."""
        expected = self.highest - self.first + 1
        expected_now, received_now = expected - self._reported[0], self.received - self._reported[1]
        self._reported = (expected, self.received)
        lost_now = max(expected_now - received_now, 0)
        middle, at = self.sender_report
        return rtcp.ReportBlock(
            ssrc=self.track.ssrc,
            fraction_lost=min(255, (lost_now << 8) // expected_now) if expected_now > 0 else 0,
            cumulative_lost=max(-0x800000, min(expected - self.received, 0x7FFFFF)),
            highest_sequence=(self.highest - 0x10000) & 0xFFFFFFFF,
            jitter=int(self.jitter) & 0xFFFFFFFF,
            lsr=middle,
            dlsr=round((now - at) * 65536) & 0xFFFFFFFF if middle else 0,
        )


class Receiver:
    """One publication arriving over one peer."""

    def __init__(
        self,
        peer: Peer,
        stream: Stream,
        tracks: list[Track],
        ntp: Callable[[], float],
        limit: int | None = None,
    ) -> None:
        """`limit` is the bits per second that the publisher is asked not to exceed."""
        self._peer = peer
        self._limit = limit
        self._stream = stream
        self._ntp = ntp
        self._turn = stream.publication
        self._lanes = {track.payload_type: _Lane(track) for track in tracks}
        self._ssrc = secrets.randbits(32)
        self._estimate = LinkEstimate()
        self._reported = 0.0
        self._due = 0.0
        self.counts = ReceiverCounts()

    async def run(self, silence: float, idle: bool = False) -> None:
        """Feed the stream until the peer is closed, silent for `silence` seconds, or replaced; one that may
        be `idle` is there as long as it answers checks."""
        loop = asyncio.get_running_loop()
        self._peer.on_rtp, self._peer.on_rtcp = self.take_rtp, self.take_rtcp
        self._stream.ask_publisher = self.ask_key
        self._stream.counts = lambda: structs.asdict(self.counts)
        while not self._peer.closed.is_set():
            now, heard = loop.time(), self._peer.heard
            if now - (self._peer.present if idle else heard) > silence:
                return
            if self._stream.publication != self._turn:
                return  # somebody else publishes under this name now, or the stream has ended
            await asyncio.sleep(LULL if now - heard < IDLE else IDLE)
            self.tick(loop.time())

    def take_rtp(self, data: bytes, now: float) -> None:
        """Take one decrypted RTP packet."""
        try:
            packet = parse_rtp(data)
        except BadPacket:
            self.counts.malformed += 1
            return
        lane = self._lane_of(packet, now)
        if lane is None:
            self.counts.foreign += 1
            return
        self._estimate.count(len(data))
        sequence = lane.sequences.feed(packet.sequence)
        timestamp = lane.timestamps.feed(packet.timestamp)
        jumps = lane.loss.jumps
        if not lane.loss.arrived(sequence, now):
            self.counts.duplicates += 1
            return
        if lane.loss.jumps > jumps and sequence < lane.highest:
            lane.restart()
        if lane.note(sequence, timestamp, now):
            self._estimate.moved(lane.track.kind, timestamp, now)
        self.counts.received += 1
        self.counts.bytes += len(data)
        if lane.entry is None:
            lane.entry = self._stream.entry(lane.track.kind, lane.source)
        lane.entry.take(sequence, timestamp, packet.marker, packet.payload, now)
        if now >= self._due:
            self.tick(now)

    def _lane_of(self, packet: Rtp, now: float) -> _Lane | None:
        """Find a packet's track: its SSRC is the one signalled, or any other while that one is silent."""
        if self._stream.publication != self._turn:
            return None  # among the numbers of the next publication its own would stand anywhere
        lane = self._lanes.get(packet.payload_type)
        if lane is None or packet.ssrc == lane.track.ssrc:
            return lane
        if lane.received and now - lane.heard < SSRC_SILENCE:
            return None
        adopted = _Lane(structs.replace(lane.track, ssrc=packet.ssrc))
        self._lanes[packet.payload_type] = adopted
        return adopted

    def take_rtcp(self, data: bytes, now: float) -> None:
        """Take one decrypted compound RTCP packet."""
        try:
            packets = rtcp.parse(data)
        except BadPacket:
            self.counts.malformed += 1
            return
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport) and packet.packets:
                self._sender_report(packet, now)

    def _sender_report(self, report: rtcp.SenderReport, now: float) -> None:
        for lane in self._lanes.values():
            if lane.track.ssrc == report.ssrc:
                lane.sender_report = (report.ntp_middle, now)
                if lane.entry is not None:
                    timestamp = lane.timestamps.near(report.rtp_timestamp)
                    lane.entry.report(report.ntp, timestamp, self._ntp())

    def tick(self, now: float) -> None:
        """Ask for what is due, and report from time to time."""
        self._due = now + TICK
        rtt = self._peer.rtt or FIRST_RTT
        for lane in self._lanes.values():
            if lane.loss.missing:
                given_up = lane.loss.lost
                if due := lane.loss.due(now, rtt):
                    lost = tuple(sequence & 0xFFFF for sequence in due)
                    self._send(rtcp.Nack(self._ssrc, lane.track.ssrc, lost))
                if lane.loss.lost > given_up and lane.track.kind == "video":
                    self._stream.request_key(now)
        self._estimate.crowded = self._stream.crowded
        fell = self._estimate.decide(now, self._counted(), self._peer.swelling)
        if fell or now - self._reported >= REPORT_PAUSE:
            self._reported = now
            self._report(now)

    def strain(self) -> Strain:
        """Return what the way to here does to this publication, since it was asked before."""
        return self._estimate.strain(asyncio.get_running_loop().time(), self._counted())

    def glance(self) -> Strain:
        """Return the same as of this moment, for one who looks besides: nothing is forgotten by it."""
        return self._estimate.glance(self._counted())

    def _counted(self) -> tuple[int, int]:
        heard = [lane for lane in self._lanes.values() if lane.received]
        expected = sum(lane.highest - lane.first + 1 for lane in heard)
        return expected, sum(lane.received - lane.loss.recovered for lane in heard)

    def _report(self, now: float) -> None:
        heard = [lane for lane in self._lanes.values() if lane.received]
        blocks = tuple(lane.block(now) for lane in heard)
        packets: list[rtcp.AnyRtcp] = [rtcp.ReceiverReport(self._ssrc, blocks)]
        # A browser begins at 0.3 Mbit/s and climbs for 20 s unless it is told early what it may send.
        allowed = min(self._estimate.bitrate or float("inf"), self._limit or float("inf"))
        if heard and allowed < float("inf"):
            packets.append(rtcp.Remb(self._ssrc, int(allowed), tuple(lane.track.ssrc for lane in heard)))
        self._peer.send_rtcp(rtcp.build(*packets))
        losses = [lane.loss for lane in self._lanes.values()]
        self.counts.asked = sum(loss.asked for loss in losses)
        self.counts.recovered = sum(loss.recovered for loss in losses)
        self.counts.lost = sum(loss.lost for loss in losses)

    def ask_key(self) -> None:
        """Ask the publisher for a key frame (PLI, RFC 4585 section 6.3.1)."""
        for lane in self._lanes.values():
            if lane.track.kind == "video" and lane.received:
                self._send(rtcp.Pli(self._ssrc, lane.track.ssrc))

    def _send(self, packet: rtcp.AnyRtcp) -> None:
        # RFC 5506 allows a lone feedback packet only where negotiated: an empty report goes first.
        self._peer.send_rtcp(rtcp.build(rtcp.ReceiverReport(self._ssrc, ()), packet))
