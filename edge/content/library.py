"""The library at the screen: what there is to watch, what is on its way, and what a person does about it."""

import asyncio
from collections.abc import Awaitable, Callable

from edge.api import Desks, Unable
from edge.board import Board
from edge.classroom.shelf import OwnShelf
from edge.classroom.stage import Playable
from edge.classroom.timetable import Timetable, span_of
from edge.content import chapters, holdings, published, shown
from edge.content.fetcher import Fetcher
from edge.content.holdings import Entry, Question, Wish
from edge.content.listing import Own, Ties
from edge.content.pins import Pins, TooManyPins
from edge.content.stock import Nothing, Stock
from edge.content.wanted import TooMany
from edge.contract import notices
from edge.contract.answers import Chapters, Done, Found, Item
from edge.contract.commands import Delete, Fetch, Pin, ReadChapters, SearchLibrary
from edge.errors import JournalFailed
from edge.journal import Journal
from edge.media.record import slides
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
        self._stock: Stock = Nothing()
        self._waits: Callable[[], tuple[str, str]] = lambda: (fetcher.waits, "")
        self._pins: Pins | None = None
        self._decline: Callable[[Item], Awaitable[None]] = _nobody
        self._healing: Callable[[], tuple[str, float]] = lambda: ("", 0.0)
        self._turn = asyncio.Lock()
        self._seen: tuple[object, ...] = ()
        self._states: object = None
        self._entries: list[Entry] = []
        self._listed: object = None  # kept, so that nothing else gets its id
        self._version = 0

    def offer(self, stock: Stock, pins: Pins) -> None:
        """Offer what hubs have published beside the recordings; `pins` tell which of these stay."""
        self._stock, self._pins = stock, pins

    def tell_declined(self, told: Callable[[Item], Awaitable[None]]) -> None:
        """Call this with each lesson that somebody leaves at the hub, or deletes here."""
        self._decline = told

    def entries(self) -> list[Entry]:
        """Return everything there is, newest first."""
        return self._entries

    def heed(self, waits: Callable[[], tuple[str, str]]) -> None:
        """Tell why what is wanted does not come, and until when, as `waits` has it."""
        self._waits = waits

    def show_healing(self, current: Callable[[], tuple[str, float]]) -> None:
        """Show which recording of the hub makes one of ours whole now, and which share of it came."""
        self._healing = current

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {
            SearchLibrary: self._search,
            ReadChapters: self._chapters,
            Fetch: self._fetch,
            Pin: self._pin,
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

    def playable(self, item: str) -> Playable | None:
        """Return what was published, as a projector shows it; raise Unable: not-here, not-shown. Blocks."""
        found = self.published(item)
        if found is None:
            return None
        path = self._stock.path_of(item)
        if path is None:
            raise Unable("not-here")
        shown_as = shown.playable(found, path)
        if shown_as is None:
            raise Unable("not-shown")
        return shown_as

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
        seen = (id(own), catalogue.version, self._stock.version)
        if not is_new and self._seen == seen:
            return False
        self._seen, self._listed = seen, own
        recordings = holdings.arranged(self._ties.copies(own), self._ties.copies(catalogue.recordings))
        materials = map(published.entry_of, self._stock.materials())
        self._entries = holdings.ordered([*recordings, *materials])
        return True

    def _tell(self, wishes: dict[str, Wish]) -> None:
        current = next((ident for ident, wish in wishes.items() if wish.state == "coming"), "")
        coming = next((each.item.id for each in self._entries if current and each.source == current), "")
        share = round(wishes[current].share, 2) if coming else 0.0
        here = sum(1 for entry in self._entries if entry.copies)
        self._board.tell(notices.Library(self._version, here, coming, share, *self.waits()))

    async def _search(self, order: SearchLibrary) -> Found:
        self._fetcher.look()
        return await self.find(Question(order.text, order.subject, order.kind, order.lang, order.grade))

    async def find(self, question: Question, with_recordings: bool = True) -> Found:
        """Return what is found; raise Unable."""
        if not self._version:
            await self._look_now()
        entries, wishes = self._entries, self._wishes()
        if not with_recordings:
            entries = [each for each in entries if each.item.kind != "recording"]
        pinned = await asyncio.to_thread(self._pins.all) if self._pins else frozenset[str]()
        return await asyncio.to_thread(holdings.search, entries, question, wishes, pinned)

    def waits(self) -> tuple[str, str]:
        """Return why nothing is fetched although something is wanted, and until when: HH:MM."""
        return self._waits()

    def published(self, item: str) -> Item | None:
        """Return what was published under this id; None if it is none, or a recording."""
        found = next((entry.item for entry in self._entries if entry.item.id == item), None)
        return found if found is not None and found.kind != "recording" else None

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
        pictures = await asyncio.to_thread(self._pictures, recording.id)
        told = chapters.chapters(span.begins, recording.seconds, recording.stream, gaps, facts, pictures)
        return Chapters(told)

    async def _fetch(self, order: Fetch) -> Done:
        entry = self._found(order.item)
        if not entry.source:
            raise Unable("is-here")
        bringer = self._fetcher if entry.item.kind == "recording" else self._stock
        try:
            await (bringer.want if order.on else bringer.leave)(entry.source)
            if not order.on:
                await self._decline(entry.item)
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
            await self._remove(entry)
        except OSError as exc:
            raise Unable("disk-error") from exc
        finally:
            await self._look_now()
        return Done()

    async def _remove(self, entry: Entry) -> None:
        if entry.item.kind != "recording":
            return await self._stock.remove(entry.item.id)
        for ident in entry.copies:
            await asyncio.to_thread(self._store.remove, ident)
        return await self._decline(entry.item)

    async def _pin(self, order: Pin) -> Done:
        entry = self._found(order.item)
        if self._pins is None or not entry.copies:
            raise Unable("not-here")
        try:
            if entry.item.kind == "recording":
                await asyncio.to_thread(self._pins.set, entry.item.id, order.on)
            else:
                await self._stock.pin(entry.item.id, order.on)
        except TooManyPins as exc:
            raise Unable("too-many-wanted") from exc
        except OSError as exc:
            raise Unable("disk-error") from exc
        self._version += 1
        await self._look_now()
        return Done()

    def _found(self, item: str) -> Entry:
        entry = next((each for each in self._entries if each.item.id == item), None)
        if entry is None:
            raise Unable("not-found")
        return entry

    def _recording_of(self, entry: Entry) -> Recording | None:
        return self._store.get(entry.copies[0]) if entry.copies else self._fetcher.catalogue.get(entry.source)

    def _pictures(self, ident: str) -> list[tuple[float, str]]:
        """Return where the slides of a recording begin, with a picture of each, if somebody has looked."""
        found = slides.of(self._store.place, ident)
        listed = enumerate(found.chapters if found else ())
        return [(slide.at, f"/recordings/{ident}/chapters/{number}.jpg") for number, slide in listed]

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
        wishes = dict(self._stock.wishes())
        for want in fetcher.wanted.all():
            if want.failed:
                wishes[want.id] = Wish("failed", reason=want.failed)
            elif want.id == fetcher.current:
                wishes[want.id] = Wish("coming", fetcher.share)
            else:
                wishes[want.id] = Wish("tonight")
        healing, share = self._healing()
        if healing:
            wishes.setdefault(healing, Wish("coming", share))
        return wishes


class Shelves(OwnShelf):
    """What can be played; of what is only at the hub it says so."""

    def __init__(
        self,
        store: Store,
        timetable: Timetable,
        is_elsewhere: Callable[[str], bool],
        material: Callable[[str], Playable | None] = lambda item: None,
    ) -> None:
        """`material` returns what was published, as a projector shows it."""
        super().__init__(store, timetable)
        self._is_elsewhere = is_elsewhere
        self._material = material

    def find(self, item: str) -> Playable | None:
        """Return an item of this disk; None if nobody knows it; raise Unable: not-here, not-shown."""
        found = super().find(item) or self._material(item)
        if found is None and self._is_elsewhere(item):
            raise Unable("not-here")
        return found


async def _nobody(item: Item) -> None:
    """Tell nobody."""
