"""A satellite receiver that is not there (core): a walk around a school yard in Aktobe."""

import math

from devices.drivers.nmea import KNOT, closed

HOME = (50.2839, 57.1670)  # degrees north, east
HEIGHT = 219.0  # metres
RADIUS = 40.0  # metres, of the walk
PACE = 1.3  # metres a second
FIX = 8.0  # seconds until it knows where it is
METRES_OF_A_DEGREE = 111_320.0
BEGINS = 8 * 3600  # the time of day that it tells first, in seconds
LONGEST_PAUSE = 2  # seconds; what was to be said before that was never said


class Receiver:
    """The far end of a line to it: one position a second."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._next = 0  # second

    def take(self, piece: bytes, now: float) -> None:
        """Obey nothing: a receiver is listened to."""

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self._began is None:
            self._began = now
        second = int(now - self._began)
        first, self._next = max(self._next, second - LONGEST_PAUSE), second + 1
        return b"".join(self._said(each) for each in range(first, second + 1))

    def _said(self, second: int) -> bytes:
        clock = _clock(BEGINS + second)
        if second < FIX:
            none = closed(f"GPGGA,{clock},,,,,0,{min(second, 3):02d},,,M,,M,,")
            return none + closed(f"GPRMC,{clock},V,,,,,,,011026,,,N")
        turn = PACE * second / RADIUS
        north = HOME[0] + RADIUS * math.cos(turn) / METRES_OF_A_DEGREE
        east = HOME[1] + RADIUS * math.sin(turn) / METRES_OF_A_DEGREE / math.cos(math.radians(HOME[0]))
        place = f"{_packed(north, 2)},N,{_packed(east, 3)},E"
        course = (math.degrees(turn) + 90.0) % 360.0
        return closed(f"GPGGA,{clock},{place},1,09,0.9,{HEIGHT:.1f},M,-12.0,M,,") + closed(
            f"GPRMC,{clock},A,{place},{PACE / KNOT:.2f},{course:.1f},011026,,,A"
        )


def _packed(degrees: float, width: int) -> str:
    whole = int(degrees)
    return f"{whole:0{width}d}{(degrees - whole) * 60:07.4f}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.00"
