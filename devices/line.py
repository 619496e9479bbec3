"""The wire to one instrument: the seam between drivers and whatever carries their bytes.

A simulated instrument is on one (devices/simulated_line.py), a serial port will be.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from devices.driver import Driver


class Line(Protocol):
    """An open wire."""

    async def read(self) -> bytes:
        """Return what came, nothing after a short while without any; raise LineLost."""

    def write(self, piece: bytes) -> None:
        """Send bytes, in the order of the calls; raise LineLost."""

    def close(self) -> None:
        """Let go of the wire."""


class Instrument(Struct, frozen=True):
    """One instrument: who it is, wherever it is plugged in, its driver, and how its line is opened."""

    id: str
    label: str  # what the school calls it, or a word key
    driver: Callable[[], Driver]
    open: Callable[[], Line]  # raises LineLost while it is not plugged in
    simulated: bool = False
