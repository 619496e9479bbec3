"""Where in a recording the class is: a bar between two times; a click goes there."""

from collections.abc import Callable

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.host import Host
from tui.lesson import Place


class Reel(Widget):
    """One line; `skip` is called with the seconds from the place now to the one clicked."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Reel { height: 1; width: 1fr; margin: 0 2; }
    """

    def __init__(self, skip: Callable[[float], None], id: str | None = None) -> None:
        super().__init__(id=id)
        self._skip = skip
        self._place: Place | None = None

    def put(self, place: Place | None) -> None:
        """Show a place; without one the line is not there."""
        self.display = place is not None
        if place != self._place:
            self._place = place
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        host, place = self._host, self._place
        if place is None:
            return Strip.blank(self.size.width, host.inks("text"))
        before, wide, after = self._parts(place)
        full = round(wide * place.at / place.length)
        return Strip(
            [
                Segment(before, host.inks("text")),
                Segment(host.skin.sign("full") * full, host.inks("info")),
                Segment(host.skin.sign("empty") * (wide - full), host.inks("muted")),
                Segment(after, host.inks("muted")),
            ]
        ).adjust_cell_length(self.size.width, host.inks("text"))

    def on_click(self, event: events.Click) -> None:
        """Go to the place below the pointer."""
        if self._place is None:
            return
        before, wide, _ = self._parts(self._place)
        at = min(max(event.x - len(before) + 0.5, 0.0), wide) / wide * self._place.length
        self._skip(round(at - self._place.at, 1))

    def _parts(self, place: Place) -> tuple[str, int, str]:
        """Return the time before the bar, the bar's width, and the time behind it."""
        duration = self._host.words.duration
        before, after = f"{duration(place.at)} ", f" {duration(place.length)}"
        return before, max(1, self.size.width - len(before) - len(after)), after

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app
