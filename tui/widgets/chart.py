"""A line chart with its axes and marks; drawn anew ten times a second without being felt."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui import plot
from tui.host import Host
from tui.instruments import Naming
from tui.plot import Frame, Point
from tui.widgets.cells import fit

LABEL = 8  # cells of a value beside the axis
ROWS_A_LABEL = 4  # of the value axis
CELLS_A_LABEL = 14  # of the time axis


class Across(NamedTuple):
    """What is on the axis below, where that is not the time."""

    unit: str
    decimals: int


class Picture(NamedTuple):
    """What a chart shows: a curve over time, or points over something else, and a curve laid through them."""

    points: Sequence[Point] = ()
    times: tuple[float, float] = (0.0, 60.0)
    marks: Sequence[float] = ()
    unit: str = ""
    decimals: int = 1
    across: Across | None = None
    laid: Sequence[Point] = ()


class Chart(Widget):
    """A curve and its axes."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Chart { width: 1fr; height: 1fr; min-height: 4; }"

    def __init__(self, naming: Callable[[], Naming], id: str) -> None:
        super().__init__(id=id)
        self._naming = naming  # of the language of now
        self._picture = Picture()
        self._drawn: list[list[tuple[str, str]]] = []  # rows of texts and inks

    def draw(self, picture: Picture) -> None:
        """Show this."""
        self._picture = picture
        self._drawn = []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`."""
        if len(self._drawn) != self.size.height:
            self._drawn = self._rows(self.size.width, self.size.height)
        inks = self._host.inks
        segments = [Segment(text, self._ink(ink)) for text, ink in self._drawn[y]]
        return Strip(segments).adjust_cell_length(self.size.width, inks("text"))

    def notify_style_update(self) -> None:
        """Forget what was drawn: another theme, another language or another size."""
        self._drawn = []
        super().notify_style_update()

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app

    def _ink(self, ink: str) -> Style:
        return self._host.inks(ink, bold=ink == "ok")

    def _rows(self, width: int, height: int) -> list[list[tuple[str, str]]]:
        it, plain = self._picture, self._host.skin.plain
        most = max(2, height // ROWS_A_LABEL + 1)
        values = [value for _, value in (*it.points, *it.laid)]
        ticks = plot.scale(values or [0.0, 1.0], most, 10.0**-it.decimals)
        frame = Frame(it.times, (ticks[0], ticks[-1]), max(1, width - LABEL - 2), max(1, height - 1))
        cells = (plot.dots if it.across else plot.curve)(it.points, frame, plain)
        laid = plot.curve(it.laid, frame, plain) if it.laid else [" " * frame.width] * frame.height
        labels = self._labels(frame, ticks) if it.points else {}
        marked = {_cell(mark, it.times, frame.width) for mark in it.marks}
        bar = "|" if plain else "│"
        rows = [
            [(labels.get(y, " " * LABEL), "muted"), (bar, "muted"), *_over(_inked(row, marked, bar), laid[y])]
            for y, row in enumerate(cells)
        ]
        return [*rows, [(self._moments(frame), "muted")]]

    def _labels(self, frame: Frame, ticks: Sequence[float]) -> dict[int, str]:
        decimals = self._picture.decimals
        places = {frame.height - 1 - _cell(tick, frame.values, frame.height): tick for tick in ticks}
        return {
            y: fit(self._naming().number(tick, decimals), LABEL, right=True) for y, tick in places.items()
        }

    def _moments(self, frame: Frame) -> str:
        """Return the line below: moments, or values of what else is across, and its unit."""
        begin, end = frame.times
        across, most = self._picture.across, max(2, frame.width // CELLS_A_LABEL)
        line, unit = fit(self._picture.unit, LABEL, right=True) + " ", f" {across.unit}" if across else ""
        width = LABEL + 1 + frame.width - cell_len(unit)
        ticks = plot.scale((begin, end), most, 10.0**-across.decimals) if across else []
        for tick in ticks or plot.moments(begin, end, most):
            at = LABEL + 1 + _cell(tick, frame.times, frame.width)
            text = self._naming().number(tick, across.decimals) if across else self._naming().moment(tick)
            if len(line) <= at <= LABEL + 1 + frame.width and len(line) + len(text) <= width:
                line = line.ljust(min(at, width - len(text))) + text + " "
        return fit(line.rstrip(), width) + unit


def _cell(value: float, span: tuple[float, float], cells: int) -> int:
    return round((value - span[0]) / ((span[1] - span[0]) or 1.0) * (cells - 1))


def _over(parts: list[tuple[str, str]], laid: str) -> list[tuple[str, str]]:
    """Return the texts of a row with another curve where they leave room."""
    if not laid.strip():
        return parts
    found: list[tuple[str, str]] = []
    at = 0
    for text, ink in parts:
        for letter in text:
            drawn = (letter, ink) if letter != " " else (laid[at], "ok")
            found.append(drawn)
            at += 1
    return found


def _inked(row: str, marked: set[int], bar: str) -> list[tuple[str, str]]:
    """Return the texts of a row: the curve, and behind it the marks."""
    parts: list[tuple[str, str]] = []
    begin = 0
    for at in sorted(mark for mark in marked if 0 <= mark < len(row)):
        if row[at] == " ":
            parts += [(row[begin:at], "info"), (bar, "accent")]
            begin = at + 1
    return [*parts, (row[begin:], "info")]
