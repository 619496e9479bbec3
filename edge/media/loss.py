"""Which packets are missing, and when to ask for them (the receiver's half of RFC 4585 generic NACK).

A hole is noticed when a later packet arrives. It is asked for after a short grace (it may only be late),
then again each time the answer is overdue, until it is filled or older than `hold`: then it is lost.
The round-trip time is learnt from request to arrival, of packets asked for once (Karn's rule: after two
requests nobody knows which was answered). But then a time that has grown would never be found again, so
two answers count all the same: one faster than FASTER of the known time cannot be to the last request and
is taken as one to the request before; one slower than the known time took at least as long as since the last.
"""

from itertools import islice, takewhile

from msgspec import Struct

HOLD = 2.0  # seconds; a recording waits as long (reorder.HOLD)
GRACE = 0.010  # seconds a packet may be late before it is asked for, or one more packet behind the hole
MIN_INTERVAL = 0.020  # seconds between two requests on a link without delay
MAX_NACK = 128  # packets a call; 512 bytes of NACK if no two are neighbours
NACK_PAUSE = 0.005  # seconds before the next request when one was full or the budget was empty
MAX_HOLES = 4096  # packets waited for at once; `hold` seconds of 16 Mbit/s, all of them lost
MAX_GAP = 1000  # packets; 5 s of a lesson: more than `hold` could ever bring back
FASTER = 0.7
EAGER = 0.5  # of the interval from the third request on: a stock publisher keeps 0.8 s of packets
PATIENT = 5  # requests in even intervals; then they double: the link is down or its delay has grown a lot
_NEVER = float("inf")


class _Hole(Struct):
    noticed: float
    behind: int  # the packet that showed it
    due: float
    first_asked: float = 0.0
    last_asked: float = 0.0
    previous_asked: float = 0.0
    times: int = 0


class LossTracker:
    """Follows one track's extended sequence numbers."""

    def __init__(self, hold: float = HOLD) -> None:
        self.highest = -1
        self.rtt: float | None = None  # learnt, smoothed
        self.lost = 0  # given up
        self.asked = 0  # requests, each packet of each NACK
        self.recovered = 0  # arrived after being asked for
        self.duplicates = 0
        self.late = 0  # arrived after being given up
        self.jumps = 0
        self._variation = 0.0
        self._hold = hold
        self._soonest = _NEVER  # no hole is due before
        self._fresh = False  # a hole was shown by the very last packet
        self._restart = -1
        self._holes: dict[int, _Hole] = {}  # ascending, so the oldest comes first
        self._abandoned: dict[int, None] = {}  # given up, the newest MAX_GAP of them

    def arrived(self, sequence: int, now: float, retransmission: bool = False) -> bool:
        """Take note of a packet; False if it is a duplicate or was given up already."""
        if sequence == self.highest + 1:
            self.highest = sequence
            if self._fresh:
                self._fresh = False
                self._soonest = now
            return True
        if sequence > self.highest:
            self._leap(sequence, now)
            return True
        hole = self._holes.pop(sequence, None)
        if hole is not None:
            self._fill(hole, now)
            return True
        return self._unneeded(sequence, retransmission)

    def due(self, now: float, rtt: float, limit: int = MAX_NACK) -> list[int]:
        """Return the packets to ask for now, oldest first; `rtt` seconds count until an own one is learnt."""
        if now < self._soonest:
            return []
        self._give_up(now)
        interval = self._interval(rtt)
        asked: list[int] = []
        soonest = _NEVER
        for sequence, hole in self._holes.items():
            if hole.due <= now or (not hole.times and self.highest > hole.behind):
                if len(asked) >= min(limit, MAX_NACK):
                    soonest = now + NACK_PAUSE
                    break
                _ask(hole, now, interval)
                asked.append(sequence)
            soonest = min(soonest, hole.due)
        self._soonest = soonest
        self.asked += len(asked)
        return asked

    def next_due(self, now: float, rtt: float) -> float | None:
        """Return when `due` may have something next, None while nothing is missing."""
        return max(now, self._soonest) if self._holes else None

    @property
    def missing(self) -> int:
        """How many packets are still waited for."""
        return len(self._holes)

    def _interval(self, rtt: float) -> float:
        if self.rtt is not None:
            rtt = self.rtt
        # The variation is capped: on a jittery link three requests should still fit into `hold`.
        return max(MIN_INTERVAL, 1.1 * rtt + min(4 * self._variation, rtt))

    def _leap(self, sequence: int, now: float) -> None:
        """Take a packet ahead of its turn: the first one, one behind a hole, or one after a jump."""
        if self.highest < 0:
            self.highest = sequence
        elif sequence - self.highest > MAX_GAP:
            self._start_anew(sequence)
        else:
            self._give_up(now)
            due = now + GRACE
            for missing in range(self.highest + 1, sequence):
                self._holes[missing] = _Hole(now, sequence, due)
            # A second leap at once shows what the first one missed is not just late by one.
            self._soonest = now if self._fresh else min(self._soonest, due)
            self._fresh = True
            self.highest = sequence

    def _fill(self, hole: _Hole, now: float) -> None:
        if not hole.times:
            return
        self.recovered += 1
        since_last = now - hole.last_asked
        if hole.times == 1 or self.rtt is None:
            self._learn(now - hole.first_asked)
        elif since_last < FASTER * self.rtt:
            self._learn(now - hole.previous_asked)
        elif since_last > self.rtt:
            self._learn(since_last)

    def _learn(self, sample: float) -> None:
        """Smooth as RFC 6298 does, but begin with less variation: an early second request is cheap."""
        if self.rtt is None:
            self.rtt, self._variation = sample, sample / 8
        else:
            self._variation += (abs(sample - self.rtt) - self._variation) / 4
            self.rtt += (sample - self.rtt) / 8

    def _unneeded(self, sequence: int, retransmission: bool) -> bool:
        if sequence in self._abandoned:
            del self._abandoned[sequence]
            self.late += 1
        elif retransmission or self.highest - sequence <= MAX_GAP:
            self.duplicates += 1
        elif sequence == self._restart:
            self._start_anew(sequence)
            return True
        else:
            # A stray or the first packet of a fresh start: the next one tells (RFC 3550 A.1).
            self._restart = sequence + 1
            self.late += 1
        return False

    def _start_anew(self, sequence: int) -> None:
        self.jumps += 1
        self.lost += len(self._holes)
        self._holes.clear()
        self._abandoned.clear()
        self._soonest = _NEVER
        self._fresh = False
        self._restart = -1
        self.highest = sequence

    def _give_up(self, now: float) -> None:
        old = [s for s, _ in takewhile(lambda item: now - item[1].noticed >= self._hold, self._holes.items())]
        old += list(islice(self._holes, len(old), max(len(old), len(self._holes) - MAX_HOLES)))
        for sequence in old:
            del self._holes[sequence]
            self._abandoned[sequence] = None
        self.lost += len(old)
        while len(self._abandoned) > MAX_GAP:
            del self._abandoned[next(iter(self._abandoned))]


def _ask(hole: _Hole, now: float, interval: float) -> None:
    hole.times += 1
    hole.first_asked = hole.first_asked if hole.times > 1 else now
    hole.previous_asked, hole.last_asked = hole.last_asked, now
    soon = max(MIN_INTERVAL, EAGER * interval) if hole.times > 1 else interval
    hole.due = now + soon * (1 << max(0, hole.times - PATIENT))
