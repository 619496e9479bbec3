"""Prepared questions: sets on this disk, and of one its questions; Enter asks the class, without a hub."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from edge.contract.answers import Checks, PreparedQuestion, PreparedSet
from edge.contract.notices import Notice
from edge.contract.talkback import AskCheck, ListChecks, QuickCheck
from tui.checks import LETTERS
from tui.keys import Key
from tui.page import Page
from tui.skin import Skin
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

COLUMNS = (Column(4, right=True), Column(30, grows=1), Column(18))


class PreparedPage(Page):
    """Two lists, one behind the other."""

    HEADING = "prepared"
    KEYS: ClassVar[tuple[Key, ...]] = (Key("enter", "key-open-set", "enter", also=("key-ask-check",)),)
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (QuickCheck,)
    DEFAULT_CSS = """
    PreparedPage #what { padding: 0 1; }
    PreparedPage #preview { padding: 0 1; max-height: 13; background: $ground-surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.ready = False
        self._sets: Sequence[PreparedSet] = ()
        self._open = ""  # the item of the set whose questions are shown
        self._read = False

    def body(self) -> ComposeResult:
        """Yield what stands here, the list, and all of the selected question."""
        yield Line("what", classes="muted")
        yield Rows(*COLUMNS, id="list")
        yield Line("preview")

    def stand(self) -> None:
        """Ask what there is."""
        self.action_press("list")

    def word_of(self, key: Key) -> str:
        """Return what Enter does with the selected row."""
        return "key-ask-check" if key.action == "enter" and self._open else key.word

    def show(self, world: World) -> None:
        """Write the list that is open."""
        opened = self._opened
        rows = self.query_one("#list", Rows)
        rows.fill(self._questions(opened) if opened else [self._set(each) for each in self._sets])
        rows.display = bool(self._sets)
        if rows.display and not rows.has_focus:
            rows.focus()
        self.put("what", self._what(opened))
        self._preview()
        self.refresh_footer()

    async def do_list(self) -> None:
        """Read what is on this disk."""
        checks = await self.ask(ListChecks(), Checks)
        if checks is not None:
            self._sets, self._read = checks.sets, True
        self.renew()
        self.begin()

    async def do_enter(self) -> None:
        """Open the selected set, or put the selected question to the class."""
        selected = self.query_one("#list", Rows).selected
        if not selected:
            return
        if not self._open:
            self._open = selected
            self.renew()
        elif await self.order(AskCheck(self._open, int(selected))):
            host = self.host
            host.back()
            host.go("quick")

    def do_back(self) -> None:
        """Go back to the sets, or leave."""
        if not self._open:
            self.host.back()
            return
        opened, self._open = self._open, ""
        self.renew()
        self.query_one("#list", Rows).select(opened)

    @on(Rows.Chosen)
    def click(self) -> None:
        """Take the row that is clicked twice."""
        self.action_press("enter")

    @on(Rows.Moved)
    def look(self) -> None:
        """Show all of another question."""
        self._preview()

    @property
    def _opened(self) -> PreparedSet | None:
        return next((each for each in self._sets if each.item == self._open), None)

    def _what(self, opened: PreparedSet | None) -> str:
        if opened is not None:
            return f"{opened.title} {self.sign('between')} {self.say('prepared-ask')}"
        if not self._read:
            return self.why or self.say("prepared-reading")
        return self.say("prepared-which" if self._sets else "prepared-none")

    def _set(self, each: PreparedSet) -> Row:
        number = self.count("prepared-questions", len(each.questions))
        about = f"{each.title} {self.sign('between')} {each.subject}" if each.subject else each.title
        return Row(each.item, ((self.sign("here"), "ok"), (about, "text"), (number, "muted")))

    def _questions(self, opened: PreparedSet) -> list[Row]:
        formula = self.host.skin.formula
        return [
            Row(str(each.number), ((str(each.number), "muted"), (formula(each.text), "text"), ("", "text")))
            for each in opened.questions
        ]

    def _preview(self) -> None:
        opened, selected = self._opened, self.query_one("#list", Rows).selected
        found = [each for each in opened.questions if str(each.number) == selected] if opened else []
        self.query_one("#preview").display = bool(found)
        self.put("preview", *(_whole(found[0], self.host.skin) if found else ()))


def _whole(question: PreparedQuestion, skin: Skin) -> list[Part]:
    parts: list[Part] = [(skin.formula(question.text), "text")]
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        parts += [(f"\n{letter}  ", "accent"), skin.formula(choice)]
    return parts
