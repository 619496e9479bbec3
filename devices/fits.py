"""What is found in two columns: a curve laid through them, or a place of theirs (core).

Curves are least squares; of the exponential only the time constant is searched for, the rest follows from it.
Places are where a column is largest, how often it swings, and its mean.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

Kind = Literal["linear", "inverse", "quadratic", "exponential", "peak", "period", "mean"]

FEWEST = 3  # points: fewer lie on any curve
STEPS = 40  # of the search for a time constant: golden section, 4e-8 of it
MOST_POINTS = 400  # that a curve is laid through: of more, the means of neighbours
SWING = 0.2  # of its largest swing that a column has to leave its mean by: less is noise
GOLDEN = (math.sqrt(5) - 1) / 2

Points = Sequence[tuple[float, float]]
Numbers = dict[str, float]


class Fit(Struct, frozen=True):
    """What kind, its numbers by name, and how well a curve fits (R²; 1 is exact; a place has none)."""

    kind: str
    numbers: dict[str, float]
    r2: float | None

    @property
    def is_curve(self) -> bool:
        """Whether it has a value everywhere."""
        return self.kind in _VALUE

    def at(self, x: float) -> float:
        """Return the curve's value; NaN where it has none."""
        return _VALUE[self.kind](self.numbers, x) if x or self.kind != "inverse" else math.nan


def fit(kind: str, xs: Sequence[float], ys: Sequence[float]) -> Fit | None:
    """Return what is found of this kind in the points; None if they do not determine it."""
    points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
    if kind == "inverse":
        points = [(x, y) for x, y in points if x != 0]
    if len(points) < FEWEST:
        return None
    numbers = _PLACED[kind](points) if kind in _PLACED else _FITTED[kind](condensed(points, MOST_POINTS))
    if numbers is None or not all(map(math.isfinite, numbers.values())):
        return None
    return Fit(kind, numbers, _r2(points, lambda x: _VALUE[kind](numbers, x)) if kind in _VALUE else None)


def condensed(points: Points, most: int) -> Points:
    """Return at most so many points: the means of as many neighbours as it takes."""
    size = -(-len(points) // most)
    if size <= 1:
        return points
    blocks = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [
        (math.fsum(x for x, _ in block) / len(block), math.fsum(y for _, y in block) / len(block))
        for block in blocks
    ]


def _named(names: str, base: Callable[[float], Sequence[float]]) -> Callable[[Points], Numbers | None]:
    def fitted(points: Points) -> Numbers | None:
        solution = _least_squares([(base(x), y) for x, y in points])
        return None if solution is None else dict(zip(names, solution, strict=True))

    return fitted


def _exponential(points: Points) -> Numbers | None:
    """Fit c + a·exp(-x/t): for each t the others are a straight fit; t is searched for on a logarithm."""
    begin = min(x for x, _ in points)
    span = max(x for x, _ in points) - begin
    if span <= 0:
        return None

    def straight(log_t: float) -> tuple[float, Numbers | None]:
        t = math.exp(log_t)
        rows = [((1.0, math.exp(-(x - begin) / t)), y) for x, y in points]
        solution = _least_squares(rows)
        if solution is None:
            return math.inf, None
        c, a = solution
        rest = sum((y - c - a * base[1]) ** 2 for base, y in rows)
        return rest, {"c": c, "a": a * math.exp(begin / t), "t": t}

    return straight(_lowest(lambda at: straight(at)[0], math.log(span / 100), math.log(span * 100)))[1]


def _lowest(of: Callable[[float], float], low: float, high: float) -> float:
    """Return where a valley is deepest: golden section, one new look a step."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = of(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = of(right)
    return (low + high) / 2


def _peak(points: Points) -> Numbers | None:
    """Return the top of the parabola through the highest point and its neighbours."""
    ordered = sorted(points)
    top = max(range(len(ordered)), key=lambda at: ordered[at][1])
    x, y = ordered[top]
    if not 0 < top < len(ordered) - 1:
        return {"x": x, "y": y}
    (x0, y0), (x2, y2) = ordered[top - 1], ordered[top + 1]
    if not x0 < x < x2:
        return {"x": x, "y": y}
    left, right = (y - y0) / (x - x0), (y2 - y) / (x2 - x)
    bend = (right - left) / (x2 - x0)
    if bend == 0:
        return {"x": x, "y": y}
    at = (x0 + x - left / bend) / 2
    return {"x": at, "y": y0 + (at - x0) * (left + bend * (at - x))}


def _period(points: Points) -> Numbers | None:
    """Return the mean time between two moments at which a column comes up through its mean."""
    middle = math.fsum(y for _, y in points) / len(points)
    least = SWING * max(abs(y - middle) for _, y in points)
    crossings: list[float] = []
    was_low = False
    for (x0, y0), (x1, y1) in pairwise(points):
        was_low = was_low or y0 < middle - least
        if was_low and y0 < middle <= y1:
            crossings.append(x0 + (x1 - x0) * (middle - y0) / (y1 - y0))
            was_low = False
    if len(crossings) < 2:
        return None
    swings = len(crossings) - 1
    return {"T": (crossings[-1] - crossings[0]) / swings, "n": float(swings)}


def _mean(points: Points) -> Numbers | None:
    ys = [y for _, y in points]
    return {"m": math.fsum(ys) / len(ys), "low": min(ys), "high": max(ys)}


_PLACED: Mapping[str, Callable[[Points], Numbers | None]] = {
    "peak": _peak,
    "period": _period,
    "mean": _mean,
}
_FITTED: Mapping[str, Callable[[Points], Numbers | None]] = {
    "linear": _named("ab", lambda x: (1.0, x)),
    "inverse": _named("ab", lambda x: (1.0, 1 / x)),
    "quadratic": _named("abc", lambda x: (1.0, x, x * x)),
    "exponential": _exponential,
}
_VALUE: Mapping[str, Callable[[Mapping[str, float], float], float]] = {
    "linear": lambda n, x: n["a"] + n["b"] * x,
    "inverse": lambda n, x: n["a"] + n["b"] / x,
    "quadratic": lambda n, x: n["a"] + n["b"] * x + n["c"] * x * x,
    "exponential": lambda n, x: n["c"] + n["a"] * math.exp(-x / n["t"]),
}
KINDS = tuple(_FITTED)
NAMES: Mapping[str, Sequence[str]] = {  # of the numbers of each kind
    "linear": ("a", "b"),  # a + b·x
    "inverse": ("a", "b"),  # a + b/x
    "quadratic": ("a", "b", "c"),  # a + b·x + c·x²
    "exponential": ("a", "c", "t"),  # c + a·exp(-x/t)
    "peak": ("x", "y"),
    "period": ("T", "n"),
    "mean": ("m", "low", "high"),
}


def _least_squares(rows: Sequence[tuple[Sequence[float], float]]) -> list[float] | None:
    """Solve the normal equations; None if they have no single solution."""
    size = len(rows[0][0])
    matrix = [
        [math.fsum(base[i] * base[j] for base, _ in rows) for j in range(size)]
        + [math.fsum(base[i] * y for base, y in rows)]
        for i in range(size)
    ]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(matrix[row][column]))
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        if abs(matrix[column][column]) < 1e-12 * (1 + max(abs(each) for each in matrix[column])):
            return None
        for row in range(size):
            if row != column:
                factor = matrix[row][column] / matrix[column][column]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[column], strict=True)]
    return [matrix[row][size] / matrix[row][row] for row in range(size)]


def _r2(points: Points, value: Callable[[float], float]) -> float:
    mean = math.fsum(y for _, y in points) / len(points)
    spread = math.fsum((y - mean) ** 2 for _, y in points)
    rest = math.fsum((y - value(x)) ** 2 for x, y in points)
    return 1.0 if spread == rest == 0 else 1.0 - rest / spread if spread else 0.0
