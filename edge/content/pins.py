"""What stays on this disk whatever the rules say: a file that the daemon and a technician's command share."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from sync import durable

FOLDER = "library"
FILE = "pins.json"
MAX_PINS = 1000  # items: more than a person ever chose one by one


class TooManyPins(Exception):
    """Nothing further can be pinned."""


class Pins:
    """The ids of recordings and materials that stay. Blocks; for any thread and any process of this node."""

    def __init__(self, state: Path, changed: Callable[[], object] = lambda: None) -> None:
        self._path = state / FOLDER / FILE
        self._changed = changed
        self._read_at = -1
        self._pinned: frozenset[str] = frozenset()

    def all(self) -> frozenset[str]:
        """Return what is pinned; a damaged file pins nothing."""
        at = self._written_at()
        if at != self._read_at:
            self._pinned, self._read_at = self._read(), at
        return self._pinned

    def __contains__(self, item: str) -> bool:
        return item in self.all()

    def set(self, item: str, on: bool) -> None:
        """Pin an item, or let it go with the others; raises TooManyPins, OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with durable.alone(self._path.parent):
            pinned = set(self._read())
            if on and item not in pinned and len(pinned) >= MAX_PINS:
                raise TooManyPins
            pinned = pinned | {item} if on else pinned - {item}
            durable.save(self._path, msgspec.json.encode(sorted(pinned)))
        self._read_at = -1
        self._changed()

    def _written_at(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def _read(self) -> frozenset[str]:
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return frozenset(msgspec.json.decode(self._path.read_bytes(), type=list[str])[:MAX_PINS])
        return frozenset()
