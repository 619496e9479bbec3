"""The check on the projector: a part of what its pages are told."""

from collections.abc import Callable, Mapping


class Quiz:
    """What pages are to show of a check; nothing while there is none."""

    def __init__(self, news: Callable[[], None]) -> None:
        self._news = news
        self._shown: Mapping[str, object] | None = None

    def show(self, shown: Mapping[str, object] | None) -> None:
        """Show something else, or the same: then no page is woken."""
        if shown != self._shown:
            self._shown = shown
            self._news()

    def part(self, here: bool) -> dict[str, object]:
        """Return what is merged into the answer to every page, of this computer or not."""
        return {"check": self._shown}
