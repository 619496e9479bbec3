"""Text in cells of a terminal: cut and filled to a width (core)."""

from rich.cells import cell_len, set_cell_size


def fit(text: str, width: int, right: bool = False, more: str = "…") -> str:
    """Return a text exactly so many cells wide, with a sign where it was cut."""
    if width <= 0:
        return ""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + more
    return " " * (width - length) + text if right else text + " " * (width - length)
