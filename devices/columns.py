"""The columns of a run: what was measured brought into rows, what was entered, and what is computed (core).

Channels speak at their own times. A row is a moment at which the slowest of them spoke; of the others it has
what lies on the line between their two nearest values, and nothing where these are too far apart.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from devices.expression import Expression
from devices.fits import Fit, Kind, fit
from devices.template import TIME, Result, Template

LONGEST_GAP = 2.0  # seconds between two values that a third is read off between
PERIODS = 3  # … or so many of the usual pauses, of a channel that is slower

Columns = dict[str, list[float]]


class Series(Struct, frozen=True):
    """What one channel measured: seconds since the run began, and true values."""

    times: Sequence[float] = ()
    values: Sequence[float] = ()


class Found(Struct, frozen=True):
    """A number with a meaning."""

    of: Result
    value: float


class Finding(Struct, frozen=True):
    """What was found in two columns: the numbers, and how well the curve fits."""

    kind: Kind
    x: str
    y: str
    results: tuple[Found, ...]
    curve: Fit


def columns(template: Template, measured: Sequence[Series], entered: Series) -> Columns:
    """Return every column by its symbol, equally long; NaN where there is no value."""
    times, rows = aligned(measured)
    if template.entry is not None:  # what was taken back has a row that nothing was entered for
        counts = set(entered.times)
        rows = [[value for at, value in zip(times, row, strict=True) if at in counts] for row in rows]
        times = [at for at in times if at in counts]
    found: Columns = {TIME: times}
    found |= {want.name: row for want, row in zip(template.wants, rows, strict=True)}
    if template.entry is not None:
        known = dict(zip(entered.times, entered.values, strict=True))
        found[template.entry.name] = [known.get(at, math.nan) for at in times]
    for derived in template.derived:
        found[derived.name] = Expression(derived.formula, tuple(found)).compute(times, found)
    return found


def findings(template: Template, found: Mapping[str, Sequence[float]]) -> list[Finding]:
    """Return what can be found in the columns; what cannot yet is left out."""
    made = [(each, fit(each.kind, found[each.x], found[each.y])) for each in template.fits]
    return [
        Finding(each.kind, each.x, each.y, tuple(_found(result, curve) for result in each.results), curve)
        for each, curve in made
        if curve is not None
    ]


def aligned(measured: Sequence[Series]) -> tuple[list[float], list[list[float]]]:
    """Return the moments of the rows, and a value of each channel for each of them."""
    slowest = min((each for each in measured if each.times), key=lambda each: len(each.times), default=None)
    if slowest is None:
        return [], [[] for _ in measured]
    times = list(slowest.times)
    return times, [_at(each, times) for each in measured]


def _at(series: Series, times: Sequence[float]) -> list[float]:
    if list(series.times) == times:
        return list(series.values)
    if len(series.times) < 2:
        return [math.nan] * len(times)
    longest = _longest_gap(series.times)
    read, right, last = [], 1, len(series.times) - 1
    for at in times:
        while right < last and series.times[right] < at:
            right += 1
        read.append(_between(series, right, at, longest))
    return read


def _between(series: Series, right: int, at: float, longest: float) -> float:
    (t0, t1), (v0, v1) = series.times[right - 1 : right + 1], series.values[right - 1 : right + 1]
    if not t0 <= at <= t1:  # before its first value or after its last, which may be as good
        near, value = (t0, v0) if at < t0 else (t1, v1)
        return value if abs(at - near) <= longest / PERIODS else math.nan
    if t1 - t0 > longest:
        return math.nan
    return v0 + (v1 - v0) * (at - t0) / ((t1 - t0) or 1.0)


def _longest_gap(times: Sequence[float]) -> float:
    pauses = sorted(after - before for before, after in pairwise(times))
    return max(LONGEST_GAP, PERIODS * pauses[len(pauses) // 2])


def _found(result: Result, curve: Fit) -> Found:
    numbers = {name: [value] for name, value in curve.numbers.items()}
    return Found(result, Expression(result.formula, tuple(numbers)).compute([0.0], numbers)[0])
