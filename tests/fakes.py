"""Fakes for seams we own, with knobs for faults."""

from collections.abc import Iterator, Mapping
from threading import Event

from edge.media.packet import Codec, Frame, Kind
from edge.media.publish.source import SourceError


class FakeClock:
    """A clock that moves only when somebody sleeps on it or the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.now += seconds


class FakeSource:
    """A source of given frames; it can fail at its end, or block there as a camera does."""

    codecs: Mapping[Kind, Codec] = {"video": "H264", "audio": "opus"}
    fmtp: Mapping[Kind, str] = {}

    def __init__(
        self,
        frames: list[Frame],
        fails: SourceError | None = None,
        blocks: bool = False,
        live: bool = False,
    ) -> None:
        self.live = live
        self.taken = 0
        self.ended = False
        self.closed = Event()
        self._frames, self._fails, self._blocks = frames, fails, blocks

    def frames(self) -> Iterator[Frame]:
        """Yield the frames until closed."""
        try:
            for frame in self._frames:
                if self.closed.is_set():
                    return
                self.taken += 1
                yield frame
            if self._blocks:
                self.closed.wait(10)
            if self._fails is not None:
                raise self._fails
        finally:
            self.ended = True

    def close(self) -> None:
        """Make `frames` end."""
        self.closed.set()
