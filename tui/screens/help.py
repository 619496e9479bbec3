"""Help: the keys of the page below, those that work everywhere, how-tos, the technician's card."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from edge.contract.notices import Hello, Notice
from tui.keys import OFF, Key, name_of
from tui.page import EVERYWHERE, Page
from tui.scrolled import Scrolled
from tui.widgets.cells import fit
from tui.widgets.line import Line, Part
from tui.world import World

HOW_TOS = ("start", "no-link", "roll", "class", "quick", "recording", "robots", "broken")
KEY_WIDTH = 12  # cells: the longest name of a key in three languages, and a gap


class HelpPage(Scrolled):
    """What can be done, in sentences."""

    HEADING = "key-help"
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Hello,)
    DEFAULT_CSS = """
    HelpPage Line { padding: 0 2; margin-top: 1; }
    """

    def body(self) -> ComposeResult:
        """Yield keys, how-tos and the technician's card."""
        with VerticalScroll(id="scroll", can_focus=False):
            yield Line("keys")
            yield Line("everywhere")
            yield Line("how")
            yield Line("technician")

    def show(self, world: World) -> None:
        """Write all of it."""
        page = self._below()
        self.put("keys", (self.say("help-keys", page=page.heading()), "accent"), *self._keys(page.KEYS))
        everywhere = [
            *EVERYWHERE,
            Key(OFF, "key-class-off", ""),
            Key("f12", "key-stop-everything", ""),
            Key("pause", "key-stop-everything", ""),
        ]
        self.put("everywhere", (self.say("help-everywhere"), "accent"), *self._keys(everywhere))
        how: list[Part] = [(self.say("help-how"), "accent")]
        for name in HOW_TOS:
            how += ["\n", (self.say(f"how-{name}"), "info"), "\n  ", self.say(f"how-{name}-said")]
        self.put("how", *how)
        hello, settings = world.hello, world.settings
        card = self.say(
            "help-card",
            name=hello.name if hello else "",
            school=settings.school if settings else "",
            version=hello.version if hello else "",
        )
        self.put("technician", (self.say("help-technician"), "accent"), "\n", card)

    def _below(self) -> Page:
        """Return the page from which help was asked."""
        pages = [screen for screen in self.app.screen_stack if isinstance(screen, Page)]
        return pages[max(0, pages.index(self) - 1)]

    def _keys(self, keys: list[Key] | tuple[Key, ...]) -> list[Part]:
        space, plain = self.say("key-space"), self.host.skin.plain
        parts: list[Part] = []
        for key in keys:
            name = fit(name_of(key.key, space, plain), KEY_WIDTH)
            words = " / ".join(map(self.say, dict.fromkeys((key.word, *key.also))))
            parts += ["\n  ", (name, "info"), words]
        return parts
