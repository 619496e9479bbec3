"""What hubs have published, as the library of a screen or a page asks for it (edge/content/stock.py)."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from edge.content.asked import Asked
from edge.content.chunks import ChunkStore, Held
from edge.content.holdings import Wish
from edge.content.materials import Materials
from edge.content.pins import Pins
from edge.content.published import Material
from edge.content.uses import Uses
from sync.catalogue import Item, Shelf
from sync.clock import LAST


class Warehouse:
    """The shelf, the store and what is on its way, as one."""

    def __init__(
        self,
        store: ChunkStore,
        shelf: Callable[[], Shelf],
        asked: Asked,
        materials: Materials,
        pins: Pins,
        uses: Uses,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._asked = asked
        self._materials = materials
        self._pins = pins
        self._uses = uses
        self._seen: object = None
        self._version = 0

    @property
    def version(self) -> int:
        """Return a number that is another one when something has changed; reads the disk."""
        try:
            written = self._store.place.folder.stat().st_mtime_ns
        except OSError:  # nothing was ever here
            written = 0
        seen = (self._shelf(), written, self._pins.all())
        if seen != self._seen:
            self._seen = seen
            self._version += 1
        return self._version

    def materials(self) -> list[Material]:
        """Return what is published, and what is here although it is not any more."""
        held = {each.item.id: each for each in self._store.items()}
        offers = self._shelf().offers
        left = {ident: each for ident, each in held.items() if ident not in offers and each.whole}
        pinned = self._pins.all() | {ident for ident, each in held.items() if each.pinned}
        return [
            *(_material(each.item, each.version, held.get(ident), pinned) for ident, each in offers.items()),
            *(_material(each.item, 0, each, pinned) for each in left.values()),
        ]

    def wishes(self) -> Mapping[str, Wish]:
        """Return what is to become of those that are not here."""
        current = self._materials.current
        wishes = {item: Wish("tonight") for item in self._asked.first}
        for item in self._materials.planned:
            why = self._materials.trouble(item.id)
            wishes[item.id] = Wish("failed", reason=why) if why else Wish("tonight")
        return wishes | ({current: Wish("coming", self._materials.share)} if current else {})

    def path_of(self, ident: str) -> Path | None:
        """Return the file of one that is here whole; whoever asks is about to use it."""
        if not self._store.is_whole(ident):
            return None
        self._uses.used(ident)
        return self._store.path_of(ident)

    async def want(self, ident: str) -> None:
        """Fetch it before others; raises TooMany, OSError."""
        await asyncio.to_thread(self._asked.want, ident)
        self._materials.look()

    async def leave(self, ident: str) -> None:
        """Leave it at the hub, and nothing of it here; raises OSError."""
        await asyncio.to_thread(self._asked.leave, ident)
        self._materials.leave(ident)
        if not await asyncio.to_thread(self._store.is_whole, ident):
            await asyncio.to_thread(self._store.remove, ident)

    async def pin(self, ident: str, on: bool) -> None:
        """Keep it on this disk, or let the rules decide again; raises TooManyPins, OSError."""
        await asyncio.to_thread(self._pins.set, ident, on)

    async def remove(self, ident: str) -> None:
        """Delete it, and do not fetch it again by itself; raises OSError."""
        await asyncio.to_thread(self._asked.leave, ident)
        await asyncio.to_thread(self._store.remove, ident)
        self._materials.leave(ident)


def _material(item: Item, version: int, held: Held | None, pinned: Collection[str]) -> Material:
    moment = version if version <= LAST else 0  # a publisher counts in milliseconds (publisher.py), or lies
    day = datetime.fromtimestamp(moment / 1000, UTC).astimezone().date().isoformat() if moment else ""
    return Material(
        item.id,
        item.name,
        item.media_type,
        item.size,
        item.title,
        item.subject,
        item.grade,
        item.topic,
        item.lang,
        moment,
        day,
        here=held is not None and held.whole,
        pinned=item.id in pinned,
    )
