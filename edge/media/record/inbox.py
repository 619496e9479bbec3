"""The bounded way from the event loop to a recording's writer thread."""

import threading
from collections import deque

from msgspec import Struct

from edge.media.packet import Frame, Kind
from edge.media.record.fit import Clock

MAX_FRAMES = 4096  # 55 s of a lesson: a disk may hang that long before anything is lost
MAX_BYTES = 32 << 20  # 55 s of 4 Mbit/s
WAKE = 64  # frames that wake the writer; otherwise ticks do, so that it runs a few times a second


class Losses(Struct, frozen=True):
    """Totals so far, in the order of the frames: what never came, and what the inbox could not hold."""

    lost: dict[Kind, int]
    dropped: int


class Restart(Struct, frozen=True):
    """The sender's time line begins anew."""


Item = Frame | Losses | Restart


class Batch(Struct):
    """What the writer takes at once."""

    items: list[Item]
    now: float
    clocks: dict[Kind, Clock]
    closing: bool


class Inbox:
    """Many small puts, few large takes. All but `take` may be called from the loop: they never wait."""

    def __init__(self) -> None:
        self.dropped = 0
        self.takes = 0  # how often the writer came for more: several times a second, unless the disk hangs
        self._condition = threading.Condition()
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._now = 0.0
        self._clocks: dict[Kind, Clock] = {}
        self._ticked = False
        self._closing = False
        self._taken = 0

    @property
    def backlog(self) -> int:
        """How many items are not dealt with yet."""
        with self._condition:
            return len(self._items) + self._taken + self._ticked

    def put(self, item: Item) -> None:
        """Hand over an item; a frame is counted and dropped when the writer is too far behind."""
        with self._condition:
            if isinstance(item, Frame):
                size = len(item.data)
                if len(self._items) >= MAX_FRAMES or self._bytes + size > MAX_BYTES:
                    self.dropped += 1
                    return
                self._bytes += size
            elif isinstance(item, Losses) and self._items and isinstance(self._items[-1], Losses):
                self._items.pop()  # totals: while frames are dropped, the newest says all
            self._items.append(item)
            if len(self._items) >= WAKE:
                self._condition.notify()

    def clock(self, kind: Kind, clock: Clock | None) -> None:
        """Hand over what a track's sender reports say, None if nothing any more."""
        with self._condition:
            if clock is None:
                self._clocks.pop(kind, None)
            else:
                self._clocks[kind] = clock

    def tick(self, now: float) -> None:
        """Wake the writer."""
        with self._condition:
            self._now = now
            self._ticked = True
            self._condition.notify()

    def close(self) -> None:
        """Nothing follows."""
        with self._condition:
            self._closing = True
            self._condition.notify()

    def take(self) -> Batch:
        """Wait for something to do and return all there is."""
        with self._condition:
            self._taken = 0
            self.takes += 1
            self._condition.wait_for(lambda: self._ticked or self._closing or len(self._items) >= WAKE)
            batch = Batch(list(self._items), self._now, dict(self._clocks), self._closing)
            self._taken = len(self._items) + 1
            self._items.clear()
            self._bytes = 0
            self._ticked = False
            return batch
