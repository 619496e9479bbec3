"""How the library's page writes an item: its line in the list, and what is told of it below."""

import math
from collections.abc import Callable
from datetime import date

from edge.contract.answers import Chapter, Item
from edge.contract.notices import Library
from tui import library
from tui.widgets.line import Part
from tui.widgets.rows import Row
from tui.words import OWN_NAMES, Words


class Shelving:
    """Words and signs of one screen; `notice` returns the newest about the library."""

    def __init__(self, words: Words, sign: Callable[[str], str], notice: Library | None) -> None:
        self._words = words
        self._sign = sign
        self._notice = notice

    def row(self, item: Item) -> Row:
        """Return an item's line of the list."""
        state = library.state(item)
        blanks = {"percent": self._percent(item)} if item.state == "coming" else {}
        word = self._words.say(state.word, **blanks)
        ink = "text" if library.is_playable(item) else "muted"
        cells = (
            (item.title, ink),
            (item.class_ or item.grade, ink),
            (self._day(item.day), ink),
            (str(item.minutes or ""), ink),
            (f"{self._sign(state.sign)} {word}", state.ink),
        )
        return Row(item.id, cells)

    def detail(self, item: Item) -> list[Part]:
        """Return what is told of the selected item."""
        said = self._words.say(library.sentence(item, self._notice), **self.blanks(item))
        return [item.title, (self._about(item), "muted"), "\n", (said, library.state(item).ink)]

    def blanks(self, item: Item) -> dict[str, str | int]:
        """Return what stands in the sentences about an item."""
        until = self._notice.until if self._notice is not None else ""
        return {
            "size": self._words.size(item.bytes),
            "percent": self._percent(item),
            "until": until,
            "complete": self._words.number(int(item.complete * 10_000) / 100, 2),
            "missing": math.ceil(item.missing),
        }

    def chapter(self, chapter: Chapter) -> str:
        """Return a place of a recording, as it stands in the list of them."""
        word = self._words.say("chapter-" + chapter.kind)
        title = f": {chapter.title}" if chapter.title else ""
        return f"{self._words.duration(chapter.at):>8}  {word}{title}"

    def _about(self, item: Item) -> str:
        between = f" {self._sign('between')} "
        pinned = self._words.say("library-pinned-word") if item.pinned else ""
        if item.kind == "recording":
            return between + pinned if pinned else ""
        kind, lang = self._words.say("kind-" + item.kind), OWN_NAMES.get(item.lang, item.lang)
        return between + between.join(filter(None, (kind, item.subject, lang, pinned)))

    def _percent(self, item: Item) -> int:
        is_current = self._notice is not None and self._notice.coming == item.id
        share = self._notice.share if self._notice is not None and is_current else item.share
        return round(100 * share)

    def _day(self, day: str) -> str:
        try:
            return self._words.day(date.fromisoformat(day))
        except ValueError:
            return day
