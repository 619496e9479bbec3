"""Makes room where there is none: what goes, and in which order, says edge/content/keeping.py."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from edge.classroom.timetable import span_of
from edge.content.chunks import ChunkStore
from edge.content.keeping import Drop, Rules, Thing, to_drop
from edge.content.pins import Pins
from edge.content.uses import Uses
from edge.errors import JournalFailed
from edge.media.record.store import Store
from sync.catalogue import Shelf
from sync.errors import JournalError

LOOK = 15.0  # seconds between looks: a recording at the highest bit rate takes 11 MB meanwhile
OVER = ("done", "interrupted")

log = logging.getLogger(__name__)


class Stores(Struct, frozen=True):
    """What lies on the disk."""

    materials: ChunkStore
    recordings: Store


class Housekeeping:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        stores: Stores,
        shelf: Callable[[], Shelf],
        rules: Rules,
        pins: Pins,
        uses: Uses,
        in_use: Callable[[str], bool],
    ) -> None:
        """`in_use` tells of a recording whether it is being shown, or is of the lesson that runs."""
        self._stores = stores
        self._shelf = shelf
        self._rules = rules
        self._pins = pins
        self._uses = uses
        self._in_use = in_use
        self._is_loaded = False
        self.dropped: Counter[str] = Counter()  # things, by why they went
        self.freed = 0  # bytes
        self.looks = 0  # since the start

    async def run(self, look: float = LOOK) -> None:
        """Make room now and then until cancelled."""
        if not self._is_loaded:
            await asyncio.to_thread(self._begin)
            self._is_loaded = True
        while True:
            try:
                things, free, now = await asyncio.to_thread(self._look)
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            used = [replace(each, stays=True) if self._is_used(each.id) else each for each in things]
            for drop in to_drop(used, self._rules, free, now):
                await self._go(drop)
            self.looks += 1
            await asyncio.sleep(look)

    def _begin(self) -> None:
        self._uses.load()
        self._stores.materials.sweep()

    def _look(self) -> tuple[list[Thing], int, int]:
        """Return what could go, how many bytes are free beyond the reserve, and the time."""
        things, free, now = list(self._materials()), self._free(), self._uses.now()
        self._uses.save(each.id for each in things)
        if free < self._rules.low and self._rules.keep_days:  # else none can go: they need not be read
            things += self._recordings()
        return things, free, now

    def _is_used(self, ident: str) -> bool:
        return self._uses.is_used(ident) or self._in_use(ident)

    async def _go(self, drop: Drop) -> None:
        """Remove one thing, unless somebody has begun to use it meanwhile."""
        thing = drop.thing
        if self._is_used(thing.id):
            return
        store = self._stores.materials if thing.kind == "material" else self._stores.recordings
        try:
            await asyncio.to_thread(store.remove, thing.id)
        except OSError as exc:
            log.warning("not dropped kind=%s id=%s reason=%r", thing.kind, thing.id, str(exc))
            return
        self.dropped[drop.why] += 1
        self.freed += thing.bytes
        log.info("dropped kind=%s id=%s why=%s bytes=%d", thing.kind, thing.id, drop.why, thing.bytes)

    def _free(self) -> int:
        """Return how many bytes there are beyond the reserve; a disk that does not say is left alone."""
        place = self._stores.recordings.place
        try:
            place.prepare()
            return place.disk.room(place.folder) - place.reserve
        except OSError:
            return self._rules.enough

    def _materials(self) -> Iterator[Thing]:
        pinned, withdrawn, store = self._pins.all(), self._shelf().withdrawn, self._stores.materials
        now = self._uses.now()
        for held in store.items():
            ident = held.item.id
            size = held.item.size if held.whole else _taken(store, ident)
            stays = held.pinned or ident in pinned
            # What is coming goes last: else it would come and go for ever.
            used = self._uses.last(ident, held.fetched or now)
            yield Thing(ident, "material", size, used, stays, ident in withdrawn)

    def _recordings(self) -> Iterator[Thing]:
        pinned = self._pins.all()
        for each in self._stores.recordings.list():
            span = span_of(each)
            made = span.ends if span is not None else self._uses.now()  # of no known age: it is not old
            stays = each.state not in OVER or each.id in pinned
            yield Thing(each.id, "recording", each.bytes, made, stays)


def _taken(store: ChunkStore, ident: str) -> int:
    """Return how many bytes the disk gave to something that is coming."""
    path = store.path_of(ident)
    try:
        return path.stat().st_blocks * 512 if path is not None else 0
    except OSError:  # gone meanwhile
        return 0
