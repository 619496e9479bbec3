"""The terminal is too small for a page: said in a sentence that fits anywhere, until it grows."""

from typing import ClassVar

from textual.app import ComposeResult

from edge.contract.notices import Lesson, Notice
from tui.keys import Key
from tui.page import Page
from tui.widgets.line import Line
from tui.world import World


class SmallPage(Page):
    """Goes away by itself."""

    ROAMS = False
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Lesson,)
    DEFAULT_CSS = """
    SmallPage Header, SmallPage Footer { display: none; }
    """

    def heading(self) -> str:
        """Return nothing: there is no room for it."""
        return ""

    def body(self) -> ComposeResult:
        """Yield the sentence, with the lesson that runs behind it."""
        yield Line("sentence")
        yield Line("lesson")

    def show(self, world: World) -> None:
        """Write what to do, and that nothing stopped."""
        self.put("sentence", self.say("small"))
        runs = world.lesson.state != "none"
        self.put("lesson", self.say("small-lesson", subject=world.lesson.subject) if runs else "")

    def on_screen_resume(self) -> None:
        """Go, if there is room since a question was laid over this."""
        self.app.call_later(self.host.cover)

    def keys_shown(self) -> list[Key]:
        """Return nothing."""
        return []

    def do_back(self) -> None:
        """Stay."""
