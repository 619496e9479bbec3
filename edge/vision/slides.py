"""Where one slide follows another, from a picture every 2 s (worker only: numpy and OpenCV).

A slide is its ink: the points that stand out from what is around them. When another slide comes, much of
the ink of this one is gone for good, and much new ink comes at once. A pen only adds, a rubber only takes
away, and noise and blinking change hardly anything. So each picture is held against the first of its slide,
of which only the ink counts that nothing has covered since. What moves again and again, such as a camera in
a corner, is left out: a block of the picture counts only while it is quiet before and after. That is known
a few pictures later.
"""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.eye import Grey

SIZE = (320, 180)  # points at which ink is looked for: the smallest letters of a slide are still there
BLOCK = 20  # points: an inset camera takes whole blocks, and little else
PAPER = 31  # points around one whose median is what it stands out from: wider than thick letters
STANDS_OUT = 20  # of 255: ink, and a change of it; noise of a coded picture is below 10
AROUND = 4  # pictures before and after that tell which blocks are quiet
BUSY = 0.4  # share of those pictures in which a block changes that is no slide: a head, a film
BLOCK_CHANGED = 8  # points of 400 that change in a busy block
LEAST_QUIET = 0.15  # share of quiet blocks below which nothing is decided: all of it is a camera
EMPTY = 0.004  # share of ink on a page with hardly anything on it
GONE = 0.12  # share of a slide's ink that must be gone; frame and title may stay
CHANGED = 0.24  # … that must be gone and new, as their geometric mean
SETTLED = 0.03  # share of points that change from one picture to the next where only pens write
FADING = 2  # pictures that a slide may take to come in
DOUBTS = 1  # pictures in a row that may show neither this slide nor another: then this one is given up
WRITTEN = 0.05  # share of a slide's ink that a pen may cover from one picture to the next
WORN = 0.3  # share of its ink left uncovered by pens below which a slide is taken anew

T = TypeVar("T")
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sheet:
    """One picture: its light, and its ink."""

    light: Grey
    ink: Flags


@dataclass(frozen=True)
class Change(Generic[T]):
    """A slide begins, with what was handed in together with its picture."""

    at: float
    score: float
    kept: T


@dataclass(frozen=True)
class _Seen(Generic[T]):
    at: float
    sheet: Sheet
    kept: T
    changed: Flags  # blocks, against the picture before


class Slides(Generic[T]):
    """Pictures of one recording in order of time."""

    def __init__(self) -> None:
        self._seen: deque[_Seen[T]] = deque(maxlen=2 * AROUND + 1)
        self._place = 0  # in `_seen`, of the next picture to be decided
        self._slide: Sheet | None = None  # the first picture of this slide, with the ink that is still there
        self._fading = 0  # pictures in a row that were on their way to another
        self._doubts = 0  # pictures in a row that show neither this slide nor surely another
        self._began = 0  # points of ink it began with
        self._last: Sheet | None = None  # the newest picture that surely shows it

    def feed(self, at: float, luma: Grey, keep: T) -> list[Change[T]]:
        """Take the next picture; return the changes that are certain now."""
        sheet = drawn(luma)
        before = self._seen[-1].sheet if self._seen else sheet
        changed = counted(other(before, sheet)) >= BLOCK_CHANGED
        if len(self._seen) == self._seen.maxlen:
            self._place -= 1
        self._seen.append(_Seen(at, sheet, keep, changed))
        return self._decide(AROUND)

    def end(self) -> list[Change[T]]:
        """Nothing follows: decide what is left."""
        return self._decide(1)

    def _decide(self, behind: int) -> list[Change[T]]:
        found = []
        while self._place + behind < len(self._seen):
            change = self._change(self._place)
            found += [change] if change is not None else []
            self._place += 1
        return found

    def _change(self, place: int) -> Change[T] | None:
        here, after = self._seen[place], self._seen[place + 1].sheet
        quiet = self._quiet(place)
        points = spread(quiet)
        if quiet.mean() < LEAST_QUIET or self._is_fading(here.sheet, after, points):
            return None
        if self._slide is None or self._last is None:
            self._begin(here.sheet, after)
            return None
        score = min(_differ(self._slide, self._last, each, points) for each in (here.sheet, after))
        if score >= CHANGED:
            self._begin(here.sheet, after)
            return Change(here.at, min(1.0, round(score / (2 * CHANGED), 2)), here.kept)
        if _gone(self._slide, here.sheet, points) < GONE:
            self._go_on(here.sheet)
        else:
            self._doubt(here.sheet, after)
        return None

    def _is_fading(self, here: Sheet, after: Sheet, points: Flags) -> bool:
        """Tell whether much is on its way to something else; a while later it counts as it is."""
        moves = (other(here, after) & points).sum() > SETTLED * points.sum()
        self._fading = self._fading + 1 if moves and self._fading < FADING else 0
        return self._fading > 0

    def _begin(self, sheet: Sheet, after: Sheet) -> None:
        """Take a picture as a slide's first; what is elsewhere a moment later is none of its ink."""
        ink = sheet.ink & ~other(sheet, after)
        self._slide, self._last, self._began = Sheet(sheet.light, ink), sheet, int(ink.sum())
        self._doubts = 0

    def _go_on(self, sheet: Sheet) -> None:
        """The slide is still there, perhaps with something over it."""
        assert self._slide is not None
        self._doubts = 0
        self._last = sheet
        ink = self._slide.ink & ~other(self._slide, sheet)
        if ink.sum() < (1 - WRITTEN) * self._slide.ink.sum():
            return  # perhaps the next slide begins to fade in
        if ink.sum() < WORN * self._began:
            self._begin(sheet, sheet)
        else:
            self._slide = Sheet(self._slide.light, ink)

    def _doubt(self, sheet: Sheet, after: Sheet) -> None:
        """Ink is gone and hardly any came: somebody wiped. What is left is a slide's beginning in a while."""
        self._doubts += 1
        if self._doubts > DOUBTS:
            self._begin(sheet, after)

    def _quiet(self, place: int) -> Flags:
        others = [each.changed for number, each in enumerate(self._seen) if number not in (0, place)]
        if not others:
            return np.ones((SIZE[1] // BLOCK, SIZE[0] // BLOCK), np.bool_)
        quiet: Flags = np.mean(others, axis=0) < BUSY
        return quiet


def drawn(luma: Grey) -> Sheet:
    """Return a picture's ink."""
    light = np.asarray(cv2.resize(luma, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    return Sheet(light, cv2.absdiff(light, cv2.medianBlur(light, PAPER)) > STANDS_OUT)


def other(one: Sheet, two: Sheet) -> Flags:
    """Return the points that are another in the second picture."""
    flags: Flags = cv2.absdiff(one.light, two.light) > STANDS_OUT
    return flags


def counted(points: Flags) -> NDArray[np.int64]:
    """Count points block by block."""
    rows, columns = SIZE[1] // BLOCK, SIZE[0] // BLOCK
    counts: NDArray[np.int64] = points.reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3))
    return counts


def spread(quiet: Flags) -> Flags:
    """Return the points of these blocks."""
    return quiet.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)


def _gone(slide: Sheet, now: Sheet, points: Flags) -> float:
    ink = slide.ink & points
    return float((ink & other(slide, now)).sum() / max(1, ink.sum()))


def _differ(slide: Sheet, last: Sheet, now: Sheet, points: Flags) -> float:
    """Return how much of a slide became another one, from 0 to 1."""
    least = EMPTY * points.sum()
    was, new = (slide.ink & points).sum(), (now.ink & points).sum()
    come = (now.ink & other(last, now) & points).sum()
    gone = _gone(slide, now, points)
    if was < least:  # an empty page has no ink that could be gone
        return float(min(1.0, come / (8 * least)))
    if new < least:
        return gone if gone > 1 - GONE else 0.0
    return float(np.sqrt(gone * come / new)) if gone >= GONE else 0.0
