"""How fast something may be fetched: a budget of bytes that fills with time (core)."""

from typing import Protocol

BURST = 0.25  # seconds' worth of bytes that may come at once after a pause


class Allowed(Protocol):
    """What may be fetched; a rate of 0 says why not, and until when if that is known."""

    @property
    def rate(self) -> int:
        """Bytes a second."""

    @property
    def why(self) -> str:
        """A word key."""

    @property
    def until(self) -> str:
        """HH:MM."""


class Purse(Protocol):
    """What one of those who fetch may take of the link to the hub (edge/content/polite.py)."""

    def allowance(self) -> Allowed:
        """Return what may be fetched now."""

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""


class Pays(Protocol):
    """Whoever tells how long to wait after each piece."""

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""


class Pace:
    """Bytes a second, as a mean. Time is an argument."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._free = float("-inf")  # when all that came so far is paid for

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""
        self._free = max(self._free, now - BURST) + size / self.rate
        return max(0.0, self._free - now)
