"""How many slides were found, missed, and made up."""

from collections.abc import Sequence

from msgspec import Struct

LATE = 4.2  # seconds: a picture is looked at every 2 s, and one that fades in waits for the next


class Tally(Struct, frozen=True):
    """Counts of one lesson or of many."""

    hits: int = 0
    misses: int = 0
    false: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hits + other.hits, self.misses + other.misses, self.false + other.false)

    @property
    def precision(self) -> float:
        """The share of what was found that is true."""
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        """The share of what is true that was found."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hits / max(1, 2 * self.hits + self.misses + self.false)


def tally(changes: Sequence[float], found: Sequence[float]) -> Tally:
    """Compare what was found with what is true; each change counts once."""
    left, hits = list(changes), 0
    for at in found:
        match = next((change for change in left if change - 0.1 <= at <= change + LATE), None)
        if match is not None:
            left.remove(match)
            hits += 1
    return Tally(hits, len(left), len(found) - hits)
