"""A sentence whose parts have colours; the words of people are never read as markup."""

from textual.content import Content
from textual.widgets import Static

from tui.theme import INKS

Part = str | tuple[str, str]  # a text, or a text and its ink


class Line(Static):
    """One sentence, wrapped where it is long."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Line { width: 1fr; height: auto; color: $ink-text; background: transparent; }
    Line:hover { background: transparent; }
    """

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)

    def put(self, *parts: Part) -> None:
        """Show these parts; an ink is one of tui/theme.py."""
        self.update(Content.assemble(*map(_styled, parts)))


def _styled(part: Part) -> str | tuple[str, str]:
    if isinstance(part, str):
        return part
    text, ink = part
    assert ink in INKS, ink
    return (text, f"$ink-{ink}")
