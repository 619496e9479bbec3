"""Brings what hubs offer and this school lacks, one thing at a time, chunk by chunk.

One step is some chunks of one item from one node. What another computer of this school has verified is
taken from it; the rest comes from the hub, if it is this node's turn to ask for all of them. A chunk counts
when its sum is right and it is on the disk, so a cut costs the chunk that was on its way. A chunk that is
wrong is counted against its sender, who is not asked for this item again for a while; another one is.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Protocol, TypeVar

import aiohttp
from msgspec import Struct

from edge.content import chunks, spans
from edge.content.chunked import read_chunks, read_sums
from edge.content.chunks import ChunkStore, Draft, WrongHash, WrongSums
from edge.content.download import Gone, NoRoom, Odd, stored
from edge.content.hub import HubAway, HubDoor, HubSession
from edge.content.neighbours import FRESH, LOOK, Neighbours, open_session
from edge.content.pace import Pace, Purse
from edge.content.shunned import Shunned
from edge.content.siblings import Own
from edge.content.spans import Spans
from edge.content.trickle import Paid
from edge.errors import JournalFailed
from edge.media.pull import Parent
from sync.catalogue import Item, chunks_of
from sync.errors import JournalError

RUN = (
    4  # chunks of one step: then siblings are looked at, and a recording may have the link; 16 s at 2 Mbit/s
)
NEAR_RATE = 8_000_000  # bytes a second from a computer of this school: its Wi-Fi is used by others too
WAIT = 5.0  # seconds between looks whether it may go on
FULL = 15.0  # … whether the disk has room again
IDLE = 10.0  # … whether something new is offered
PAUSES = (1.0, 5.0, 15.0, 60.0)  # seconds between tries after the link was lost
REPLAN = 60.0  # seconds after which it is looked anew what comes first, and with a new session
MAX_OPEN = 4  # items whose files are open: to open one again means to read all of it again
HUB = "hub"

T = TypeVar("T")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """It is not to go on now: `args` has the reason as a key, "" for none."""


class Plan(Protocol):
    """What is to come."""

    @property
    def crowded(self) -> bool:
        """Tell whether something else is lacking, and there is no room for it."""

    def __call__(self) -> list[Item]:
        """Return what is to come, in order; blocks, raises JournalError."""


class Link(Struct, frozen=True):
    """How this computer's links are shared."""

    purse: Purse
    turn: asyncio.Lock  # whoever has it uses the link to the hub in bulk
    busy: Callable[[], bool]  # a lesson runs here: nothing comes, from siblings neither


class Ways(Struct, frozen=True):
    """Whom materials come from."""

    door: HubDoor
    neighbours: Neighbours


class Step(Struct, frozen=True):
    """Some chunks of one item from one node."""

    item: Item
    run: range
    source: str  # HUB, or the id of a sibling


class Materials:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        store: ChunkStore,
        plan: Plan,
        ways: Ways,
        link: Link,
        wall: Callable[[], int],
    ) -> None:
        """`wall` tells milliseconds since 1970."""
        self._store = store
        self._plan = plan
        self._ways = ways
        self._link = link
        self._wall = wall
        self._drafts: dict[str, Draft] = {}
        self._missing: dict[str, Spans] = {}
        self.shunned = Shunned()
        self._failures = 0
        self._away_until = float("-inf")
        self._could = False
        self._near = Pace(NEAR_RATE)
        self._disk = threading.Lock()
        self._halt = threading.Event()  # the node stops: what is read again is not read to its end
        self.woken = asyncio.Event()
        self.planned: list[Item] = []
        self.arrived = 0  # items that came since the start
        self.asks = False  # this node asks the hub for all of its school
        self.waits = ""  # why nothing comes although something is planned: a word key
        self.current = ""
        self.share = 0.0  # of the current item, from 0 to 1

    @property
    def upstream(self) -> bool:
        """Tell whether this node could ask the hub, as far as it knows."""
        return bool(self._ways.door.address) and not self._failures

    def trouble(self, ident: str) -> str:
        """Return why an item does not come from the hub now: a word key, "" for nothing that is wrong."""
        return self.shunned.why(HUB, ident, asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Fetch what is planned until cancelled."""
        self._ways.neighbours.begins(asyncio.get_running_loop().time())
        self._halt.clear()
        try:
            while True:
                self.woken.clear()
                try:
                    pause = await self._turn()
                except JournalError as exc:
                    raise JournalFailed(str(exc)) from exc
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.woken.wait()
        finally:
            self.asks = False
            self._halt.set()
            with self._disk:  # a thread that still writes has its file until it is done
                self._close(0)

    def look(self) -> None:
        """Somebody wants it to go on: try again at once."""
        self._away_until = float("-inf")
        self.woken.set()

    def leave(self, ident: str) -> None:
        """Stop fetching this one, if it is being fetched."""
        self.planned = [each for each in self.planned if each.id != ident]
        self.woken.set()

    async def _turn(self) -> float:
        """Do what can be done now; return how long to pause then."""
        try:
            self.planned, self._missing = await self._stored(self._look)
            self._forget()
            if not self.planned:
                await self._ask_how_they_are()
                return self._rest("", IDLE)
            if await self._work():
                return 0.0
            return self._rest(self._may_not(), LOOK)
        except Stopped as exc:
            return self._rest(str(exc), WAIT)
        except (NoRoom, OSError) as exc:
            if self.waits != "disk":
                log.info("fetching materials waits for=disk reason=%r", str(exc))
            return self._rest("disk", FULL)
        except chunks.Gone:  # somebody deleted it meanwhile
            self._close(0)
            return self._rest("", FRESH)
        finally:
            self.current, self.share = "", 0.0

    async def _ask_how_they_are(self) -> None:
        """Hear whether a lesson is on elsewhere in the school: others that fetch want to know it too."""
        async with open_session() as lan:
            await self._ways.neighbours.look({}, lan)

    async def _work(self) -> bool:
        """Take steps for a while; false if there is none to be taken now."""
        counts = {each.id: chunks_of(each.size) for each in self.planned}
        async with AsyncExitStack() as stack:
            lan = await stack.enter_async_context(open_session())
            hub = HubSession(self._ways.door, stack)
            began, done = asyncio.get_running_loop().time(), False
            while self.planned and asyncio.get_running_loop().time() - began < REPLAN:
                await self._ways.neighbours.look(counts, lan, LOOK if self.asks else FRESH)
                step = self._next()
                if step is None:
                    return done
                near = step.source != HUB
                done |= await (self._near_step(step, lan) if near else self._hub_step(step, hub))
        return True

    def _next(self) -> Step | None:
        """Return what to do now: what siblings have first, then the hub if it is our turn."""
        now, neighbours = asyncio.get_running_loop().time(), self._ways.neighbours
        busy = self._link.busy() or neighbours.have_lesson()
        for item in self.planned if not busy else ():
            for node, rows in neighbours.has.items():
                run = spans.first_common(self._missing[item.id], rows.get(item.id, ()), RUN)
                if run is not None and not self.shunned.why(node, item.id, now):
                    return Step(item, run, node)
        left = [each for each in self.planned if self._missing[each.id]]
        left = [each for each in left if not self.shunned.why(HUB, each.id, now)]
        self.asks = bool(left) and self._is_ours(now)
        return Step(left[0], self._missing[left[0].id][0][:RUN], HUB) if self.asks else None

    def _is_ours(self, now: float) -> bool:
        choice = self._ways.neighbours.choice
        could, self._could = self._could, not self._may_not()
        if self._could and not could:
            choice.begins(now)
        listens = self._ways.neighbours.is_listening(now)
        own = Own(self.asks, self.upstream)
        return self._could and not listens and choice.is_ours(own, now, self.shunned.liars(now))

    def _may_not(self) -> str:
        """Return why the hub cannot be asked now, "" if it can."""
        if not self._ways.door.address or asyncio.get_running_loop().time() < self._away_until:
            return "link"
        may = self._link.purse.allowance()
        return "" if may.rate > 0 else may.why or "link"

    async def _near_step(self, step: Step, lan: aiohttp.ClientSession) -> bool:
        parent = self._ways.neighbours.door(step.source, lan)
        if parent is None:
            self._ways.neighbours.has.pop(step.source, None)
            return False
        try:
            return await self._take(step, parent, self._paid_near)
        except HubAway as exc:
            log.info("sibling silent node=%s reason=%r", step.source, str(exc))
            self._ways.neighbours.has.pop(step.source, None)
            return False

    async def _hub_step(self, step: Step, hub: HubSession) -> bool:
        try:
            async with self._link.turn:
                whole = await self._take(step, await hub.parent(), self._paid)
        except HubAway as exc:
            self._is_away(exc)
            return False
        self._failures = 0
        return whole

    async def _take(self, step: Step, parent: Parent, paid: Paid) -> bool:
        """Take a step; true if the item is whole now. Raises HubAway, Stopped, NoRoom, chunks.Gone."""
        item, self.current, self.waits = step.item, step.item.id, ""
        try:
            draft = await self._opened(item, parent)

            async def put(number: int, chunk: bytes) -> None:
                await self._put(draft, number, chunk)

            await read_chunks(parent, item, step.run, put, paid)
        except (WrongHash, WrongSums) as exc:
            self._fault(step, exc)
        except (Gone, Odd) as exc:
            log.info("not taken item=%s from=%s reason=%r", item.id, step.source, str(exc))
            why, now = "gone" if isinstance(exc, Gone) else "refused", asyncio.get_running_loop().time()
            self.shunned.missing(step.source, item.id, why, now)
        finally:
            self._look_at(item)
        return await self._finished(item)

    async def _opened(self, item: Item, parent: Parent) -> Draft:
        """Return the item's files, opened; its sums come from who gives the chunks."""
        draft = self._drafts.pop(item.id, None)
        if draft is None:
            sums = await asyncio.to_thread(self._store.sums, item.id) or await read_sums(parent, item)
            self._close(MAX_OPEN - 1)
            draft = await self._stored(self._store.begin, item, sums, self._may_read)
        self._drafts[item.id] = draft
        self._look_at(item)
        return draft

    async def _put(self, draft: Draft, number: int, chunk: bytes) -> None:
        await self._stored(draft.put, number, chunk)
        self.share = draft.have / chunks_of(draft.held.item.size)

    async def _finished(self, item: Item) -> bool:
        draft = self._drafts.get(item.id)
        if draft is None or self._missing[item.id]:
            return False
        await self._stored(draft.finish, self._wall())
        self._drafts.pop(item.id).close()
        self.planned = [each for each in self.planned if each.id != item.id]
        self.arrived += 1
        log.info("material fetched id=%s name=%r", item.id, item.name)
        return True

    async def _stored(self, act: Callable[..., T], *what: object) -> T:
        """Do something with an item's files in a thread; raise NoRoom where the disk does not take it."""

        def alone() -> T:
            with self._disk:
                return act(*what)

        return await stored(alone)

    def _go_on(self) -> None:
        if all(each.id != self.current for each in self.planned):
            raise Stopped("")

    async def _paid(self, size: int) -> None:
        """Pay with time for bytes that came over the link to the hub."""
        self._go_on()
        if size:
            await asyncio.sleep(self._link.purse.owed(size, asyncio.get_running_loop().time()))
        if why := self._may_not():
            raise Stopped(why)

    async def _paid_near(self, size: int) -> None:
        self._go_on()
        if self._link.busy():
            raise Stopped("lesson")
        if size:
            await asyncio.sleep(self._near.owed(size, asyncio.get_running_loop().time()))

    def _fault(self, step: Step, exc: Exception) -> None:
        times = self.shunned.wrong(step.source, step.item.id, asyncio.get_running_loop().time())
        log.warning(
            "chunk damaged item=%s from=%s times=%d reason=%r", step.item.id, step.source, times, str(exc)
        )

    def _look(self) -> tuple[list[Item], dict[str, Spans]]:
        """Return what is planned, and which chunks of it are lacking; in a thread."""
        planned, missing = [], dict[str, Spans]()
        for item in self._plan():
            have = spans.of(self._store.have(item.id))
            lacks = spans.without(range(chunks_of(item.size)), have) or self._rescued(item)
            if lacks:
                planned.append(item)
                missing[item.id] = lacks
        return planned, missing

    def _rescued(self, item: Item) -> Spans:
        """Finish what a power cut left whole but for its note; return what is lacking after all."""
        sums = self._store.sums(item.id)
        if sums is None:  # the disk lost them: the parent has them
            return (range(chunks_of(item.size)),)
        draft = self._store.begin(item, sums, self._may_read)
        lacks = tuple(draft.missing())
        if not lacks:
            draft.finish(self._wall())
            self.arrived += 1
        draft.close()
        return lacks

    def _may_read(self) -> None:
        """Raise Stopped when what is here is not to be read again now; for any thread."""
        if self._halt.is_set() or self._link.busy():
            raise Stopped("lesson")

    def _look_at(self, item: Item) -> None:
        if item.id in self._drafts:
            self._missing[item.id] = tuple(self._drafts[item.id].missing())

    def _forget(self) -> None:
        """Keep nothing of items that are not planned."""
        planned = {each.id for each in self.planned}
        now = asyncio.get_running_loop().time()
        self.shunned.forget(now)
        for ident in [ident for ident in self._drafts if ident not in planned]:
            self._drafts.pop(ident).close()

    def _close(self, left: int) -> None:
        while len(self._drafts) > left:
            self._drafts.pop(next(iter(self._drafts))).close()

    def _rest(self, waits: str, pause: float) -> float:
        self.waits = waits if self.planned else ("disk" if self._plan.crowded else "")
        self.asks = self.asks and not waits and bool(self.planned)
        return pause

    def _is_away(self, exc: HubAway) -> None:
        if not self._failures:
            log.info("fetching materials waits for=link reason=%r", str(exc))
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._away_until = asyncio.get_running_loop().time() + pause
        self._failures += 1
        self.asks = False
