"""What an instrument shows and what is true: corrections that are applied when a value is read (core).

The raw value is what is stored, for ever, with the name of the calibration that counted then; so one that was
wrong costs nothing but to be made anew.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, pairwise

from msgspec import Struct

MOST_POINTS = 32  # a teacher makes two or three; a laboratory's certificate has a dozen
MOST_TERMS = 6  # of a polynomial: a thermocouple's piecewise ones have no more that matter here


class CalibrationWrong(ValueError):
    """Nothing can be corrected with this; the sentence says why."""


class Calibration(Struct, frozen=True, omit_defaults=True):
    """Corrects one channel: by points between which it is straight, or by a polynomial of the raw value."""

    id: str
    day: str  # ISO 8601
    by: str
    points: tuple[tuple[float, float], ...] = ()  # raw → true
    terms: tuple[float, ...] = ()  # of 1, raw, raw², …

    @property
    def corrects(self) -> bool:
        """Whether it changes anything; one without points and terms ends the one before it."""
        return bool(self.points or self.terms)

    def check(self) -> None:
        """Raise CalibrationWrong."""
        if self.points and self.terms:
            raise CalibrationWrong("a calibration has points or terms, and not both")
        if not all(map(math.isfinite, (*chain(*self.points), *self.terms))):
            raise CalibrationWrong("a calibration is made of finite numbers")
        if len(self.points) > MOST_POINTS or len(self.terms) > MOST_TERMS:
            raise CalibrationWrong(f"more than {MOST_POINTS} points or {MOST_TERMS} terms")
        raws = sorted(raw for raw, _ in self.points)
        if any(one == other for one, other in pairwise(raws)):
            raise CalibrationWrong("two points have the same raw value")

    def true(self, raw: float) -> float:
        """Return what a raw value means."""
        if not self.corrects:
            return raw
        if self.terms:
            return _polynomial(self.terms, raw)
        return _between(sorted(self.points), raw)


def _polynomial(terms: Sequence[float], raw: float) -> float:
    value = 0.0
    for term in reversed(terms):  # Horner's scheme
        value = value * raw + term
    return value


def _between(points: Sequence[tuple[float, float]], raw: float) -> float:
    """Follow the line through the two nearest points, also beyond the ends; one point is an offset."""
    if len(points) == 1:
        return raw + points[0][1] - points[0][0]
    right = min(max(bisect_left(points, (raw,)), 1), len(points) - 1)
    (raw_0, true_0), (raw_1, true_1) = points[right - 1], points[right]
    return true_0 + (raw - raw_0) / (raw_1 - raw_0) * (true_1 - true_0)
