"""The technician's lock: a PIN opens it for some minutes, guessing is slow (core; time is an argument).

The PIN keeps pupils and curious visitors out of a screen that stands in a classroom. Whoever may read the
configuration knows it; it opens nothing but what is on this screen.
"""

import hmac
from collections.abc import Callable

from edge.contract.answers import Unlocked

OPEN = 600.0  # seconds: a technician's visit to the screen
FREE = 3  # wrong tries without a wait: mistyped ones
WAIT = 30.0  # seconds after each further one, doubled up to LONGEST: 10,000 PINs take a year
LONGEST = 3600.0


class Shut(Exception):
    """The lock stays shut: a word key, and seconds to wait."""

    def __init__(self, key: str, seconds: int = 0) -> None:
        super().__init__(key)
        self.key = key
        self.seconds = seconds


class Lock:
    """One lock for all screens of a node."""

    def __init__(self, pin: str, fresh_key: Callable[[], str]) -> None:
        self._pin = pin
        self._fresh_key = fresh_key
        self._wrong = 0
        self._again = 0.0
        self._key, self._until = "", 0.0

    def open(self, pin: str, now: float) -> Unlocked:
        """Return the key of a right PIN; raise Shut."""
        if not self._pin:
            raise Shut("pin-missing")
        if now < self._again:
            raise Shut("pin-wait", round(self._again - now) + 1)
        if not hmac.compare_digest(pin.encode(), self._pin.encode()):
            self._wrong += 1
            if self._wrong >= FREE:
                self._again = now + min(WAIT * 2 ** min(self._wrong - FREE, 10), LONGEST)
            raise Shut("pin-wrong")
        self._wrong = 0
        self._key, self._until = self._fresh_key(), now + OPEN
        return Unlocked(self._key, round(OPEN))

    def check(self, key: str, now: float) -> None:
        """Raise Shut unless this key is good now."""
        if not key or now >= self._until or not hmac.compare_digest(key.encode(), self._key.encode()):
            raise Shut("locked")
