"""A quick check as the class's teacher thinks of it: what Enter does, and what she counts by hand (core)."""

from collections.abc import Sequence
from typing import Literal

from edge.contract.talkback import QuickCheck

Doing = Literal["", "read", "send", "stop", "end", "leave", "prepared"]

LETTERS = "ABCD"
OPEN = ("asked", "reading", "counting")  # stages in which this class has not answered
MOST = 999  # pupils behind one letter: as many as a register has


class Hands:
    """How many hands are up for each letter."""

    def __init__(self, choices: int = 0, counts: Sequence[int] = (), at: int = 0) -> None:
        self.counts = [*counts, *[0] * choices][:choices]
        self.at = at  # the letter that arrows change

    @property
    def total(self) -> int:
        """Return how many hands there are."""
        return sum(self.counts)

    def move(self, by: int) -> None:
        """Choose the letter so many further."""
        self.at = max(0, min(self.at + by, len(self.counts) - 1))

    def add(self, by: int) -> None:
        """Count so many more for the chosen letter."""
        if self.counts:
            self.counts[self.at] = max(0, min(self.counts[self.at] + by, MOST))


def entering(check: QuickCheck, counts: bool) -> Doing:
    """Return what Enter does; `counts`: hands are being counted at this screen."""
    if counts and check.stage in (*OPEN, "sent"):
        return "send"
    if check.stage in ("asked", "counting"):
        return "read"
    if check.stage == "reading":
        return "stop"
    if check.stage == "sent":
        return "end" if check.local else "leave"
    return "leave" if check.stage == "ended" and not check.local else "prepared"


def is_right(check: QuickCheck, letter: str) -> bool:
    """Tell whether this is the answer that is right, once that is told."""
    return check.stage == "ended" and check.right == letter
