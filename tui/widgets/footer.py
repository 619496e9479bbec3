"""The last line: at most five keys with their words, each of which can be clicked."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.host import Host
from tui.keys import Key, name_of


class Entry(NamedTuple):
    """One key of the footer: what stands on it, its word, what it does."""

    name: str
    word: str
    action: str

    @property
    def width(self) -> int:
        """Return its cells, the gap behind it included."""
        return cell_len(self.name) + cell_len(self.word) + 3


class Footer(Widget):
    """One line of the panel's ground."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Footer { dock: bottom; height: 1; width: 100%; background: $ground-panel; }
    """

    def __init__(self, keys: Callable[[], Sequence[tuple[Key, str]]], press: Callable[[str], None]) -> None:
        super().__init__()
        self._keys = keys
        self._press = press

    def entries(self) -> list[Entry]:
        """Return what is shown."""
        host = self._host
        space, plain = host.words.say("key-space"), host.skin.plain
        return [Entry(name_of(key.key, space, plain), word, key.action) for key, word in self._keys()]

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        inks = self._host.inks
        segments = []
        for entry in self.entries():
            segments.append(Segment(f" {entry.name} ", inks("accent", "panel", bold=True)))
            segments.append(Segment(f"{entry.word} ", inks("text", "panel")))
        return Strip(segments).adjust_cell_length(self.size.width, inks("text", "panel"))

    def on_click(self, event: events.Click) -> None:
        """Do what the entry below the pointer says."""
        left = 0
        for entry in self.entries():
            if left <= event.x < left + entry.width:
                self._press(entry.action)
                return
            left += entry.width

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app
