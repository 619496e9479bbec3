"""When each item of the library was used last: what nobody has used for longest goes first."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import msgspec

from sync import durable

FOLDER = "library"
FILE = "uses.json"
NOW = 600.0  # seconds: a tablet that reads a book asks for its next piece within; a player buffers less
NOTED = 60.0  # … between two notes of one item: a player asks for many ranges
SAVED = 600.0  # seconds between writes: a power cut forgets who read in the last ten minutes
MAX_USES = 20_000  # items that are remembered: the library's own bound, twice


class Uses:
    """The last use of each item. `used` is for the event loop, the rest for one thread at a time."""

    def __init__(self, state: Path, wall: Callable[[], int], clock: Callable[[], float] = monotonic) -> None:
        """`wall` tells milliseconds since 1970."""
        self._path = state / FOLDER / FILE
        self._wall, self._clock = wall, clock
        self._turn = threading.Lock()
        self._used: dict[str, int] = {}
        self._lately: dict[str, float] = {}
        self._saved = float("-inf")

    def load(self) -> None:
        """Read what an earlier run noted; a damaged file is an empty one."""
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            self._used = msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])

    def now(self) -> int:
        """Return the time, in milliseconds since 1970."""
        return self._wall()

    def used(self, item: str) -> None:
        """Somebody plays it, reads it, or takes it now."""
        now = self._clock()
        with self._turn:
            if now - self._lately.get(item, float("-inf")) > NOTED and (
                item in self._used or len(self._used) < MAX_USES
            ):
                self._used[item] = self._wall()
                self._lately[item] = now

    def is_used(self, item: str) -> bool:
        """Tell whether somebody probably uses it now."""
        return self._clock() - self._lately.get(item, float("-inf")) < NOW

    def last(self, item: str, otherwise: int) -> int:
        """Return when it was used last, in milliseconds since 1970."""
        return max(self._used.get(item, 0), otherwise)

    def save(self, kept: Iterable[str]) -> None:
        """Write it down now and then, for these items only."""
        now = self._clock()
        if now - self._saved < SAVED:
            return
        self._saved, kept = now, set(kept)
        with self._turn:
            self._used = {item: at for item, at in self._used.items() if item in kept}
            self._lately = {item: at for item, at in self._lately.items() if now - at < NOW}
            content = msgspec.json.encode(self._used)
        with suppress(OSError):  # a full disk: what is used is guessed by when it came, after the next start
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.save(self._path, content)
