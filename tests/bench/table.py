"""The result of one topic as a table in Markdown, which a terminal shows well enough too."""

from statistics import quantiles

from msgspec import Struct


class Table(Struct, frozen=True):
    """What was measured, one row a case."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the table with its title and notes."""
        everything = [self.columns, *self.rows]
        widths = [max(len(row[number]) for row in everything) for number in range(len(self.columns))]
        lines = [_line(row, widths) for row in everything]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"## {self.title}", "", *lines, *([""] if notes else []), *notes, ""])


def ratio(value: float | None, other: float | None) -> str:
    """How many times the other, or a dash when one of them is not there."""
    return "–" if value is None or not other else f"{value / other:.2f}×"


def centiles(values: list[float]) -> tuple[float, float, float, float]:
    """The median, 95th and 99th centile and the largest."""
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98], max(values)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return f"| {' | '.join(cells)} |"
