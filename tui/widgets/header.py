"""The first line: where one is, the school, whether the class is seen and heard, the link, the time."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.capture import lamps
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
        right = [*self._lamps(), *self._right()]
        room = width - _cells(right) - cell_len(heading)
        more = host.skin.sign("more")
        parts = [
            (fit(heading, cell_len(heading) + min(0, room), more=more), "accent"),
            (self._school(room), "text"),
            *right,
        ]
        segments = [Segment(text, host.inks(ink, "panel", bold=ink == "accent")) for text, ink in parts]
        return Strip(segments).adjust_cell_length(width, host.inks("text", "panel"))

    def on_click(self, event: events.Click) -> None:
        """Open sync and health at the link, the lesson at the lamps, the settings at the name."""
        right = _cells(self._right())
        heading = cell_len(self._heading()) + 2
        if event.x >= self.size.width - right:
            self._press("health")
        elif event.x >= self.size.width - right - _cells(self._lamps()):
            self._press("lesson")
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

    def _lamps(self) -> list[tuple[str, str]]:
        host, capture = self._host, self._host.world.capture
        if capture is None or host.tie.state != "here":  # a lamp that nobody vouches for is not lit
            return []
        lit = [
            (f" {host.skin.sign(lamp.sign)} {host.words.say(lamp.word)}", lamp.ink) for lamp in lamps(capture)
        ]
        return [*lit, (" ", "text")]

    def _right(self) -> list[tuple[str, str]]:
        host, link = self._host, self._host.world.link
        clock = (f" {host.time:%H:%M} ", "text")
        if link is None or host.tie.state != "here":  # what was heard last is no news
            return [clock]
        ink = INK_OF[LINK_INK[link.state]]
        return [(f" {host.skin.sign(link.state)} {host.words.say('link-' + link.state)} ", ink), clock]


def _cells(parts: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in parts)
