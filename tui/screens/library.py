"""Library: what there is to watch, found by typing; play it, fetch it from the hub, delete it."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.timer import Timer

from edge.contract.answers import Chapters, Found, Item
from edge.contract.commands import Delete, Fetch, Pin, Play, ReadChapters, SearchLibrary
from edge.contract.notices import Library, Notice
from tui import library
from tui.keys import Key
from tui.page import Page
from tui.screens.chapters import ChaptersPage
from tui.shelving import Shelving
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Rows
from tui.world import World

PAUSE = 0.15  # seconds after a letter until it is searched for: nobody types every letter of a word apart
COLUMNS = (
    Column(24, grows=1),  # subject and topic
    Column(5),  # class
    Column(12),  # day
    Column(4, right=True),  # minutes
    Column(23),  # state: its sign and its word
)
ALL = ""  # instead of a subject, or a kind


class LibraryPage(Page):
    """One list; letters search, left and right choose the subject, F4 the kind."""

    HEADING = "library"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-play", "play"),
        Key("f5", "key-fetch", "fetch", also=("key-leave-there",)),
        Key("f6", "key-delete", "delete"),
        Key("f7", "key-chapters", "chapters"),
        Key("f8", "key-pin", "pin", also=("key-unpin",)),
        Key("f4", "key-kind", "kind", shown=False),
        Key("left", "key-subject-before", "before", shown=False),
        Key("right", "key-subject-next", "next", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Library,)
    DEFAULT_CSS = """
    LibraryPage #search { padding: 0 1; background: $ground-surface; }
    LibraryPage #subject { padding: 0 1; height: 1; }
    LibraryPage #empty { padding: 1 2; display: none; }
    LibraryPage #detail { padding: 0 1; height: 3; background: $ground-surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.ready = False
        self._text, self._subject, self._kind = "", ALL, ALL
        self._found = Found()
        self._version = -1
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the search, the subject, the list, and what is known of the selected item."""
        yield Line("search")
        yield Line("subject")
        yield Rows(*COLUMNS, id="items")
        yield Line("empty")
        yield Line("detail")

    def hold(self, event: events.Key) -> bool:
        """Keep letters typed before the list stands, but let her leave."""
        return event.key != "escape" and super().hold(event)

    def keys_shown(self) -> list[Key]:
        """Show what the selected item has: fetching or deleting, chapters or that it is to stay."""
        item = self._item
        offered = library.offer(item)
        hidden = {"fetch", "delete"} - {"fetch" if offered == "leave" else offered}
        recorded = item is None or item.kind == "recording"
        hidden |= {"pin"} if recorded or not library.can_be_kept(item) else {"chapters"}
        hidden |= set() if recorded else {"chapters"}
        return [key for key in super().keys_shown() if key.action not in hidden]

    def word_of(self, key: Key) -> str:
        """Return what F5 and F8 do with the selected item."""
        item = self._item
        if key.action == "fetch" and library.offer(item) == "leave":
            return "key-leave-there"
        return "key-unpin" if key.action == "pin" and item is not None and item.pinned else key.word

    def show(self, world: World) -> None:
        """Write search and list; ask again when the daemon says that something is new."""
        notice = world.library
        version = notice.version if notice is not None else 0
        if version != self._version:
            self._version = version
            self._search()
        self._write_head()
        shelving = self._shelving
        self.query_one("#items", Rows).fill([shelving.row(item) for item in self._items])
        self._write_detail()

    def on_key(self, event: events.Key) -> None:
        """Take letters of whatever alphabet as a search."""
        if event.key == "backspace":
            self._type(self._text[:-1])
        elif event.character is not None and event.is_printable:
            self._type(library.typed(self._text, event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Take what is pasted as typed."""
        self._type(library.typed(self._text, " ".join(event.text.split())))

    def on_click(self, event: events.Click) -> None:
        """Choose the subject by clicking on either half of its line."""
        if event.widget is self.query_one("#subject"):
            self.action_press("before" if event.screen_x < self.size.width // 2 else "next")

    @on(Rows.Moved)
    def follow(self) -> None:
        """Tell of the item that is selected now."""
        self._write_detail()
        self.refresh_footer()

    @on(Rows.Chosen)
    def click(self) -> None:
        """Play an item that is clicked twice."""
        self.action_press("play")

    async def do_play(self) -> None:
        """Show the selected item on the projector, or offer to fetch it."""
        item = self._item
        if item is None:
            self.tell("library-nothing-chosen", "poor")
        elif library.is_playable(item) and not library.can_be_shown(item):
            self.tell("library-opens-elsewhere", "poor")
        elif library.is_playable(item):
            await self._play(Play(item.id))
        elif library.is_wanted(item):
            blanks = self._shelving.blanks(item)
            self.tell(library.sentence(item, self.world.library), "poor", **blanks)
        elif await self.confirm(
            self.say("library-fetch-it"), self.say("library-fetch-yes"), self.say("library-no")
        ):
            await self.do_fetch()

    async def do_fetch(self) -> None:
        """Fetch the selected item from the hub, or leave it there after all."""
        item = self._item
        offered = library.offer(item)
        if item is None or offered not in ("fetch", "leave"):
            self.tell("library-nothing-to-fetch", "poor")
        elif await self.order(Fetch(item.id, offered == "fetch")):
            self.tell("library-will-come" if offered == "fetch" else "library-left", "good")
            self._search()

    async def do_delete(self) -> None:
        """Remove the selected item from this computer, once she has said so."""
        item = self._item
        if item is None or not library.is_playable(item):
            self.tell("library-nothing-to-delete", "poor")
            return
        question = self.say("library-delete-it", title=item.title, size=self.host.words.size(item.bytes))
        if not await self.confirm(question, self.say("library-delete-yes"), self.say("library-no")):
            return
        if await self.order(Delete(item.id)):
            self.tell("library-deleted")
            self._search()

    async def do_pin(self) -> None:
        """Keep the selected item on this computer, or let the rules decide again."""
        item = self._item
        if item is None or not library.can_be_kept(item):
            self.tell("library-nothing-to-pin", "poor")
        elif await self.order(Pin(item.id, not item.pinned)):
            self.tell("library-unpinned" if item.pinned else "library-pinned", "good")
            self._search()

    async def do_chapters(self) -> None:
        """Show the places of the selected item, and play from the chosen one."""
        item = self._item
        if item is None or not library.has_chapters(item):
            self.tell("library-no-chapters", "poor")
            return
        found = await self.ask(ReadChapters(item.id), Chapters)
        if found is None:
            return
        told = self._shelving.chapter
        options = [(str(number), told(each)) for number, each in enumerate(found.chapters)]
        chosen: str | None = await self.app.push_screen_wait(ChaptersPage(item.title, options))
        if chosen:
            await self._play(Play(item.id, found.chapters[int(chosen)].at))

    def do_before(self) -> None:
        """Choose the subject before."""
        self._choose_subject(-1)

    def do_next(self) -> None:
        """Choose the next subject."""
        self._choose_subject(1)

    def do_kind(self) -> None:
        """Choose the next kind."""
        self._kind = library.next_of((ALL, *self._found.kinds), self._kind, 1)
        self._write_head()
        self._search()

    def do_back(self) -> None:
        """Search for nothing, and then leave."""
        if self._text or self._subject or self._kind:
            self._subject = self._kind = ALL
            self._type("")
        else:
            super().do_back()

    async def _play(self, order: Play) -> None:
        if await self.order(order):
            self.host.go("lesson")

    def _type(self, text: str) -> None:
        self._text = text
        self._write_head()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._search)

    def _choose_subject(self, by: int) -> None:
        self._subject = library.next_of((ALL, *self._found.subjects), self._subject, by)
        self._write_head()
        self._search()

    @work(exclusive=True, group="search")
    async def _search(self) -> None:
        found = await self.ask(SearchLibrary(self._text, self._subject, self._kind), Found)
        if found is not None:
            self._found = found
            self.renew()
        if not self.ready:
            self.query_one("#items").focus()
            self.begin()

    @property
    def _items(self) -> list[Item]:
        return list(self._found.items)

    @property
    def _item(self) -> Item | None:
        if not self._stands:
            return None
        selected = self.query_one("#items", Rows).selected
        return next((item for item in self._items if item.id == selected), None)

    def _write_head(self) -> None:
        cursor = self.sign("cursor")
        empty = "" if self._text else f" {self.say('library-type')}"
        self.put(
            "search",
            (self.say("library-search"), "muted"),
            " ",
            self._text,
            (cursor, "accent"),
            (empty, "muted"),
        )
        subject = self._subject or self.say("library-all-subjects")
        parts: list[Part] = [
            (f"{self.sign('left')} ", "accent"),
            subject,
            (f" {self.sign('right')}", "accent"),
        ]
        kind = self.say(f"kind-{self._kind}" if self._kind else "kind-all")
        self.put("subject", *parts, ("   F4 ", "accent"), kind, "   ", (self._count, "muted"))
        nothing = not self._items
        self.query_one("#items").display = not nothing
        self.query_one("#empty").display = nothing
        is_asked = self._text or self._subject or self._kind
        self.put("empty", self.say("library-none-found" if is_asked else "library-empty"))

    @property
    def _count(self) -> str:
        return self.count("library-count", self._found.total)

    def _write_detail(self) -> None:
        item = self._item
        self.put("detail", *(self._shelving.detail(item) if item is not None else ()))

    @property
    def _shelving(self) -> Shelving:
        return Shelving(self.host.words, self.sign, self.world.library)
