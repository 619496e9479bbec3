"""Roll call: everybody is present until somebody says otherwise; the tick means that it is on the disk."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.timer import Timer

from edge.contract.answers import Register, Saved
from edge.contract.commands import KeepDraft, ReadRegister, TakeRegister
from edge.contract.notices import Day, Notice, RegisterChanged
from edge.contract.talkback import CardsSeen, RollByCards
from tui import timetable
from tui.keys import Key
from tui.listing import COLUMNS, Listing
from tui.marks import Sheet
from tui.page import Page
from tui.widgets.line import Line
from tui.widgets.rows import Rows
from tui.widgets.tally import Tally
from tui.world import World

REASONS = ("came-late", "was-there", "brought-paper", "slip")  # why a signed register is corrected
OWN_REASON = "own"
CALM = 0.3  # seconds after the last key until the daemon is given what is not signed yet
CARDS = Key("f5", "key-roll-cards", "cards", shown=False, also=("key-roll-cards-end",))
SLOW = 0.1  # seconds until it is said that it is being saved; most answers are there after 0.005


class RollPage(Page):
    """The register of one lesson."""

    HEADING = "roll"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("space", "key-mark-pupil", "turn"),
        Key("f2", "key-all-present", "all"),
        Key("enter", "key-sign", "sign", also=("key-correct",)),
        Key("right", "key-mark-pupil", "turn", shown=False),
        Key("left", "key-mark-back", "turn_back", shown=False),
        CARDS,
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (RegisterChanged, Day, CardsSeen)
    DEFAULT_CSS = """
    RollPage #lesson, RollPage #counts, RollPage #signed, RollPage #by-cards { padding: 0 1; }
    RollPage #lesson { max-height: 2; }
    RollPage #empty { padding: 1 2; display: none; }
    """

    def __init__(self, lesson: str = "") -> None:
        super().__init__()
        self.ready = False
        self._lesson = lesson
        self._sheet: Sheet | None = None
        self._writes = False  # an answer of the daemon is waited for
        self._told = ""  # why the marks are not on the disk, "" where they are or nobody tried
        self._elsewhere = False  # another screen wrote while this one had marks of its own
        self._calm: Timer | None = None  # until no key was pressed for a moment

    def body(self) -> ComposeResult:
        """Yield which lesson, the pupils, the counts, and whether it is signed."""
        yield Line("lesson", classes="muted")
        yield Line("empty")
        yield Rows(*COLUMNS, id="pupils")
        yield Line("counts")
        yield Line("signed")
        yield Line("by-cards", classes="muted")
        yield Tally()

    def word_of(self, key: Key) -> str:
        """Return what Enter does, sign or correct what was signed, and what F5 does."""
        signed = self._sheet is not None and self._sheet.register.signed
        if key is CARDS:
            return key.also[0] if self._cards.on else key.word
        return "key-correct" if key.action == "sign" and signed else key.word

    def show(self, world: World) -> None:
        """Write the register; read it first, or anew when another screen has written."""
        sheet = self._sheet
        self.put("lesson", timetable.title(world.day, self._lesson, f" {self.sign('between')} "))
        if sheet is None:
            self._empty(self.say("roll-reading"))
            self.action_press("read")
            return
        head = world.head(self._lesson)
        if head and head not in sheet.register.heads and not self._writes:
            self._elsewhere = sheet.changed
            if not sheet.changed:
                self.action_press("read")
        self._draw(sheet)

    async def do_read(self) -> None:
        """Read the register; marks of an earlier visit that are on no disk are still there."""
        register = await self.ask(ReadRegister(self._lesson), Register) if self._lesson else None
        if register is not None:
            touched = self._sheet.touched if self._sheet and self._sheet.changed else None
            self._sheet = Sheet(register, touched or self.host.drafts.get(self._lesson) or register.draft)
            self._elsewhere = False
            self._draw(self._sheet)
        elif self._sheet is None:
            self._empty(self.say("roll-unread" if self._lesson else "roll-no-lesson"))
        self.begin()

    @on(Rows.Chosen)
    def do_turn(self) -> None:
        """Give the selected pupil, or one who is clicked twice, the next code."""
        self._turn(1)

    def do_turn_back(self) -> None:
        """Give the selected pupil the code before."""
        self._turn(-1)

    def do_all(self) -> None:
        """Mark everybody present."""
        if self._sheet is not None:
            self._sheet.all_present()
            self._keep()
            self._draw(self._sheet)

    async def do_cards(self) -> None:
        """Read cards, or end that and go to the first pupil whose card was not read; signing stays hers."""
        sheet, on = self._sheet, not self._cards.on
        if sheet is None or not sheet.register.pupils:
            return
        sheet.seen = frozenset() if on else sheet.seen
        if await self.order(RollByCards(self._lesson, on)) and not on and sheet.unseen:
            self.query_one("#pupils", Rows).select(str(sheet.unseen[0]))

    async def _lower_cards(self) -> None:
        if self._cards.on:
            await self.order(RollByCards(self._lesson, False), quiet=None)

    def on_click(self, event: events.Click) -> None:
        """Read cards, or end that, where the line about it is clicked."""
        if event.widget is self.query_one("#by-cards"):
            self.action_press("cards")

    async def do_sign(self) -> None:
        """Sign; ask for a reason where a signed register is corrected."""
        sheet = self._sheet
        if sheet is None or not sheet.register.pupils:
            return
        if sheet.settled:
            self.tell("roll-signed-already")
            return
        await self._lower_cards()
        reason = await self._reason() if sheet.register.signed else ""
        if reason or not sheet.register.signed:
            await self._write(sheet, True, reason)

    async def do_back(self) -> None:
        """Leave; marks that are not signed are kept as a draft, a correction is not given up unasked."""
        sheet = self._sheet
        await self._lower_cards()
        if sheet is not None and sheet.changed:
            if sheet.correcting:
                question = (self.say("roll-leave"), self.say("roll-leave-yes"), self.say("roll-leave-no"))
                if not await self.confirm(*question):
                    return
                self.host.drafts.pop(self._lesson, None)
                await self.do_keep()
            else:
                await self._write(sheet, False, "")
        self.host.back()

    async def _write(self, sheet: Sheet, signed: bool, reason: str) -> None:
        """Bring the marks to the disk; they stay on the screen until they are there."""
        marks = sheet.signed_marks() if signed else sheet.draft_marks()
        self._writes, self._told = True, ""
        slow = self.set_timer(SLOW, lambda: self._draw(sheet))
        saved = await self.ask(
            TakeRegister(self._lesson, marks, signed, sheet.register.heads, reason), Saved, quiet=None
        )
        slow.stop()
        self._writes = False
        if saved is not None:
            sheet.saved(marks, signed, saved.id)
            self._elsewhere = False
        elif self.refused == "reason-needed" and (reason := await self._reason()):
            await self._write(sheet, signed, reason)
            return
        else:
            self._told = self.why
        self._keep()
        self.renew()

    async def _reason(self) -> str:
        """Return why it is corrected: a ready sentence, one's own, or "" to leave it."""
        options = tuple((reason, self.say("reason-" + reason)) for reason in (*REASONS, OWN_REASON))
        chosen = await self.choose(self.say("roll-why"), options, OWN_REASON)
        return dict(options[:-1]).get(chosen, chosen)

    def _turn(self, by: int) -> None:
        sheet, rows = self._sheet, self.query_one("#pupils", Rows)
        if sheet is None or not rows.selected:
            return
        pupil = sheet.register.pupils[rows.at]
        sheet.turn(pupil.number, by)
        self._keep()
        rows.change(self._listing.row(sheet, pupil))
        self._around_rows(sheet)

    def _keep(self) -> None:
        """Keep what is not written, should this page be left, and with the daemon, should this screen die."""
        if self._sheet is not None and self._sheet.changed:
            self.host.drafts[self._lesson] = self._sheet.touched
        else:
            self.host.drafts.pop(self._lesson, None)
        if self._calm is not None:
            self._calm.stop()
        self._calm = self.set_timer(CALM, lambda: self.action_press("keep"))

    async def do_keep(self) -> None:
        """Give the daemon what is not written; it has let go of what was."""
        touched = self.host.drafts.get(self._lesson, {})
        if touched or (self._sheet is not None and self._sheet.register.draft):
            await self.order(KeepDraft(self._lesson, touched), quiet=None)

    def _draw(self, sheet: Sheet) -> None:
        if self._cards.on:
            sheet.propose(self._cards.read)
        if not sheet.register.pupils:
            self._empty(self.say("roll-no-roster", class_=sheet.register.class_))
            return
        rows = self.query_one("#pupils", Rows)
        rows.fill([self._listing.row(sheet, pupil) for pupil in sheet.register.pupils])
        rows.display = True
        self.query_one("#empty").display = False
        if not rows.has_focus:
            rows.focus()
        self._around_rows(sheet)

    def _around_rows(self, sheet: Sheet) -> None:
        total, present, absent, late = sheet.counts()
        counts = self.say("roll-counts", total=total, present=present, absent=absent)
        self.put("counts", counts, self.say("roll-late", late=late) if late else "")
        self.put("signed", self._state(sheet))
        self.put("by-cards", f"F5 {self.say(self.word_of(CARDS))}")
        tally, cards = self.query_one(Tally), self._cards
        tally.display = cards.on or bool(sheet.seen)
        tally.put(sheet.seen, sheet.unseen, cards.strangers, cards.trouble if cards.on else "")
        self.refresh_footer()

    @property
    def _listing(self) -> Listing:
        return Listing(self.host.words, self.sign)

    @property
    def _cards(self) -> CardsSeen:
        """Whose cards are read for this lesson."""
        cards = self.world.cards
        return cards if cards.lesson == self._lesson else CardsSeen()

    def _state(self, sheet: Sheet) -> tuple[str, str]:
        """Return whether it is on the disk; the tick stands only where it is."""
        if self._writes:
            return (f"{self.sign('waiting')} {self.say('roll-writes')}", "muted")
        if self._told:
            return (f"{self.sign('bad')} {self._told} {self.say('roll-not-saved')}", "bad")
        if sheet.register.conflict:
            return (
                f"{self.sign('bad')} {self._listing.conflict(sheet, self.query_one('#pupils', Rows).at)}",
                "bad",
            )
        if self._elsewhere:
            return (f"{self.sign('poor')} {self.say('roll-elsewhere')}", "accent")
        if sheet.changed or not sheet.register.signed:
            word = "roll-correcting" if sheet.correcting else "roll-open"
            return (f"{self.sign('draft')} {self.say(word)}", "accent")
        return (f"{self.sign('tick')} {self.say('roll-signed')}", "ok")

    @on(Rows.Moved)
    def look(self) -> None:
        """Say how the other screen marked another pupil."""
        if self._sheet is not None and self._sheet.register.conflict:
            self.put("signed", self._state(self._sheet))

    def _empty(self, sentence: str) -> None:
        self.query_one("#pupils").display = False
        self.query_one("#empty").display = True
        self.put("empty", sentence)
        self.query_one(Tally).display = False
        for name in ("counts", "signed", "by-cards"):
            self.put(name)
