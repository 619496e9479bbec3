"""How fast something may be fetched: a budget of bytes that fills with time (core)."""

BURST = 0.25  # seconds' worth of bytes that may come at once after a pause


class Pace:
    """Bytes a second, as a mean. Time is an argument."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._free = float("-inf")  # when all that came so far is paid for

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""
        self._free = max(self._free, now - BURST) + size / self._rate
        return max(0.0, self._free - now)
