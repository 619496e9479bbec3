"""How a recording begins: the frames that come before its first file can be opened.

Waiting goes through three steps. (1) Nothing is kept until a key frame of the video is here; sound of the
last moments is kept with it. (2) With the key frame, sender reports of all tracks are awaited for WAIT
seconds: they say what was captured at the same moment. (3) Without them the tracks are aligned by arrival,
and tracks from which nothing came are left out. Sound alone starts when no picture came for SOUND_ALONE.
"""

from collections.abc import Mapping

from msgspec import Struct

from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.record.index import Aligned

WAIT = 2.0  # seconds for sender reports: aiortc and browsers send the first ones within one
SOUND_ALONE = 10.0  # seconds: five GOPs of two seconds; a camera that is still off by then stays off
MAX_FRAMES = 2048  # WAIT holds 150 frames, SOUND_ALONE 500
MAX_DISAGREEMENT = 2.0  # seconds between what reports and arrival say: more is a sender with two clocks
EDGE = 0.06  # seconds: the longest Opus packet; sound that begins before the first picture may belong to it
LEAD = 1.0  # seconds of sound before the key frame that a following part takes over


class Start(Struct, frozen=True):
    """All that is needed to open the first file."""

    frames: list[Frame]  # in order of media time, a key frame of the video first if there is one
    key: Frame | None
    zero: dict[Kind, int]  # the extended timestamp of each track at time zero
    aligned: Aligned


class Opening:
    """Frames in, one Start out. `lead` is how much sound from before the key frame is kept, in seconds."""

    def __init__(self, codecs: Mapping[Kind, Codec], lead: float = 0.0) -> None:
        self._kinds = list(codecs)
        self._lead = lead
        self._key: Frame | None = None
        self._since: float | None = None
        self._frames: list[Frame] = []

    def add(self, frame: Frame) -> None:
        """Take a frame in order of arrival."""
        if frame.kind == "video" and self._key is None:
            if not frame.key:
                return
            self._key = frame
            self._since = frame.arrival
        elif self._since is None:
            self._since = frame.arrival
        self._frames.append(frame)

    def refuse_key(self) -> None:
        """Forget the key frame: it does not describe the video."""
        self._key = None
        self._frames = [frame for frame in self._frames if frame.kind == "audio"]
        self._since = self._frames[0].arrival if self._frames else None

    def start(self, now: float, clocks: Mapping[Kind, float], final: bool = False) -> Start | None:
        """Return how to start, if it is time. `clocks`: NTP seconds of timestamp 0, where known."""
        if self._since is None:
            return None
        waited = now - self._since
        full = final or len(self._frames) >= MAX_FRAMES
        if "video" in self._kinds and self._key is None:
            return self._by_arrival() if full or waited >= SOUND_ALONE else None
        delays = self._delays()
        timed_out = full or waited >= WAIT
        if all(kind in delays or (timed_out and kind in clocks) for kind in self._kinds) and (
            len(self._kinds) == 1 or all(kind in clocks for kind in self._kinds)
        ):
            return self._by_reports(clocks, delays)
        return self._by_arrival() if timed_out else None

    def _by_reports(self, clocks: Mapping[Kind, float], delays: Mapping[Kind, float]) -> Start:
        known = {kind: clocks[kind] - delay for kind, delay in delays.items() if kind in clocks}
        if known and max(known.values()) - min(known.values()) > MAX_DISAGREEMENT:
            return self._by_arrival()
        return self._aligned({kind: clocks.get(kind, 0.0) for kind in self._kinds}, "sender-reports")

    def _by_arrival(self) -> Start:
        delays = self._delays()
        return self._aligned(delays, "sender-reports" if len(delays) == 1 == len(self._kinds) else "arrival")

    def _delays(self) -> dict[Kind, float]:
        """The smallest delay seen on each track stands for no delay."""
        delays: dict[Kind, float] = {}
        for frame in self._frames:
            delay = frame.arrival - frame.timestamp / CLOCK_RATE[frame.kind]
            delays[frame.kind] = min(delay, delays.get(frame.kind, delay))
        return delays

    def _aligned(self, offsets: Mapping[Kind, float], aligned: Aligned) -> Start:
        timed = [(_time(frame, offsets), frame) for frame in self._frames]
        if self._key is not None:
            first = _time(self._key, offsets) - max(self._lead, EDGE)
            timed = [(at, frame) for at, frame in timed if at >= first or frame.kind == "video"]
        timed.sort(key=lambda each: each[0])
        begin = timed[0][0]
        zero = {kind: round((begin - offset) * CLOCK_RATE[kind]) for kind, offset in offsets.items()}
        return Start([frame for _, frame in timed], self._key, zero, aligned)


def _time(frame: Frame, offsets: Mapping[Kind, float]) -> float:
    return offsets[frame.kind] + frame.timestamp / CLOCK_RATE[frame.kind]
