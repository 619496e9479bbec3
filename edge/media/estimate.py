"""What the link from a sender carries, as its receiver sees it.

Theory of operation. A packet that is late against its timestamp, more than the earliest of the last 10 to
20 s, has stood in a queue. Sound leaves our senders at once, so its delay is the link's; pictures may have
waited at the sender. A busy PC and a publisher's clock make packets late too. So a queue has to show in
round trips or losses as well. A queue that does not empty during a window means that the link is full, and
then what arrives is what it carries: that rate, a little reduced, goes back as REMB. Until the link was full
for the first time, the estimate is twice what arrives: it doubles with every round trip.
A delay that stays although less arrives is not our queue: the way has become longer, and counts anew.
A little loss by itself says nothing: radio links lose packets without being full.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from edge.media.packet import CLOCK_RATE

Source = Literal["audio", "video"]  # what delay is read from, the better first

WINDOW = 0.2  # seconds between decisions: five pictures, ten audio packets
STALL = 0.3  # seconds: a longer window means that this PC had no time, and packets waited for it
RATE_SPAN = 5  # windows over which the incoming rate is measured: half a group of pictures
BASE_SPAN = 10.0  # seconds a smallest delay is remembered, twice over: clocks drift by 1 ms in that time
HEARD_LATELY = 2.0  # seconds that sound tells the delay after its last packet
STANDING = 0.08  # seconds of queue that never emptied during a window: longer than Wi-Fi's own jitter
CALM = 0.03  # seconds of queue below which there is room
FULL_FOR = 2  # windows in a row until a link counts as full; at first one, if many packets are lost
LEAST_SPAN = 60.0  # seconds a shortest round trip is remembered, twice over: routes change rarely
FRESH_TRIP = 0.6  # seconds a round trip says something about now
RTT_WEIGHT = 0.25  # share of a new round trip in the smoothed one
SWOLLEN = STANDING / 2  # seconds that a round trip has grown by when there is a queue
LIGHT = 0.03  # share of packets lost from which round trips are looked at, whatever the delay
LOSING = 0.1  # share of packets lost that proves a queue to be full: twice what a bad radio link loses
HINDSIGHT = 1.2  # seconds until a change shows: a full queue and a round trip, with losses from before
DROWNING = 0.25  # share of packets lost at which a link counts as full whatever its delay: a policed link
FEWEST = 20  # packets of which a share of losses is taken
HEAVY = 0.15  # share lost in one report that a radio link alone rarely reaches
BACK_OFF = 0.85  # of what arrives while the link is full, as in RFC 8836's candidates
START = 1_500_000  # bit/s: what a sender begins with; below it, a first estimate would only slow it down
DOUBLING = 2.0  # times the incoming rate, until the link was full once
CLIMB = 0.08  # growth per second while there is room
CLIMB_NEAR = 0.02  # the same near the last known limit
NEAR = (0.85, 1.15)  # what counts as near
HEADROOM = 1.5  # times the largest incoming rate lately: more cannot be known to fit
FLOOR = 24_000  # bit/s: mono Opus at its lowest useful rate
LESS = 0.9  # of the rate before: a full link would have gone on to deliver all of it
AS_LATE = 0.7  # of the delay before: a queue would have become shorter
TOLD_AGAIN = 1.25  # times the estimate told last: growth worth a report of its own


class DelayWatch:
    """Queueing delay of one source: arrival against timestamp, over the smallest of the last 10 to 20 s."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self._bases = (float("inf"), float("inf"))
        self._turn = 0.0

    def delay(self, sent: float, now: float) -> float:
        """Return the seconds a packet stood in queues; `sent` is its timestamp in seconds of any clock."""
        late = now - sent
        if self._origin is None:
            self._origin, self._turn = late, now
        late -= self._origin
        if now - self._turn > BASE_SPAN:
            self._bases, self._turn = (late, self._bases[0]), now
        elif late < self._bases[0]:
            self._bases = (late, self._bases[1])
        return late - min(self._bases)


class RoundTrips:
    """Round trips of one path: smoothed for timers, and whether they have just grown by a queue."""

    def __init__(self) -> None:
        self.smoothed: float | None = None
        self._latest = (0.0, float("-inf"))
        self._least = (float("inf"), float("inf"))
        self._turn = float("-inf")

    def note(self, took: float, now: float) -> None:
        """Take one measurement, of a question that was certainly asked once."""
        self._latest = (took, now)
        if now - self._turn > LEAST_SPAN:
            self._least, self._turn = (took, self._least[0]), now
        self._least = (min(took, self._least[0]), self._least[1])
        before = took if self.smoothed is None else self.smoothed
        self.smoothed = before + RTT_WEIGHT * (took - before)

    def swelling(self, now: float) -> float | None:
        """Return by how much the newest trip took longer than the shortest, None if it is too old."""
        took, at = self._latest
        return took - min(self._least) if now - at < FRESH_TRIP else None


class Strain(Struct, frozen=True):
    """What a link does to a publication, for those who want to use the rest of it; counts since it began."""

    delay: float | None  # seconds: the least of any packet since it was asked before; None where none came
    expected: int  # packets
    arrived: int  # of these, without being asked for again
    fell: float  # when the link was last found full, in the seconds packets are stamped with


def worst(felt: Sequence[Strain]) -> Strain | None:
    """Return what the link does to several publications: the longest delay, all losses; None for none."""
    if not felt:
        return None
    delays = [each.delay for each in felt if each.delay is not None]
    expected, arrived = sum(each.expected for each in felt), sum(each.arrived for each in felt)
    return Strain(max(delays, default=None), expected, arrived, max(each.fell for each in felt))


class _Window(Struct, frozen=True):
    seconds: float
    octets: int


class LinkEstimate:
    """The estimate of one publication's link; `bitrate` is None until something has come."""

    def __init__(self) -> None:
        self.bitrate: float | None = None
        self.crowded = False  # this node itself fills the way back: round trips say nothing of the way here
        self.queue = 0.0
        self._watches: dict[Source, DelayWatch] = {}
        self._least: dict[Source, float] = {}
        self._felt: dict[Source, float] = {}
        self._sound_heard = float("-inf")
        self._octets = 0
        self._decided: float | None = None
        self._windows: deque[_Window] = deque(maxlen=RATE_SPAN)
        self._full: deque[_Window] = deque(maxlen=RATE_SPAN)
        self._peaks = (0.0, 0.0)
        self._peak_turn = 0.0
        self._counted = (0, 0)
        self._was_silent = False
        self._fell = float("-inf")
        self._swollen = self._swollen_base = 0.0  # growth of round trips, and how much of it is a longer way
        self._limit = 0.0  # what the link carried when it was full; 0 before it was
        self._limit_queue = 0.0  # how late packets were then; 0 once there was room again
        self._before: tuple[float | None, float] = (None, 0.0)
        self._told = float(START)

    def count(self, size: int) -> None:
        """Note the bytes of any packet, repeated ones too: the link has carried them."""
        self._octets += size

    def moved(self, kind: Source, timestamp: int, now: float) -> None:
        """Note the timestamp of a packet that is newer than all before; a repeated one says nothing."""
        delay = self._watches.setdefault(kind, DelayWatch()).delay(timestamp / CLOCK_RATE[kind], now)
        self._least[kind] = min(delay, self._least.get(kind, delay))
        self._felt[kind] = min(delay, self._felt.get(kind, delay))
        if kind == "audio":
            self._sound_heard = now

    def strain(self, now: float, counted: tuple[int, int]) -> Strain:
        """Return what the link does; `counted` as for decide()."""
        delay = self._felt.get("audio" if now - self._sound_heard < HEARD_LATELY else "video")
        self._felt.clear()
        return Strain(delay, *counted, self._fell)

    def glance(self, counted: tuple[int, int]) -> Strain:
        """Return what the link does just now, and leave what `strain` is asked for as it is."""
        return Strain(self.queue, *counted, self._fell)

    def decide(self, now: float, counted: tuple[int, int], swelling: Callable[[float], float | None]) -> bool:
        """Update once a window; return whether the sender should know at once.

        `counted` are the packets so far, without repeated ones: expected, arrived. `swelling` says by how
        much round trips have grown, None while that is not known.
        """
        if self._decided is None:
            self._decided = now
        seconds = now - self._decided
        if seconds < WINDOW:
            return False
        window, self._octets, self._decided = _Window(seconds, self._octets), 0, now
        queue = self._least.get("audio" if now - self._sound_heard < HEARD_LATELY else "video")
        self._least.clear()
        if queue is None or seconds > STALL:
            self._full.clear()
            self._was_silent = True
            return False
        if self._was_silent:  # what a cut has lost, or this PC took late, says nothing about the link
            self._counted, self._was_silent = counted, False
        self.queue = queue
        self._windows.append(window)
        self._remember_peak(now)
        lost = self._lost_share(*counted)
        settling = now - self._fell < HINDSIGHT
        if settling:
            lost = 0.0
        swollen = self._over_base(swelling(now)) if queue > CALM or lost > LIGHT else 0.0
        if settling and self.queue <= self._limit_queue:
            return False
        if not self._move(window, lost, swollen):
            return False
        self._fell = now
        return True

    def _over_base(self, swollen: float | None) -> float | None:
        if swollen is None:
            return None
        self._swollen, self._swollen_base = swollen, min(self._swollen_base, swollen)
        return swollen - self._swollen_base

    def _lost_share(self, expected: int, arrived: int) -> float:
        fresh = expected - self._counted[0]
        if 0 <= fresh < FEWEST:
            return 0.0
        came, self._counted = arrived - self._counted[1], (expected, arrived)
        return max(0.0, 1 - came / fresh) if fresh > 0 else 0.0  # an encoder began anew

    def _remember_peak(self, now: float) -> None:
        incoming = _rate(self._windows)
        if now - self._peak_turn > BASE_SPAN:
            self._peaks, self._peak_turn = (incoming, self._peaks[0]), now
        self._peaks = (max(incoming, self._peaks[0]), self._peaks[1])

    def _move(self, window: _Window, lost: float, swollen: float | None) -> bool:
        if self._is_full(lost, swollen):
            self._full.append(window)
            proven = swollen is not None or lost > LOSING
            patience = 1 if lost > LOSING and not self._limit else FULL_FOR + (self._limit_queue > 0)
            return proven and len(self._full) >= patience and (self._lengthen() or self._fall())
        self._full.clear()
        if (swollen is not None and swollen < SWOLLEN) or (self.crowded and self.queue < CALM):
            self._climb(window.seconds)
        if (self.bitrate or 0.0) > TOLD_AGAIN * self._told:
            self._told = self.bitrate or 0.0
            return True
        return False

    def _is_full(self, lost: float, swollen: float | None) -> bool:
        if lost > LIGHT and (swollen or 0.0) > STANDING and not self.crowded:
            # All packets so far may have stood in the queue: then none is late against the others.
            self.queue = max(self.queue, swollen or 0.0)
        full = lost > DROWNING or (self.queue > STANDING and (swollen is None or swollen > SWOLLEN))
        if swollen is not None and self.queue > swollen:
            self.queue = swollen  # the rest of the delay is not the link's
        return full

    def _lengthen(self) -> bool:
        """Take it back if the last fall has led to less, but not to a shorter queue: the way is longer."""
        if not self.queue > AS_LATE * self._limit_queue > 0 or _rate(self._full) > LESS * self._limit:
            return False
        self._watches.clear()
        self._full.clear()
        self.bitrate, self._limit = self._before
        self._limit_queue, self._swollen_base = 0.0, self._swollen
        return True

    def _fall(self) -> bool:
        carried = _rate(self._full)
        # Losses without a queue may be chance: half of the estimate a step is soon enough.
        slow = (self.bitrate or START) / 2 if self._limit and self.queue <= STANDING else FLOOR
        lower = max(BACK_OFF * carried, slow, FLOOR)
        if self.bitrate is not None and lower >= self.bitrate:
            return False
        self._full.clear()
        self._before = self.bitrate, self._limit
        self._limit, self._limit_queue = carried, self.queue
        self.bitrate = self._told = lower
        return True

    def _climb(self, seconds: float) -> None:
        self._limit_queue = 0.0
        if not self._limit:
            self.bitrate = max(self.bitrate or START, DOUBLING * _rate(list(self._windows)[-2:]))
        elif self.bitrate is not None:
            near = NEAR[0] * self._limit < self.bitrate < NEAR[1] * self._limit
            grown = self.bitrate * (1 + (CLIMB_NEAR if near else CLIMB) * seconds)
            self.bitrate = max(self.bitrate, min(grown, HEADROOM * max(self._peaks)))


def _rate(windows: "deque[_Window] | list[_Window]") -> float:
    """Return the bits per second of some windows."""
    return 8 * sum(each.octets for each in windows) / max(sum(each.seconds for each in windows), WINDOW)


class LossEstimate:
    """What a link carries, for a receiver that reports losses and never an estimate of its own."""

    def __init__(self) -> None:
        self.bitrate: float | None = None

    def note(self, lost: float, stream: float) -> float | None:
        """Take one report of the share lost of a stream of so many bits per second; None while all fits."""
        if lost > HEAVY:
            self.bitrate = max((self.bitrate or stream) * (1 - lost / 2), FLOOR)
        elif self.bitrate is not None and lost < LIGHT:
            higher = self.bitrate * (1 + CLIMB)
            self.bitrate = higher if higher < HEADROOM * stream else None
        return self.bitrate
