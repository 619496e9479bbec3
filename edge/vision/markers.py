"""Cards in a still of the class's camera (worker only: numpy and OpenCV).

OpenCV finds what is square; the markers in it are read here. Its own reader asks of each cell whether it is
dark, and a cell of a card at the back of a room is three points wide, of which its neighbours lend two: here
each cell is first set off against its neighbours, and a frame is tried a little smaller and larger than it
was found. At most two cells of 36 may be wrong; another card, or the same turned otherwise, differs in ten.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.eye import MAX_PIXELS, Grey, Unseen
from edge.vision.family import INNER, cells, family
from edge.vision.jpeg import NoJpeg, size
from edge.vision.squares import Squares, even, hulled, outlined
from edge.vision.wire import Cards, Marker

FRAME = INNER + 2
SEEN = FRAME + 2  # with a cell of the card's white rim on each side
WRONG = 2  # cells of a marker that may be wrong: a third turns pattern of cloth into cards
FRAME_WRONG = 3  # of the 28 cells of its frame: a fingertip on the edge
RIMS = 3  # of its four sides that must be lighter than its frame: a hand holds the other
CONTRAST = 10.0  # of 255 between black and white; noise of a bad camera is 8
BLOWN = (0.0, 0.5, -0.5)  # points by which each side of what was found may be off
SET_OFF = 1.0  # how much of its difference from its neighbours is added to a cell
WHITE = 75  # percent of inner cells that are no lighter than white: of 36 at least ten are white
SAME = 0.5  # sides between two squares that are one card, found twice
NEAR = 1e-3  # of the distance of a corner: what a slanted square has nearer is behind the eye

Cells = NDArray[np.float32]


def read(still: bytes) -> Cards:
    """Find all cards in a JPEG; raise Unseen."""
    light = _decoded(still)
    high, wide = light.shape
    bright = float(np.percentile(light[::8, ::8], 99))
    evened = even(light)
    found = list(_read(light, outlined(evened)))
    found += _read(light, _new(hulled(evened), [marker for marker, _ in found]))
    return Cards(_apart(found), wide, high, round(bright, 1))


def _decoded(still: bytes) -> Grey:
    try:
        wide, high = size(still)
    except NoJpeg as exc:
        raise Unseen(str(exc)) from exc
    if wide * high > MAX_PIXELS:
        raise Unseen(f"{wide}×{high} points")
    points = np.frombuffer(still, np.uint8)
    light = cv2.imdecode(points, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if light is None:
        raise Unseen("not a picture")
    return light.astype(np.uint8, copy=False)


def _new(squares: Squares, known: list[Marker]) -> Squares:
    """Return the squares in which no card was read yet."""
    middles = squares.mean(axis=1)
    new = np.ones(len(squares), np.bool_)
    for each in known:
        new &= np.abs(middles - [each.x, each.y]).sum(axis=1) > SAME * each.size
    return squares[new]


@cache
def _turned() -> NDArray[np.uint64]:
    """Return the 36 cells of each marker in its four turns, a bit each."""
    known = [np.rot90(np.array(cells(number)), turn) for number in range(len(family())) for turn in range(4)]
    return _packed(np.array(known).reshape(-1, INNER * INNER))


def _packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    weights = np.uint64(1) << np.arange(INNER * INNER, dtype=np.uint64)
    packed: NDArray[np.uint64] = np.where(bits, weights, np.uint64(0)).sum(axis=1, dtype=np.uint64)
    return packed


def _read(light: Grey, squares: Squares) -> Iterator[tuple[Marker, int]]:
    """Yield the card in each square that has one, and how many of its cells are wrong."""
    best: dict[int, tuple[int, int, float]] = {}
    squares = squares[_may_be(_cells(light, squares))] if len(squares) else squares
    for blown, level in product(BLOWN, (_as_it_is, _levelled)) if len(squares) else ():
        seen = _cells(light, _resized(squares, blown))
        clear = _set_off(level(seen))
        which, dark = _framed(clear)
        if not len(which):
            continue
        inner = clear[which, 2:-2, 2:-2].reshape(len(which), INNER * INNER)
        apart = np.bitwise_count(_packed(inner > dark[which, np.newaxis])[:, np.newaxis] ^ _turned())
        for square, found in zip(which, apart, strict=True):
            nearest = int(found.argmin())
            wrong = int(found[nearest])
            if wrong <= WRONG and wrong < best.get(int(square), (WRONG + 1,))[0]:
                best[int(square)] = wrong, nearest, _sharpness(seen[square], nearest)
    for square, (wrong, nearest, sharp) in best.items():
        yield _marker(squares[square], nearest, sharp), wrong


def _may_be(seen: Cells) -> NDArray[np.bool_]:
    """Tell which squares are worth a closer look: light around, and darker at the frame than inside."""
    frame = _frame(seen)
    rim = np.concatenate([seen[:, 0, 2:-2], seen[:, -1, 2:-2], seen[:, 2:-2, 0], seen[:, 2:-2, -1]], axis=1)
    black = np.median(frame, axis=1)
    inside = np.percentile(seen[:, 2:-2, 2:-2].reshape(len(seen), INNER * INNER), WHITE, axis=1)
    lighter = np.minimum(np.median(rim, axis=1), inside) - black
    return np.asarray(lighter > CONTRAST / 2, np.bool_)


def _resized(squares: Squares, by: float) -> Squares:
    middle = squares.mean(axis=1, keepdims=True)
    sides = np.linalg.norm(squares[:, 0] - squares[:, 2], axis=1)[:, np.newaxis, np.newaxis] / np.sqrt(2)
    resized = middle + (squares - middle) * (1 + 2 * by / np.maximum(sides, 1))
    return np.asarray(resized, np.float32)


def _cells(light: Grey, squares: Squares) -> Cells:
    """Return how light each cell of each square is, with its rim."""
    places = _projections(squares) @ _samples()
    at = (places[:, :2] / np.maximum(places[:, 2:], NEAR)).astype(np.float32)
    points = cv2.remap(light, at[:, 0], at[:, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    fine = points.reshape(-1, SEEN, 2, SEEN, 2).astype(np.float32)
    return np.asarray(fine.mean(axis=(2, 4)), np.float32)


@cache
def _samples() -> NDArray[np.float64]:
    """Return where each cell is looked at, four times, in a square from 0 to 1."""
    middles = (np.arange(-1, FRAME + 1) + 0.5)[:, np.newaxis]
    along = ((middles + np.array([-0.2, 0.2])) / FRAME).ravel()
    across, down = np.meshgrid(along, along)
    return np.stack([across.ravel(), down.ravel(), np.ones(across.size)])


def _projections(squares: Squares) -> NDArray[np.float64]:
    """Return for each square what takes the unit square to it (Heckbert 1989, section 2.2.3)."""
    x, y = squares[:, :, 0].astype(np.float64), squares[:, :, 1].astype(np.float64)
    right, left = (
        np.stack([x[:, 1] - x[:, 2], y[:, 1] - y[:, 2]]),
        np.stack([x[:, 3] - x[:, 2], y[:, 3] - y[:, 2]]),
    )
    skew = np.stack([x[:, 0] - x[:, 1] + x[:, 2] - x[:, 3], y[:, 0] - y[:, 1] + y[:, 2] - y[:, 3]])
    area = right[0] * left[1] - left[0] * right[1]
    area[area == 0] = 1e-9
    g = (skew[0] * left[1] - left[0] * skew[1]) / area
    h = (right[0] * skew[1] - skew[0] * right[1]) / area
    rows = [
        np.stack(
            [side[:, 1] - side[:, 0] + g * side[:, 1], side[:, 3] - side[:, 0] + h * side[:, 3], side[:, 0]]
        )
        for side in (x, y)
    ]
    rows.append(np.stack([g, h, np.ones_like(g)]))
    return np.stack(rows).transpose(2, 0, 1)


def _set_off(seen: Cells) -> Cells:
    """Take back what each cell got of its neighbours' light."""
    padded = np.pad(seen, ((0, 0), (1, 1), (1, 1)), mode="edge")
    upright = padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1]
    around = (upright + padded[:, 1:-1, 2:] + padded[:, 1:-1, :-2]) / 4
    return (seen + SET_OFF * (seen - around)).astype(np.float32)


def _as_it_is(seen: Cells) -> Cells:
    return seen


def _levelled(seen: Cells) -> Cells:
    """Take away a shine: what even the darkest cell next to each one has too much of."""
    padded = np.pad(seen, ((0, 0), (1, 1), (1, 1)), mode="edge")
    shifted = [padded[:, down : down + SEEN, right : right + SEEN] for down in range(3) for right in range(3)]
    darkest = np.min(shifted, axis=0)
    return np.asarray(seen - darkest + np.median(darkest, axis=(1, 2), keepdims=True), np.float32)


def _frame(seen: Cells) -> Cells:
    """Return the cells of each marker's frame."""
    rows = (seen[:, 1, 1:-1], seen[:, -2, 1:-1], seen[:, 2:-2, 1], seen[:, 2:-2, -2])
    return np.concatenate(rows, axis=1)


def _framed(seen: Cells) -> tuple[NDArray[np.intp], Cells]:
    """Return which squares have a dark frame with something light around it, and what is dark in each."""
    inner = seen[:, 2:-2, 2:-2].reshape(len(seen), INNER * INNER)
    frame = _frame(seen)
    black = np.median(frame, axis=1)
    white = np.maximum(np.percentile(inner, WHITE, axis=1), 0.9 * np.percentile(inner, 90, axis=1))
    dark = ((black + white) / 2).astype(np.float32)
    rims = (seen[:, 0, 2:-2], seen[:, -1, 2:-2], seen[:, 2:-2, 0], seen[:, 2:-2, -1])
    lighter = sum(rim.mean(axis=1) > dark for rim in rims)
    wrong = (frame > dark[:, np.newaxis]).sum(axis=1)
    found = (white - black > CONTRAST) & (wrong <= FRAME_WRONG) & (lighter >= RIMS)
    return np.nonzero(found)[0], dark


def _sharpness(seen: Cells, which: int) -> float:
    """Return how much of the contrast between rim and frame is left between single cells, from 0 to 1."""
    bits = (_turned()[which] >> np.arange(INNER * INNER, dtype=np.uint64)) & np.uint64(1) == 1
    inner = seen[2:-2, 2:-2].ravel()
    between = float(inner[bits].mean() - inner[~bits].mean())
    whole = float(np.median(seen[0]) - np.median(seen[1, 1:-1]))
    return round(min(1.0, max(0.0, between / max(whole, 1.0))), 2)


def _marker(square: Squares, which: int, sharp: float) -> Marker:
    number, turn = divmod(which, 4)
    up = _pointing(square[0] + square[1] - square[2] - square[3])
    right = _pointing(square[1] + square[2] - square[0] - square[3])
    # A card that leans back looks flatter, which turns its upright one way and its level the other.
    upright = up + np.array([right[1], -right[0]])
    # `turn` quarters against the clock bring the marker as it is printed to what is seen in the square.
    angle = float(np.degrees(np.arctan2(upright[0], -upright[1]))) - 90 * turn
    x, y = square.mean(axis=0)
    around = float(np.linalg.norm(square - np.roll(square, 1, axis=0), axis=1).sum())
    turned = round((angle + 180) % 360 - 180, 1)
    return Marker(number, turned, round(around / 4, 1), sharp, round(float(x), 1), round(float(y), 1))


def _pointing(along: Squares) -> Squares:
    return np.asarray(along / max(float(np.linalg.norm(along)), 1e-6), np.float32)


def _apart(found: list[tuple[Marker, int]]) -> list[Marker]:
    """Return each card once, as it is seen best: a square is found by more than one way of looking."""
    kept: list[Marker] = []
    for marker, _ in sorted(found, key=lambda each: each[1]):
        same = (each for each in kept if each.id == marker.id)
        if not any(abs(each.x - marker.x) + abs(each.y - marker.y) < SAME * marker.size for each in same):
            kept.append(marker)
    return kept
