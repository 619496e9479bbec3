"""Joins one publication after another into one space of sequence numbers and timestamps.

A stream outlives its publisher for a while. A publisher that comes back has a new SSRC, and new random
origins of sequence number and timestamp (RFC 3550 section 5.1); a parent reached by a new session has the
same SSRC and timestamps but may have moved on by more than half of the 16-bit sequence space. Readers of
the stream must see neither: for them time goes on. Sequence numbers go on without a hole, which every reader
would ask for in vain; that something is missing shows in the timestamps.
"""

from msgspec import Struct

TIMESTAMP_WRAP = 1 << 32


class _Space(Struct):
    """How the current publication's numbers map to the stream's."""

    source: int
    sequence_shift: int
    timestamp_shift: int


class Splice:
    """The mapping of one track."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._space: _Space | None = None
        self._last: tuple[int, int, float] | None = None
        self.splices = 0

    @property
    def following(self) -> int | None:
        """The stream's sequence number after the highest there was; None before any."""
        return self._last[0] + 1 if self._last else None

    def begin(self, source: int, sequence: int, timestamp: int, now: float) -> None:
        """Open the space for a publication: its SSRC and the extended numbers of its first packet."""
        if self._last is None or self._space is None:
            self._space = _Space(source, 0, 0)
            return
        last_sequence, last_timestamp, seen = self._last
        self.splices += 1
        expected = last_timestamp + round((now - seen) * self._rate)
        if source == self._space.source:
            # The same clock: only the count of wraps may differ from what this session could know.
            wraps = round((expected - timestamp - self._space.timestamp_shift) / TIMESTAMP_WRAP)
            shift = self._space.timestamp_shift + wraps * TIMESTAMP_WRAP
        else:
            shift = max(expected, last_timestamp + 1) - timestamp
        self._space = _Space(source, last_sequence + 1 - sequence, shift)

    def map(self, sequence: int, timestamp: int, now: float) -> tuple[int, int]:
        """Return a packet's sequence number and timestamp in the stream's space."""
        if self._space is None:
            raise ValueError("no publication has begun")
        sequence += self._space.sequence_shift
        timestamp += self._space.timestamp_shift
        if self._last is None or sequence > self._last[0]:
            self._last = (sequence, timestamp, now)
        return sequence, timestamp

    def timestamp(self, timestamp: int) -> int:
        """Return the stream's timestamp for one of the current publication's."""
        return timestamp + (self._space.timestamp_shift if self._space else 0)
