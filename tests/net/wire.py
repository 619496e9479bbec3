"""One direction of an emulated link: loss, rate with a drop-tail queue, delay. A core, told the time."""

from collections import deque
from random import Random

from msgspec import Struct, field

IP_HEADER = 20  # bytes of an IPv4 header without options; nothing here sends options
UDP_HEADER = 8
UDP = 17
RTP_BEHIND = IP_HEADER + UDP_HEADER
MEMORY = 1 << 14  # sequence numbers remembered per flow to tell a retransmission: a quarter of their circle


class Quality(Struct, frozen=True):
    """What the line does to packets; zero means: nothing."""

    loss: float = 0.0  # share of packets, each on its own
    delay: float = 0.0  # seconds, one way
    rate: float = 0.0  # bits per second of IP packets
    queue: float = 0.4  # seconds of that rate the queue in front of it holds; what does not fit is dropped


class Flow(Struct):
    """One RTP flow as offered: by ssrc and payload type, which SRTP leaves readable."""

    packets: int = 0
    octets: int = 0
    repeated: int = 0  # of the packets: a sequence number seen before, that is a retransmission
    repeated_octets: int = 0
    lost: int = 0  # by chance, cut or full queue


class Counts(Struct):
    """What was offered to one direction, and what became of it."""

    offered: int = 0
    octets: int = 0
    lost: int = 0  # by chance
    cut: int = 0  # while the link was cut
    dropped: int = 0  # the queue was full
    delivered: int = 0
    delivered_octets: int = 0
    flows: dict[str, Flow] = field(default_factory=dict)  # "ssrc/payload type"


class Wire:
    """A first-in first-out line: offer() packets, take out what is due()."""

    def __init__(self, quality: Quality, seed: int) -> None:
        self.quality = quality
        self.is_cut = False
        self.counts = Counts()
        self._random = Random(seed)
        self._free = 0.0  # when the line has sent all that waits
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._seen: dict[str, dict[int, None]] = {}

    def offer(self, packet: bytes, now: float) -> None:
        """Take one IPv4 packet in; whatever happens to it is counted."""
        counts, quality = self.counts, self.quality
        counts.offered += 1
        counts.octets += len(packet)
        flow = self._flow(packet)
        if not self._accept(packet, now):
            if flow:
                flow.lost += 1
            return
        due = now
        if quality.rate:
            self._free = max(self._free, now) + len(packet) * 8 / quality.rate
            due = self._free
        due += quality.delay
        if self._waiting:  # never overtake, also when the quality has just changed
            due = max(due, self._waiting[-1][0])
        self._waiting.append((due, packet))

    def due(self, now: float) -> list[bytes]:
        """Return the packets that have reached the other end."""
        arrived = []
        while self._waiting and self._waiting[0][0] <= now:
            packet = self._waiting.popleft()[1]
            arrived.append(packet)
            self.counts.delivered_octets += len(packet)
        self.counts.delivered += len(arrived)
        return arrived

    def next_due(self) -> float | None:
        """When to call due() again."""
        return self._waiting[0][0] if self._waiting else None

    def _accept(self, packet: bytes, now: float) -> bool:
        counts, quality = self.counts, self.quality
        unlucky = self._random.random() < quality.loss  # drawn for every packet: a cut moves no later loss
        if self.is_cut:
            counts.cut += 1
        elif unlucky:
            counts.lost += 1
        elif quality.rate and max(0.0, self._free - now) + len(packet) * 8 / quality.rate > quality.queue:
            counts.dropped += 1
        else:
            return True
        return False

    def _flow(self, packet: bytes) -> Flow | None:
        """Count the packet for its RTP flow; None when it is not RTP over UDP (RFC 5761 tells RTCP apart)."""
        if len(packet) < RTP_BEHIND + 12 or packet[9] != UDP or packet[0] != 0x45:
            return None
        kind = packet[RTP_BEHIND + 1] & 0x7F
        if packet[RTP_BEHIND] >> 6 != 2 or 64 <= kind < 96:
            return None
        key = f"{packet[RTP_BEHIND + 8 : RTP_BEHIND + 12].hex()}/{kind}"
        flow = self.counts.flows.setdefault(key, Flow())
        seen = self._seen.setdefault(key, {})
        sequence = packet[RTP_BEHIND + 2] << 8 | packet[RTP_BEHIND + 3]
        flow.packets += 1
        flow.octets += len(packet)
        if sequence in seen:
            flow.repeated += 1
            flow.repeated_octets += len(packet)
        seen[sequence] = None
        if len(seen) > MEMORY:
            del seen[next(iter(seen))]
        return flow
