"""What was measured in a run, as people look at it: true values, columns, what is found in them.

Values lie on the disk as they came; here they are corrected by the calibration that counted then. A value out
of range is shown in a curve, and computed with nowhere.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from devices.calibration import Calibration
from devices.columns import Columns, Series, columns, findings
from devices.columns import Finding as Found
from devices.template import TIME
from devices.units import shown
from edge.contract.answers import Analysis, Column, Curve, Finding, Number
from edge.lab.active import MICRO
from edge.lab.chunks import Piece
from edge.lab.correcting import corrected
from edge.lab.store import Kept, Store
from edge.lab.wording import titled

MOST_POINTS = 2000  # of a curve: more than a screen has columns
MOST_COMPUTED = 20_000  # samples of a channel: of more, the means of neighbours; nobody sees a difference
CURVE = 60  # points of a curve that was found

Then = Callable[[str], Calibration | None]  # by a calibration's id


class Analyst:
    """Reads runs."""

    def __init__(self, store: Store, then: Then) -> None:
        self._store = store
        self._then = then

    def curve(self, kept: Kept, number: int, points: int) -> Curve:
        """Return a channel over time, in its own unit, with its peaks; raise StoreFailed."""
        calibration = self._then(kept.bound[number].calibration)
        correct = calibration.true if calibration else float
        count, last = self._store.counted(kept.id, number)
        step = 1 if count <= points else last * 2 // points + 1
        found = [each for piece in self._store.channel(kept.id, number) for each in _peaks(piece, step)]
        times, values = tuple(at / MICRO for at, _ in found), tuple(correct(value) for _, value in found)
        return Curve(times, values, tuple(mark.at / MICRO for mark in self._store.marks(kept.id)))

    def analysis(self, kept: Kept, x: str, y: str, points: int) -> Analysis:
        """Return two columns and what is found; raise KeyError for a name that there is not, StoreFailed."""
        views = kept.template.views
        x, y = (x or TIME, y) if y else (views[0].x, views[0].y)
        found = self.columns(kept)
        pairs = list(zip(found[x], found[y], strict=True))
        known = [pair for pair in pairs if all(map(math.isfinite, pair))]
        drawn = known if len(known) <= points else _thinned(known, points)
        return Analysis(
            x,
            y,
            tuple(each for each, _ in drawn),
            tuple(each for _, each in drawn),
            tuple(described(kept)),
            tuple((view.x, view.y) for view in views),
            tuple(_told(each, found) for each in findings(kept.template, found)),
            len(pairs),
        )

    def columns(self, kept: Kept, most: int = MOST_COMPUTED) -> Columns:
        """Return every column of a run; raise StoreFailed."""
        measured = [self._series(kept, number, most) for number in range(len(kept.bound))]
        marks = [mark for mark in self._store.marks(kept.id) if mark.value is not None]
        entered = Series([mark.at / MICRO for mark in marks], [mark.value or 0.0 for mark in marks])
        return columns(kept.template, measured, entered)

    def correction(self, kept: Kept, number: int) -> Callable[[float], float]:
        """Return what makes a raw value of a channel a true one, in the experiment's unit."""
        bound = kept.bound[number]
        return corrected(bound, self._then(bound.calibration)) or float

    def _series(self, kept: Kept, number: int, most: int) -> Series:
        correct = self.correction(kept, number)
        count, _ = self._store.counted(kept.id, number)
        size = max(1, -(-count // most))
        times: list[float] = []
        values: list[float] = []
        for piece in self._store.channel(kept.id, number):
            true = [
                math.nan if beyond else correct(value)
                for value, beyond in zip(piece.values, piece.beyond, strict=True)
            ]
            times += _means([at / MICRO for at in piece.ats], size)
            values += _means(true, size)
        return Series(times, values)


def described(kept: Kept) -> Iterator[Column]:
    """Yield what a run's columns are, in their order."""
    template = kept.template
    yield Column(TIME, "s", "time", shown=shown("s"))
    for want, bound in zip(template.wants, kept.bound, strict=True):
        yield Column(want.name, want.unit, want.quantity, decimals=bound.decimals, shown=shown(want.unit))
    if (entry := template.entry) is not None:
        yield Column(entry.name, entry.unit, entry.quantity, decimals=entry.decimals, shown=shown(entry.unit))
    for each in template.derived:
        yield Column(each.name, each.unit, "", titled(each.title), each.decimals, shown(each.unit))


def _told(it: Found, found: Columns) -> Finding:
    numbers = tuple(
        Number(
            each.of.name,
            titled(each.of.title),
            each.value,
            each.of.unit,
            each.of.decimals,
            shown(each.of.unit),
        )
        for each in it.results
        if math.isfinite(each.value)
    )
    curve = tuple(_curve(it, found[it.x])) if it.curve.is_curve else ()
    return Finding(it.kind, it.x, it.y, numbers, it.curve.r2, curve)


def _curve(it: Found, xs: Sequence[float]) -> Iterator[tuple[float, float]]:
    known = [x for x in xs if math.isfinite(x)]
    low, high = min(known), max(known)
    for step in range(CURVE + 1):
        x = low + (high - low) * step / CURVE
        if math.isfinite(y := it.curve.at(x)):
            yield x, y


def _peaks(piece: Piece, step: int) -> Iterator[tuple[int, float]]:
    """Yield the lowest and the highest of each stretch of a chart; all of them where there is room."""
    if step <= 1:
        yield from zip(piece.ats, piece.values, strict=True)
        return
    begin, end = 0, len(piece.ats)
    while begin < end:
        after = bisect_left(piece.ats, (piece.ats[begin] // step + 1) * step, begin)
        values = piece.values[begin:after]
        low, high = values.index(min(values)), values.index(max(values))
        for place in sorted({low, high}):
            yield piece.ats[begin + place], values[place]
        begin = after


def _thinned(pairs: Sequence[tuple[float, float]], points: int) -> list[tuple[float, float]]:
    size = -(-2 * len(pairs) // points)
    blocks = [pairs[begin : begin + size] for begin in range(0, len(pairs), size)]
    kept: list[tuple[float, float]] = []
    for block in blocks:
        ys = [y for _, y in block]
        kept += [block[place] for place in sorted({ys.index(min(ys)), ys.index(max(ys))})]
    return kept


def _means(values: list[float], size: int) -> list[float]:
    if size == 1:
        return values
    blocks = [values[begin : begin + size] for begin in range(0, len(values), size)]
    return [math.fsum(block) / len(block) for block in blocks]
