"""What is printed, as outlines: squares, lines and letters, in centimetres from the upper left corner (core).

Letters are outlines like everything else: the paper shows the same wherever it is printed, Kazakh included.
"""

import re
from collections.abc import Iterable, Iterator
from math import cos, radians, sin

from msgspec import Struct

UNITS = 2048  # of the letters' outlines, to an em
CAPITAL = 1493 / UNITS  # how high a capital letter is, in ems
STEP = re.compile(r"([MLQZ])((?:-?\d+ ?)*)")

Outlines = dict[str, tuple[float, str]]  # letter → advance and path, in units

Step = tuple[str, tuple[float, ...]]  # M x y, L x y, Q x y x y, Z
Box = tuple[float, float, float, float]  # left, top, width, height


class Shape(Struct, frozen=True):
    """One area of one grey; its holes go round the other way, as those of letters do."""

    steps: tuple[Step, ...]
    grey: float = 0.0  # 0 is black, 1 is white


class Spot(Struct, frozen=True):
    """Where something is put, and how far it is turned there, clockwise."""

    x: float
    y: float
    degrees: float = 0.0

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is that lies so far to the right and below, before the turn."""
        turn = radians(self.degrees)
        return (
            round(self.x + x * cos(turn) - y * sin(turn), 3),
            round(self.y + x * sin(turn) + y * cos(turn), 3),
        )


def boxes(spot: Spot, several: Iterable[Box], grey: float = 0.0) -> Shape:
    """Return rectangles that do not overlap, as one shape: nothing shows between two that touch."""
    return Shape(tuple(step for each in several for step in _box(spot, each)), grey)


def _box(spot: Spot, box: Box) -> Iterator[Step]:
    left, top, wide, high = box
    corners = ((left, top), (left + wide, top), (left + wide, top + high), (left, top + high))
    for command, corner in zip("MLLL", corners, strict=True):
        yield command, spot.place(*corner)
    yield "Z", ()


class Pen:
    """Writes words: `outlines` are those of the letters (edge/cards/letters)."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines

    def wide(self, words: str, em: float) -> float:
        """Return how wide words are."""
        return sum(self._outline(letter)[0] for letter in words) * em / UNITS

    def write(self, words: str, spot: Spot, em: float, grey: float = 0.0) -> Shape:
        """Return words that begin at a spot, on their base line."""
        steps: list[Step] = []
        at = 0.0
        for letter in words:
            advance, path = self._outline(letter)
            for command, numbers in STEP.findall(path):
                units = [float(each) for each in numbers.split()]
                points = zip(units[::2], units[1::2], strict=True)
                placed = [spot.place(at + x * em / UNITS, -y * em / UNITS) for x, y in points]
                steps.append((command, tuple(value for point in placed for value in point)))
            at += advance * em / UNITS
        return Shape(tuple(steps), grey)

    def centred(self, words: str, spot: Spot, em: float, grey: float = 0.0) -> Shape:
        """Return words whose middle is at a spot, as far as capitals go."""
        begin = spot.place(-self.wide(words, em) / 2, CAPITAL * em / 2)
        return self.write(words, Spot(*begin, spot.degrees), em, grey)

    def lines(self, words: str, em: float, wide: float) -> list[str]:
        """Return words as lines no wider than that, broken between them."""
        found: list[str] = []
        for word in words.split():
            longer = f"{found[-1]} {word}" if found else word
            if found and self.wide(longer, em) <= wide:
                found[-1] = longer
            else:
                found.append(word)
        return found

    def _outline(self, letter: str) -> tuple[float, str]:
        return self._outlines.get(letter) or self._outlines.get("?", (UNITS / 2, ""))


def outlines(table: str) -> Outlines:
    """Read a table of letters: code point, advance, path."""
    rows = (line.partition(" ") for line in table.splitlines())
    found = {chr(int(code, 16)): rest.partition(" ") for code, _, rest in rows}
    return {letter: (float(advance), path) for letter, (advance, _, path) in found.items()}
