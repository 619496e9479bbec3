"""Where each frame goes on a recording's time line, and where nothing came."""

from collections.abc import Mapping

from edge.media.packet import CLOCK_RATE, Frame, Kind
from edge.media.record.marks import Gap

MIN_GAP = 1.0  # seconds without a frame of any track; Opus sends at least every 0.4 s, even silence
MIN_GAP_SILENT = 3.0  # without sound: a shared screen that stands still is refreshed every 1 to 2 s
MAX_GAPS = 1000  # a link that breaks more often in one lesson has its later gaps counted into the last one
MAX_JUMP = 60.0  # seconds a timestamp may run ahead of the clock: twice what a publisher may be away


class Jumped(ValueError):
    """A timestamp that cannot belong to this recording."""


class Placing:
    """Gives each frame its time and refuses those that go back; raises Jumped for a leap ahead."""

    def __init__(self, zero: Mapping[Kind, int]) -> None:
        self.gaps: list[Gap] = []
        self.backwards = 0
        self.seconds = 0.0  # the end of the newest frame so far, nearly
        self._zero = zero
        self._min_gap = MIN_GAP if "audio" in zero else MIN_GAP_SILENT
        self._last: dict[Kind, int] = dict.fromkeys(zero, -1)
        self._arrival: float | None = None
        self._hole = False

    def mark_hole(self) -> None:
        """Frames were thrown away here: what follows comes after a gap however short."""
        self._hole = True

    def place(self, frame: Frame) -> int | None:
        """Return the frame's time in its track's clock rate, None if it is not newer than the last."""
        pts = frame.timestamp - self._zero[frame.kind]
        if pts <= self._last[frame.kind]:
            self.backwards += 1
            return None
        at = pts / CLOCK_RATE[frame.kind]
        elapsed = frame.arrival - (frame.arrival if self._arrival is None else self._arrival)
        if at - self.seconds > elapsed + MAX_JUMP:
            raise Jumped(f"{frame.kind} timestamp {frame.timestamp} is {at - self.seconds:.0f} s ahead")
        self._note_gap(at)
        self._last[frame.kind] = pts
        self._arrival = max(frame.arrival, self._arrival or frame.arrival)
        self.seconds = max(at, self.seconds)
        return pts

    def _note_gap(self, at: float) -> None:
        silence = at - self.seconds
        if silence <= 0 or (silence < self._min_gap and not self._hole):
            return
        self._hole = False
        if len(self.gaps) >= MAX_GAPS:
            last = self.gaps.pop()
            self.gaps.append(Gap(last.at, last.seconds + silence))
        else:
            self.gaps.append(Gap(round(self.seconds, 3), round(silence, 3)))
