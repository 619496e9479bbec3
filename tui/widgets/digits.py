"""A number that the last row of a class can read: digits five lines high, of full blocks only."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.host import Host
from tui.widgets.cells import fit

HEIGHT = 5
# Rows of three dots, from the top; a comma and a point are one dot wide.
SHAPES = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "-": ("   ", "   ", "###", "   ", "   "),
    "—": ("   ", "   ", "###", "   ", "   "),
    ",": (" ", " ", " ", " ", "#"),
    ".": (" ", " ", " ", " ", "#"),
}


def big(text: str, width: int, full: str) -> list[str]:
    """Return the rows of a number, as wide as there is room; a number that has none is written plainly."""
    for wide in (2, 1):
        rows = [
            "".join("".join(dot * wide for dot in SHAPES[each][y]) + " " * wide for each in text)
            for y in range(HEIGHT)
        ]
        if cell_len(rows[0]) <= width:
            return [row.replace("#", full) for row in rows]
    return ["", "", text, "", ""]


class Digits(Widget):
    """The number, and its unit beside the last line of it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = f"Digits {{ height: {HEIGHT}; width: 1fr; }}"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._said = ("", "", "text")

    def put(self, number: str, unit: str, ink: str) -> None:
        """Show a number."""
        if self._said != (number, unit, ink):
            self._said = (number, unit, ink)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`."""
        host = self.app
        assert isinstance(host, Host)
        number, unit, ink = self._said
        room = self.size.width - cell_len(unit) - 2
        row = " " + big(number, room, host.skin.sign("full"))[y]
        text = row + unit if y == HEIGHT - 1 else row
        return Strip([Segment(fit(text, self.size.width), host.inks(ink, bold=True))], self.size.width)
