"""What people said of single materials: fetch this one first, leave that one at the hub."""

import threading
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.content.wanted import TooMany
from sync import durable

FOLDER = "library"
FILE = "asked.json"
MAX_ASKED = 200  # materials, as for recordings: more than any link brings
MAX_LEFT = 2000  # … that stay at the hub: of more the first ones are forgotten, and come after all


class _Kept(Struct):
    first: list[str] = []
    left: list[str] = []


class Asked:
    """Two lists, kept through any power cut. Blocks; for any thread."""

    def __init__(self, state: Path) -> None:
        self._path = state / FOLDER / FILE
        self._turn = threading.Lock()
        self._kept = _Kept()
        self.version = 0

    def load(self) -> None:
        """Read what was said in an earlier run; a damaged file says nothing."""
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)

    @property
    def first(self) -> list[str]:
        """Return what is to come first, in order."""
        return self._kept.first

    @property
    def left(self) -> frozenset[str]:
        """Return what stays at the hub."""
        return frozenset(self._kept.left)

    def want(self, item: str) -> None:
        """Fetch it before others; raises TooMany, OSError."""
        with self._turn:
            others = _without(self._kept.first, item)
            if len(others) >= MAX_ASKED:
                raise TooMany
            self._put(_Kept([*others, item], _without(self._kept.left, item)))

    def leave(self, item: str) -> None:
        """Leave it at the hub; raises OSError."""
        with self._turn:
            left = [*_without(self._kept.left, item), item][-MAX_LEFT:]
            self._put(_Kept(_without(self._kept.first, item), left))

    def came(self, item: str) -> None:
        """It is here now: there is nothing more to ask; raises OSError."""
        with self._turn:
            if item in self._kept.first:
                self._put(_Kept(_without(self._kept.first, item), self._kept.left))

    def _put(self, kept: _Kept) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(self._path, msgspec.json.encode(kept))
        self._kept = kept
        self.version += 1


def _without(items: list[str], item: str) -> list[str]:
    return [each for each in items if each != item]
