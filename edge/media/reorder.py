"""Puts packets back into sequence order for readers that have time: a recording waits for retransmissions."""

from edge.media.packet import Packet

HOLD = 2.0  # seconds; as long as the sender of a packet is still asked for it (loss.LossTracker)
LIMIT = 2048  # packets; 10 s of a lesson (206 packets a second), five times what HOLD lets wait


class Reorder:
    """Releases packets in sequence order; a hole is given up after `hold` seconds or `limit` waiting packets.

    All waiting packets lie behind the first hole, so it is known since the oldest of them arrived. A packet
    far behind what was released is a stray, unless its successor follows: then the sender has begun anew.
    """

    def __init__(self, hold: float = HOLD, limit: int = LIMIT, following: int | None = None) -> None:
        """`following` is the first number that is waited for, if not whatever comes first."""
        self.duplicates = 0
        self.late = 0  # arrived after it was given up
        self.given_up = 0
        self.jumps = 0  # fresh starts at an earlier sequence number
        self._hold = hold
        self._limit = limit
        self._next = -1 if following is None else following
        self._restart = -1  # the packet that would prove a fresh start
        self._waiting: dict[int, tuple[float, Packet]] = {}  # in order of arrival
        self._abandoned: dict[int, None] = {}  # given up, the newest `limit` of them

    def add(self, packet: Packet, now: float) -> list[Packet]:
        """Take a packet; return those that are in order now."""
        sequence = packet.sequence
        if sequence == self._next:
            self._next = sequence + 1
            if not self._waiting:
                return [packet]
            return [packet, *self._ready(), *self.expire(now)]
        if self._next < 0:
            self._next = sequence + 1
            return [packet]
        if sequence < self._next:
            return [*self._behind(packet), *self.expire(now)]
        if sequence in self._waiting:
            self.duplicates += 1
        else:
            self._waiting[sequence] = (now, packet)
        return self.expire(now)

    def expire(self, now: float) -> list[Packet]:
        """Give up every hole that is too old or has too many packets behind it; return what that frees."""
        released: list[Packet] = []
        while self._waiting:
            oldest = next(iter(self._waiting.values()))[0]
            if now - oldest < self._hold and len(self._waiting) <= self._limit:
                break
            released += self._skip()
        return released

    def flush(self) -> list[Packet]:
        """Give up every hole; return all waiting packets."""
        released: list[Packet] = []
        while self._waiting:
            released += self._skip()
        return released

    def _ready(self) -> list[Packet]:
        """Take the packets out that follow without a hole."""
        released: list[Packet] = []
        while (entry := self._waiting.pop(self._next, None)) is not None:
            released.append(entry[1])
            self._next += 1
        return released

    def _skip(self) -> list[Packet]:
        first = min(self._waiting)
        self.given_up += first - self._next
        self._abandoned.update(dict.fromkeys(range(max(self._next, first - self._limit), first)))
        while len(self._abandoned) > self._limit:
            del self._abandoned[next(iter(self._abandoned))]
        self._next = first
        return self._ready()

    def _behind(self, packet: Packet) -> list[Packet]:
        if packet.sequence in self._abandoned:
            self.late += 1
            del self._abandoned[packet.sequence]
        elif self._next - packet.sequence <= self._limit:
            self.duplicates += 1
        elif packet.sequence == self._restart:
            return self._start_anew(packet)
        else:
            self._restart = packet.sequence + 1
            self.late += 1
        return []

    def _start_anew(self, packet: Packet) -> list[Packet]:
        released = self.flush()
        self.jumps += 1
        self._abandoned.clear()
        self._restart = -1
        self._next = packet.sequence + 1
        return [*released, packet]
