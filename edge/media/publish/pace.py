"""Real-time pacing: when a frame of media time is to leave. A core: the time is an argument."""

from edge.media.packet import CLOCK_RATE, Kind

MAX_LATE = 1.0  # later than this (machine slept, encoder starved) we go on from now: no burst of old frames
MAX_WAIT = 60.0  # a longer hole in a file's timestamps is a mistake of its muxer, not a minute of silence


class Pace:
    """Map media time to the clock; the first frame anchors both tracks, `live` frames are never held back."""

    def __init__(self, live: bool = False) -> None:
        self.live = live
        self.anchors = 0  # times the mapping was set anew; 1 in a run without stalls
        self._offset = 0.0

    def moment(self, timestamp: int, kind: Kind, now: float) -> float:
        """Return when this frame is due on the clock of `now`; the same mapping holds for both kinds."""
        media = timestamp / CLOCK_RATE[kind]
        moment = self._offset + media
        if not self.anchors or not now - MAX_LATE <= moment <= now + MAX_WAIT:
            self.anchors += 1
            self._offset = now - media
            return now
        if self.live and moment > now:
            # A live frame that is early shows that the frames before it were delayed: keep the least delay.
            self._offset = now - media
            return now
        return moment
