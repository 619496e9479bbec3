"""How the hub is heard, in one word, from what arrives of one stream (core).

Sequence numbers have no holes but what the link lost for good: what was sent again in time counts as come,
and what a hub leaves out on purpose on a narrow link has no numbers. There the picture comes seldom or not
at all while the sound goes on, which is the second thing that is looked at.
"""

from collections import deque
from collections.abc import Mapping

from msgspec import Struct

from edge.contract.notices import LinkState
from edge.media.packet import Kind

SPAN = 10.0  # seconds that are judged together: one bad moment is told for so long, and not for an hour
LOSS = 0.02  # of the packets of one track: more is heard as gaps, and seen as a picture that breaks
NO_PICTURE = 3.0  # seconds without a packet of the picture: a shared screen that stands still comes every 2 s
NO_SOUND = 1.5  # seconds; Opus sends at least every 0.4 s, even silence
QUIET = 4.0  # seconds without anything


class Arrived(Struct, frozen=True):
    """One track so far: the newest sequence number, how many different packets came, when the newest did."""

    newest: int
    packets: int
    at: float


class Reception:
    """Judges one stream; to be told a few times a second."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, dict[Kind, Arrived]]] = deque()
        self._stalled = -SPAN

    def take(self, now: float, tracks: Mapping[Kind, Arrived]) -> LinkState:
        """Learn what has arrived by now, and return how that is."""
        self._seen.append((now, dict(tracks)))
        while self._seen[0][0] < now - SPAN:
            self._seen.popleft()
        silent = {kind: now - each.at for kind, each in tracks.items()}
        if min(silent.values(), default=QUIET) >= QUIET:
            return "lost"
        if silent.get("video", 0.0) >= NO_PICTURE and silent.get("audio", NO_SOUND) < NO_SOUND:
            return "sound-only"
        if silent.get("audio", 0.0) >= NO_SOUND or silent.get("video", 0.0) >= NO_PICTURE:
            self._stalled = now
        if now - self._stalled < SPAN or any(self._lost(kind) > LOSS for kind in tracks):
            return "poor"
        return "good"

    def _lost(self, kind: Kind) -> float:
        """Return which share of a track's packets is missing; what comes late is missing no more."""
        seen = [tracks[kind] for _, tracks in self._seen if kind in tracks]
        sent = seen[-1].newest - seen[0].newest
        return 1 - (seen[-1].packets - seen[0].packets) / sent if sent > 0 else 0.0
