"""Quick check: the question and its answers, read from cards or counted by hand, and what the class said."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll

from edge.contract.answers import Register
from edge.contract.commands import ReadRegister
from edge.contract.notices import Notice, RegisterChanged
from edge.contract.talkback import CountAnswers, EndCheck, QuickCheck, ReadCards
from tui.checks import LETTERS, OPEN, WORD, Doing, Hands, entering, how, is_right, notes, reads_on, takes
from tui.keys import Key
from tui.marks import Counts, Sheet
from tui.page import Page
from tui.widgets.line import Line, Part
from tui.widgets.tally import Tally
from tui.world import World

INK = {
    "none": "muted",
    "asked": "accent",
    "reading": "accent",
    "counting": "accent",
    "sent": "ok",
    "ended": "info",
}
SIGN = {
    "none": "none",
    "asked": "hand",
    "reading": "waiting",
    "counting": "waiting",
    "sent": "tick",
    "ended": "stop",
}
READ_ON = Key("f6", "key-read-on", "read_on")
PREPARED = Key("f11", "key-prepared", "prepared", shown=False)


class QuickPage(Page):
    """The check that runs. Arrows count hands: whoever moves none reads cards."""

    HEADING = "quick"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(
            "enter",
            "key-read-cards",
            "enter",
            also=("key-send-answers", "key-end-reading", "key-end-check", "key-to-lesson", "key-prepared"),
        ),
        Key("right", "key-one-more", "more"),
        Key("left", "key-one-less", "less"),
        Key("up", "key-letter-before", "before", shown=False),
        Key("down", "key-letter-after", "after", shown=False),
        Key("pageup", "key-up", "page_up", shown=False),
        Key("pagedown", "key-down", "page_down", shown=False),
        READ_ON,
        Key("f8", "key-end-check", "end", shown=False),
        PREPARED,
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (QuickCheck, RegisterChanged)
    DEFAULT_CSS = """
    QuickPage #stage { padding: 0 1; background: $ground-panel; text-style: bold; }
    QuickPage #note { padding: 0 1; }
    QuickPage #asked { height: 1fr; scrollbar-size-vertical: 1; }
    QuickPage #text { padding: 1 1 0 1; margin-bottom: 1; text-style: bold; }
    QuickPage .choice { height: auto; padding: 0 1; }
    QuickPage .choice.at { background: $ground-panel; }
    QuickPage .letter { width: 5; }
    QuickPage .count { width: 22; text-align: right; }
    QuickPage #below { dock: bottom; height: auto; background: $ground-surface; }
    QuickPage #sum, QuickPage #how { padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._check = ""  # the one that stands here
        self._hands = Hands()
        self._counted: Counts | None = None  # by the register
        self._of = ("", "")  # the lesson and the register that were counted

    def body(self) -> ComposeResult:
        """Yield what happens, the question, its answers, and below them how far this class is."""
        yield Line("stage")
        yield Line("note")
        with VerticalScroll(id="asked", can_focus=False):
            yield Line("text")
            for letter in LETTERS:
                with Horizontal(id=f"choice-{letter}", classes="choice"):
                    yield Line(f"letter-{letter}", classes="letter")
                    yield Line(f"said-{letter}")
                    yield Line(f"count-{letter}", classes="count")
        with Vertical(id="below"):
            yield Tally()
            yield Line("sum")
            yield Line("how")

    def keys_shown(self) -> list[Key]:
        """Return the arrows only where hands can be counted, and reading on only where it can be."""
        shown = super().keys_shown()
        if not self.is_running or not reads_on(self.world.quick):
            shown = [key for key in shown if key is not READ_ON]
        if not self.is_running or self.world.quick.stage in (*OPEN, "sent"):
            return shown
        return [shown[0], PREPARED, *(key for key in shown[1:] if key.action not in ("more", "less"))]

    def word_of(self, key: Key) -> str:
        """Return what Enter does."""
        return WORD.get(self._doing, key.word) if key.action == "enter" else key.word

    # What is shown ---------------------------------------------------------------------------------

    def show(self, world: World) -> None:
        """Write how the check stands."""
        check = world.quick
        if check.check != self._check:
            self._check, self._hands, self._of = check.check, Hands(len(check.choices)), ("", "")
        if self._of != (world.lesson.lesson, world.head(world.lesson.lesson)):
            self.action_press("roster")
        self.put("stage", (f"{self.sign(SIGN[check.stage])} {self._stage(check)}", INK[check.stage]))
        said = " ".join(map(self.say, notes(check)))
        self.query_one("#note", Line).display = bool(said)
        self.put("note", (f"{self.sign('poor')} {said}", "accent"))
        self.put("text", self.host.skin.formula(check.text))
        for at, letter in enumerate(LETTERS):
            self._choice(check, at, letter)
        tally = self.query_one(Tally)
        tally.display = check.stage == "reading" and not self._counts
        tally.put(check.read, check.missing, check.strangers, check.trouble)
        self._sum()
        self.put("how", (self._how(check), "muted"))

    def _stage(self, check: QuickCheck) -> str:
        if self._counts:
            return self.say("quick-counting")
        is_own = check.local and check.stage in ("asked", "sent")
        return self.say(f"quick-{check.stage}-local" if is_own else f"quick-{check.stage}")

    def _choice(self, check: QuickCheck, at: int, letter: str) -> None:
        row = self.query_one(f"#choice-{letter}")
        row.display = at < len(check.choices)
        if not row.display:
            return
        chosen = (check.stage in OPEN or self._counts) and at == self._hands.at
        row.set_class(chosen, "at")
        ink = "ok" if is_right(check, letter) else "accent"
        self.put(f"letter-{letter}", (f"{self.sign('play') if chosen else ' '} {letter}", ink))
        self.put(f"said-{letter}", self.host.skin.formula(check.choices[at]))
        self.put(f"count-{letter}", *self._count(check, at, letter))

    def _count(self, check: QuickCheck, at: int, letter: str) -> list[Part]:
        right = (f"{self.sign('tick')} {self.say('quick-right')}  ", "ok") if is_right(check, letter) else ""
        if self._counts:
            return [(str(self._hands.counts[at]), "accent")]
        counts = check.counts if check.stage in ("sent", "ended") else ()
        return [right, (str(counts[at]), "accent") if at < len(counts) else ""]

    def _sum(self) -> None:
        line, total, here = self.query_one("#sum", Line), self._hands.total, self._counted
        line.display = self._counts
        if here is None:
            line.put((self.count("quick-sum-alone", total), "text"))
        elif total > here.total:
            line.put(
                (f"{self.sign('bad')} {self.say('quick-sum-beyond', total=total, pupils=here.total)}", "bad")
            )
        elif total > here.present:
            said = self.say("quick-sum-larger", total=total, present=here.present)
            line.put((f"{self.sign('poor')} {said}", "accent"))
        else:
            line.put((self.say("quick-sum", total=total, present=here.present), "text"))

    def _how(self, check: QuickCheck) -> str:
        word = "quick-how-counting" if self._counts else how(check)
        return self.say(word) if word else ""

    # What she does ---------------------------------------------------------------------------------

    async def do_roster(self) -> None:
        """Ask how many pupils are here; a lesson without a register has no number."""
        lesson = self.world.lesson.lesson
        self._of, self._counted = (lesson, self.world.head(lesson)), None
        register = await self.ask(ReadRegister(lesson), Register, quiet=None) if lesson else None
        if register is not None and register.pupils:
            self._counted = Sheet(register, self.host.drafts.get(lesson) or register.draft).counts()
        self.call_later(self.renew)  # when it may be asked again

    async def do_enter(self) -> None:
        """Read cards, end that, send what was counted, end the check, or go on to the next."""
        check, doing = self.world.quick, self._doing
        if doing == "read":
            await self.order(ReadCards(check.check))
        elif doing == "stop" and not check.read:
            self.tell("quick-nothing-read", "poor")
        elif doing == "stop":
            self.app.clear_notifications()  # that none was read is over, and would lie on what is said now
            await self.order(ReadCards(check.check, on=False))
        elif doing == "send":
            if await self.order(CountAnswers(check.check, tuple(self._hands.counts))):
                self._hands = Hands(len(check.choices))
                self.renew()
        elif doing == "end":
            await self.order(EndCheck(check.check))
        else:
            await self._leave(check, doing)

    async def do_read_on(self) -> None:
        """Read the cards of those who were late; what was read and sent before stays."""
        if reads_on(self.world.quick) and not self._counts:
            await self.order(ReadCards(self.world.quick.check))

    async def do_end(self) -> None:
        """End the check that this teacher began herself."""
        check = self.world.quick
        if check.local and check.stage not in ("none", "ended"):
            await self.order(EndCheck(check.check))

    def do_more(self) -> None:
        """Count one more for the chosen letter."""
        self._add(1)

    def do_less(self) -> None:
        """Count one less for it."""
        self._add(-1)

    def do_before(self) -> None:
        """Choose the letter above."""
        self._move(-1)

    def do_after(self) -> None:
        """Choose the letter below."""
        self._move(1)

    async def do_count(self) -> None:
        """Tell that hands are counted, so that the projector and the hub know."""
        await self.order(CountAnswers(self._check, ()))

    def do_page_up(self) -> None:
        """Show what is above, of a long question."""
        self.query_one("#asked", VerticalScroll).scroll_page_up(animate=False)

    def do_page_down(self) -> None:
        """Show what is below."""
        self.query_one("#asked", VerticalScroll).scroll_page_down(animate=False)

    def on_click(self, event: events.Click) -> None:
        """Count one more for the answer that is clicked."""
        letter = ((event.widget.id if event.widget else "") or "").rpartition("-")[2]
        if letter in LETTERS and letter:
            self._hands.at = LETTERS.index(letter)
            self._add(1)

    async def do_prepared(self) -> None:
        """Choose a prepared question, where none waits for an answer."""
        if self.world.quick.stage in ("none", "ended"):
            await self._leave(self.world.quick, "prepared")

    async def _leave(self, check: QuickCheck, doing: Doing) -> None:
        host = self.host
        if check.local:  # it is put away, from the projector too
            await self.order(EndCheck(check.check))
        host.back()
        if doing == "prepared":
            host.go("prepared")

    def _add(self, by: int) -> None:
        """Count; of what was sent before it is a correction, and begins from there."""
        check, before = self.world.quick, self._counts
        if not takes(check) or (check.stage == "ended" and not before):
            return
        if check.stage == "sent" and not before:
            self._hands = Hands(len(check.choices), check.counts, self._hands.at)
        self._hands.add(by)
        if self._counts and not before and check.stage in ("asked", "reading"):
            self.action_press("count")
        self.renew()

    def _move(self, by: int) -> None:
        self._hands.move(by)
        self.renew()

    @property
    def _counts(self) -> bool:
        """Whether hands are being counted at this screen."""
        return self._hands.total > 0

    @property
    def _doing(self) -> Doing:
        return entering(self.world.quick, self._counts) if self.is_running else "read"
