"""`GET /metrics`: the numbers of this node, for a monitor that hub staff run."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing

from aiohttp import web
from msgspec import Struct

from edge.access import Door, asker_of, is_here
from edge.content.polite import Budget
from edge.contract.notices import Health
from edge.health import Waiting, waiting
from edge.hubs import Hubs
from edge.journal import Journal, Upstream
from edge.lab.bench import Bench
from edge.lessons import Lessons
from edge.media.packet import Kind
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.overview import families
from edge.overview.exposition import MEDIA_TYPE, Family, written
from edge.overview.families import Kept
from sync import tree, wellbeing

REREAD = 30.0  # seconds for which it counts what was read of the disk: 2,000 recordings take 0.3 s


class Parts(Struct, frozen=True):
    """The parts of the node that are counted; `health` is what its screen is told, None before."""

    studio: Studio
    whep: Whep
    lessons: Lessons
    store: Store
    journal: Journal
    upstream: Upstream
    budget: Budget
    bench: Bench
    hubs: Hubs
    health: Callable[[], Health | None]
    classes: Callable[[], tuple[int, Mapping[Kind, int]]]  # connected, and packets that nobody wanted


class Metrics:
    """The HTTP side of it: for whoever sits at this PC, and for tokens that may export."""

    def __init__(self, parts: Parts, door: Door) -> None:
        self._parts = parts
        self._door = door
        self._kept: Kept | None = None
        self._read = float("-inf")
        self._turn = asyncio.Lock()  # many who ask at once wait for one reading of the disk

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [web.get("/metrics", self._metrics)]

    async def _metrics(self, request: web.Request) -> web.Response:
        asker = asker_of(request.remote, request.headers)
        if not is_here(asker):
            self._door.admit(asker, "export")
        kept = await self._newest()
        headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
        return web.Response(body=written(self._families(kept)).encode(), headers=headers)

    async def _newest(self) -> Kept:
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._kept is None or now - self._read > REREAD:
                self._kept = await asyncio.to_thread(self._look)
                self._read = now
            return self._kept

    def _look(self) -> Kept:
        """Read what is on the disk; in a thread; raises JournalError."""
        parts = self._parts
        ledger, me = parts.journal.ledger, parts.journal.identity.node
        summed = _summed(parts.store.list())
        with closing(ledger.reader()) as db:  # of its own: a hub has the facts of 300 schools
            return Kept(
                summed,
                waiting(db, me) if parts.journal.parent else Waiting(0, 0),
                ledger.newest(),
                ledger.path.stat().st_size,
                tree.standings(db),
                wellbeing.newest(db),
                ledger.now(),
            )

    def _families(self, kept: Kept) -> Iterable[Family]:
        parts = self._parts
        yield from families.of_process()
        yield from families.of_streams(parts.studio.streams.values(), parts.whep.count)
        yield from families.of_recorders(map(parts.lessons.state, parts.studio.streams))
        yield from families.of_watchers(parts.whep.sent)
        yield from families.of_classes(*parts.classes())
        yield from families.of_kept(kept)
        yield from families.of_disk(parts.store.place)
        yield from families.of_hub(parts.upstream.contact, parts.journal.parent is not None, kept.now)
        yield from families.of_nodes(kept)
        yield from families.of_devices(parts.bench.devices(), parts.bench.stopped)
        yield from families.of_traffic(parts.budget.spent, parts.hubs.refused)
        if (health := parts.health()) is not None:
            yield from families.of_health(health, time.time())


def _summed(recordings: Iterable[Recording]) -> dict[str, families.Recorded]:
    """Return recordings by what they are: growing, whole, or with something missing."""
    summed: dict[str, families.Recorded] = {}
    for each in recordings:
        kind = "growing" if each.state == "recording" else "whole" if each.whole else "incomplete"
        before = summed.get(kind, families.Recorded())
        lost = before.lost + sum(each.lost.values()) + each.dropped
        summed[kind] = families.Recorded(
            before.count + 1, before.octets + each.bytes, before.seconds + each.seconds, lost
        )
    return summed
