"""Curves through measured points: straight, 1/x, quadratic, exponential (core).

Least squares; of the exponential only the time constant is searched for, the rest follows from it.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

FEWEST = 3  # points: fewer lie on any curve
STEPS = 80  # of the search for a time constant: golden section, 1e-16 of the range
GOLDEN = (math.sqrt(5) - 1) / 2


class Fit(Struct, frozen=True):
    """A curve: what kind, its numbers by name, and how well it fits (R²; 1 is exact)."""

    kind: str
    numbers: dict[str, float]
    r2: float

    def at(self, x: float) -> float:
        """Return the curve's value."""
        return _VALUE[self.kind](self.numbers, x)


def fit(kind: str, xs: Sequence[float], ys: Sequence[float]) -> Fit | None:
    """Return the curve of this kind through the points; None if they do not determine one."""
    points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
    if kind == "inverse":
        points = [(x, y) for x, y in points if x != 0]
    if len(points) < FEWEST:
        return None
    numbers = _FITTED[kind](points)
    if numbers is None or not all(map(math.isfinite, numbers.values())):
        return None
    return Fit(kind, numbers, _r2(points, lambda x: _VALUE[kind](numbers, x)))


Points = Sequence[tuple[float, float]]
Numbers = dict[str, float]


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

    low, high = math.log(span / 100), math.log(span * 100)
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if straight(left)[0] < straight(right)[0] else (left, high)
    return straight((low + high) / 2)[1]


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
