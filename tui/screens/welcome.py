"""The first run: the language, the school, camera and microphone; none of it is forced."""

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from edge.contract.commands import JoinHub, SetSettings
from edge.contract.notices import Hello, Notice, Settings
from tui.keys import Key
from tui.page import BETWEEN_LINES, Page
from tui.widgets.line import Line
from tui.widgets.rows import Column, Row, Rows
from tui.words import OWN_NAMES
from tui.world import World

Step = Literal["language", "school", "media"]
STEPS: tuple[Step, ...] = ("language", "school", "media")
JOINING = ("address-label", "address", "code-label", "code")
MAX_ADDRESS = 200  # letters
MAX_CODE = 40  # letters: ten of a code, and however somebody spaces them


class WelcomePage(Page):
    """Three questions, asked once."""

    HEADING = "welcome"
    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-on", "on", also=("key-join", "key-check", "key-finish"), first=True),
        Key("f5", "key-later", "later", also=("key-finish",)),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_LINES]
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Settings, Hello)
    DEFAULT_CSS = """
    WelcomePage #body { padding: 1 4; }
    WelcomePage #ask { margin-bottom: 1; }
    WelcomePage #languages { height: 3; }
    WelcomePage Input { width: 60; margin-bottom: 1; }
    WelcomePage #address-label, WelcomePage #code-label { color: $ink-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._step: Step = "language"
        self._checked = False
        self._joining = False

    def body(self) -> ComposeResult:
        """Yield the question of the step, and what answers it."""
        yield Line("step", classes="muted")
        yield Line("ask")
        yield Rows(Column(20, grows=1), id="languages")
        yield Line("address-label")
        yield Input(id="address", max_length=MAX_ADDRESS)
        yield Line("code-label")
        yield Input(id="code", max_length=MAX_CODE)
        yield Line("hint")

    def word_of(self, key: Key) -> str:
        """Return what Enter and F5 do at this step."""
        if key.action == "later":
            return "key-finish" if self._step == "media" else "key-later"
        if key.action != "on":
            return key.word
        if self._step == "media":
            return "key-finish" if self._checked else "key-check"
        return "key-join" if self._joins else "key-on"

    def keys_shown(self) -> list[Key]:
        """Leave out what does nothing at this step, or what Enter does too."""
        if self._step == "language":
            return [key for key in super().keys_shown() if key.action == "on"]
        return [key for key in super().keys_shown() if not (self._checked and key.action == "later")]

    def show(self, world: World) -> None:
        """Write the question of this step."""
        joins = self._joins
        for name, seen in (("languages", self._step == "language"), *((n, joins) for n in JOINING)):
            self.query_one(f"#{name}").display = seen
        self.put("step", self.say("welcome-step", number=STEPS.index(self._step) + 1, total=len(STEPS)))
        self.put("ask", (self._question(world), "accent"))
        self.put("hint", self.say(self._hint()))
        self.put("address-label", self.say("welcome-address"))
        self.put("code-label", self.say("welcome-code"))
        self._languages(world)
        self._aim(joins)

    @on(Rows.Chosen)
    def click(self) -> None:
        """Take the language that is clicked twice."""
        self.action_press("on")

    @on(Rows.Moved)
    async def preview(self, moved: Rows.Moved) -> None:
        """Speak the selected language at once, so that it is seen to be the right one."""
        await self.order(SetSettings(lang=moved.rows.selected))  # type: ignore[arg-type] # an id of ours

    async def do_on(self) -> None:
        """Take the answer of this step and go on."""
        if self._step == "language":
            chosen = self.query_one("#languages", Rows).selected
            if await self.order(SetSettings(lang=chosen)):  # type: ignore[arg-type] # an id of ours
                self._go("school")
        elif self._step == "media":
            await self._media()
        elif not self._joins or await self._join():
            self._go("media")

    async def do_later(self) -> None:
        """Go on without an answer."""
        if self._step == "school":
            self._go("media")
        elif self._step == "media":
            await self._finish_all()

    def do_back(self) -> None:
        """Go a step back."""
        self._go(STEPS[max(0, STEPS.index(self._step) - 1)])

    @property
    def _joins(self) -> bool:
        """Tell whether a school is to be joined: this node has none yet."""
        settings = self.world.settings
        return self._step == "school" and not (settings and (settings.hub or settings.school))

    async def _join(self) -> bool:
        address, code = (self.query_one(f"#{name}", Input) for name in ("address", "code"))
        if not address.value.strip() or not code.value.strip():
            (code if address.value.strip() else address).focus()
            return False
        self._joining = True
        self.renew()
        joined = await self.order(JoinHub(address.value.strip(), code.value.strip()))
        self._joining = False
        self.renew()
        return joined

    async def _media(self) -> None:
        if self._checked:
            await self._finish_all()
            return
        self._checked = True
        self.host.go("check")

    async def _finish_all(self) -> None:
        await self.order(SetSettings(welcomed=True))

    def _go(self, step: Step) -> None:
        self._step = step
        self._checked = False
        self.renew()

    def _question(self, world: World) -> str:
        if self._step == "school" and not self._joins:
            school = world.settings.school if world.settings else ""
            return self.say(
                "welcome-school-known", school=school or (world.hello.name if world.hello else "")
            )
        return self.say("welcome-" + self._step)

    def _hint(self) -> str:
        if self._step == "school":
            if self._joining:
                return "welcome-joining"
            return "welcome-school-hint" if self._joins else "welcome-school-wrong"
        return f"welcome-{self._step}-hint"

    def _languages(self, world: World) -> None:
        rows = self.query_one("#languages", Rows)
        chosen = world.settings.lang if world.settings else None
        rows.fill([Row(key, ((name, "text"),)) for key, name in OWN_NAMES.items()], chosen)

    def _aim(self, joins: bool) -> None:
        """Give the keys to what answers this step."""
        if self._step == "language":
            self.query_one("#languages").focus()
        elif joins and not isinstance(self.focused, Input):
            self.query_one("#address").focus()
        elif not joins:
            self.set_focus(None)
