"""What one receiver of a stream is sent: what may be sent again, which pictures are left out, and when.

The sender never delays or drops sound. Pictures that would wait too long are left out, from one picture to
the end of its group, so that what is sent can always be decoded.
"""

from edge.media.packet import Kind

RETRANSMIT_SHARE: dict[Kind, float] = {
    "video": 0.2,  # of the media rate: more only feeds a full link (2.4 times the load was seen without it)
    "audio": 0.5,  # sound is small, and comes first; but what a third of the link loses, no link carries
}
RETRANSMIT_BURST: dict[Kind, int] = {
    "video": 48_000,  # bytes: one lost key frame may be sent again at once
    "audio": 16_000,  # bytes: two seconds of sound, as long as a receiver asks
}

# Seconds of video that may wait at the sender; beyond it, pictures are left out. A link of half the stream's
# rate stays busy with 1.0 s (it sends the first half of a group during all of it) and is half idle with 0.4.
BACKLOG = 0.8
BACKLOG_KEY = 1.0  # the same for a key frame: without it nothing after it can be seen
CATCH_UP = 3.0  # the same for one who joins: a group so far comes all at once, and the rate still grows
OUTDATED = 5.0  # seconds a key frame may take: a slide that old still helps; beyond, there is only sound
VIDEO_SHARE = 0.92  # of the estimate, for audio and video together: the rest is headers and reports
MAX_DEBT = 20_000  # bytes that sound may go ahead of video: half a second of 300 kbit/s


class RetransmissionBudget:
    """Bytes that may be sent again: a share of what is sent once, of sound and of pictures."""

    def __init__(self) -> None:
        self._left: dict[Kind, float] = {kind: float(burst) for kind, burst in RETRANSMIT_BURST.items()}
        self.refused = 0

    def earn(self, size: int, kind: Kind) -> None:
        """Note bytes sent for the first time."""
        self._left[kind] = min(self._left[kind] + RETRANSMIT_SHARE[kind] * size, RETRANSMIT_BURST[kind])

    def spend(self, size: int, kind: Kind) -> bool:
        """Take the bytes for one packet sent again, or refuse and count."""
        if self._left[kind] < size:
            self.refused += 1
            return False
        self._left[kind] -= size
        return True


class PictureGate:
    """Decides picture by picture what one receiver's link has room for; whole ends of groups go first."""

    def __init__(self) -> None:
        self._skipping = True
        self.sent = 0
        self.left_out = 0

    @property
    def waits(self) -> bool:
        """Whether nothing goes out before the next key frame."""
        return self._skipping

    def admits(self, key: bool, wait: float, takes: float, joining: bool = False) -> bool:
        """Tell whether a picture goes out that `takes` seconds, after `wait` for those already queued."""
        if key:
            self._skipping = wait > (CATCH_UP if joining else BACKLOG_KEY) or wait + takes > OUTDATED
        elif wait > (CATCH_UP if joining else BACKLOG):
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
        self._left = max(self._left - size, -MAX_DEBT)
