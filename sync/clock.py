"""A clock for computers whose batteries are dead: hybrid logical time that never goes back (core).

A node's clock is anchored once a boot and then follows the monotonic clock of that boot, so nobody who sets
the date disturbs it; a later comparison with a better clock (`steer`) moves it forward, never back, and says
by how much the times noted before and after it are off. What a peer says is taken into account only within
`TRUSTED` of our own time: neither a peer in 2099 nor one that is five hours ahead drags a tree with it. What
must come after what a peer wrote says so itself (`prev`).

A time is 48 bits of milliseconds since 1970 and 16 bits of a counter, in one integer.
"""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

COUNTER_BITS = 16
TRUSTED = 2000  # milliseconds: what two clocks that are right may differ by; more would drag ours along
RELEASE = 1_793_491_200_000  # 2026-11-01: no fact is older than the program that writes it
LATEST = RELEASE + 20 * 365 * 86_400_000  # a computer that says more is wrong: this program will not run then
LAST = LATEST + 10 * 365 * 86_400_000  # what a clock that was believed may show until it is started anew
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = (1 << 63) - 1  # what SQLite's integers hold


class Moment(Struct, frozen=True):
    """What a computer shows now: its boot, milliseconds since then, and the time of day."""

    boot: str
    mono: int
    wall: int


class Anchor(Struct, frozen=True):
    """What this node's clock showed (`ms`) at a moment (`mono`) of a boot."""

    boot: str
    mono: int
    ms: int


class Steered(Struct, frozen=True):
    """Milliseconds to add to times noted before a comparison of clocks, and to those after it."""

    offset: int
    rest: int


def pack(ms: int, counter: int = 0) -> int:
    """Return the hybrid time of milliseconds and a counter."""
    return ms << COUNTER_BITS | counter


def ms_of(hlc: int) -> int:
    """Return the milliseconds of a hybrid time."""
    return hlc >> COUNTER_BITS


def utc(ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 in UTC, to the second; "" for what no calendar holds."""
    try:
        return f"{EPOCH + timedelta(milliseconds=ms):%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return ""


def counter_of(hlc: int) -> int:
    """Return the counter of a hybrid time."""
    return hlc & ((1 << COUNTER_BITS) - 1)


def is_believable(ms: int) -> bool:
    """Tell whether a computer that shows this time may be right."""
    return RELEASE <= ms <= LATEST


class HybridClock:
    """One node's clock; the last time given and the anchor are kept by the caller between uses."""

    def __init__(self, last: int, anchor: Anchor | None) -> None:
        self.last = last
        self.anchor = anchor

    def begin(self, moment: Moment) -> bool:
        """Anchor the clock if this boot has no anchor yet; true if it was done now."""
        if self.anchor is not None and self.anchor.boot == moment.boot:
            return False
        wall = moment.wall if is_believable(moment.wall) else RELEASE
        self.anchor = Anchor(moment.boot, moment.mono, max(wall, ms_of(self.last)))
        return True

    def now(self, moment: Moment) -> int:
        """Return the milliseconds that this clock shows."""
        self.begin(moment)
        assert self.anchor is not None
        return self.anchor.ms + moment.mono - self.anchor.mono

    def tick(self, moment: Moment) -> int:
        """Return the time for the next fact: later than every one before."""
        self.last = max(pack(self.now(moment)), self.last + 1)
        return self.last

    def witness(self, hlc: int, moment: Moment) -> bool:
        """Note a peer's time so that what follows comes later; false, and nothing noted, if it is too far."""
        if ms_of(hlc) > self.now(moment) + TRUSTED:
            return False
        self.last = max(self.last, hlc)
        return True

    def steer(self, true: int, moment: Moment) -> Steered:
        """Follow a better clock that shows `true` milliseconds now: forward at once, back never."""
        offset = true - self.now(moment)
        if offset <= 0:
            return Steered(offset, offset)
        self.anchor = Anchor(moment.boot, moment.mono, true)
        return Steered(offset, 0)
