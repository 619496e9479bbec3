"""Put frames and sound packets in order of media time, as encoders and muxers deliver them unevenly."""

from collections.abc import Iterable
from heapq import heappop, heappush

from edge.media.packet import CLOCK_RATE, Frame, Kind

# Seconds one track may lag: AVI and phone MP4 interleave by 0.5 to 1 s; more is a silent track.
MAX_SPREAD = 2.0
MAX_GAP = 960  # 20 ms in samples, one packet: below it is a container's rounding (1 ms) or a clock's drift


class Interleave:
    """Frames of several tracks in, one sequence in order of media time out; order inside a track stays."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._newest = dict.fromkeys(kinds, float("-inf"))
        self._waiting: list[tuple[float, int, Frame]] = []
        self._count = 0

    def add(self, frame: Frame) -> list[Frame]:
        """Take one frame and return those no other track can precede any more."""
        media = frame.timestamp / CLOCK_RATE[frame.kind]
        self._newest[frame.kind] = max(media, self._newest[frame.kind])
        self._count += 1
        heappush(self._waiting, (media, self._count, frame))
        newest = self._newest.values()
        return self._until(max(min(newest), max(newest) - MAX_SPREAD))

    def flush(self) -> list[Frame]:
        """Return everything that still waits."""
        return self._until(float("inf"))

    def _until(self, media: float) -> list[Frame]:
        ready = []
        while self._waiting and self._waiting[0][0] <= media:
            ready.append(heappop(self._waiting)[2])
        return ready


class Continuity:
    """Timestamps of sound that advance by exactly the samples sent, corrected a packet at a time."""

    def __init__(self) -> None:
        self.dropped = 0
        self._expected: int | None = None

    def place(self, timestamp: int, samples: int) -> int | None:
        """Return the timestamp for a packet of `samples`, or None when it overlaps what was sent."""
        expected = self._expected
        if expected is None or timestamp - expected > MAX_GAP:
            expected = timestamp
        elif expected - timestamp > MAX_GAP:
            self.dropped += 1
            return None
        self._expected = expected + samples
        return expected
