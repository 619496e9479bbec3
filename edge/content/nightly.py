"""Wants what this school missed, so that it is here in the morning: what and when, edge/content/missed.py."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from edge.classroom.ties import Tied
from edge.content import missed
from edge.content.fetcher import Fetcher
from edge.content.holdings import Entry
from edge.contract.answers import Item
from edge.errors import JournalFailed
from sync import durable
from sync.errors import JournalError

LOOK = 60.0  # seconds between looks: a lesson is listed by the hub within the hour
FOLDER = "library"
FILE = "declined.json"
MAX_DECLINED = 200  # lessons: what a school has in a week; older ones are not fetched by themselves anyway


class Nightly:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        fetcher: Fetcher,
        entries: Callable[[], Sequence[Entry]],
        lessons: Callable[[], Iterable[Tied]],
        clock: Callable[[], datetime],
        state: Path,
    ) -> None:
        """`entries` are the library's; `lessons` are this school's, and reading them blocks."""
        self._fetcher = fetcher
        self._entries = entries
        self._lessons = lessons
        self._clock = clock
        self._path = state / FOLDER / FILE
        self._declined: list[str] = []
        self._is_loaded = False
        self.is_out = False  # school is out: what nobody asked for may come

    async def run(self, look: float = LOOK) -> None:
        """Look again and again until cancelled."""
        await self._loaded()
        while True:
            now = self._clock().astimezone()
            try:
                self.is_out = await asyncio.to_thread(self._is_out, now)
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            if found := missed.wanted(self._entries(), now, self._declined):
                with suppress(OSError):  # a full disk: it would have no room for them either
                    await self._fetcher.want_missed(found)
            await asyncio.sleep(look)

    async def decline(self, item: Item) -> None:
        """Leave a lesson where it is: somebody deleted it here, or does not want it."""
        await self._loaded()
        name = missed.lesson(item)
        self._declined = [*(each for each in self._declined if each != name), name][-MAX_DECLINED:]
        with suppress(OSError):  # a full disk: it is wanted again after the next start
            await asyncio.to_thread(self._save, list(self._declined))

    async def _loaded(self) -> None:
        if not self._is_loaded:
            await asyncio.to_thread(self._load)
            self._is_loaded = True

    def _is_out(self, now: datetime) -> bool:
        return missed.is_out(self._lessons(), now)

    def _save(self, declined: list[str]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(self._path, msgspec.json.encode(declined))

    def _load(self) -> None:
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            self._declined = msgspec.json.decode(self._path.read_bytes(), type=list[str])[-MAX_DECLINED:]
