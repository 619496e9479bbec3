"""The daemon is away, or of another version: said, and waited for; the page below keeps what was typed."""

from typing import Any

from textual.app import ComposeResult

from tui.page import Page
from tui.widgets.line import Line
from tui.world import World


class AwayPage(Page):
    """Goes away by itself."""

    HEADING = "away"
    ROAMS = False
    DEFAULT_CSS = """
    AwayPage #body { padding: 3 6; }
    AwayPage #what { margin-bottom: 1; }
    """

    def body(self) -> ComposeResult:
        """Yield what happened, and what happens next."""
        yield Line("what")
        yield Line("next")

    def show(self, world: World) -> None:
        """Write which side has to be updated, or that it is waited."""
        tie = self.host.tie
        state = tie.state if tie.state in ("older", "newer") else "away"
        self.put("what", (f"{self.sign('bad')} {self.say('away-' + state, version=tie.version)}", "bad"))
        self.put("next", self.say(f"away-{state}-next"))

    def on_screen_resume(self) -> None:
        """Go, if what hindered is over since a question was laid over this."""
        self.app.call_later(self.host.cover)

    def keys_shown(self) -> list[Any]:
        """Return nothing: there is nothing to do but to wait."""
        return []

    def do_back(self) -> None:
        """Stay."""
