"""When a run begins and ends by itself: what a channel does (core).

`above` and `below` are plain. `rises` and `falls` count from where the channel rested: a ball that is let go
leaves the place where it was held, one that jumps had none. It rests while it changes by less than that for
half a second.
"""

from collections import deque

from devices.template import Condition

REST = 0.5  # seconds without a change
LOOKED_AT = 40  # values of that time: of faster channels some are passed over


class Watch:
    """Looks at a channel until a condition comes true."""

    def __init__(self, condition: Condition, rest: float | None = None) -> None:
        self.channel = condition.channel
        self.rest = rest  # where the channel rested; given, it stays
        self._condition = condition
        self._rests_by_itself = rest is None
        self._recent: deque[tuple[float, float]] = deque(maxlen=2 * LOOKED_AT)

    def sees(self, at: float, value: float) -> bool:
        """Tell whether it is true now."""
        it = self._condition
        if it.above is not None:
            return value > it.above
        if it.below is not None:
            return value < it.below
        by, sign = (it.rises, 1.0) if it.rises is not None else (it.falls or 0.0, -1.0)
        if self.rest is not None and sign * (value - self.rest) >= by:
            return True
        if self._rests_by_itself:
            self._look(at, value, by)
        return False

    def _look(self, at: float, value: float, by: float) -> None:
        recent = self._recent
        if recent and at - recent[-1][0] < REST / LOOKED_AT and abs(value - recent[-1][1]) < by:
            return
        recent.append((at, value))
        while len(recent) > 1 and recent[1][0] <= at - REST:
            recent.popleft()
        values = [each for _, each in recent]
        if max(values) - min(values) >= by:
            self.rest = None
        elif recent[0][0] <= at - REST:
            self.rest = sum(values) / len(values)
