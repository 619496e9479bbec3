"""What is wrong with a lesson, from glimpses of its key frames and how loud it is (core).

*Black*: dark and flat for BLACK_FOR. *Silent*: nothing above SILENT for SILENT_FOR, or no sound at all.
*Frozen*: no picture for STOPPED_FOR, or the same picture again although the one before was alive.

A camera that hangs and a slide that stands still look alike, so what came before decides. A picture is
alive when the same places change again and again: a head, a hand, a film. A pen changes each place once.
When everything in a picture that was alive stands still from one glimpse to the next, it is frozen, unless
it still has the grain of a camera in an empty room. What was never alive is *still*, no fault, and only
after STILL_FOR.
"""

from collections import deque
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from edge.media.sight import Heard, Seen, Sight
from edge.vision.wire import Glimpse

DARK = 44.0  # luma below which 99 of 100 points of a black picture are; 16 is black, a lens under a hand 20
FLAT = 8.0  # its standard deviation: a dark slide has letters, a dim room a window
BLACK_FOR = 2.2  # seconds: a cut from one source to another is over by the next key frame
STOPPED_FOR = 3.0  # seconds without a packet of video
APART = 1.5  # seconds between glimpses that are compared: shorter, and a head may not have moved
MOVED = 6  # of 255, for a point of a glimpse, which is the mean of 400: something moved there
STEADY = 2  # … that none exceeds in a frozen picture, which is coded a little better each time
HISTORY = 8  # comparisons, of 2 s each, in which the same places must change again and again
LEAST_HISTORY = 4  # … before anything can be said
AGAIN_AND_AGAIN = 0.5  # share of these comparisons
ALIVE = 6  # points of 576: a head in a camera that takes a sixteenth of the picture has 10
ANOTHER = 0.25  # share of points that move when another picture comes: a slide, another camera
GRAINY = 1.2  # of 255: a camera's noise that has survived its encoder
SAME_GRAIN = 0.85  # share of the usual grain: a camera still looks at an empty room
STILL_FOR = 120.0  # seconds: a teacher explains a slide that long
SILENT = -60.0  # decibels of full scale: a quiet room through a microphone has -50, one switched off -90
SILENT_FOR = 3.0  # seconds: noticed within 5; a pause for breath is shorter
DEAF = 2.0  # seconds without a decoded sound after which nothing is known
FRESH = 2.0  # seconds: a glimpse that recent needs no other one
RECHECK = 5.0  # seconds between glimpses of a fault that is known
AGAIN = 10.0  # seconds between glimpses of what nobody suspects, where nobody sends key frames by himself
SUSPECT = 3.0  # times smaller or larger than usual that frames are when the picture has become another
LIVELY = 1000.0  # bytes of a usual frame: 0.2 Mbit/s of a camera; a slide's vary with every stroke of a pen
REMEMBERED = 120  # looks: a minute


class Look(Struct, frozen=True):
    """What came of a stream since the last look, half a second or so ago."""

    at: float
    frames: int = 0  # of video, key frames aside
    octets: int = 0  # of these
    video: int = 0  # packets
    audio: int = 0


class Judge:
    """One stream. Times are seconds of one monotonic clock."""

    def __init__(self, begins: float, has_video: bool, has_audio: bool) -> None:
        self._has_video, self._has_audio = has_video, has_audio
        self._video_at = self._audio_at = self._asked = begins
        self._sizes: deque[float] = deque(maxlen=REMEMBERED)
        self._suspects = False
        self.blind()

    def blind(self) -> None:
        """Nobody can look for a while: forget what was seen and heard."""
        self._glimpse: Glimpse | None = None
        self._seen_at = float("-inf")
        self._dark_since: float | None = None
        self._steady_since: float | None = None
        self._is_frozen = False
        self._moves: deque[frozenset[int]] = deque(maxlen=HISTORY)
        self._grains: deque[float] = deque(maxlen=HISTORY)
        self._heard_at = float("-inf")
        self._quiet_since: float | None = None

    def flow(self, look: Look) -> None:
        """Take what came."""
        if look.video:
            self._video_at = look.at
        if look.audio:
            self._audio_at = look.at
        if not look.frames:
            return
        size = look.octets / look.frames
        usual = median(self._sizes) if self._sizes else size
        if usual >= LIVELY and not usual / SUSPECT <= size <= usual * SUSPECT:
            self._suspects = True
        self._sizes.append(size)

    def wants(self, at: float) -> bool:
        """Tell whether a key frame that arrived then is worth a glimpse."""
        return at - self._seen_at >= APART

    def picture(self, at: float, glimpse: Glimpse) -> None:
        """Take a glimpse of a key frame that arrived then, measured against the one before."""
        before, self._glimpse, self._seen_at = self._glimpse, glimpse, at
        self._suspects = False
        if glimpse.bright >= DARK or glimpse.spread >= FLAT:
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = at
        if before is not None:
            self._compare(at, changes(before.map, glimpse.map), glimpse.grain)

    def _compare(self, at: float, by: Sequence[int], grain: float) -> None:
        if max(by, default=0) <= STEADY:
            self._steady_since = at if self._steady_since is None else self._steady_since
            self._is_frozen = self._is_frozen or (self.is_alive and not self._has_grain(grain))
            return
        moved = frozenset(place for place, change in enumerate(by) if change > MOVED)
        if moved or not self._is_frozen:
            self._steady_since, self._is_frozen = None, False
            if len(moved) > ANOTHER * len(by):  # what moved in the picture before says nothing of this one
                self._moves.clear()
                self._grains.clear()
                return
            self._moves.append(moved)
            self._grains.append(grain)

    @property
    def is_alive(self) -> bool:
        """The same places changed again and again, until a moment ago."""
        if len(self._moves) < LEAST_HISTORY:
            return False
        often = len(self._moves) * AGAIN_AND_AGAIN
        places = frozenset().union(*self._moves)
        return sum(sum(place in moved for moved in self._moves) >= often for place in places) >= ALIVE

    def _has_grain(self, grain: float) -> bool:
        usual = median(self._grains)
        return usual >= GRAINY and grain >= SAME_GRAIN * usual

    def sound(self, at: float, decibels: float) -> None:
        """Take how loud the sound was that arrived up to then."""
        if decibels > SILENT or at - self._heard_at > DEAF:
            self._quiet_since = None
        if decibels <= SILENT and self._quiet_since is None:
            self._quiet_since = at
        self._heard_at = at

    def asks(self, now: float) -> bool:
        """Tell whether a key frame should be asked for; asking counts for a while."""
        age = now - max(self._seen_at, self._asked)
        if not self._has_video or now - self._video_at > STOPPED_FOR:
            return False
        is_new = self._dark_since is not None and now - self._dark_since < BLACK_FOR + FRESH
        is_wrong = self._dark_since is not None or self._is_frozen
        if age < (FRESH if self._suspects or is_new else RECHECK if is_wrong else AGAIN):
            return False
        self._asked = now
        return True

    def verdict(self, now: float) -> Sight:
        """Say what is true now."""
        return Sight(self._seen(now), self._heard(now))

    def _seen(self, now: float) -> Seen:
        if not self._has_video:
            return ""
        if now - self._video_at > STOPPED_FOR:
            return "frozen"
        if self._dark_since is not None and now - self._dark_since >= BLACK_FOR:
            return "black"
        if self._is_frozen:
            return "frozen"
        if self._steady_since is not None and now - self._steady_since >= STILL_FOR:
            return "still"
        return "ok" if self._glimpse is not None else ""

    def _heard(self, now: float) -> Heard:
        if not self._has_audio:
            return ""
        if now - self._audio_at > SILENT_FOR:
            return "silent"
        if now - self._heard_at > DEAF:
            return ""
        return "silent" if self._quiet_since is not None and now - self._quiet_since > SILENT_FOR else "ok"


def changes(one: bytes, two: bytes) -> Sequence[int]:
    """Return by how much each point of a glimpse differs."""
    return [abs(a - b) for a, b in zip(one, two, strict=False)]
