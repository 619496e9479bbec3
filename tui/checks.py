"""A quick check as the class's teacher thinks of it: what Enter does, and what she counts by hand (core)."""

from collections.abc import Sequence
from typing import Literal

from edge.contract.talkback import QuickCheck

Doing = Literal["", "read", "send", "stop", "end", "leave", "prepared"]

LETTERS = "ABCD"
WORD: dict[Doing, str] = {
    "read": "key-read-cards",
    "send": "key-send-answers",
    "stop": "key-end-reading",
    "end": "key-end-check",
    "leave": "key-to-lesson",
    "prepared": "key-prepared",
}
HOW = {"asked": "quick-how-asked", "counting": "quick-how-asked", "reading": "quick-how-reading"}
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
    if counts and takes(check):
        return "send"
    if check.stage in ("asked", "counting"):
        return "read"
    if check.stage == "reading":
        return "stop"
    if check.stage == "sent":
        return "end" if check.local else "leave"
    return "leave" if check.stage == "ended" and not check.local else "prepared"


def takes(check: QuickCheck) -> bool:
    """Tell whether a count is taken: of the hub's check also while it is shown as ended."""
    return check.stage in (*OPEN, "sent") or (check.stage == "ended" and not check.local)


def reads_on(check: QuickCheck) -> bool:
    """Tell whether cards of who was late can be added: not to a count, whose hands nobody knows."""
    return check.stage == "sent" and bool(check.read)


def how(check: QuickCheck) -> str:
    """Return the word key of what can be done; "" for nothing."""
    if check.stage == "sent":
        word = "quick-how-sent" if reads_on(check) else "quick-how-counted"
        return f"{word}-local" if check.local else word
    return HOW.get(check.stage, "")


def notes(check: QuickCheck) -> list[str]:
    """Return the word keys of what a teacher should know beside the check itself."""
    return [word for word, is_so in (("quick-behind", check.behind), ("quick-bare", check.bare)) if is_so]


def is_right(check: QuickCheck, letter: str) -> bool:
    """Tell whether this is the answer that is right, once that is told."""
    return check.stage == "ended" and check.right == letter
