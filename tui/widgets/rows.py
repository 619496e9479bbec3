"""A list of rows, one of them selected; drawn line by line: a row costs nothing until it is seen."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.host import Host
from tui.widgets.cells import fit


class Column(NamedTuple):
    """How wide a column is: `width` cells, and its share of what is left (`grows`)."""

    width: int
    grows: int = 0
    right: bool = False


class Row(NamedTuple):
    """One row: what it is about, and a text and an ink for each column."""

    id: str
    cells: Sequence[tuple[str, str]]


class Rows(ScrollView, can_focus=True):
    """Rows to choose from, by arrows or by a click; a click on the selected row chooses it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Rows { width: 1fr; height: 1fr; background: $ground-background; }
    Rows { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "end(0)", show=False),
        Binding("end", "end(-1)", show=False),
    ]

    class Moved(Message):
        """Somebody selected another row."""

        def __init__(self, rows: "Rows") -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> "Rows":
            """Return the list, for `@on(Rows.Moved, "#id")`."""
            return self.rows

    class Chosen(Moved):
        """The selected row was clicked."""

    def __init__(self, *columns: Column, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._rows: list[Row] = []
        self._at = 0

    @property
    def selected(self) -> str:
        """Return the id of the selected row, "" without rows."""
        return self._rows[self._at].id if self._rows else ""

    @property
    def at(self) -> int:
        """Return the number of the selected row, from 0."""
        return self._at

    def fill(self, rows: Sequence[Row], selected: str | None = None) -> None:
        """Show these rows; the selection stays on its row, or goes to `selected`."""
        wanted = self.selected if selected is None else selected
        self._rows = list(rows)
        ids = [row.id for row in rows]
        self._at = ids.index(wanted) if wanted in ids else max(0, min(self._at, len(rows) - 1))
        self.virtual_size = Size(0, len(rows))
        self.call_after_refresh(self._see)
        self.refresh()

    def change(self, row: Row) -> None:
        """Draw one row anew."""
        for number, old in enumerate(self._rows):
            if old.id == row.id:
                self._rows[number] = row
                self.refresh_line(number)

    def select(self, row_id: str) -> None:
        """Select a row by its id, if it is there."""
        for number, row in enumerate(self._rows):
            if row.id == row_id:
                self._select(number)
                return

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y` of what is seen."""
        number = y + self.scroll_offset.y
        inks, width = self._host.inks, self.scrollable_content_region.width
        if number >= len(self._rows):
            return Strip.blank(width, inks("text"))
        texts = self._texts(self._rows[number], width)
        if number == self._at:
            style = inks.cursor if self.has_focus else inks("text", "panel", bold=True)
            return Strip([Segment("".join(text for text, _ in texts), style)], width)
        return Strip([Segment(text, inks(ink)) for text, ink in texts], width)

    def action_move(self, by: int) -> None:
        """Select the row so many further."""
        self._move(self._at + by)

    def action_page(self, by: int) -> None:
        """Select the row a page further."""
        self._move(self._at + by * max(1, self.size.height - 1))

    def action_end(self, number: int) -> None:
        """Select the first or the last row."""
        self._move(number if number >= 0 else len(self._rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Select the row below the pointer, or choose it."""
        number = event.y + self.scroll_offset.y
        if not 0 <= number < len(self._rows):
            return
        if number == self._at and self.has_focus:
            self.post_message(self.Chosen(self))
        self.focus()
        self._move(number)

    def on_focus(self) -> None:
        """Draw the selected row as one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw it as one that they do not."""
        self.refresh()

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app

    def _move(self, number: int) -> None:
        before = self._at
        self._select(max(0, min(number, len(self._rows) - 1)))
        if self._at != before:
            self.post_message(self.Moved(self))

    def _select(self, number: int) -> None:
        self.refresh_line(self._at)
        self._at = number
        self.refresh_line(number)
        self._see()

    def _see(self) -> None:
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if height and not top <= self._at < top + height:
            self.scroll_to(y=self._at if self._at < top else self._at - height + 1, animate=False)

    def _texts(self, row: Row, width: int) -> list[tuple[str, str]]:
        """Return the texts of a row, one cell between and at both ends."""
        left = width - sum(column.width + 1 for column in self._columns) - 1
        shares = sum(column.grows for column in self._columns) or 1
        more = self._host.skin.sign("more")
        texts = []
        for column, (text, ink) in zip(self._columns, row.cells, strict=True):
            wide = column.width + max(0, left) * column.grows // shares
            texts.append((" " + fit(text, wide, column.right, more), ink))
        rest = width - sum(cell_len(text) for text, _ in texts)
        return [*texts, (" " * max(0, rest), "text")]
