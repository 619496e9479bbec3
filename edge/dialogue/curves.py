"""What is measured in a class, for a chart of all classes: thinned points, and how they travel (core).

A chart is looked at from afar and for a lesson: four values a second are plenty, and of a long run fewer.
Whoever gets points twice, or late, has them once: a point counts only if it is later than all before it.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from sync.records import Word

SLOT = 0.25  # seconds: of each the first value is kept
MOST_POINTS = 2000  # of one channel; eight minutes, and then with slots twice as long
MOST_SENT = 120  # points of one channel in one message: a late chart takes no thin link from the lesson
MOST_CHANNELS = 8  # of one experiment
MOST_BYTES = 32_768  # of a message: that many points of that many channels, each "[1234.25,-12.3456789]"
MOST_TITLE = 120  # letters
DIGITS = 9  # that are kept of a value: more than any instrument has

Point = tuple[float, float]  # seconds since the run began, value


class Channel(Struct, frozen=True):
    """The newest points of one quantity."""

    quantity: Word  # a word key
    unit: Word  # UCUM
    points: Annotated[list[Point], Meta(max_length=MOST_SENT)]
    symbol: Word = ""  # what it is called in the experiment


class Told(Struct, frozen=True):
    """What one class has measured in a lesson."""

    stream: str
    node: str
    run: Word
    experiment: Word
    began: int  # milliseconds since 1970
    channels: Annotated[list[Channel], Meta(max_length=MOST_CHANNELS)]
    title: Annotated[
        dict[Word, Annotated[str, Meta(max_length=MOST_TITLE)]], Meta(max_length=8)
    ] = {}  # of the experiment, by language


class BadCurve(ValueError):
    """Not what a class may have measured."""


class Curve:
    """The points of one channel, in order, bounded."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._slot = SLOT

    def add(self, seconds: float, value: float) -> bool:
        """Keep a point, rounded, if it is the first in its slot; tell whether it is."""
        if not (isfinite(seconds) and isfinite(value)) or seconds < 0:
            return False
        seconds, value = round(seconds, 2), float(f"{value:.{DIGITS}g}")
        if self.points and seconds // self._slot <= self.points[-1][0] // self._slot:
            return False
        self.points.append((seconds, value))
        while len(self.points) > MOST_POINTS:
            self._halve()
        return True

    def after(self, seconds: float) -> list[Point]:
        """Return the oldest points later than this, as many as are sent at once."""
        first = next((place for place, point in enumerate(self.points) if point[0] > seconds), None)
        return [] if first is None else self.points[first : first + MOST_SENT]

    def _halve(self) -> None:
        self._slot *= 2
        kept: list[Point] = []
        for point in self.points:
            if not kept or point[0] // self._slot > kept[-1][0] // self._slot:
                kept.append(point)
        self.points = kept


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """Return at most so many points, evenly chosen; the newest is among them."""
    step = -(-len(points) // most)
    return list(points[(len(points) - 1) % step :: step]) if points else []


def read(body: bytes) -> Told:
    """Read a message; raise BadCurve."""
    if len(body) > MOST_BYTES:
        raise BadCurve(f"{len(body)} bytes")
    try:
        return msgspec.json.decode(body, type=Told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BadCurve(str(exc)) from exc


def written(told: Told) -> bytes:
    """Return a message as it is sent."""
    return msgspec.json.encode(told)
