"""The first line: where one is, the school, the link in a word, the time; to be clicked."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.host import Host
from tui.theme import INK_OF
from tui.widgets.cells import fit

LINK_INK = {"good": "good", "poor": "poor", "sound-only": "poor", "lost": "bad", "alone": "none"}
TICK = 5.0  # seconds between looks at the clock


class Header(Widget):
    """One line of the panel's ground."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Header { dock: top; height: 1; width: 100%; background: $ground-panel; }
    """

    def __init__(self, heading: Callable[[], str], press: Callable[[str], None]) -> None:
        super().__init__()
        self._heading = heading
        self._press = press

    def on_mount(self) -> None:
        """Follow the clock."""
        self.set_interval(TICK, self.refresh)

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        host, width = self._host, self.size.width
        heading = f" {self._heading()} "
        right = self._right()
        room = width - sum(cell_len(text) for text, _ in right) - cell_len(heading)
        more = host.skin.sign("more")
        parts = [
            (fit(heading, cell_len(heading) + min(0, room), more=more), "accent"),
            (self._school(room), "text"),
            *right,
        ]
        segments = [Segment(text, host.inks(ink, "panel", bold=ink == "accent")) for text, ink in parts]
        return Strip(segments).adjust_cell_length(width, host.inks("text", "panel"))

    def on_click(self, event: events.Click) -> None:
        """Open sync and health at the link, the settings at the name."""
        right = sum(cell_len(text) for text, _ in self._right())
        heading = cell_len(self._heading()) + 2
        if event.x >= self.size.width - right:
            self._press("health")
        elif event.x >= heading:
            self._press("settings")

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app

    def _school(self, room: int) -> str:
        hello = self._host.world.hello
        name = hello.name if hello else ""
        return fit(f"{name} ", max(0, room), right=True, more=self._host.skin.sign("more"))

    def _right(self) -> list[tuple[str, str]]:
        host, link = self._host, self._host.world.link
        clock = (f" {host.time:%H:%M} ", "text")
        if link is None or host.tie.state != "here":  # what was heard last is no news
            return [clock]
        ink = INK_OF[LINK_INK[link.state]]
        return [(f" {host.skin.sign(link.state)} {host.words.say('link-' + link.state)} ", ink), clock]
