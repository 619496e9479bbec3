"""Whether an instrument that was told to stop did, and what is to be done about it (core).

            stopped               patience over            the board booted          patience over
  "" (rest) ───────► told ─────────────────► anew ─────────────────► again ─────────────────► late
                                 └── where nothing starts its board anew ─────────────────────►

From everywhere a proof leads back to rest: the driver says that nothing is awaited any more, all was sent,
and no program is said to run. While it is late the stop is said again and again, and people are told: it is
doubted until there is a proof, also while its line is gone. Who was ordered to stop is doubted as soon as
its patience is over; who was only plugged in, when starting it anew did not help either.
"""

from typing import Literal

from msgspec import Struct

from devices.driver import Driver

AGAIN = 0.5  # seconds between two stops for who goes on: somebody may switch it on and off meanwhile

Stand = Literal["", "told", "anew", "again", "late"]
Step = Literal["", "say", "greet", "reset", "doubt"]  # greet: stop it, and begin the conversation anew


class Patience(Struct, frozen=True):
    """How long a board may take, and whether anything starts it anew."""

    obeys: float
    boots: float
    can_reset: bool

    @classmethod
    def of(cls, driver: Driver) -> "Patience":
        """Return what a driver says of its board."""
        return cls(driver.obeys, driver.boots, driver.last_resort != "none")


class Obedience:
    """What became of the newest stop of one instrument."""

    def __init__(self) -> None:
        self.stand: Stand = ""
        self.is_doubted = False  # people have to see to it
        self.is_ordered = False  # by somebody; each one is told to stop when its line opens, too
        self._until = 0.0  # when its patience is over
        self._say_at = 0.0  # when it is told once more
        self._deaf_until = 0.0  # it may still boot, and hear nothing

    @property
    def is_awaited(self) -> bool:
        """Whether a stop was said that is not proven yet."""
        return self.stand != ""

    def opened(self, now: float, patience: Patience) -> None:
        """Its line was opened, which starts most boards anew."""
        self.stand = ""
        self._deaf_until = now + patience.boots

    def told(self, now: float, patience: Patience) -> None:
        """It was told to stop; said once more it gains no time by that."""
        if not self.is_awaited:
            self.stand, self._until = "told", max(now, self._deaf_until) + patience.obeys
            self._say_at = now + AGAIN

    def lost(self, runs: bool) -> None:
        """Its line is gone: nobody can ask what runs, or was ordered to stop and did not prove it."""
        self.is_doubted = self.is_doubted or runs or (self.is_awaited and self.is_ordered)
        self.stand = ""

    def trust(self) -> None:
        """It stands: there is a proof, or somebody has seen it."""
        self.stand, self.is_doubted, self.is_ordered = "", False, False

    def step(self, now: float, is_proven: bool, patience: Patience) -> Step:
        """Return what is to be done now."""
        if is_proven:
            self.trust()
        if not self.is_awaited:
            return ""
        if now < self._until:
            return self._again(now)
        if self.stand == "told" and patience.can_reset:
            self.stand, self._until = "anew", now + patience.boots
            self.is_doubted = self.is_doubted or self.is_ordered  # nobody waits for a boot to be told
            return "reset"
        if self.stand == "anew":
            self.stand, self._until, self._say_at = "again", now + patience.obeys, now + AGAIN
            return "greet"
        if self.stand != "late":
            self.stand, self.is_doubted = "late", True
            return "doubt"
        return self._again(now)

    def _again(self, now: float) -> Step:
        """Say it once more from time to time, but not to a board that boots."""
        if self.stand == "anew" or now < self._say_at:
            return ""
        self._say_at = now + AGAIN
        return "say"
