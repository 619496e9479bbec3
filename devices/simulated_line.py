"""The line to a simulated instrument: bytes that come with time, as from a port (shell)."""

import asyncio
import time
from collections.abc import Callable, Sequence

from devices.driver import Resort
from devices.errors import LineLost
from devices.line import Instrument
from devices.simulate import Simulated, simulated

STEP = 0.05  # seconds between two looks at what it has said, at most
SHORTEST = 0.001  # seconds; a value that is read late seems to have been measured late

Clock = Callable[[], float]


class SimulatedLine:
    """An open line."""

    def __init__(self, far: Simulated, clock: Clock = time.monotonic) -> None:
        self._far = far
        self._clock = clock
        self.at = clock()
        self.lost_bytes = 0  # never: it speaks when it is read
        self._closed = False
        self._check()

    @property
    def is_sent(self) -> bool:
        """Whether it has taken all that was written: always."""
        return True

    async def read(self) -> bytes:
        """Return what came; raise LineLost."""
        await asyncio.sleep(min(STEP, max(SHORTEST, self._far.pause(self._clock()))))
        self._check()
        self.at = self._clock()
        return self._far.speak(self.at)

    def write(self, piece: bytes) -> None:
        """Send bytes; raise LineLost."""
        self._check()
        self._far.take(piece, self._clock())

    def urge(self, piece: bytes) -> None:
        """Send bytes; nothing waits here; raise LineLost."""
        self.write(piece)

    def reset(self, how: Resort = "dtr") -> None:
        """Leave it as it is: it has no line for that."""

    def close(self) -> None:
        """Let go of it: who reads is told."""
        self._closed = True

    def _check(self) -> None:
        if self._closed or self._far.fault == "unplugged":
            raise LineLost("closed" if self._closed else "unplugged")


def plugged(name: str, far: Simulated, clock: Clock = time.monotonic) -> Instrument:
    """Return an instrument that is simulated, and says so."""
    return Instrument(
        f"simulated-{name}",
        name,
        far.driver,
        lambda: SimulatedLine(far, clock),
        simulated=True,
        kind="simulated",
    )


def instruments(names: Sequence[str], clock: Clock = time.monotonic) -> list[Instrument]:
    """Return the simulated instruments of these names (devices.simulate.NAMES)."""
    return [plugged(name, simulated(name, seed), clock) for seed, name in enumerate(names, 1)]
