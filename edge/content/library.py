"""The library at the screen: what there is to watch, what is on its way, and what a person does about it."""

import asyncio
from collections.abc import Callable

from edge.api import Desks, Unable
from edge.board import Board
from edge.classroom.shelf import OwnShelf
from edge.classroom.stage import Playable
from edge.classroom.timetable import Timetable, span_of
from edge.content import chapters, holdings
from edge.content.fetcher import Fetcher
from edge.content.holdings import Entry, Wish
from edge.content.listing import Own, Ties
from edge.content.wanted import TooMany
from edge.contract import notices
from edge.contract.answers import Chapters, Done, Found
from edge.contract.commands import Delete, Fetch, ReadChapters, SearchLibrary
from edge.errors import JournalFailed
from edge.journal import Journal
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from sync.clock import pack
from sync.errors import JournalError
from sync.records import Fact

LOOK = 1.0  # seconds between looks at the disk and at the fetcher
LATE = 60_000  # milliseconds after its end in which something of a lesson is still noted
FACTS = """SELECT event.hlc, event.kind, event.body FROM event JOIN stream ON stream.id = event.stream
  WHERE event.kind IN (?, ?) AND event.hlc BETWEEN ? AND ? AND stream.node = ? ORDER BY event.hlc"""


class Library:
    """One part of the screen's side of a node: run it under `keep`; `in_use` tells what is being shown."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        timetable: Timetable,
        board: Board,
        fetcher: Fetcher,
        in_use: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._journal = journal
        self._board = board
        self._fetcher = fetcher
        self._in_use = in_use
        self._own = Own(store)
        self._ties = Ties(timetable)
        self._turn = asyncio.Lock()
        self._seen: tuple[object, int] = (None, 0)
        self._states: object = None
        self._entries: list[Entry] = []
        self._version = 0

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {
            SearchLibrary: self._search,
            ReadChapters: self._chapters,
            Fetch: self._fetch,
            Delete: self._delete,
        }

    async def run(self) -> None:
        """Keep the notice true until cancelled."""
        while True:
            try:
                await self._look()
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            await asyncio.sleep(LOOK)

    def is_elsewhere(self, item: str) -> bool:
        """Tell whether an item is known, and not on this disk."""
        return any(entry.item.id == item and not entry.copies for entry in self._entries)

    async def _look(self) -> None:
        """Read what has changed, and tell."""
        async with self._turn:
            wishes = self._wishes()
            states = {ident: (wish.state, wish.reason) for ident, wish in wishes.items()}
            if await asyncio.to_thread(self._reread) or states != self._states:
                self._states = states
                self._version += 1
        self._tell(wishes)

    async def _look_now(self) -> None:
        """Read what has changed for somebody who asks; raise Unable."""
        try:
            await self._look()
        except JournalError as exc:
            raise Unable("journal-broken") from exc

    def _reread(self) -> bool:
        """Make the entries anew if anything is new; raises JournalError."""
        own, catalogue = self._own.all(), self._fetcher.catalogue
        is_new = self._ties.refresh()
        seen = (own, catalogue.version)
        if not is_new and self._seen[0] is own and self._seen[1] == catalogue.version:
            return False
        self._seen = seen
        self._entries = holdings.arranged(self._ties.copies(own), self._ties.copies(catalogue.recordings))
        return True

    def _tell(self, wishes: dict[str, Wish]) -> None:
        current = self._fetcher.current
        coming = next((each.item.id for each in self._entries if current and each.source == current), "")
        share = round(wishes[current].share, 2) if coming and current in wishes else 0.0
        here = sum(1 for entry in self._entries if entry.copies)
        self._board.tell(notices.Library(self._version, here, coming, share, self._fetcher.waits))

    async def _search(self, order: SearchLibrary) -> Found:
        if not self._version:
            await self._look_now()
        self._fetcher.look()
        wishes, entries = self._wishes(), self._entries
        return await asyncio.to_thread(holdings.search, entries, order.text, order.subject, wishes)

    async def _chapters(self, order: ReadChapters) -> Chapters:
        entry = self._found(order.item)
        recording = await asyncio.to_thread(self._recording_of, entry)
        span = span_of(recording) if recording is not None else None
        if recording is None or span is None:
            raise Unable("not-found")
        try:
            facts = await asyncio.to_thread(self._facts, span.begins, span.ends)
        except JournalError as exc:
            raise Unable("journal-broken") from exc
        gaps = [gap.at for gap in recording.gaps]
        return Chapters(chapters.chapters(span.begins, recording.seconds, recording.stream, gaps, facts))

    async def _fetch(self, order: Fetch) -> Done:
        entry = self._found(order.item)
        if not entry.source:
            raise Unable("is-here")
        try:
            await (self._fetcher.want if order.on else self._fetcher.leave)(entry.source)
        except TooMany as exc:
            raise Unable("too-many-wanted") from exc
        except OSError as exc:
            raise Unable("disk-full") from exc
        await self._look_now()
        return Done()

    async def _delete(self, order: Delete) -> Done:
        entry = self._found(order.item)
        if not entry.copies:
            raise Unable("not-here")
        if entry.item.state == "growing" or any(map(self._in_use, entry.copies)):
            raise Unable("in-use")
        try:
            for ident in entry.copies:
                await asyncio.to_thread(self._store.remove, ident)
        except OSError as exc:
            raise Unable("disk-error") from exc
        finally:
            await self._look_now()
        return Done()

    def _found(self, item: str) -> Entry:
        entry = next((each for each in self._entries if each.item.id == item), None)
        if entry is None:
            raise Unable("not-found")
        return entry

    def _recording_of(self, entry: Entry) -> Recording | None:
        return self._store.get(entry.copies[0]) if entry.copies else self._fetcher.catalogue.get(entry.source)

    def _facts(self, begins: int, ends: int) -> list[Fact]:
        """Return what this node noted in that time."""
        span, me = (pack(begins), pack(ends + LATE)), self._journal.identity.node
        db = self._journal.ledger.reader()
        try:
            return db.execute(FACTS, (*chapters.KINDS, *span, me)).fetchall()
        finally:
            db.close()

    def _wishes(self) -> dict[str, Wish]:
        fetcher = self._fetcher
        wishes = {}
        for want in fetcher.wanted.all():
            if want.failed:
                wishes[want.id] = Wish("failed", reason=want.failed)
            elif want.id == fetcher.current:
                wishes[want.id] = Wish("coming", fetcher.share)
            else:
                wishes[want.id] = Wish("tonight")
        return wishes


class Shelves(OwnShelf):
    """What can be played; of what is only at the hub it says so."""

    def __init__(self, store: Store, timetable: Timetable, is_elsewhere: Callable[[str], bool]) -> None:
        super().__init__(store, timetable)
        self._is_elsewhere = is_elsewhere

    def find(self, item: str) -> Playable | None:
        """Return an item of this disk; None if nobody knows it; raise Unable("not-here")."""
        found = super().find(item)
        if found is None and self._is_elsewhere(item):
            raise Unable("not-here")
        return found
