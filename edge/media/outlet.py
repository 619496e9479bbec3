"""One peer that is sent a stream: its reports, its requests, and what is known of how it fares."""

from collections import deque
from collections.abc import Callable

from msgspec import Struct, structs

from edge.media import rtcp
from edge.media.blast import Line, blast
from edge.media.codec import h264, vp8
from edge.media.estimate import START, LossEstimate
from edge.media.paced import BURST, LEAST, PacedVideo
from edge.media.packet import RTP_HEADER, Kind, Packet
from edge.media.rate import ASK_PAUSE, VIDEO_SHARE, RetransmissionBudget
from edge.media.rtp import BadPacket
from edge.media.sight import HOLDS, Sight
from edge.media.stream import Stream
from edge.media.transport import Peer

REPORT_PAUSE = 1.0  # seconds between sender reports: the first two decide how soon sound and picture meet
LAN_RTT = 0.030  # seconds: below it a link is a school's own network, even to an old PC with much to do
PACE_FIRST = 3_000_000  # bit/s for one outside this school whose estimate is not believed
PACE_LAN = 60_000_000  # bit/s for the pictures a joiner catches up with
ESTIMATE_LIFE = 10.0  # seconds an estimate holds: browsers send one at least every second
MAX_RESENT = 256  # packets of one NACK: twice what a node of ours asks for; the rest is noise or malice
SHORT = 2  # estimates below the stream's rate, one after another, until pictures are paced
TRIPS = 6  # of which the shortest tells where a peer is: 3 s of reports, longer than a busy moment
LOSSY = 0.02  # share of packets lost from which an estimate is believed whose delays may be a busy PC's
LOSSY_FOR = 10.0  # seconds that such a loss counts
ROOM = 1.25  # times the stream's rate that an estimate must reach until it is doubted again
DOUBTED = 5.0  # seconds without any picture after which a neighbour's estimate, without losses, is doubted
MAX_TRIP = 60.0  # seconds: a longer one is a wrapped difference, from a report of another clock
# Seconds without a newer packet confirmed until a track has stopped: browsers report pictures every
# second and sound every five.
STALLED: dict[Kind, float] = {"video": 4.0, "audio": 12.0}
CNAME = "tirek"


class Health(Struct, frozen=True):
    """How one watcher fares, from its receiver reports."""

    state: str  # ok, no-picture, no-sound, frozen, gone; black, silent and still where somebody looks
    sees: bool
    hears: bool
    frozen: bool
    loss: float
    rtt: float | None
    bitrate: int | None
    sight: Sight = Sight()


class Sent(Struct, frozen=True):
    """What was sent to watchers since the start, and what was not; packets, but for the pictures."""

    packets: int = 0
    octets: int = 0  # without headers
    resent: int = 0
    refused: int = 0  # asked for again beyond what may be sent again
    unsent: int = 0  # the kernel's queue was full
    left_out: int = 0  # pictures that a narrow link had no room for

    def __add__(self, other: "Sent") -> "Sent":
        """Return the sum of both."""
        return Sent(*map(sum, zip(structs.astuple(self), structs.astuple(other), strict=True)))


class Rest(Struct, frozen=True):
    """Where a peer rests: the sequence numbers that it would have been sent next."""

    video: int | None
    audio: int | None


class _Feed(Struct):
    """One track on its way to this peer."""

    kind: Kind
    payload_type: int
    packets: int = 0
    octets: int = 0
    confirmed: int = -1
    moved: float = 0.0
    loss: float = 0.0


class Outlet:
    """One connected receiver of a stream; `types` are the payload types it negotiated."""

    def __init__(self, peer: Peer, stream: Stream, types: dict[Kind, int], ntp: Callable[[], float]) -> None:
        self.peer = peer
        self.stream = stream
        self.types = types
        self.line = Line(peer)
        self.paced: PacedVideo | None = None
        self.budget = RetransmissionBudget()
        self.ceiling = float("inf")  # bits per second that are sent at most, whatever the link may carry
        self.burst = BURST  # bytes of pictures at once
        self.ask_pause = ASK_PAUSE  # seconds between requests for a key frame: browsers send none unasked
        self.rested: Rest | None = None  # it is sent nothing for the moment
        self._woken = False
        self._skipped = 0  # sound that it was not sent while it rested
        self._since = 0  # the first sound after that
        self.resent = 0
        self._left_out = 0  # pictures, by queues that it had before
        self._ntp = ntp
        self._feeds = {kind: _Feed(kind, number) for kind, number in types.items()}
        self._ssrc = next(iter(stream.tracks.values())).ssrc
        self._by_ssrc = {stream.tracks[kind].ssrc: feed for kind, feed in self._feeds.items()}
        self.trusted = (
            False  # a node's estimate knows sound from pictures; a browser's may only mean a busy PC
        )
        self._estimate: tuple[float, int] | None = None
        self._short = 0
        self._lossy_until = 0.0
        self._losses = LossEstimate()
        self._estimates = False  # whether the peer says itself what its link carries (REMB)
        self._began = peer.heard
        self._trips: deque[float] = deque([peer.rtt] if peer.rtt is not None else [], TRIPS)
        self._full = False  # an estimate was believed, and has not yet said that all fits again
        self._proven = False  # … and packets were lost meanwhile
        self._reported = 0.0
        self._told: tuple[Sight, float] = (Sight(), 0.0)
        peer.on_rtcp = self.take_rtcp

    @property
    def local(self) -> bool:
        """Whether the peer is on this school's own network."""
        return bool(self._trips) and min(self._trips) < LAN_RTT

    @property
    def narrow(self) -> bool:
        """Whether pictures must be paced: the far end said so, or it is not in this school."""
        return self._short >= SHORT or not self.local

    def pace(self, following: int | None, goes_on: bool = False) -> None:
        """Send video through a queue from now on; `following` is the next sequence number if any was sent.

        With `goes_on` all before it was sent, and pictures need no key frame first.
        """
        codec = h264 if self.stream.tracks["video"].codec == "H264" else vp8
        self.paced = PacedVideo(codec.starts_key, following, self.burst, goes_on)

    def unpace(self) -> None:
        """Send video as it comes from now on."""
        self._left_out += self.paced.left_out if self.paced is not None else 0
        self.paced = None

    def rest(self, video: int | None = None) -> None:
        """Be sent nothing from now on, not what waits either; `video` is the first number it was not sent."""
        newest = self._following("video") if video is None else video
        video = self.paced.following if self.paced is not None else newest
        self.rested = Rest(video, self._following("audio"))
        self.unpace()

    def wake(self) -> None:
        """Be sent everything again, with numbers of its own that show no hole; what came meanwhile never."""
        rested, self.rested, self._woken = self.rested, None, True
        now = self._following("audio")
        if rested is not None and now is not None:
            self._skipped += now - (now if rested.audio is None else rested.audio)
            self._since = now
        self.pace(rested.video if rested is not None else None)

    @property
    def apart(self) -> bool:
        """Whether its numbers are no longer those of the others."""
        return self._woken

    def takes(self, packet: Packet) -> bool:
        """Tell whether a packet of sound is for this peer: none of before it was woken is."""
        return "audio" in self.types and packet.sequence >= self._since

    def _following(self, kind: Kind) -> int | None:
        return self.stream.following(kind) if kind in self.stream.lanes else None

    @property
    def sent(self) -> Sent:
        """What was sent so far, and what was not."""
        packets = sum(feed.packets for feed in self._feeds.values())
        octets = sum(feed.octets for feed in self._feeds.values())
        left_out = self._left_out + (self.paced.left_out if self.paced is not None else 0)
        return Sent(packets, octets, self.resent, self.budget.refused, self.line.unsent, left_out)

    def bitrate(self, now: float) -> float:
        """Return the bits per second that may be sent."""
        return min(self._carried(now), self.ceiling)

    def _carried(self, now: float) -> float:
        if self._believes(now) and self._estimate is not None and now - self._estimate[0] < ESTIMATE_LIFE:
            return self._estimate[1] * VIDEO_SHARE
        if self.local:
            return PACE_LAN
        return START if self.trusted else max(PACE_FIRST, 2 * self.stream.bitrate)

    def _believes(self, now: float) -> bool:
        # A node knows its link better than a browser; on the school's own network both see busy PCs only.
        return now < self._lossy_until or self._full or (self.trusted and not self.local)

    def least(self, now: float) -> float:
        """Return the bits per second of pictures beside the sound, however little is estimated.

        A browser does not count the sound, and repeats an estimate of pictures that come no more. A node's
        that is less than the sound means a full link, and grows by itself.
        """
        return LEAST if not self.trusted and now >= self._lossy_until else 0.0

    def count(self, kind: Kind, packets: int, octets: int) -> None:
        """Note what was sent for the first time; octets include headers."""
        feed = self._feeds[kind]
        feed.packets += packets
        feed.octets += octets - RTP_HEADER * packets
        self.budget.earn(octets, kind)

    def count_all(self, totals: dict[Kind, tuple[int, int]]) -> None:
        """Note packets and octets of both kinds, of which this peer may take only one."""
        for kind, (packets, octets) in totals.items():
            if kind in self._feeds:
                self.count(kind, packets, octets)

    def wire(self, packet: Packet) -> bytes:
        """Return a packet with the payload type this peer negotiated."""
        if packet.kind == "audio" and self._skipped:
            return numbered(packet, packet.sequence - self._skipped, self.types["audio"])
        return typed(packet, self.types[packet.kind])

    def take_rtcp(self, data: bytes, now: float) -> None:
        """Take one decrypted compound RTCP packet."""
        try:
            packets = rtcp.parse(data)
        except BadPacket:
            return
        for packet in packets:
            if isinstance(packet, rtcp.ReceiverReport | rtcp.SenderReport):
                for block in packet.blocks:
                    self._note(block, now)
                self._time(packet.blocks)
            elif isinstance(packet, rtcp.Nack):
                self._resend(packet, now)
            elif isinstance(packet, rtcp.Pli | rtcp.Fir):
                self.stream.request_key(now)
            elif isinstance(packet, rtcp.Remb):
                self._estimated(packet.bitrate, now)

    def _note(self, block: rtcp.ReportBlock, now: float) -> None:
        feed = self._by_ssrc.get(block.ssrc)
        if feed is None:
            return
        if block.highest_sequence != feed.confirmed:
            feed.confirmed, feed.moved = block.highest_sequence, now
        feed.loss = block.fraction_lost / 256
        if feed.loss > LOSSY:
            self._lossy_until = now + LOSSY_FOR
        if feed.kind == "video" and not self.trusted and not self._estimates:
            lower = self._losses.note(feed.loss, self.stream.bitrate)
            if lower is not None:
                self._use(int(lower), now)

    def _time(self, blocks: tuple[rtcp.ReportBlock, ...]) -> None:
        """Take one round trip of a report: those of its other tracks are the same one."""
        for block in blocks:
            took = ((rtcp.middle(self._ntp()) - block.lsr - block.dlsr) & 0xFFFFFFFF) / 65536
            if block.lsr and took < MAX_TRIP:
                self._trips.append(took)
                return

    def _estimated(self, bitrate: int, now: float) -> None:
        self._estimates = True
        self._use(bitrate, now)

    def _use(self, bitrate: int, now: float) -> None:
        self._estimate = (now, bitrate)
        if self._doubts(now):
            self._full, self._short = False, 0
        if self._believes(now):
            self._full = bitrate < ROOM * self.stream.bitrate
            self._proven = self._full and (self._proven or now < self._lossy_until)
        if self._short < SHORT and self._believes(now):
            self._short = self._short + 1 if bitrate < self.stream.bitrate else 0

    def _doubts(self, now: float) -> bool:
        """Tell whether a neighbour counted as far off for a moment, and what it said ends all pictures."""
        if not self._full or self._proven or now < self._lossy_until or not self.local:
            return False
        return self.paced is not None and self.paced.lasts(now, DOUBTED)

    def _resend(self, nack: rtcp.Nack, now: float) -> None:
        feed = self._by_ssrc.get(nack.ssrc)
        if feed is None:
            return
        for low in nack.lost[:MAX_RESENT]:
            wire = self._held(feed.kind, low)
            if wire is not None and not self.budget.spend(len(wire), feed.kind):
                return  # the rest is asked for again, if it still matters then
            if wire is not None:
                self.resent += 1
                if feed.kind == "video" and self.paced is not None and self.paced.find(low) is not None:
                    self.paced.repeat(low)
                else:
                    blast((self.line,), ((wire,),))

    def _held(self, kind: Kind, low: int) -> bytes | None:
        if self.rested is not None:
            return None
        if kind == "audio" and self._skipped:
            packet = self.stream.lanes[kind].ring.find((low + self._skipped) & 0xFFFF)
            return self.wire(packet) if packet is not None and packet.sequence >= self._since else None
        packet = self.stream.lanes[kind].ring.find(low)
        if kind == "video" and self.paced is not None:
            wire = self.paced.find(low)
            if wire is not None or packet is None or packet.sequence >= self.paced.first:
                return wire
        return None if packet is None else self.wire(packet)

    def report(self, now: float) -> None:
        """Send the sender reports that are due, with this node's clock in place of the publisher's."""
        if now - self._reported < REPORT_PAUSE or not self.stream.live:
            return
        self._reported = now
        ntp = self._ntp()
        packets: list[rtcp.AnyRtcp] = []
        for kind, feed in self._feeds.items():
            timestamp = self.stream.timestamp_at(kind, ntp)
            if timestamp is not None and feed.packets:
                ssrc = self.stream.tracks[kind].ssrc
                stamp, octets = timestamp & 0xFFFFFFFF, feed.octets & 0xFFFFFFFF
                packets.append(
                    rtcp.SenderReport(ssrc, ntp, rtcp.middle(ntp), stamp, feed.packets & 0xFFFFFFFF, octets)
                )
                packets.append(rtcp.SourceDescription(ssrc, CNAME))
        # Who is sent nothing yet, or rests, would else take the silence for a cut.
        nothing = (rtcp.ReceiverReport(self._ssrc, ()), rtcp.SourceDescription(self._ssrc, CNAME))
        self.peer.send_rtcp(rtcp.build(*(packets or nothing)))

    def told(self, sight: Sight, now: float) -> None:
        """Take what the far end says of picture and sound; a fault counts until it is not repeated."""
        self._told = (sight, now)

    def _sight(self, now: float) -> Sight:
        sight, at = self._told
        return sight if not sight.fault or now - at < HOLDS else Sight()

    def health(self, now: float) -> Health:
        """Say how the peer fares."""
        picture, sound = self._moves("video", now), self._moves("audio", now)
        seen = "video" in self._feeds and self._feeds["video"].moved > 0
        frozen = seen and not picture and self.stream.live
        state = "ok"
        if self.peer.closed.is_set():
            state = "gone"
        elif "video" in self._feeds and not picture:
            state = "frozen" if frozen else "no-picture"
        elif "audio" in self._feeds and not sound:
            state = "no-sound"
        sight = self._sight(now)
        if state == "ok" and sight.remark:
            state, frozen = sight.remark, frozen or sight.fault == "frozen"
        loss = max((feed.loss for feed in self._feeds.values()), default=0.0)
        estimate = self._estimate[1] if self._estimate else None
        return Health(
            state,
            picture,
            sound,
            frozen,
            round(loss, 3),
            self._trips[-1] if self._trips else None,
            estimate,
            sight,
        )

    def _moves(self, kind: Kind, now: float) -> bool:
        feed = self._feeds.get(kind)
        return feed is not None and now - max(feed.moved, self._began) < STALLED[kind]

    def close(self) -> None:
        """Give the socket back."""
        self.line.close()


def typed(packet: Packet, payload_type: int) -> bytes:
    """Return a packet's wire form with another payload type; everything else stays."""
    second = payload_type | 0x80 if packet.marker else payload_type
    if packet.wire[1] == second:
        return packet.wire
    return b"\x80" + second.to_bytes(1, "big") + packet.wire[2:]


def numbered(packet: Packet, sequence: int, payload_type: int) -> bytes:
    """Return a packet's wire form with another sequence number and payload type."""
    second = payload_type | 0x80 if packet.marker else payload_type
    return b"\x80" + second.to_bytes(1, "big") + (sequence & 0xFFFF).to_bytes(2, "big") + packet.wire[4:]
