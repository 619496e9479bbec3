"""The line to a simulated instrument: bytes that come with time, as from a port (shell)."""

import asyncio
import time
from collections.abc import Callable, Sequence

from devices.errors import LineLost
from devices.line import Instrument
from devices.simulate import Simulated, simulated

STEP = 0.05  # seconds between two looks at what it has said

Clock = Callable[[], float]


class SimulatedLine:
    """An open line."""

    def __init__(self, far: Simulated, clock: Clock = time.monotonic) -> None:
        self._far = far
        self._clock = clock
        self._check()

    async def read(self) -> bytes:
        """Return what came; raise LineLost."""
        await asyncio.sleep(STEP)
        self._check()
        return self._far.speak(self._clock())

    def write(self, piece: bytes) -> None:
        """Send bytes; raise LineLost."""
        self._check()
        self._far.take(piece, self._clock())

    def close(self) -> None:
        """Let go of it."""

    def _check(self) -> None:
        if self._far.fault == "unplugged":
            raise LineLost("unplugged")


def plugged(name: str, far: Simulated, clock: Clock = time.monotonic) -> Instrument:
    """Return an instrument that is simulated, and says so."""
    return Instrument(
        f"simulated-{name}", name, far.driver, lambda: SimulatedLine(far, clock), simulated=True
    )


def instruments(names: Sequence[str], clock: Clock = time.monotonic) -> list[Instrument]:
    """Return the simulated instruments of these names (devices.simulate.NAMES)."""
    return [plugged(name, simulated(name, seed), clock) for seed, name in enumerate(names, 1)]
