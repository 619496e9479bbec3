"""Who is not asked for what for a while: it gave something wrong, or had not what it said (core).

A node whose disk or memory is broken gives wrong chunks again and again; it is asked less and less. Others
are asked meanwhile, and everything else is still fetched from it.
"""

from collections import Counter

from msgspec import Struct

WRONG = (
    60.0,
    300.0,
    3600.0,
)  # seconds after the first wrong chunk of a node, the second, and each further one
MISSING = 600.0  # … after it had not, or not yet, what was asked for
STRIKES = 3  # items that a node said to have and had not: then it is not waited for either


class _Term(Struct, frozen=True):
    until: float
    why: str  # a word key: gone, refused, damaged


class Shunned:
    """Terms by node and item. Time is an argument."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, str], _Term] = {}
        self.faults: Counter[str] = Counter()  # wrong chunks and sums since the start, by the sender

    def wrong(self, source: str, item: str, now: float) -> int:
        """Count a wrong chunk against its sender; return how many there were."""
        self.faults[source] += 1
        seconds = WRONG[min(self.faults[source], len(WRONG)) - 1]
        self._terms[source, item] = _Term(now + seconds, "damaged")
        return self.faults[source]

    def missing(self, source: str, item: str, why: str, now: float) -> None:
        """It is not there, or the answer is none."""
        self._terms[source, item] = _Term(now + MISSING, why)

    def why(self, source: str, item: str, now: float) -> str:
        """Return why a node is not asked for an item now, "" if it is."""
        term = self._terms.get((source, item))
        return term.why if term is not None and now < term.until else ""

    def liars(self, now: float) -> set[str]:
        """Return who gave something wrong, or again and again did not have what it said."""
        terms = Counter(source for (source, _), term in self._terms.items() if now < term.until)
        return {source for source, times in terms.items() if times >= STRIKES or self.faults[source]}

    def forget(self, now: float) -> None:
        """Keep nothing that is over."""
        self._terms = {key: term for key, term in self._terms.items() if now < term.until}
