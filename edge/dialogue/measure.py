"""What the link to the parent shows in both directions, gathered for the ascent of this class's picture."""

from collections.abc import Callable
from math import exp

from edge.dialogue.ascent import NONE, Ascent, Encoding, Felt, full
from edge.dialogue.wishes import Picture
from edge.media.estimate import CALM
from edge.media.outlet import Outlet
from edge.media.studio import Studio

SPAN = 1.0  # seconds over which losses are taken: 200 packets of a lesson
RECENT = 3.0  # seconds since the lesson's link was found full that it counts
SMOOTH = 3.0  # seconds over which losses upward are taken: a report has 25 packets, and one lost is 4 percent
FEWEST = 50  # packets of which a share lost is taken


class Measure:
    """Asks the lessons that come down, and the outlet that goes up."""

    def __init__(self, studio: Studio, outlet: Callable[[], Outlet | None]) -> None:
        self._studio = studio
        self._outlet = outlet
        self._ascent = Ascent()
        self._counted = (0, 0)
        self._at = float("-inf")
        self._lost = 0.0
        self._lost_up, self._up_at = 0.0, float("-inf")

    def encoding(self, above: Picture, here: Picture, now: float) -> tuple[bool, Encoding]:
        """Return whether the picture goes up, and what is encoded; wishes of this very node cost no link."""
        up = self._ascent.decide(above, self._felt(now), now)
        if up != NONE:
            return True, up
        return not above, full(here) if here else NONE

    def _felt(self, now: float) -> Felt:
        looks = [stream.glance() for stream in self._studio.streams.values() if stream.glance is not None]
        self._count(sum(each.expected for each in looks), sum(each.arrived for each in looks), now)
        queue = max((each.delay or 0.0 for each in looks), default=0.0)
        # A link that only loses packets by chance is found full as well, but has no queue.
        fell = queue > CALM and any(now - each.fell < RECENT for each in looks)
        outlet = self._outlet()
        if outlet is None:
            return Felt(queue=queue, lost_down=self._lost, fell=fell)
        health = outlet.health(now)
        self._lost_up += (health.loss - self._lost_up) * (1 - exp(min(0.0, self._up_at - now) / SMOOTH))
        self._up_at = now
        return Felt(outlet.local, health.bitrate, self._lost_up, queue, self._lost, fell)

    def _count(self, expected: int, arrived: int, now: float) -> None:
        if now - self._at < SPAN:
            return
        fresh, came = expected - self._counted[0], arrived - self._counted[1]
        self._counted, self._at = (expected, arrived), now
        self._lost = max(0.0, 1 - came / fresh) if fresh >= FEWEST else 0.0
