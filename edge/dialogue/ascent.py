"""What of the class's picture the way up carries (core).

Theory of operation. Sound goes up as it is wanted and never waits; only the picture yields. It begins small
and climbs while the link shows room for more, up to what the wish is worth. It yields at once, by YIELD,
when the link upward says that it carries less, when losses upward grow, or when the lesson downward suffers:
its requests for what was lost go up beside the picture. Below LEAST the picture goes altogether, and is tried
again after a pause that doubles each time it was in vain. On the school's own network there is nothing to
climb.
"""

from msgspec import Struct

from edge.dialogue.wishes import Picture

SOUND = 40_000  # bit/s: mono Opus of 32 kbit/s with its headers
SHARE = 0.7  # of what the link carries, for sound and picture: requests and the journal go the same way
LEAST = 24_000  # bit/s: a thumbnail that can be recognised
SMALL = 90_000  # bit/s: a thumbnail that moves well
ENOUGH_FOR_LARGE = 120_000  # bit/s: below it 640×360 is worse than a thumbnail
LARGE = 450_000  # bit/s: 640×360 with 15 pictures a second
FIRST = 48_000  # bit/s: what a picture begins with on a link nobody has measured
GROWTH = 1.12  # a second, while all is well
YIELD = 0.6  # of the rate before, when something suffers
CALM = 3.0  # seconds after yielding until it climbs again
QUEUE = 0.12  # seconds that packets downward may stand in queues: the lesson's own estimate acts at 0.08
LOST_DOWN = 0.12  # share of the lesson lost that a radio link alone rarely reaches
LOST_UP = 0.1  # share lost upward; below it repeats are enough
BACK = (10.0, 120.0)  # seconds until a picture that had to go is tried again: at first, and at most
STEPS = (
    0.93,
    1.2,
)  # between these ratios of the rate told last a page is told no other: it changes its encoder


class Felt(Struct, frozen=True):
    """What both directions of the link to the parent show now."""

    near: bool = False  # the parent is on this school's own network
    carries: float | None = None  # bit/s upward, as the parent estimates; None while it says nothing
    lost_up: float = 0.0  # share of what is sent upward
    queue: float = 0.0  # seconds that the lesson's packets stand in queues
    lost_down: float = 0.0  # share of the lesson's packets
    fell: bool = False  # the lesson's link was found full a moment ago

    @property
    def suffers(self) -> bool:
        """Tell whether the picture has to yield."""
        down = self.fell or self.queue > QUEUE or self.lost_down > LOST_DOWN
        return down or self.lost_up > LOST_UP


class Encoding(Struct, frozen=True):
    """What the page is to encode; a height of 0 is no picture."""

    height: int = 0
    fps: int = 0
    bits: int = 0


NONE = Encoding()


class Ascent:
    """The picture of one class on its way up; time is an argument."""

    def __init__(self) -> None:
        self._bits = float(FIRST)
        self._then: float | None = None
        self._yielded = float("-inf")
        self._gone_until = float("-inf")
        self._pause = BACK[0]
        self._told = NONE

    def decide(self, wish: Picture, felt: Felt, now: float) -> Encoding:
        """Return what is to be encoded for a wish."""
        seconds = 0.0 if self._then is None else max(0.0, now - self._then)
        self._then = now
        if not wish:
            self._told = NONE
            return NONE
        if felt.near:
            self._told = full(wish)
            return self._told
        self._move(LARGE if wish == "large" else SMALL, felt, seconds, now)
        if now < self._gone_until:
            self._told = NONE
            return NONE
        self._told = self._steady(_fitting(wish, self._bits))
        return self._told

    def _move(self, worth: float, felt: Felt, seconds: float, now: float) -> None:
        room = float("inf") if felt.carries is None else SHARE * felt.carries - SOUND
        if now < self._gone_until:
            return
        if felt.suffers and now - self._yielded > CALM / 2:
            self._bits, self._yielded = self._bits * YIELD, now
        elif now - self._yielded > CALM:
            self._bits = min(self._bits * GROWTH**seconds, worth)
        self._bits = min(self._bits, room)
        if self._bits < LEAST:
            self._gone_until, self._bits = now + self._pause, float(FIRST) / 2
            self._pause = min(self._pause * 2, BACK[1])
        elif self._bits > SMALL:
            self._pause = BACK[0]

    def _steady(self, new: Encoding) -> Encoding:
        """Keep what was told last while the new is nearly the same."""
        old = self._told
        same = (old.height, old.fps) == (new.height, new.fps)
        return old if same and STEPS[0] * old.bits <= new.bits < STEPS[1] * old.bits else new


def full(wish: Picture) -> Encoding:
    """Return what a wish is worth where no link is in the way."""
    return Encoding(360, 15, LARGE) if wish == "large" else Encoding(90, 5, SMALL)


def _fitting(wish: Picture, bits: float) -> Encoding:
    if wish == "large" and bits >= ENOUGH_FOR_LARGE:
        return Encoding(360, 15, int(min(bits, LARGE)))
    return Encoding(90, 5, int(max(LEAST, min(bits, SMALL))))
