"""When each frame of a recording is shown, and the one order in which its file has them (core).

All in whole units of one 18,000,000th of a second: a tick of every clock here and a microsecond are whole
numbers of them, so two computers never round differently.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from edge.media.packet import CLOCK_RATE, Kind
from edge.media.record.index import Index, IndexEntry
from edge.media.record.marks import Shift

SECOND = 18_000_000  # units: the least multiple of 90,000, 48,000 and 1,000,000
LONGEST: Mapping[Kind, int] = {"video": SECOND, "audio": SECOND * 12 // 100}  # a frame is said to last
USUAL: Mapping[Kind, int] = {"video": SECOND // 25, "audio": SECOND // 50}  # where nothing else tells it


class Times:
    """When each frame is to be shown, from the file's beginning on."""

    def __init__(self, index: Index, shifts: Sequence[Shift]) -> None:
        header = index.header
        self._zero = header.zero
        self._unit = {kind: SECOND // rate for kind, rate in header.rates.items()}
        self._shifts = [(round(each.at * SECOND), round(each.seconds * 1_000_000) * 18) for each in shifts]
        firsts = {entry.kind: entry for entry in reversed(index.entries)}
        self._lift = -min([0, *(self._raw(kind, each.timestamp) for kind, each in firsts.items())])

    def units(self, kind: Kind, timestamp: int) -> int:
        """Return the time of the frame with this timestamp, in units; never below zero."""
        return max(self._raw(kind, timestamp) + self._lift, 0)

    def of(self, kind: Kind, timestamp: int) -> Fraction:
        """Return it in seconds."""
        return Fraction(self.units(kind, timestamp), SECOND)

    def _raw(self, kind: Kind, timestamp: int) -> int:
        at = (timestamp - self._zero[kind]) * self._unit[kind]
        if kind == "video":
            return at
        later = 0
        for since, shift in self._shifts:
            if since <= at:
                later = shift
        return at + later


class Shown(Struct, frozen=True, gc=False):
    """One frame in the file's order, in ticks of its track there."""

    entry: IndexEntry
    at: int
    lasts: int


def ordered(index: Index, shifts: Sequence[Shift]) -> list[IndexEntry]:
    """Return the frames as the file has them: by time, pictures first."""
    times = Times(index, shifts)
    return sorted(
        index.entries, key=lambda each: (times.units(each.kind, each.timestamp), each.kind != "video")
    )


def shown(index: Index, shifts: Sequence[Shift], bases: Mapping[Kind, int]) -> list[Shown]:
    """Return the frames in the file's order; `bases`: ticks of a second of each track of the file."""
    times, entries = Times(index, shifts), ordered(index, shifts)
    last: dict[Kind, int] = {}
    at = []
    for entry in entries:
        base = bases[entry.kind]
        tick = (2 * times.units(entry.kind, entry.timestamp) * base + SECOND) // (2 * SECOND)
        tick = max(tick, last.get(entry.kind, -1) + 1)  # WebM counts milliseconds: two may fall into one
        last[entry.kind] = tick
        at.append(tick)
    return list(_lasting(entries, at, bases))[::-1]


def sound(rates: Mapping[Kind, int]) -> bool:
    """Tell whether these are clock rates that times can be made of."""
    return all(CLOCK_RATE.get(kind) == rate for kind, rate in rates.items())


def _lasting(entries: Sequence[IndexEntry], at: Sequence[int], bases: Mapping[Kind, int]) -> Iterable[Shown]:
    """Yield the frames from the last to the first: each lasts until the next of its track."""
    following: dict[Kind, int] = {}
    for entry, tick in zip(reversed(entries), reversed(at), strict=True):
        kind, base = entry.kind, bases[entry.kind]
        until = following.get(kind)
        longest = LONGEST[kind] * base // SECOND
        lasts = USUAL[kind] * base // SECOND if until is None else min(until - tick, longest)
        following[kind] = tick
        yield Shown(entry, tick, lasts)
