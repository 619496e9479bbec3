"""The base of all pages: header, body, footer; keys call `do_…` methods, notices call `show`."""

import inspect
from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.messages import Prune
from textual.screen import Screen

from edge.contract.answers import Answer, Done
from edge.contract.commands import Command
from edge.contract.notices import Notice, Settings
from tui.feed import AWAY, Unanswered
from tui.host import Host
from tui.keys import Key
from tui.widgets.footer import Footer
from tui.widgets.header import Header
from tui.widgets.line import Line, Part
from tui.world import World

T = TypeVar("T", bound=Answer)

MOST_HELD = 32  # keys that wait for a page's first picture: more than anybody types meanwhile

HELP = Key("f1", "key-help", "help")
BACK = Key("escape", "key-back", "back")
ROLL = Key("f2", "key-roll", "roll", shown=False)
SETTINGS = Key("f10", "key-settings", "settings", shown=False, also=("key-health",))  # pressed again
BETWEEN_LINES = (  # to type on: by arrows, where the one that has the keys needs none
    Binding("up", "app.focus_previous", show=False),
    Binding("down", "app.focus_next", show=False),
)
EVERYWHERE = (ROLL, SETTINGS, BACK, HELP)


def _bindings(keys: Sequence[Key]) -> list[BindingType]:
    return [Binding(key.key, f"press('{key.action}')", show=False, priority=key.first) for key in keys]


class Page(Screen[Any], inherit_bindings=False):
    """One page. Words are written in `show`, never in `body`: the language changes while it is open."""

    HEADING: ClassVar[str] = ""
    KEYS: ClassVar[tuple[Key, ...]] = ()
    LISTENS: ClassVar[tuple[type[Notice], ...]] = ()
    ROAMS: ClassVar[bool] = True  # help, roll call, health and settings can be reached from here
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *_bindings(EVERYWHERE),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    Page { background: $ground-background; color: $ink-text; layout: vertical; overflow: hidden; }
    Page #body { height: 1fr; width: 1fr; }
    """

    def __init_subclass__(cls, **how: Any) -> None:
        if "KEYS" in cls.__dict__:
            cls.BINDINGS = [*_bindings(cls.KEYS), *cls.__dict__.get("BINDINGS", [])]
        super().__init_subclass__(**how)

    def __init__(self) -> None:
        super().__init__()
        self.place = ""  # the name under which it was opened
        self.ready = True  # false: keys wait until `begin`
        self.refused = ""  # the key of the last refusal, "" when the last command was done
        self.why = ""  # its sentence
        self._held: list[events.Key] = []
        self._busy: set[str] = set()
        self._stale = False
        self._stands = False  # its widgets are there

    # What a page fills in ------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Yield the widgets between header and footer."""
        yield from ()

    def show(self, world: World) -> None:
        """Write what is true: on mount, on a notice of LISTENS, on another language or theme."""

    def stand(self) -> None:
        """Do what the page begins with, once all of it stands and what is true is written."""

    def heading(self) -> str:
        """Return what stands in the header."""
        return self.say(self.HEADING)

    def word_of(self, key: Key) -> str:
        """Return the word key of a key now: `key.word` or one of `key.also`."""
        return key.word

    # What a page may use ------------------------------------------------------------------------

    @property
    def host(self) -> Host:
        """Return the screen that this page is part of."""
        return cast(Host, self.app)

    @property
    def world(self) -> World:
        """Return what is true."""
        return self.host.world

    def say(self, key: str, **blanks: str | int) -> str:
        """Return a sentence."""
        return self.host.words.say(key, **blanks)

    def count(self, key: str, number: int, **blanks: str | int) -> str:
        """Return a sentence about so many."""
        return self.host.words.count(key, number, **blanks)

    def sign(self, name: str) -> str:
        """Return a sign, one cell wide."""
        return self.host.skin.sign(name)

    def put(self, line_id: str, *parts: Part) -> None:
        """Write a `Line` of this page."""
        self.query_one(f"#{line_id}", Line).put(*parts)

    def tell(self, key: str, severity: str = "good", **blanks: str | int) -> None:
        """Say a sentence that passes by itself: good, poor or bad."""
        self.host.tell(self.say(key, **blanks), severity)

    async def order(self, command: Command, quiet: Sequence[str] | None = ()) -> bool:
        """Give an order; tell why it was refused, but for the keys in `quiet`, or (None) not at all."""
        return await self.ask(command, Done, quiet) is not None

    async def ask(self, command: Command, kind: type[T], quiet: Sequence[str] | None = ()) -> T | None:
        """Return the answer, or None when it was refused: `refused` and `why` tell more."""
        try:
            answer = await self.host.ask(command, kind)
        except Unanswered as exc:
            self.refused = exc.key
            self.why = self.host.words.told(f"refused-{exc.key}", exc.blanks, "refused-unknown")
            if quiet is not None and exc.key not in quiet:
                self.host.tell(self.why, "poor" if exc.key == AWAY else "bad")
            return None
        self.refused = self.why = ""
        return answer

    async def choose(self, question: str, options: Sequence[tuple[str, str]], typed: str = "") -> str:
        """Return the key of the chosen option, or what was typed at the one named `typed`; "" for none."""
        from tui.screens.choice import Choice

        self.host.opened()
        chosen: str | None = await self.app.push_screen_wait(Choice(question, options, typed))
        return chosen or ""

    async def confirm(self, question: str, yes: str, no: str) -> bool:
        """Ask before something cannot be taken back; the safe answer is selected."""
        return await self.choose(question, (("no", no), ("yes", yes))) == "yes"

    def refresh_footer(self) -> None:
        """Write the words of the keys anew."""
        self.query_one(Footer).refresh()

    def begin(self) -> None:
        """Take keys from now on; those that were typed meanwhile first."""
        if not self.ready:
            self.app.call_later(self.host.replay, self)

    def keys_shown(self) -> list[Key]:
        """Return what stands in the footer."""
        mine = [key for key in self.KEYS if key.shown]
        taken = {key.key for key in mine}
        return mine + [key for key in (BACK, HELP) if self.offers(key) and key.key not in taken]

    def offers(self, key: Key) -> bool:
        """Tell whether a key of everywhere does something here."""
        return self.ROAMS or key is BACK

    # What the frame calls ------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Yield header, body and footer."""
        yield Header(self.heading, self.action_press)
        with Vertical(id="body"):
            yield from self.body()
        yield Footer(self._entries, self.action_press)

    def on_mount(self) -> None:
        """Show what is true, and begin: in `stand`, because Textual calls the `on_mount` of every base."""
        self._stands = True
        self.renew()
        if self._is_whole:
            self.stand()

    @on(Prune)
    def let_go(self) -> None:
        """Wait for no more answers once it is left: whoever wrote them down would find no widgets."""
        self.workers.cancel_node(self)

    def on_screen_resume(self) -> None:
        """Show what became true while another page was in front, and what waited until that was left."""
        if self._stale:
            self.renew()
        self.host.invite()

    def hear(self, kinds: set[type[Notice]]) -> None:
        """Show what is new, now or when this page is in front again."""
        if not self._is_whole:
            return
        listens = (*self.LISTENS, Settings)
        if any(kind in listens for kind in kinds):
            if self.is_current:
                self.renew()
            self._stale = not self.is_current
        elif self.is_current:
            self._around()

    def renew(self) -> None:
        """Write everything anew."""
        if not self._is_whole:
            return
        self._stale = False
        self.show(self.world)
        self._around()

    def hold(self, event: events.Key) -> bool:
        """Keep a key that came before the page could use it, but for Esc; tell whether it is kept."""
        if self.ready or event.key == "escape":
            return False
        if len(self._held) < MOST_HELD:
            self._held.append(event)
        return True

    def release(self) -> list[events.Key]:
        """Be ready; return the keys that were kept."""
        self.ready = True
        held, self._held = self._held, []
        return held

    def action_press(self, name: str) -> None:
        """Do what a key or a click orders; not again while it is being done."""
        if name in self._busy:
            return
        done = getattr(self, f"do_{name}")()
        if inspect.isawaitable(done):
            self._busy.add(name)
            self.run_worker(self._finish(name, done), group=name)

    def do_back(self) -> Any:
        """Leave this page."""
        self.host.back()

    def do_help(self) -> None:
        """Tell what can be done here."""
        if self.ROAMS:
            self.host.go("help")

    def do_roll(self) -> Any:
        """Open the register of the lesson that runs or is due."""
        day = self.world.day
        if self.ROAMS:
            self.host.go("roll", self.world.lesson.lesson or (day.due if day else ""))

    def do_health(self) -> None:
        """Open sync and health."""
        if self.ROAMS:
            self.host.go("health")

    def do_lesson(self) -> None:
        """Open the lesson that runs."""
        if self.ROAMS:
            self.host.go("lesson")

    def do_off(self) -> None:
        """Let the class be neither seen nor heard: a lamp that is lit was clicked."""
        self.host.action_turn_off()

    def do_settings(self) -> None:
        """Open the settings."""
        if self.ROAMS:
            self.host.go("settings")

    async def _finish(self, name: str, done: Awaitable[Any]) -> None:
        try:
            await done
        finally:
            self._busy.discard(name)

    def _entries(self) -> list[tuple[Key, str]]:
        return [(key, self.say(self.word_of(key))) for key in self.keys_shown()]

    @property
    def _is_whole(self) -> bool:
        """Whether it has its widgets; of a page that is left they go first, or never come if it opens still.

        One that is left is no longer on the stack. When the screen closes its pages are there for a moment:
        they are being taken away, and so not displayed, or do not stand yet and are attached no more.
        """
        return self._stands and self.display and self.is_attached and self in self.app.screen_stack

    def _around(self) -> None:
        self.query_one(Header).refresh()
        self.refresh_footer()
