"""What a terminal shows: tables, how far something is, and nothing that somebody else put into a text."""

import sys
from collections.abc import Callable, Sequence

Progress = Callable[[int, int], None]


def print_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows under their columns; the last one as wide as it is."""
    rows = [tuple(map(printable, row)) for row in rows]
    widths = [max(len(row[number]) for row in (columns, *rows)) for number in range(len(columns))]
    for row in (columns, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def printable(text: str) -> str:
    """Return a text of somebody else's as a terminal may show it: nothing in it moves the cursor."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def progress(doing: str) -> Progress:
    """Return what shows on a terminal how far something is; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def show(done: int, total: int) -> None:
        share = 100 * done // total if total else 100
        end = "\n" if done >= total else ""
        print(f"\r{doing}: {share} %", end=end, file=sys.stderr, flush=True)

    return show
