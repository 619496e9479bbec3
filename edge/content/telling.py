"""Tells the hub how much of each item this node has, so that `tirek library status` shows it there."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from edge.content.chunks import ChunkStore
from edge.content.offers import Offers
from edge.errors import JournalFailed
from edge.journal import Journal
from sync.catalogue import chunks_of
from sync.errors import JournalError
from sync.records import ContentHeld

LOOK = 30.0  # seconds between looks at what is here
SLOWLY = 600_000  # milliseconds between two facts about one item that is still coming: 30 bytes on the link
MOST = 50  # facts of one look: a school that lost its disk tells of 10,000 items in a hundred minutes


class Telling:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        journal: Journal,
        offers: Offers,
        store: ChunkStore,
        waits: Callable[[], str],
        look: float = LOOK,
    ) -> None:
        self._journal = journal
        self._offers = offers
        self._store = store
        self._waits = waits
        self._look = look
        self._told: dict[str, tuple[int, ContentHeld]] = {}

    async def run(self) -> None:
        """Tell what is new, again and again."""
        await self._journal_says(self._remember)
        while True:
            await self._journal_says(self._tell)
            await asyncio.sleep(self._look)

    async def _journal_says(self, act: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(act)
        except JournalError as exc:
            raise JournalFailed(str(exc)) from exc

    def _remember(self) -> None:
        """Read what was told in earlier runs."""
        me = self._journal.identity.node
        self._told = {each.fact.item: (0, each.fact) for each in self._offers.holdings(me)}

    def _tell(self) -> None:
        if self._journal.parent is None:
            return
        now, waits = self._journal.ledger.now(), self._waits()
        for fact in news(self._told, self._held(waits), now):
            self._journal.ledger.note("log", self._journal.school, fact).result()
            self._told[fact.item] = (now, fact)

    def _held(self, waits: str) -> list[ContentHeld]:
        found = []
        for held in self._store.items():
            of = chunks_of(held.item.size)
            have = of if held.whole else len(self._store.have(held.item.id))
            found.append(ContentHeld(held.item.id, have, of, "" if held.whole else waits))
        return found


def news(
    told: Mapping[str, tuple[int, ContentHeld]], held: Iterable[ContentHeld], now: int
) -> list[ContentHeld]:
    """Return what is worth telling: what became whole or went at once, what grows now and then."""
    here = {each.item: each for each in held}
    found = [each for each in here.values() if _is_news(told.get(each.item), each, now)]
    gone = (fact for _, fact in told.values() if fact.item not in here and not fact.gone)
    found += [ContentHeld(fact.item, 0, fact.of, gone=True) for fact in gone]
    return found[:MOST]


def _is_news(before: tuple[int, ContentHeld] | None, fact: ContentHeld, now: int) -> bool:
    if before is None or before[1] == fact:
        return before is None
    is_turn = (before[1].have == before[1].of) != (fact.have == fact.of) or before[1].gone
    return is_turn or not 0 <= now - before[0] < SLOWLY
