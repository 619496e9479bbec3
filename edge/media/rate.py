"""How much a link carries, what may be sent again, and which pictures are left out.

Theory of operation. The receiver of a stream watches the delay of its packets against their timestamps.
The smallest delay seen lately is an empty link; what comes later has stood in a queue. A queue that does not
empty means that the link is full, and what arrives meanwhile is what it carries: that rate, a little
reduced, goes back as REMB. A little loss says nothing: radio links lose packets without being full.
The sender never delays or drops audio. Video that would wait too long is left out, from one picture to the
end of its group, so that what is sent can always be decoded.
"""

from collections import deque
from collections.abc import Callable

from edge.media.packet import CLOCK_RATE, Kind

WINDOW = 0.2  # seconds between decisions: five pictures, ten audio packets
RATE_SPAN = 1.0  # seconds over which the incoming rate is measured: half a group of pictures
BASE_SPAN = (
    10.0  # seconds a smallest delay is remembered twice over: sender clocks drift by 1 ms in that time
)
STANDING = 0.08  # seconds of queue that never emptied during a window: longer than Wi-Fi's own jitter
CALM = 0.03  # seconds of queue below which there is room
LEAST_SPAN = 60.0  # seconds a shortest round trip is remembered twice over: routes change rarely
FRESH_TRIP = 1.5  # seconds a round trip says something about now
RTT_WEIGHT = 0.25  # share of a new round trip in the smoothed one
DROWNING = 0.25  # share of packets lost at which a link counts as full whatever its delay: a policed link
BACK_OFF = 0.85  # of what arrives while the link is full, as in RFC 8836's candidates
CLIMB = 0.08  # growth per second while there is room
CLIMB_NEAR = 0.02  # the same near the last known limit
NEAR = (0.85, 1.15)  # what counts as near
HEADROOM = 1.5  # times the incoming rate: more cannot be known to fit
FLOOR = 24_000  # bit/s: mono Opus at its lowest useful rate

RETRANSMIT_SHARE = (
    0.2  # of the media rate: more only feeds a full link (2.4 times the load was seen without it)
)
RETRANSMIT_BURST = 48_000  # bytes: one lost key frame may be sent again at once

BACKLOG = 0.4  # seconds of video that may wait at the sender; beyond it, pictures are left out
BACKLOG_KEY = 0.6  # the same for a key frame: without it nothing after it can be seen
VIDEO_SHARE = 0.92  # of the estimate, for audio and video together: the rest is headers and reports


class DelayWatch:
    """Queueing delay of one track: arrival against timestamp, over the smallest of the last 10 to 20 s."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._origin: float | None = None
        self._bases = (float("inf"), float("inf"))
        self._turn = 0.0

    def delay(self, timestamp: int, now: float) -> float:
        """Return the seconds this packet stood in queues."""
        late = now - timestamp / self._rate
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

    def note(self, took: float, now: float, sure: bool) -> None:
        """Take one measurement; `sure` when it was certainly the first try that was answered."""
        self._latest = (took, now)
        if now - self._turn > LEAST_SPAN:
            self._least, self._turn = (took, self._least[0]), now
        self._least = (min(took, self._least[0]), self._least[1])
        if sure:
            before = took if self.smoothed is None else self.smoothed
            self.smoothed = before + RTT_WEIGHT * (took - before)

    def swollen(self, now: float) -> bool | None:
        """Tell whether the newest trip took longer than the shortest by a queue; None if it is too old."""
        took, at = self._latest
        return took - min(self._least) > STANDING / 2 if now - at < FRESH_TRIP else None


class LinkEstimate:
    """What the link from a sender carries, as its receiver sees it."""

    def __init__(self) -> None:
        self._watches = {kind: DelayWatch(rate) for kind, rate in CLOCK_RATE.items()}
        self._least: dict[Kind, float] = {}
        self._sizes: deque[tuple[float, int]] = deque()
        self._bytes = 0
        self._decided = -1.0
        self._limit = 0.0
        self._full_windows = 0
        self.bitrate: float | None = None
        self.queue = 0.0

    def arrived(self, kind: Kind, timestamp: int, size: int, now: float) -> None:
        """Note one packet as it comes in; not for packets sent again, whose timestamps are old."""
        self._sizes.append((now, size))
        self._bytes += size
        delay = self._watches[kind].delay(timestamp, now)
        if delay < self._least.get(kind, float("inf")):
            self._least[kind] = delay

    def incoming(self, now: float) -> float:
        """Return the bits per second of the last second."""
        while self._sizes and now - self._sizes[0][0] > RATE_SPAN:
            self._bytes -= self._sizes.popleft()[1]
        return self._bytes * 8 / RATE_SPAN

    def decide(self, now: float, lost: float, swollen: Callable[[float], bool | None]) -> bool:
        """Update once a window, given the share of packets lost; return whether the estimate fell.

        `swollen` is asked for confirmation: delays grow on a busy PC and with a publisher's clock too,
        but round trips do not.
        """
        if now - self._decided < WINDOW or not self._least:
            return False
        passed = min(now - self._decided, 1.0)
        self._decided = now
        # Audio overtakes waiting video at our senders, so its delay is the link's and not the sender's.
        self.queue = self._least.get("audio", self._least.get("video", 0.0))
        self._least.clear()
        grown = swollen(now) if self.queue > CALM else False
        full = lost > DROWNING or (self.queue > STANDING and grown is True)
        self._full_windows = self._full_windows + 1 if full else 0
        incoming = self.incoming(now)
        if self._full_windows >= 2:
            return self._fall(incoming)
        if grown is False and not full:
            self._climb(passed, incoming)
        return False

    def _fall(self, incoming: float) -> bool:
        self._full_windows = 0
        lower = max(BACK_OFF * incoming, FLOOR)
        if self.bitrate is not None and lower >= self.bitrate:
            return False
        self._limit, self.bitrate = incoming, lower
        return True

    def _climb(self, passed: float, incoming: float) -> None:
        if self.bitrate is None:
            return
        near = NEAR[0] * self._limit < self.bitrate < NEAR[1] * self._limit
        higher = self.bitrate * (1 + (CLIMB_NEAR if near else CLIMB) * passed)
        self.bitrate = max(self.bitrate, min(higher, HEADROOM * incoming))


class RetransmissionBudget:
    """Bytes that may be sent again: a share of what is sent once. Audio is small and always allowed."""

    def __init__(self) -> None:
        self._left = float(RETRANSMIT_BURST)
        self.refused = 0

    def earn(self, size: int) -> None:
        """Note bytes sent for the first time."""
        self._left = min(self._left + RETRANSMIT_SHARE * size, RETRANSMIT_BURST)

    def spend(self, size: int, kind: Kind) -> bool:
        """Take the bytes for one packet sent again, or refuse and count."""
        if kind == "video" and self._left < size:
            self.refused += 1
            return False
        self._left -= size
        return True


class PictureGate:
    """Decides picture by picture what one receiver's link has room for; whole ends of groups go first."""

    def __init__(self) -> None:
        self._skipping = True
        self.sent = 0
        self.left_out = 0

    def admits(self, key: bool, wait: float) -> bool:
        """Tell whether a picture goes out, if it had to wait `wait` seconds behind those already queued."""
        if key:
            self._skipping = wait > BACKLOG_KEY
        elif wait > BACKLOG:
            self._skipping = True
        if self._skipping:
            self.left_out += 1
        else:
            self.sent += 1
        return not self._skipping

    def broken(self) -> None:
        """A picture did not arrive here whole: leave out the rest of its group."""
        self._skipping = True


class Pacer:
    """A budget of bytes that grows with time at a given rate and is never saved up for long."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._left = float(burst)
        self._then: float | None = None

    def allows(self, now: float, bitrate: float) -> bool:
        """Tell whether the next packet may go now."""
        if self._then is not None:
            self._left = min(self._left + (now - self._then) * bitrate / 8, self._burst)
        self._then = now
        return self._left > 0

    def spend(self, size: int) -> None:
        """Note a packet sent; the budget may go below zero by one packet, or by audio that does not wait."""
        self._left -= size
