"""When it was, in truth: times that a wrong clock noted, corrected by later comparisons (core).

The facts of a node's control stream cut its time into boots; within one, its clock is off by the same
amount until it was compared with a better one, and by another from then on (a clock that ran behind jumps,
one that ran ahead goes on, see sync/clock.py). The better clock may have been wrong itself: what is known of
it by its own facts is added, parent by parent up to the root.

What `ClockSeen` is noted with is the time after the comparison: the clock is steered, then the fact written.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable

from msgspec import Struct

from sync.clock import COUNTER_BITS, ms_of, pack
from sync.records import ClockSeen, ClockStarted

MOST_HOPS = 8  # classroom, hub, region and room to grow; also where nodes compared themselves in a circle
WALL = "wall"  # what ClockSeen.of says of a clock that needs no other
LAST_COUNTER = (1 << COUNTER_BITS) - 1


class Noted(Struct, frozen=True):
    """What a node noted about its clock."""

    node: str
    hlc: int
    fact: ClockStarted | ClockSeen


class Instant(Struct, frozen=True):
    """A true time, as far as is known."""

    ms: int  # milliseconds since 1970
    sure: bool  # every clock on the way to it was compared, or is trusted


class _Boot(Struct):
    """A stretch of one node's facts during which it had one clock."""

    begins: int
    name: str | None  # None before the first ClockStarted
    hlcs: list[int]
    seen: list[ClockSeen]


class Clocks:
    """What is known of all clocks; `trusted` are the nodes taken at their word where nobody compared them."""

    def __init__(self, noted: Iterable[Noted], trusted: Container[str] = ()) -> None:
        self._trusted = trusted
        self._boots: dict[str, list[_Boot]] = {}
        for each in sorted(noted, key=_place):
            self._add(each)
        self._begins = {node: [boot.begins for boot in boots] for node, boots in self._boots.items()}

    def at(self, node: str, hlc: int) -> Instant | None:
        """Return when a node noted `hlc`; None if its clock was never compared in that boot.

        A node that never said a word about its clock is taken as it is, unsure.
        """
        return self._at(node, hlc, hlc, MOST_HOPS)

    def _add(self, noted: Noted) -> None:
        boots = self._boots.setdefault(noted.node, [])
        if isinstance(noted.fact, ClockStarted):
            boots.append(_Boot(noted.hlc, noted.fact.boot, [], []))
            return
        if not boots:  # the start was before its journal: what it noted so far was of this boot
            boots.append(_Boot(0, noted.fact.boot, [], []))
        if boots[-1].name != noted.fact.boot:  # its start is missing: nothing before it is known to be of it
            boots.append(_Boot(noted.hlc, noted.fact.boot, [], []))
        boots[-1].hlcs.append(noted.hlc)
        boots[-1].seen.append(noted.fact)

    def _at(self, node: str, begun: int, hlc: int, hops: int) -> Instant | None:
        """Return when a node noted `hlc`, in the boot of `begun`."""
        shown = ms_of(hlc)
        trusted = node in self._trusted
        if node not in self._boots:
            return Instant(shown, sure=trusted)
        boot = self._boot(node, begun)
        if boot is None or not boot.seen:
            return Instant(shown, sure=True) if trusted else None
        after = bisect_right(boot.hlcs, hlc)
        nearest = min(after, len(boot.seen) - 1)
        seen = boot.seen[nearest]
        wrong = self._wrong(seen, ms_of(boot.hlcs[nearest]) + seen.rest, hops)
        return Instant(shown + (seen.offset if nearest == after else seen.rest) + wrong.ms, wrong.sure)

    def _boot(self, node: str, hlc: int) -> _Boot | None:
        index = bisect_right(self._begins[node], hlc)
        return self._boots[node][index - 1] if index else None

    def _wrong(self, seen: ClockSeen, shown: int, hops: int) -> Instant:
        """Return by how much the clock that was asked was off when it showed `shown`."""
        if seen.of == WALL:
            return Instant(0, sure=True)
        # Of the facts of this millisecond, a comparison came before it and a start, which goes on from the
        # last fact where the battery is dead, after it.
        true = self._at(seen.of, pack(shown), pack(shown, LAST_COUNTER), hops - 1) if hops else None
        return Instant(0, sure=False) if true is None else Instant(true.ms - shown, true.sure)


def _place(noted: Noted) -> tuple[str, int, bool, str]:
    return (noted.node, noted.hlc, isinstance(noted.fact, ClockSeen), repr(noted.fact))
