"""A curve as cells of a terminal (core): eight dots a cell, or a star where there are no dots."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]  # seconds, value
Span = tuple[float, float]

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille cell, by row and column
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # between labels, times a power of ten
WIDTHS = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200)  # seconds of a chart
LEAST_SPAN = 1e-9  # of values, so that a constant has an axis
CLOCK = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds between labels
GAPS = 6  # times the usual pause between two points, from which on they are not joined
LEAST_GAP = 1.5  # seconds


class Frame(NamedTuple):
    """What is drawn where: the spans of both axes, and the size in cells."""

    times: Span
    values: Span
    width: int
    height: int


def curve(points: Sequence[Point], frame: Frame, plain: bool = False) -> list[str]:
    """Return the rows of a curve, top row first."""
    wide, high = 2 * frame.width, 4 * frame.height
    columns: list[tuple[int, int] | None] = [None] * wide
    for line in _joined(points):
        placed = [(_place(t, frame.times, wide), high - 1 - _place(v, frame.values, high)) for t, v in line]
        for x, top, bottom in _strokes(placed):
            if 0 <= x < wide:
                before = columns[x] or (top, bottom)
                columns[x] = (min(before[0], top), max(before[1], bottom))
    return _cells(columns, frame, plain)


def dots(points: Sequence[Point], frame: Frame, plain: bool = False) -> list[str]:
    """Return the rows of points that are not joined, top row first."""
    wide, high = 2 * frame.width, 4 * frame.height
    bits = [[0] * frame.width for _ in range(frame.height)]
    for x, y in points:
        column, row = _place(x, frame.times, wide), high - 1 - _place(y, frame.values, high)
        if 0 <= column < wide and 0 <= row < high:
            bits[row // 4][column // 2] |= DOTS[row % 4][column % 2]
    return ["".join(_cell(each, plain) for each in row) for row in bits]


def moments(begin: float, end: float, most: int) -> list[float]:
    """Return round moments for labels, at most so many or one more."""
    step = next((each for each in CLOCK if (end - begin) / each <= most), CLOCK[-1])
    return [float(number * step) for number in range(math.ceil(begin / step), math.floor(end / step) + 1)]


def scale(values: Sequence[float], most: int, least: float = LEAST_SPAN) -> list[float]:
    """Return round values, about so many and `least` apart, between which all of these lie."""
    low, high = min(values), max(values)
    step = max(_step(max(high - low, abs(high) * 1e-6), most), least)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1
    return [number * step for number in range(first, last + 1)]


def wide_enough(seconds: float) -> float:
    """Return how many seconds a chart shows so that these are in it."""
    return next((width for width in WIDTHS if seconds <= width), seconds)


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return half of the points: of each four the lowest and the highest, in order."""
    kept: list[Point] = []
    for begin in range(0, len(points), 4):
        four = points[begin : begin + 4]
        kept += sorted({min(four, key=lambda point: point[1]), max(four, key=lambda point: point[1])})
    return kept


def _step(span: float, most: int) -> float:
    rough = max(span, LEAST_SPAN) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (*STEPS, 20.0) if step * power >= rough * (1 - 1e-9))


def _place(value: float, span: Span, dots: int) -> int:
    share = (value - span[0]) / ((span[1] - span[0]) or 1.0)
    return round(max(-1.0, min(2.0, share)) * (dots - 1))


def _joined(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Yield the stretches that are drawn as one line: a sensor that said nothing leaves a gap."""
    pauses = sorted(b[0] - a[0] for a, b in pairwise(points))
    most = max(LEAST_GAP, GAPS * pauses[len(pauses) // 2]) if pauses else LEAST_GAP
    begin = 0
    for end in range(1, len(points) + 1):
        if end == len(points) or points[end][0] - points[end - 1][0] > most:
            yield points[begin:end]
            begin = end


def _strokes(placed: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield column, top and bottom of what joins each point with the one before."""
    x0, y0 = placed[0]
    yield x0, y0, y0
    for x1, y1 in placed[1:]:
        steps = max(1, x1 - x0)
        before = y0
        for step in range(1, steps + 1):
            y = y0 + round((y1 - y0) * step / steps)
            yield x0 + step if x1 > x0 else x1, min(before, y), max(before, y)
            before = y
        x0, y0 = x1, y1


def _cells(columns: Sequence[tuple[int, int] | None], frame: Frame, plain: bool) -> list[str]:
    bits = [[0] * frame.width for _ in range(frame.height)]
    for x, span in enumerate(columns):
        top, bottom = span or (0, -1)
        for y in range(max(0, top), min(4 * frame.height - 1, bottom) + 1):
            bits[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    return ["".join(_cell(each, plain) for each in row) for row in bits]


def _cell(bits: int, plain: bool) -> str:
    if not bits:
        return " "
    return "*" if plain else chr(0x2800 + bits)
