"""Video for one receiver behind a narrow or long link: whole pictures, in order, no faster than the link.

The receiver gets sequence numbers without holes for what is left out on purpose, so it asks again only for
what the link lost. SSRC and timestamps stay the stream's. No I/O: packets and the time come in, wires go out.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from math import exp

from edge.media.packet import Packet
from edge.media.rate import OUTDATED, Drought, Pacer, PictureGate
from edge.media.reorder import Reorder

HOLD = 0.6  # seconds to wait for a packet that this node itself asked for again: two long round trips
HISTORY = 2048  # packets kept for repeats: 13 s of a 1.5 Mbit/s lesson
BURST = 8 * 1250  # bytes: at most eight packets at once into a router's small queue
CATCH_UP_GROUPS = 2  # groups of pictures until one who joined must have caught up: then what is late goes
BESIDE_SPAN = 1.0  # seconds over which the rate of what goes out beside the queue is measured
LEAST = 8_000.0  # bit/s for video when sound takes all: one packet a second, so that no wait is endless


class PacedVideo:
    """The queue of one receiver's video."""

    def __init__(
        self,
        starts_key: Callable[[bytes], bool],
        following: int | None,
        burst: int = BURST,
        goes_on: bool = False,
    ) -> None:
        """`goes_on`: the receiver has got all before `following`, so what comes next needs no key frame."""
        self._starts_key = starts_key
        self._reorder = Reorder(hold=HOLD, following=following if goes_on else None)
        self._gate = PictureGate(is_open=goes_on)
        self._drought = Drought()
        self._pacer = Pacer(burst)
        self._picture: list[Packet] = []
        self._expected = following if goes_on else None
        self._highest = following - 1 if goes_on and following is not None else 0
        self._spoiled = False  # packets of the open picture are missing
        self._after_hole = not goes_on  # packets right before it are missing, or it is the first
        self._queue: deque[bytes] = deque()
        self._again: OrderedDict[int, bytes] = OrderedDict()
        self._queued = 0
        self._catching_up = CATCH_UP_GROUPS if following is None else 0
        self._beside = 0.0
        self._beside_at = 0.0
        self._sent: OrderedDict[int, bytes] = OrderedDict()
        self._next = following
        self.first = following or 0

    @property
    def waiting(self) -> bool:
        """Whether anything is queued."""
        return bool(self._queue or self._again)

    def lasts(self, now: float, seconds: float) -> bool:
        """Tell whether pictures have come for so long and none was sent."""
        return self._drought.lasts(now, seconds)

    def asks(self, now: float, bitrate: float, pause: float) -> bool:
        """Tell whether to ask for a key frame, once a pause: all is sent, and pictures come that need one."""
        if self.waiting or not self._gate.waits:
            return False
        return self._drought.asks(now, self._room(now, bitrate), pause)

    @property
    def settled(self) -> bool:
        """Whether nothing waits and nothing was left out: the stream's own packets could go on from here."""
        idle = not self.waiting and not self._picture and self._next is not None
        return idle and self._next == self._expected == self._highest + 1

    @property
    def following(self) -> int | None:
        """The sequence number after the highest that was queued; None before any."""
        return self._next

    @property
    def left_out(self) -> int:
        """Pictures not sent because the link had no room."""
        return self._gate.left_out

    def offer(self, packet: Packet, now: float, bitrate: float) -> None:
        """Take one packet of the stream, in any order."""
        self._highest = max(self._highest, packet.sequence)
        for each in self._reorder.add(packet, now):
            self._collect(each, now, bitrate)

    def expire(self, now: float, bitrate: float) -> None:
        """Give up on packets that this node itself did not get in time."""
        for each in self._reorder.expire(now):
            self._collect(each, now, bitrate)

    def _collect(self, packet: Packet, now: float, bitrate: float) -> None:
        hole = packet.sequence != self._expected
        self._expected = packet.sequence + 1
        if hole and self._picture:
            self._spoiled = True  # its middle or its end
            self._gate.broken()
        if self._picture and self._picture[0].timestamp != packet.timestamp:
            self._decide(now, bitrate)
        if hole and not self._picture:
            self._after_hole = True
            self._gate.broken()
        self._picture.append(packet)
        if packet.marker:
            self._decide(now, bitrate)

    def _decide(self, now: float, bitrate: float) -> None:
        picture, self._picture = self._picture, []
        spoiled, self._spoiled = self._spoiled, False
        after_hole, self._after_hole = self._after_hole, False
        # Behind a hole a picture counts as a key frame only if its first packet proves to be the beginning;
        # without one, a delimiter or SEI may come before the parameter sets.
        proof = picture[:1] if after_hole else picture
        key = any(self._starts_key(packet.payload) for packet in proof)
        if key and self._next is not None:
            self._catching_up -= 1
        size = sum(len(packet.wire) for packet in picture)
        if spoiled:
            self._drought.left_out(now)
        elif self._admits(key, size, now, bitrate):
            for packet in picture:
                self._number(packet)
        else:
            self._drought.left_out(now, size if key else 0)

    def _admits(self, key: bool, size: int, now: float, bitrate: float) -> bool:
        room = self._room(now, bitrate)
        wait, takes = self._queued / room, size / room
        probe = key and not self._queued and takes > OUTDATED and self._drought.probes(now)
        if not self._gate.admits(key, wait, 0.0 if probe else takes, self._catching_up > 0):
            return False
        self._drought.sent(size if key else 0, probe)
        if probe:
            self._pacer.begin()
        return True

    def _room(self, now: float, bitrate: float) -> float:
        """Return the bytes of pictures that may go out in a second, beside the sound."""
        return max(bitrate - self._sound(now), LEAST) / 8

    def _sound(self, now: float) -> float:
        return self._beside * exp((self._beside_at - now) / BESIDE_SPAN)

    def _number(self, packet: Packet) -> None:
        if self._next is None:
            self._next = self.first = packet.sequence
        low = self._next & 0xFFFF
        self._next += 1
        wire = packet.wire[:2] + low.to_bytes(2, "big") + packet.wire[4:]
        self._queue.append(wire)
        self._queued += len(wire)

    def due(self, now: float, bitrate: float, least: float = 0.0) -> list[bytes]:
        """Return the packets that may go out now, at `bitrate` with the sound, but at `least` beside it."""
        wires: list[bytes] = []
        if least and self.waiting:
            bitrate = max(bitrate, self._sound(now) + least)
        while self.waiting and self._pacer.allows(now, bitrate):
            wire = self._again.popitem(last=False)[1] if self._again else self._take()
            self._queued -= len(wire)
            self._pacer.spend(len(wire))
            wires.append(wire)
        if wires and not self.waiting:
            self._catching_up = 0
        return wires

    def _take(self) -> bytes:
        wire = self._queue.popleft()
        self._sent[int.from_bytes(wire[2:4], "big")] = wire
        if len(self._sent) > HISTORY:
            self._sent.popitem(last=False)
        return wire

    def repeat(self, low: int) -> None:
        """Send a packet again, before what waits; asked for twice while it waits, it goes out once."""
        wire = self._sent.get(low)
        if wire is not None and low not in self._again:
            self._again[low] = wire
            self._queued += len(wire)

    def spend(self, size: int, now: float) -> None:
        """Note bytes that went out beside the queue: sound, which does not wait."""
        self._pacer.spend(size)
        self._beside, self._beside_at = self._sound(now) + size * 8 / BESIDE_SPAN, now

    def find(self, low: int) -> bytes | None:
        """Return a packet sent under this 16-bit sequence number."""
        return self._sent.get(low)
