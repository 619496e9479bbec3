"""Whether the daemon lives (core): each part that must not hang reports, and none may be silent for too long.

A loop that hangs feeds the watchdog no more. One that goes round is not enough: the thread that writes the
journal or a recording may hang, and the daemon would look well while registers wait for ever.
"""

from collections.abc import Mapping

SHARE = 0.25  # of the watchdog's time between feedings: one that is late costs nothing
DISK = 60.0  # seconds a disk may hang: as long as nothing of a lesson is lost (edge/media/record/inbox.py)


class Pulse:
    """The reports of some parts, each with the seconds that it may be silent. Time is an argument."""

    def __init__(self, patience: Mapping[str, float], now: float) -> None:
        self._patience = dict(patience)
        self._last = dict.fromkeys(patience, now)

    def beat(self, part: str, now: float) -> None:
        """Note that a part has got something done, or had nothing to do."""
        self._last[part] = now

    def silent(self, now: float) -> list[str]:
        """Return the parts that have been silent for too long: with one of them nothing is fed."""
        return [part for part, last in self._last.items() if now - last > self._patience[part]]
