"""A question with its answers, one below the other; the first is selected, so that it is the safe one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from tui.keys import Key
from tui.page import BETWEEN_LINES, Page
from tui.widgets.line import Line
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

MAX_TYPED = 200  # letters: a sentence


class Choice(Page):
    """Answered by the key of an answer, by what was typed at the one called `typed`, or by "" with Esc."""

    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (Key("enter", "key-choose", "choose", first=True),)
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_LINES]
    DEFAULT_CSS = """
    Choice #body { padding: 2 4; }
    Choice #question { margin-bottom: 1; }
    Choice #own { margin: 1 1; width: 60; display: none; }
    """

    def __init__(self, question: str, answers: Sequence[tuple[str, str]], typed: str = "") -> None:
        super().__init__()
        self._question = question
        self._answers = answers
        self._typed = typed

    def heading(self) -> str:
        """Return the product's name: the question stands below."""
        return "tirek"

    def body(self) -> ComposeResult:
        """Yield the question, the answers, and a line for one's own."""
        yield Line("question")
        yield Rows(Column(1, grows=1), id="answers")
        yield Input(id="own", max_length=MAX_TYPED)

    def show(self, world: World) -> None:
        """Write question and answers."""
        self.put("question", (self._question, "accent"))
        rows = self.query_one("#answers", Rows)
        rows.fill([Row(key, ((text, "text"),)) for key, text in self._answers])
        rows.styles.height = len(self._answers)
        rows.focus()

    @on(Rows.Chosen)
    def click(self) -> None:
        """Take the answer that is clicked twice."""
        self.action_press("choose")

    def do_choose(self) -> None:
        """Answer, or go on to the line to type on."""
        own, key = self.query_one("#own", Input), self.query_one("#answers", Rows).selected
        if key != self._typed or not self._typed:
            self.dismiss(key)
        elif own.has_focus and own.value.strip():
            self.dismiss(own.value.strip())
        else:
            own.display = True
            self.set_focus(own)

    def do_back(self) -> None:
        """Answer nothing."""
        self.dismiss("")
