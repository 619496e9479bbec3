"""What the hub teacher answered to questions of this lesson, the newest first, all of it."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from edge.contract.notices import Notice
from edge.contract.talkback import Answered, Told
from tui.scrolled import Scrolled
from tui.widgets.line import Line, Part
from tui.world import World


class AnswersPage(Scrolled):
    """Questions and answers, to be read."""

    HEADING = "answers"
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Answered,)
    DEFAULT_CSS = """
    AnswersPage Line { padding: 1 2; }
    """

    def body(self) -> ComposeResult:
        """Yield one text."""
        with VerticalScroll(id="scroll", can_focus=False):
            yield Line("answers")

    def show(self, world: World) -> None:
        """Write them all."""
        told = world.answered.answers
        parts = [part for each in told for part in self._parts(each)]
        self.put("answers", *(parts or [(self.say("answers-none"), "muted")]))

    def _parts(self, told: Told) -> list[Part]:
        when = f"{datetime.fromtimestamp(told.at / 1000, UTC).astimezone():%H:%M}"
        who = self.say("answers-mine" if told.mine else "answers-other")
        return [(f"{when} {who} ", "info"), (f"{told.question}\n", "muted"), f"{told.text}\n\n"]
