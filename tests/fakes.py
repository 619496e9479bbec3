"""Fakes for seams we own, with knobs for faults."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from sqlite3 import Connection
from threading import Event

from edge.journal import Journal
from edge.media.packet import Codec, Frame, Kind
from edge.media.publish.source import SourceError
from sync.ledger import Ledger


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


class SlowJournal(Journal):
    """A journal that long reading waits for, until the test opens the gate."""

    def __init__(self, state: Path, school: str = "") -> None:
        super().__init__(state, school)
        self.ledger.close()
        self.ledger = self.slow = SlowLedger(self.folder, self.identity.node)


class SlowLedger(Ledger):
    """The slow part of it."""

    def __init__(self, folder: Path, node: str) -> None:
        super().__init__(folder, node)
        self.gate = Event()
        self.began = 0

    def reader(self) -> Connection:
        """Wait for the gate, no longer than a test."""
        self.began += 1
        self.gate.wait(10)
        return super().reader()
