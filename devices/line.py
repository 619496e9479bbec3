"""The wire to one instrument: the seam between drivers and whatever carries their bytes.

A simulated instrument is on one (devices/simulated_line.py), a real one behind a port (devices/port.py).
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from devices.driver import Driver, Resort


class Line(Protocol):
    """An open wire."""

    @property
    def at(self) -> float:
        """When the newest bytes came, of the clock that the line was given."""

    @property
    def is_sent(self) -> bool:
        """Whether the other end has taken all that was written."""

    @property
    def lost_bytes(self) -> int:
        """How many bytes nobody read in time, all of them before what `read` returns next."""

    async def read(self) -> bytes:
        """Return what came, or nothing, after a while; raise LineLost."""

    def write(self, piece: bytes) -> None:
        """Send bytes, in the order of the calls; raise LineLost."""

    def urge(self, piece: bytes) -> None:
        """Send bytes before all that waits, which is thrown away; raise LineLost."""

    def reset(self, how: Resort = "dtr") -> None:
        """Start the other end anew, where the wire can do that; it is done aside, and soon."""

    def close(self) -> None:
        """Let go of the wire."""


class Instrument(Struct, frozen=True):
    """One instrument: who it is, wherever it is plugged in, and its driver."""

    id: str
    label: str  # what the school calls it, or a word key
    driver: Callable[[], Driver]
    open: Callable[[], Line] | None = None  # who opens its line again when it is lost: None for a real one
    simulated: bool = False
    kind: str = ""  # the driver's name
    profile: str = ""
