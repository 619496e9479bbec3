"""What is square in a picture, dark with something light around it (worker only: numpy and OpenCV).

Both ways look at the logarithm of light, so that an edge in the shade is as high as one in the sun. OpenCV
follows the outline of each dark area and keeps what has four corners: quick, and misses a card whose outline
a shine or a finger breaks. The second way takes the hull of each outline, whose gaps and bites it spans, and
the smallest four-sided figure around that.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.eye import Grey

SHADE = 12.0  # of 255: what is darker than that has no contrast left that would be worth making more of
# Sides of the areas over which light is averaged: strokes of a far card are 3 points wide, of a near one 20.
SMALL_AREA, MIDDLE_AREA, LARGE_AREA = 5, 13, 21
DARKER = 7.0  # of 255, than its area: an edge; noise of a bad camera is 8, of which smoothing leaves 3
LEAST_AROUND = 0.03  # perimeter over the picture's width: a card of 15 points in 1920
MOST_AROUND = 4.0  # … and one that fills the picture
STRAIGHT = 0.04  # of its perimeter that a side may bend
NEAR = 0.02  # a marker and the card around it are both looked at, and not only the larger one
LEAST_SIDE = 10  # points: a card that is smaller cannot be read
SLENDER = 2.2  # times as long as wide: a card that is turned away by 60°
FULL = 0.7  # of the upright or turned box around it that a hull fills
SMOOTH = 0.02  # of its perimeter by which a hull may be simplified
CORNERS = range(4, 9)  # of a hull: a square with each corner bitten off has eight
MORE = 1.25  # times the hull's area that the figure around it may have

Squares = NDArray[np.float32]  # of n squares four corners x y, clockwise


def even(light: Grey) -> Grey:
    """Return a picture in which edges in the shade are as high as those in light, a little smoothed."""
    return np.asarray(cv2.GaussianBlur(cv2.LUT(light, _curve()), (3, 3), 0), np.uint8)


def outlined(evened: Grey) -> Squares:
    """Return what has four corners and a whole outline."""
    read, _, others = _detector().detectMarkers(evened)
    return _together(np.asarray(each, np.float32).reshape(4, 2) for each in (*read, *others))


def hulled(evened: Grey) -> Squares:
    """Return what has four sides, whatever its outline."""
    method, inverse = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
    dark = cv2.adaptiveThreshold(evened, 255, method, inverse, MIDDLE_AREA, DARKER)
    outlines, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return _together(_four_sided(outlines))


def _four_sided(outlines: Iterable[Any]) -> Iterator[Squares]:
    for outline in outlines:
        _, _, wide, high = cv2.boundingRect(outline)
        if min(wide, high) < LEAST_SIDE or max(wide, high) > SLENDER * min(wide, high):
            continue
        hull = cv2.convexHull(outline)
        area = cv2.contourArea(hull)
        _, (long, short), _ = cv2.minAreaRect(hull)
        if area < FULL * long * short:
            continue
        plain = cv2.approxPolyDP(hull, SMOOTH * cv2.arcLength(hull, True), True)
        if len(plain) not in CORNERS:
            continue
        figure = np.asarray(cv2.approxPolyN(plain, 4, ensure_convex=True), np.float32).reshape(-1, 2)
        around = cv2.contourArea(figure, True)
        if len(figure) == 4 and area * 0.9 <= abs(around) <= area * MORE:
            yield figure if around > 0 else figure[::-1]


def _together(squares: Iterator[Squares]) -> Squares:
    return np.array(list(squares), np.float32).reshape(-1, 4, 2)


@cache
def _curve() -> Grey:
    """Return how light the eye finds each value."""
    values = 255 * np.log1p(np.arange(256) / SHADE) / np.log1p(255 / SHADE)
    return np.asarray(values, np.uint8)


@cache
def _detector() -> cv2.aruco.ArucoDetector:
    ways = cv2.aruco.DetectorParameters()
    ways.adaptiveThreshWinSizeMin, ways.adaptiveThreshWinSizeMax = SMALL_AREA, LARGE_AREA
    ways.adaptiveThreshWinSizeStep = MIDDLE_AREA - SMALL_AREA
    ways.adaptiveThreshConstant = DARKER
    ways.minMarkerPerimeterRate, ways.maxMarkerPerimeterRate = LEAST_AROUND, MOST_AROUND
    ways.polygonalApproxAccuracyRate = STRAIGHT
    ways.minMarkerDistanceRate = NEAR
    ways.minDistanceToBorder = 1
    # A family of one, so that nearly nothing is read by OpenCV: what it does not know it returns as well.
    one = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.ArucoDetector(cv2.aruco.Dictionary(one.bytesList[:1].copy(), one.markerSize), ways)
