"""The family of markers on cards: AprilTag 36h10, any two of whose 2320, turned any way, differ in ten cells.

The table is kept here so that cards are printed without OpenCV, and are read whatever its version calls them.
"""

from functools import cache
from pathlib import Path

INNER = 6  # cells of a marker in a row, its black frame not counted
CELLS = INNER * INNER

TABLE = Path(__file__).parent / "36h10.hex"

Cells = tuple[tuple[bool, ...], ...]


@cache
def family() -> tuple[int, ...]:
    """Return the cells of each marker as a number, the upper left one first; 1 is white."""
    return tuple(int(each, 16) for each in TABLE.read_text().split())


def cells(marker: int) -> Cells:
    """Return the rows of a marker; True is white."""
    packed = family()[marker]
    bits = [packed >> (CELLS - 1 - place) & 1 == 1 for place in range(CELLS)]
    return tuple(tuple(bits[row * INNER : (row + 1) * INNER]) for row in range(INNER))
