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
# Seconds of its rate that a receiver is sent at once, but always a packet: sound that comes next waits behind
# it. At 300 kbit/s eight packets would be a quarter of a second.
BURST_SPAN = 0.08
PACKET = 1250  # bytes of a whole one
ASK_PAUSE = 2.0  # seconds between requests for a key frame because one receiver waits: our publishers' groups
# Seconds without any picture until one key frame goes out however long it takes; and the longest pause, which
# grows twofold while that leads to nothing. An estimate cannot grow past what comes, so sound alone never
# lifts it: without this a link that was slow for a moment would never be sent a picture again.
PROBE = (10.0, 160.0)


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

    def __init__(self, is_open: bool = False) -> None:
        self._skipping = not is_open
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


class Drought:
    """How long one receiver was sent no picture, and what for; times are arguments.

    It is no drought while no pictures come: a stream of sound alone has nobody asked for key frames.
    """

    def __init__(self) -> None:
        self._since: float | None = None  # the first picture left out behind the last one sent
        self._missed = False  # one was left out since the last request
        self._asked = float("-inf")
        self._size = 0  # bytes of the last key frame, if it had no room
        self._pause = PROBE[0]

    def lasts(self, now: float, seconds: float) -> bool:
        """Tell whether pictures have come for so long and none was sent."""
        return self._since is not None and now - self._since >= seconds

    def probes(self, now: float) -> bool:
        """Tell whether a key frame is due that goes out whatever the estimate says."""
        return self.lasts(now, self._pause)

    def left_out(self, now: float, key: int = 0) -> None:
        """Note a picture that was not sent; of a key frame, its bytes."""
        self._since = now if self._since is None else self._since
        self._missed, self._size = True, key or self._size

    def sent(self, key: int, probe: bool) -> None:
        """Note a picture that was sent: bytes, 0 for any but a key frame."""
        self._since, self._missed = None, False
        if probe:
            self._pause, self._size = min(2 * self._pause, PROBE[1]), key
        elif key:
            self._pause, self._size = PROBE[0], 0

    def asks(self, now: float, room: float, pause: float) -> bool:
        """Tell whether to ask for a key frame, with room for so many bytes a second; counts as asked.

        Where the last one had no room, and such a one has none now either, it is asked for when it is due.
        """
        if not self._missed or now - self._asked < pause:
            return False
        if self._size > OUTDATED * room and not self.probes(now):
            return False
        self._asked, self._missed = now, False
        return True


class Pacer:
    """A budget of bytes that grows with time at a given rate and is never saved up for long."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._left = float(burst)
        self._then: float | None = None

    def allows(self, now: float, bitrate: float) -> bool:
        """Tell whether the next packet may go now."""
        if self._then is not None:
            self._left += (now - self._then) * bitrate / 8
        self._left = min(self._left, self._burst, max(PACKET, BURST_SPAN * bitrate / 8))
        self._then = now
        return self._left > 0

    def spend(self, size: int) -> None:
        """Note a packet sent; the budget may go below zero by one packet, or by audio that does not wait."""
        self._left = max(self._left - size, -MAX_DEBT)

    def begin(self) -> None:
        """Go on with nothing saved up: what comes next is not to go out at once."""
        self._left = min(self._left, 0.0)
