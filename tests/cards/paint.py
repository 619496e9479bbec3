"""Printed cards as points, drawn from the same shapes that the paper gets."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import edge.cards
from edge.cards.drawing import Pen, Shape, Spot, Step, outlines
from edge.cards.sheet import RIM, Deck, card

Light = NDArray[np.uint8]

FINE = 4  # bits of a point's fraction
CURVE = 6  # lines for a curve of a letter
SIDE = 96  # points of a marker's side: a third more than any in a picture


@cache
def pen() -> Pen:
    """Return what writes on cards."""
    table = Path(edge.cards.__file__).parent / "letters" / "dejavu-sans.txt"
    return Pen(outlines(table.read_text(encoding="utf-8")))


@cache
def card_of(class_: str, number: int) -> Light:
    """Return a card as it is cut out, its answer A up."""
    size = 12.0
    whole = size * (1 + 2 * RIM)
    shapes = card(Deck(class_, (number,), size), number, Spot(whole / 2, whole / 2), pen())
    return paint(shapes, whole, whole, SIDE / size)


def paint(shapes: Iterable[Shape], wide: float, high: float, points: float) -> Light:
    """Draw shapes on white; `points` to a centimetre."""
    page: Light = np.full((round(high * points), round(wide * points)), 255, np.uint8)
    for shape in shapes:
        scaled = [
            np.round(np.array(each) * points * 2**FINE).astype(np.int32) for each in _lines(shape.steps)
        ]
        cv2.fillPoly(page, scaled, round(shape.grey * 255), cv2.LINE_AA, FINE)
    return page


def _lines(steps: Sequence[Step]) -> Iterator[list[tuple[float, float]]]:
    line: list[tuple[float, float]] = []
    for command, numbers in steps:
        if command == "Q":
            (x0, y0), (x1, y1, x2, y2) = line[-1], numbers
            for part in range(1, CURVE + 1):
                t = part / CURVE
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                line.append((a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2))
        elif command == "Z":
            yield line
            line = []
        else:
            line.append((numbers[0], numbers[1]))
