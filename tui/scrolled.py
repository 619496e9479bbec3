"""The base of pages that are only read: arrows scroll them."""

from typing import ClassVar

from textual.containers import VerticalScroll

from tui.keys import Key
from tui.page import Page


class Scrolled(Page):
    """Its body is one `VerticalScroll` with the id `scroll`."""

    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("up", "key-up", "up"),
        Key("down", "key-down", "down"),
        Key("pageup", "key-up", "page_up", shown=False),
        Key("pagedown", "key-down", "page_down", shown=False),
    )
    DEFAULT_CSS = """
    Scrolled #scroll { height: 1fr; scrollbar-size-vertical: 1; }
    """

    def do_up(self) -> None:
        """Scroll a line up."""
        self._scroller.scroll_up(animate=False)

    def do_down(self) -> None:
        """Scroll a line down."""
        self._scroller.scroll_down(animate=False)

    def do_page_up(self) -> None:
        """Scroll a page up."""
        self._scroller.scroll_page_up(animate=False)

    def do_page_down(self) -> None:
        """Scroll a page down."""
        self._scroller.scroll_page_down(animate=False)

    @property
    def _scroller(self) -> VerticalScroll:
        return self.query_one("#scroll", VerticalScroll)
