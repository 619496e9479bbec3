"""The clock that sender reports carry: NTP time that never steps, even if somebody sets this PC's clock."""

import time

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970, RFC 5905 section 6


class NtpClock:
    """NTP seconds: the wall clock at the start, and the monotonic clock from there."""

    def __init__(self) -> None:
        self._shift = time.time() + NTP_EPOCH - time.monotonic()

    def __call__(self) -> float:
        """Return the seconds since 1900."""
        return time.monotonic() + self._shift

    def at(self, monotonic: float) -> float:
        """Return the seconds since 1900 of a monotonic moment."""
        return monotonic + self._shift
