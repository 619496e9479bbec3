"""When a frame was captured: the sender's wall clock, read out of its sender reports."""

from collections import deque
from itertools import pairwise

REPORTS = 32  # a report every 1 to 5 s: half a minute to three minutes
MIN_FIT = 8  # reports; below this the slope of the fit is noise
MAX_DRIFT = 200e-6  # seconds a second; cheap crystals stay within 100 ppm, two of them within 200
MAX_STEP = 0.5  # seconds; what differs more is a wall clock that was set, not a late report

_Point = tuple[float, float]


class SenderClock:
    """Maps RTP timestamps of one track to the sender's NTP time.

    A report may be written late (aiortc writes when a packet was sent, 0 to 16 ms after its capture), never
    early: so the true line lies under all points (media seconds, NTP - media seconds). Of all lines under the
    points the nearest one runs along the edge of the lower hull below their mean.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._points: deque[_Point] = deque(maxlen=REPORTS)
        self._slope = 0.0

    def add(self, ntp: float, timestamp: int) -> None:
        """Take a sender report: `ntp` seconds and the extended RTP timestamp of the same moment."""
        if not ntp:
            return  # a sender without a wall clock says 0 (RFC 3550 section 6.4.1)
        media = timestamp / self._rate
        expected = self.capture_time(timestamp)
        if expected is not None and abs(ntp - expected) > MAX_STEP:
            self._points.clear()
        elif self._points and media <= self._points[-1][0]:
            return  # repeated or overtaken
        self._points.append((media, ntp - media))
        self._slope = _slope(list(self._points))

    @property
    def offset(self) -> float | None:
        """NTP seconds of timestamp 0, counted back from the newest report without drift; None before any."""
        if not self._points:
            return None
        newest, _ = self._points[-1]
        return min(offset + self._slope * (newest - media) for media, offset in self._points)

    def capture_time(self, timestamp: int) -> float | None:
        """Return when media of this extended timestamp was captured, NTP seconds; None before a report."""
        offset = self.offset
        if offset is None:
            return None
        media = timestamp / self._rate
        return offset + media + self._slope * (media - self._points[-1][0])


def _slope(points: list[_Point]) -> float:
    """Return the drift, seconds a second: the slope of the lower hull below the mean of the points."""
    if len(points) < MIN_FIT:
        return 0.0
    mean = sum(media for media, _ in points) / len(points)
    hull = _lower_hull(points)
    for left, right in pairwise(hull):
        if right[0] >= mean:
            return max(-MAX_DRIFT, min((right[1] - left[1]) / (right[0] - left[0]), MAX_DRIFT))
    return 0.0


def _lower_hull(points: list[_Point]) -> list[_Point]:
    hull: list[_Point] = []
    for point in points:
        while len(hull) > 1 and not _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _turns_up(first: _Point, second: _Point, third: _Point) -> bool:
    before = (second[1] - first[1]) * (third[0] - first[0])
    return before < (third[1] - first[1]) * (second[0] - first[0])
