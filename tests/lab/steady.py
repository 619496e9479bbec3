"""Time for a laboratory that its machine cannot outrun: a pause of the machine is none of the laboratory."""

import asyncio
from time import monotonic

LONGEST = 0.1  # seconds that pass between two looks at most
LOOK = 0.02  # seconds between looks


class Steady:
    """A clock that goes as ours does, but never makes a step of more than LONGEST."""

    def __init__(self) -> None:
        self._last = self._now = monotonic()

    def __call__(self) -> float:
        """Return the seconds since any moment."""
        last, self._last = self._last, monotonic()
        self._now += min(self._last - last, LONGEST)
        return self._now

    async def run(self) -> None:
        """Look at it, so that no second is lost while nobody else does."""
        while True:
            self()
            await asyncio.sleep(LOOK)
