"""The first line: where one is, the school, whether the class is seen and heard and the key that turns that
off, the link, the time."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.capture import is_open, lamps
from tui.host import Host
from tui.keys import OFF, name_of
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
        right = [*self._off(cell_len(heading)), *self._lamps(), *self._right()]
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
        """Open sync and health at the link, the settings at the name; turn off at lamps that are lit.

        At lamps that are dark open the lesson: there both are turned on.
        """
        heading = cell_len(self._heading()) + 2
        link = self.size.width - _cells(self._right())
        off = self._off(heading)
        if event.x >= link:
            self._press("health")
        elif event.x >= link - _cells([*off, *self._lamps()]):
            self._press("off" if off else "lesson")
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

    def _off(self, heading: int) -> list[tuple[str, str]]:
        """Return the key that turns off what is on, with its word where a heading so wide leaves room."""
        host, capture = self._host, self._host.world.capture
        lit = self._lamps()
        if capture is None or not lit or not is_open(capture):
            return []
        key = (f" {name_of(OFF, '')}", "accent")
        word = (f" {host.words.say('lamp-off')}", "text")
        room = self.size.width - heading - _cells([key, *lit, *self._right()])
        return [key, word] if room >= _cells([word]) else [key]

    def _right(self) -> list[tuple[str, str]]:
        host, link = self._host, self._host.world.link
        clock = (f" {host.time:%H:%M} ", "text")
        if link is None or host.tie.state != "here":  # what was heard last is no news
            return [clock]
        ink = INK_OF[LINK_INK[link.state]]
        return [(f" {host.skin.sign(link.state)} {host.words.say('link-' + link.state)} ", ink), clock]


def _cells(parts: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in parts)
