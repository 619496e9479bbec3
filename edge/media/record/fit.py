"""The best A/V offset the sender reports of a whole recording tell."""

from collections.abc import Mapping, Sequence
from statistics import median

from msgspec import Struct

from edge.media.packet import CLOCK_RATE, Kind
from edge.media.record.marks import Gap, Shift
from edge.media.record.opening import MAX_DISAGREEMENT

MAX_SAMPLES = 4096  # then every other one is let go: a lesson of 90 minutes has one a report, about 1100
NEW_CLOCK = 3.0  # seconds of gap after which the publisher may be another; its tracks are aligned anew


class Clock(Struct, frozen=True):
    """What a track's sender reports say."""

    offset: float  # NTP seconds of timestamp 0
    timestamp: int  # of the newest report


class Fit:
    """Collects what the reports said while the part was written."""

    def __init__(self, zero: Mapping[Kind, int]) -> None:
        self._zero = zero
        self._samples: list[tuple[float, float]] = []

    def add(self, clocks: Mapping[Kind, Clock]) -> None:
        """Note what the reports say so far."""
        if "video" not in self._zero or "audio" not in self._zero or len(clocks) < len(self._zero):
            return
        # The newest report may be ahead of the frames, which wait for packets before them.
        at = max((clocks[kind].timestamp - zero) / CLOCK_RATE[kind] for kind, zero in self._zero.items())
        begins = {kind: clocks[kind].offset + zero / CLOCK_RATE[kind] for kind, zero in self._zero.items()}
        later = begins["audio"] - begins["video"]
        if abs(later) > MAX_DISAGREEMENT or (self._samples and self._samples[-1] == (at, later)):
            return
        self._samples.append((at, later))
        if len(self._samples) > MAX_SAMPLES:
            del self._samples[::2]

    def shifts(self, gaps: Sequence[Gap]) -> list[Shift]:
        """Return how much later the sound belongs, from which time on; empty if no report came."""
        begins = [0.0, *(gap.at + gap.seconds for gap in gaps if gap.seconds >= NEW_CLOCK)]
        ends = [*begins[1:], float("inf")]
        shifts = []
        for begin, end in zip(begins, ends, strict=True):
            later = [value for at, value in self._samples if begin <= at < end]
            if later:
                settled = later[len(later) // 2 :]  # the first reports know least
                shifts.append(Shift(round(begin, 3), round(median(settled), 6)))
        return shifts
