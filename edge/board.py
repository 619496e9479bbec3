"""What is true now, for every screen that looks: the newest notice of each key, handed to all readers.

A slow reader misses what was replaced meanwhile and nothing else: what waits for it is one notice a key.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from edge.contract.notices import KEPT_NOT, Notice

MAX_KEYS = 1024  # notices that are kept: 8 devices with 8 channels, 20 registers a day for a month
MAX_READERS = 16  # screens at once; a classroom has one, and a technician's beside it
MAX_PASSING = 32  # passing notices that wait for one reader: more than a person reads


class TooManyReaders(Exception):
    """No further screen can attach."""


class Reader:
    """What one screen has not been told yet."""

    def __init__(self, first: dict[str, Notice]) -> None:
        self._waiting = dict(first)
        self._passing: list[Notice] = []
        self._some = asyncio.Event()
        if first:
            self._some.set()

    def put(self, notice: Notice) -> None:
        """Add what is new; it replaces what waits with the same key."""
        if isinstance(notice, KEPT_NOT):
            self._passing = [*self._passing, notice][-MAX_PASSING:]
        else:
            self._waiting[notice.key] = notice
        self._some.set()

    async def take(self, patience: float) -> list[Notice]:
        """Return all that is new, once there is any; nothing after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._some.wait()
        except TimeoutError:
            return []
        self._some.clear()
        taken = [*self._waiting.values(), *self._passing]
        self._waiting, self._passing = {}, []
        return taken


class Board:
    """The newest notices and their readers."""

    def __init__(self) -> None:
        self._newest: dict[str, Notice] = {}
        self._readers: list[Reader] = []

    @property
    def is_read(self) -> bool:
        """Whether any screen is attached."""
        return bool(self._readers)

    def tell(self, notice: Notice) -> None:
        """Make something known; what is known already is not told again."""
        if not isinstance(notice, KEPT_NOT):
            if self._newest.get(notice.key) == notice:
                return
            self._newest.pop(notice.key, None)  # to the end: the oldest goes first when there are too many
            self._newest[notice.key] = notice
            if len(self._newest) > MAX_KEYS:
                self._newest.pop(next(iter(self._newest)))
        for reader in self._readers:
            reader.put(notice)

    def forget(self, key: str) -> None:
        """Keep a notice no longer, of a device that is gone."""
        self._newest.pop(key, None)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Yield a reader that begins with all that is true; raise TooManyReaders."""
        if len(self._readers) >= MAX_READERS:
            raise TooManyReaders
        reader = Reader(self._newest)
        self._readers.append(reader)
        try:
            yield reader
        finally:
            self._readers.remove(reader)
