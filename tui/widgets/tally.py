"""Whose cards were read and whose were not, by roster number, and what is in the way of reading."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.host import Host
from tui.widgets.line import Line


class Tally(Vertical):
    """Three lines; what is not so has none."""

    DEFAULT_CSS = """
    Tally { height: auto; padding: 0 1; }
    Tally Line { max-height: 3; }
    """

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        yield Line("read")
        yield Line("unread")
        yield Line("stranger")

    def put(self, read: Iterable[int], missing: Iterable[int], strangers: int, trouble: str) -> None:
        """Show how far the reading is; `trouble` is a word key of the daemon."""
        words, sign = self._host.words, self._host.skin.sign
        there, away = sorted(read), sorted(missing)
        of = len(there) + len(away)
        numbers = f": {_numbers(there)}" if there else "."
        self._write(
            "read", f"{sign('tick')} {words.say('cards-read', read=len(there), of=of)}{numbers}", "ok"
        )
        unread = f"{sign('none')} {words.say('cards-unread', numbers=_numbers(away))}" if away else ""
        self._write("unread", unread, "text")
        said = [words.told(f"cards-{trouble}", {}, "cards-unknown")] if trouble else []
        said += [words.count("cards-strangers", strangers)] if strangers else []
        self._write("stranger", f"{sign('poor')} {' '.join(said)}" if said else "", "accent")

    def _write(self, line_id: str, text: str, ink: str) -> None:
        line = self.query_one(f"#{line_id}", Line)
        line.display = bool(text)
        line.put((text, ink))

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
