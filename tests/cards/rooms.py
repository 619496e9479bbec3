"""Classrooms without cards: walls, windows, boards, people in patterned clothes, and what looks like cards.

They are drawn, by seed, to be as bad as photographs are: texture at all scales, uneven light, soft edges.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Light = NDArray[np.uint8]

WIDE, HIGH = 1920, 1080
ROOMS = 24  # that are different; each is also mirrored, and lighter or darker
WORDS = ("2x + 3 = 7", "F = ma", "АБВГ", "Lesson 12", "KZ 2026", "H2O", "E5")


def room(lot: Generator) -> Light:
    """Return one of the rooms, changed by the lot."""
    light = _room(int(lot.integers(ROOMS)))
    if lot.random() < 0.5:
        light = light[:, ::-1]
    gain, lift = lot.uniform(0.55, 1.15), lot.uniform(-10, 25)
    return cv2.convertScaleAbs(light, alpha=gain, beta=max(0.0, lift)).astype(np.uint8)


@cache
def _room(seed: int) -> Light:
    lot = np.random.default_rng(9000 + seed)
    light = _texture(lot)
    _windows(light, lot)
    _posters(light, lot)
    _people(light, lot)
    for _ in range(6):
        _pretender(light, lot)
    return _soft(light, float(lot.uniform(0.5, 1.5)))


def _texture(lot: Generator) -> Light:
    """Return a wall: grain of all sizes, and light from one side."""
    wall = np.linspace(lot.uniform(-40, 40), lot.uniform(-40, 40), WIDE, dtype=np.float32)
    for size in (3, 8, 20, 60, 200):
        grain = lot.normal(0, 7, (HIGH // size + 2, WIDE // size + 2)).astype(np.float32)
        wall = wall + cv2.resize(grain, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
    painted: Light = np.clip(wall + lot.uniform(90, 170), 0, 255).astype(np.uint8)
    return painted


def _soft(light: Light, by: float) -> Light:
    soft: Light = cv2.GaussianBlur(light, (0, 0), by).astype(np.uint8)
    return soft


def _windows(light: Light, lot: Generator) -> None:
    for _ in range(int(lot.integers(1, 4))):
        x, y = int(lot.integers(0, WIDE - 300)), int(lot.integers(0, 300))
        wide, high = int(lot.integers(120, 300)), int(lot.integers(150, 400))
        cv2.rectangle(light, (x, y), (x + wide, y + high), int(lot.integers(200, 255)), -1)
        for bar in (0, wide // 2, wide):
            cv2.line(light, (x + bar, y), (x + bar, y + high), int(lot.integers(30, 120)), 5)
        cv2.line(light, (x, y + high // 2), (x + wide, y + high // 2), int(lot.integers(30, 120)), 5)


def _posters(light: Light, lot: Generator) -> None:
    for _ in range(int(lot.integers(4, 10))):
        x, y = int(lot.integers(0, WIDE - 260)), int(lot.integers(0, HIGH - 200))
        wide, high = int(lot.integers(40, 260)), int(lot.integers(30, 200))
        cv2.rectangle(light, (x, y), (x + wide, y + high), int(lot.integers(120, 250)), -1)
        cv2.rectangle(light, (x, y), (x + wide, y + high), int(lot.integers(0, 90)), int(lot.integers(1, 9)))
        for line in range(int(lot.integers(1, 6))):
            words = WORDS[int(lot.integers(len(WORDS)))]
            scale = float(lot.uniform(0.3, 1.2))
            place = (x + 6, y + 20 + line * 28)
            cv2.putText(light, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, int(lot.integers(0, 120)), 2)


def _people(light: Light, lot: Generator) -> None:
    for row in range(3):
        for place in range(8):
            x = round((place + 0.5) * WIDE / 8 + lot.uniform(-40, 40))
            y = round(HIGH * (0.3 + 0.28 * row) + lot.uniform(-30, 30))
            size = round(45 + 22 * row + lot.uniform(-6, 6))
            cv2.ellipse(light, (x, y + 2 * size), (size + 10, round(1.6 * size)), 0, 0, 360, 70, -1)
            _cloth(light, lot, (x - size, y + size, 2 * size, 2 * size))
            cv2.ellipse(light, (x, y), (round(size * 0.6), size), 0, 0, 360, int(lot.integers(110, 210)), -1)
            cv2.ellipse(light, (x, y - size // 2), (round(size * 0.65), size // 2), 0, 180, 360, 30, -1)


def _cloth(light: Light, lot: Generator, box: tuple[int, int, int, int]) -> None:
    """Draw checks, stripes or plain cloth."""
    x, y, wide, high = box
    part = light[max(0, y) : y + high, max(0, x) : x + wide]
    rows, columns = np.indices(part.shape)
    step = int(lot.integers(3, 14))
    dark, bright = lot.integers(10, 110), lot.integers(120, 250)
    pattern = (
        (rows // step + columns // step) % 2,
        (rows // step) % 2,
        ((rows % (2 * step)) < step) | ((columns % (2 * step)) < step),
        np.zeros_like(rows),
    )[int(lot.integers(4))]
    part[:] = np.where(pattern, bright, dark).astype(np.uint8)


def _pretender(light: Light, lot: Generator) -> None:
    """Draw what has a card's frame and none of its markers, or those of another family, or a checkerboard."""
    kind = int(lot.integers(3))
    inner: NDArray[Any] = lot.integers(0, 2, (6, 6))
    if kind == 1:
        families = (cv2.aruco.DICT_6X6_250, cv2.aruco.DICT_5X5_250, cv2.aruco.DICT_APRILTAG_36H11)
        known = cv2.aruco.getPredefinedDictionary(families[int(lot.integers(3))])
        which = int(lot.integers(len(known.bytesList)))
        inner = cv2.aruco.Dictionary.getBitsFromByteList(known.bytesList[which : which + 1], known.markerSize)
    elif kind == 2:
        inner = np.indices((6, 6)).sum(axis=0) % 2
    framed = np.pad(np.pad(inner, 1), 1, constant_values=1).astype(np.uint8) * 225 + 15
    size = int(lot.integers(30, 90))
    x, y = int(lot.integers(0, WIDE - size)), int(lot.integers(0, HIGH - size))
    light[y : y + size, x : x + size] = cv2.resize(framed, (size, size), interpolation=cv2.INTER_AREA)
