"""The screen itself: what the daemon tells, the pages that show it, and the keys that work everywhere."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from syslog import LOG_ERR, syslog
from time import monotonic
from traceback import format_exception
from typing import ClassVar, TypeVar

from rich.console import Console
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Size
from textual.widgets import Input

from edge.contract.answers import Answer, Done
from edge.contract.commands import Command, StillHere
from edge.contract.notices import Notice, Said, Settings
from tui.arrivals import Arrivals
from tui.console import teach_pause
from tui.feed import Feed, Tie, Unanswered
from tui.host import Host
from tui.keys import OFF, STOP
from tui.page import Page
from tui.screens.today import TodayPage
from tui.skin import Skin, skin_of
from tui.theme import PALETTES, Inks, palette_of, theme_of
from tui.urgent import stop_everything, turn_off
from tui.words import words_of

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
GATHER = 0.03  # seconds: what is told in between is shown at once; the eye sees no difference
TWICE = 0.3  # seconds in which a second Enter is the first one's echo, and not meant for the next page
UNSOUGHT = 0.8  # seconds in which Enter is not meant for a page that opened by itself
TYPING = 0.2  # seconds at most until a line of text has taken a letter
ALIVE = 0.5  # seconds: a third of what a robot may go on without a word of its screen
TOAST_TIME = 6.0  # seconds: long enough to read two lines

# What a terminal must be able to write for a language.
LETTERS = {"kk": "әіңғүұқөһ", "ru": "ыэя", "en": ""}

# Pages by name; read when they are opened first.
PLACES = {
    "today": "today:TodayPage",
    "roll": "roll:RollPage",
    "settings": "settings:SettingsPage",
    "help": "help:HelpPage",
    "welcome": "welcome:WelcomePage",
    "check": "check:CheckPage",
    "lesson": "lesson:LessonPage",
    "library": "library:LibraryPage",
    "lab": "lab:LabPage",
    "results": "results:ResultsPage",
    "robots": "robots:RobotsPage",
    "devices": "devices:DevicesPage",
    "health": "health:HealthPage",
    "quick": "quick:QuickPage",
    "prepared": "prepared:PreparedPage",
    "answers": "answers:AnswersPage",
}
COVERS = {"away": "away:AwayPage", "small": "small:SmallPage"}

T = TypeVar("T", bound=Answer)


class TirekApp(Host, inherit_bindings=False):
    """One teacher's screen at one daemon."""

    TITLE = "tirek"
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(STOP), "stop_everything", show=False, priority=True),
        Binding(OFF, "turn_off", show=False, priority=True),
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c,ctrl+z,ctrl+d", "nothing", show=False),
    ]
    CSS = """
    .muted { color: $ink-muted; }
    .surface { background: $ground-surface; }
    Input { border: none; height: 1; padding: 0 1; background: $ground-surface; color: $ink-text; }
    Input:focus { border: none; background: $ground-surface; }
    Input>.input--placeholder, Input>.input--suggestion { color: $ink-muted; }
    Input>.input--cursor { background: $ground-cursor; color: $ink-on_cursor; text-style: none; }
    Input>.input--selection { background: $ground-cursor; color: $ink-on_cursor; }
    ToastRack { dock: top; align: right top; margin: 1 0 0 0; overflow: hidden; }
    Toast { background: $ground-panel; color: $ink-text; width: 60; max-width: 78; padding: 0 1; }
    Toast { margin-top: 0; border-left: outer $ink-ok; }
    Toast.-warning { border-left: outer $ink-accent; }
    Toast.-error { border-left: outer $ink-bad; }
    """

    def __init__(
        self,
        socket: Path,
        kiosk: bool = False,
        language: str | None = None,
        skin: Skin | None = None,
        now: Callable[[], datetime] = datetime.now,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(skin or skin_of("utf-8", "", False), now)
        self.kiosk = kiosk
        self.clock = clock
        self._language = language
        self._feed = Feed(socket, self._take, self._tied)
        self._kinds: set[type[Notice]] = set()
        self._arrivals = Arrivals()
        self._flushed = 0.0
        self._waits = False
        self._entered = -TWICE  # when Enter opened a page
        self._last_key = ""
        self._told, self._told_at = "", 0.0
        self._room = Size(LEAST_WIDTH, LEAST_HEIGHT)
        for palette in PALETTES.values():
            self.register_theme(theme_of(palette))
        self._dress(Settings(language or "kk"))
        if self.skin.plain:
            self._filters.append(Readable(self.skin))

    def get_default_screen(self) -> Page:
        """Return the page at the bottom: Today."""
        page = TodayPage()
        page.place = "today"
        return page

    def on_ready(self) -> None:
        """Connect, now that the first picture stands."""
        self._room = self.size
        self.run_worker(self._feed.run(), group="feed")
        self.set_interval(ALIVE, self._say_still_here)
        self.cover()

    async def ask(self, command: Command, kind: type[T]) -> T:
        """Return the daemon's answer; raise Unanswered."""
        return await self._feed.ask(command, kind)

    # From page to page ------------------------------------------------------------------------

    def go(self, place: str, *arguments: str) -> None:
        """Open a page by its name; one that is open already comes to the front."""
        self._uncover()
        names = [page.place for page in self._pages()]
        if place in names:
            self._leave(len(names) - names.index(place) - (0 if arguments else 1))
        if arguments or place not in names:
            self.push_screen(_open(place, arguments))
        self.opened()
        self.cover()

    def opened(self) -> None:
        """Note that a page opened, so that an Enter that bounces is not meant for it."""
        if self._last_key == "enter":
            self._entered = self.clock()

    def back(self) -> None:
        """Leave the page in front; Today stays."""
        if len(self._pages()) > 1:
            self._uncover()
            self.pop_screen()
            self.cover()

    def tell(self, sentence: str, severity: str = "good") -> None:
        """Say something that passes by itself, with a sign beside its colour."""
        if self._told == sentence and monotonic() - self._told_at < TOAST_TIME:
            return  # it stands there
        self._told, self._told_at = sentence, monotonic()
        kinds = {"good": "information", "poor": "warning", "bad": "error"}
        self.notify(
            f"{self.skin.sign(severity)} {sentence}",
            severity=kinds[severity],  # type: ignore[arg-type] # of three words of Textual's
            timeout=TOAST_TIME,
            markup=False,
        )

    async def action_stop_everything(self) -> None:
        """Stop whatever moves: from every screen, and without a question."""
        self.run_worker(stop_everything(self), group="stop")

    def action_turn_off(self) -> None:
        """Let the class be neither seen nor heard: from every screen, without a question, never on again."""
        self.run_worker(turn_off(self), group="off")

    def action_leave(self) -> None:
        """Close the screen; a classroom's own is never closed by a key."""
        hello = self.world.hello
        if not (self.kiosk or (hello and hello.kiosk)):
            self.exit(0)

    def action_nothing(self) -> None:
        """Do nothing, where a terminal would end a program."""

    # What the daemon tells ------------------------------------------------------------------------

    def _take(self, notice: Notice) -> None:
        if isinstance(notice, Said):
            self.tell(self.words.told(notice.said, notice.blanks), notice.severity)
            return
        self.world.take(notice)
        self._kinds.add(type(notice))
        if not self._waits:
            self._waits = True
            rest = self._flushed + GATHER - monotonic()
            if rest > 0:
                self.set_timer(rest, self._spread)
            else:
                self.call_later(self._spread)

    def _spread(self) -> None:
        if not self.screen_stack:  # the last word came when the screens had gone
            return
        self._waits, self._flushed = False, monotonic()
        kinds, self._kinds = self._kinds, set()
        settings = self.world.settings
        if Settings in kinds and settings is not None:
            self._dress(settings)
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.hear(kinds)
        if Settings in kinds and settings is not None:
            self._greet(settings)
        for word in self._arrivals.news(self.world, self.time):
            self.tell(self.words.say(word))
        self.invite()

    def invite(self) -> None:
        """Open the quick check that waits for this class, unless a question is open."""
        top = self.screen
        if isinstance(top, Page) and top.ROAMS and self._arrivals.invites(self.world):
            self._arrivals.invited(self.world)
            self.go("quick")
            self._entered = self.clock() + UNSOUGHT - TWICE

    def _greet(self, settings: Settings) -> None:
        """Ask the questions of the first run, until one screen of this node has answered them."""
        places = [page.place for page in self._pages()]
        if settings.welcomed and "welcome" in places:
            self._uncover()
            self._leave(len(places) - places.index("welcome"))
            self.cover()
        elif not settings.welcomed and "welcome" not in places:
            self.go("welcome")

    def _say_still_here(self) -> None:
        """Tell the daemon that this screen is alive, while it moves something: a frozen one does not."""
        if any(each.holder == self.me for each in self.world.devices.devices):
            self.run_worker(self._still_here(), group="alive", exclusive=True)

    async def _still_here(self) -> None:
        with suppress(Unanswered):  # what moves stops then, and the page in front tells why
            await self.ask(StillHere(self.me), Done)

    def _dress(self, settings: Settings) -> None:
        """Put on language and colours; what the terminal cannot write is said in a language that it can."""
        wished = (self._language or settings.lang, "ru", "en")
        language = next(each for each in wished if each in LETTERS and self.skin.writes(LETTERS[each]))
        self.words = words_of(language)
        palette = palette_of(settings.theme, self.skin.colours)
        if palette is not self.inks.palette or self.theme != palette.name:
            self.inks = Inks(palette)
            self.theme = palette.name

    def _tied(self, tie: Tie) -> None:
        self.tie = tie
        self.cover()

    # What lies over a page ------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Say so where there is too little room."""
        self._room = event.size
        self.cover()

    def _wanted(self) -> str:
        if self._room.width < LEAST_WIDTH or self._room.height < LEAST_HEIGHT:
            return "small"
        return "" if self.tie.state in ("new", "here") else "away"

    def cover(self) -> None:
        """Lay over the page what hinders it, or take that away; the page itself stays as it is."""
        wanted, top = self._wanted(), self.screen
        if isinstance(top, Page) and top.place == wanted:
            top.renew()
            return
        self._uncover()
        if wanted:
            self.push_screen(_open(wanted))

    def _uncover(self) -> None:
        if isinstance(self.screen, Page) and self.screen.place in COVERS:
            self.pop_screen()

    def _pages(self) -> list[Page]:
        """Return the open pages from Today up, without what covers them."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, Page)]
        return [page for page in pages if page.place not in COVERS]

    def _leave(self, count: int) -> None:
        for _ in range(count):
            self.pop_screen()

    def _print_error_renderables(self) -> None:
        """Say that the screen broke; what broke it is for the system's log, without the values it had."""
        self._exit_renderables.clear()
        if self._exception is not None:
            for line in format_exception(self._exception):
                syslog(LOG_ERR, line.rstrip())
            print(self.words.say("broke"), file=sys.stderr)

    # Keys ------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Take keys one after the other, each for the page that is in front when its turn comes."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif event.key in (*STOP, OFF):
            await self._check_bindings(event.key, priority=True)
        elif event.key != "enter" or self.clock() - self._entered >= TWICE:
            await self._key(event)

    async def replay(self, page: Page) -> None:
        """Take the keys that were typed before a page was ready for them."""
        for event in page.release():
            await self._key(event)

    async def _key(self, event: events.Key) -> None:
        self._last_key = event.key
        if isinstance(self.screen, Page) and self.screen.hold(event):
            return
        if not (event.is_printable and isinstance(self.focused, Input)):
            # Textual would let a key pass through the queues of widgets first, and look for what it does when
            # the keys behind it are on their way: typed fast, they would miss the page that this one opens.
            await self._typed()
            if await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key):
                return
        await super().on_event(event)

    async def _typed(self) -> None:
        """Wait until the letters typed so far stand in their line."""
        if isinstance(self.focused, Input):
            done = asyncio.Event()
            self.focused.call_later(done.set)
            with suppress(TimeoutError):
                async with asyncio.timeout(TYPING):
                    await done.wait()


class Readable(LineFilter):
    """Leaves only what the terminal can show."""

    def __init__(self, skin: Skin) -> None:
        super().__init__()
        self._skin = skin

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, cell for cell."""
        readable = self._skin.readable
        return [Segment(readable(text), style, control) for text, style, control in segments]


def page_class(place: str) -> type[Page]:
    """Return the page of a name."""
    module, name = (PLACES | COVERS)[place].split(":")
    page: type[Page] = getattr(import_module(f"tui.screens.{module}"), name)
    return page


def _open(place: str, arguments: Sequence[str] = ()) -> Page:
    page = page_class(place)(*arguments)
    page.place = place
    return page


def main(socket: Path, kiosk: bool, lang: str | None, ascii: bool) -> int:
    """Run the screen on this terminal until it is closed."""
    terminal = os.environ.get("TERM", "")
    encoding = getattr(sys.__stderr__, "encoding", None)  # where Textual writes
    skin = skin_of(encoding, terminal, ascii, Console(force_terminal=True).color_system)
    with teach_pause() if terminal == "linux" else nullcontext():
        return TirekApp(socket, kiosk, lang, skin).run() or 0
