"""How far classes are with a check, on its way up: best effort, never kept, bounded.

What classes answer travels as facts; this is for the page of who asked, while cards are read. A node says it
of itself and of those below it, and a node in the middle passes on what is not of its own lessons.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from edge.checks.progress import MOST_AT_ONCE, Progress, Word
from edge.dialogue.orders import bounded, decoded
from edge.journal import Journal
from edge.media.negotiate import Refused
from edge.signalling import NODE
from sync import tree

PATH = "/class/progress"
FRESH = 20.0  # seconds for which a word counts: it is repeated every 5 s
PAUSE = 0.4  # seconds between two words to the parent: what changed meanwhile goes together
AGAIN = 2.0  # seconds until the next try after one that the parent did not take
MOST_TOLD = 2000  # words that are remembered, the oldest forgotten
MAX_BODY = 65_536  # bytes of one: 400 classes take 40,000


class Telling:
    """One route of the nodes' door, and the way to the parent: run it under `keep`."""

    def __init__(
        self,
        journal: Journal,
        report: Callable[[str, bytes], Awaitable[bool]],
        is_ours: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`report` posts to the parent; `is_ours` tells whether a check was asked at this node."""
        self._journal = journal
        self._report = report
        self._is_ours = is_ours
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[float, Progress]] = {}  # by node and check
        self._waiting: dict[tuple[str, str], Progress] = {}
        self._some = asyncio.Event()
        self.version = 0

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted for nodes."""
        return [web.post(PATH, self._hear)]

    def say(self, progress: Progress) -> None:
        """Say something of this very node, or pass on what one below it says."""
        place = (progress.node, progress.check)
        before = self._told.pop(place, None)
        self._told[place] = (self._clock(), progress)
        if len(self._told) > MOST_TOLD:
            del self._told[next(iter(self._told))]
        if before is None or before[1] != progress:
            self.version += 1
        if not self._is_ours(progress.check) and len(self._waiting) < MOST_TOLD:
            self._waiting[place] = progress
            self._some.set()

    def of(self, check: str) -> dict[str, Progress]:
        """Return what is known of a check's classes, by node."""
        since = self._clock() - FRESH
        known = ((heard, progress) for heard, progress in self._told.values() if progress.check == check)
        return {progress.node: progress for heard, progress in known if heard >= since}

    async def run(self) -> None:
        """Say to the parent what is new until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            places = list(self._waiting)[:MOST_AT_ONCE]
            said = Word(tuple(self._waiting.pop(place) for place in places))
            if self._waiting:
                self._some.set()
            taken = await self._report(PATH, msgspec.json.encode(said))
            await asyncio.sleep(PAUSE if taken else AGAIN)  # what was not taken is said again by its class

    async def _hear(self, request: web.Request) -> web.Response:
        word = decoded(await bounded(request, MAX_BODY), Word)
        caller = request.get(NODE, "")
        below = {caller}
        if any(each.node != caller for each in word.classes):
            me = self._journal.identity.node
            ledger = self._journal.ledger
            below = await asyncio.to_thread(ledger.read, lambda db: tree.members(db, me).below(caller))
        if not all(each.node in below for each in word.classes):
            raise Refused(403, "bad-request", "a node speaks of itself and of those below it")
        for each in word.classes:
            self.say(each)
        return web.Response(status=204)
