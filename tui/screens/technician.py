"""What only a technician does: the PIN, the details of this node, joining a hub, starting anew, leaving."""

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from edge.contract.answers import Details, Unlocked
from edge.contract.commands import JoinHub, ReadDetails, Restart, Unlock
from tui.keys import Key
from tui.page import BETWEEN_LINES, Page
from tui.pin import MOST, Pin
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

MAX_ADDRESS = 200  # letters
MAX_CODE = 40  # letters: ten of a code, and however somebody spaces them


class PinPage(Page):
    """Asks for the PIN; answers with the key that it opens, or None."""

    HEADING = "technician"
    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-open", "open"),
        Key("up", "key-digit-up", "up"),
        Key("down", "key-digit-down", "down"),
        Key("right", "key-digit-next", "next"),
        Key("left", "key-digit-before", "before", shown=False),
    )
    DEFAULT_CSS = """
    PinPage #body { padding: 2 4; }
    PinPage #places { margin: 1 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._pin = Pin()

    def body(self) -> ComposeResult:
        """Yield the question, the places, and how to fill them."""
        yield Line("question")
        yield Line("places")
        yield Line("hint", classes="muted")

    def show(self, world: World) -> None:
        """Write the digit that is being turned; the others are nobody's business."""
        self.put("question", (self.say("pin-question"), "accent"))
        self.put("places", *self._places())
        self.put("hint", self.say("pin-hint"))

    def on_key(self, event: events.Key) -> None:
        """Take typed digits too."""
        if event.character is not None and event.character.isascii() and event.character.isdigit():
            self._pin.type(int(event.character))
        elif event.key == "backspace":
            self._pin.erase()
        self.renew()

    async def do_open(self) -> None:
        """Ask for the key."""
        if not self._pin.is_long_enough:
            self.tell("pin-short", "poor")
            return
        unlocked = await self.ask(Unlock(self._pin.text), Unlocked)
        if unlocked is not None:
            self.dismiss(unlocked.unlocked)
            return
        self._pin = Pin()
        self.renew()

    def do_up(self) -> None:
        """Turn the digit up."""
        self._pin.turn(1)
        self.renew()

    def do_down(self) -> None:
        """Turn the digit down."""
        self._pin.turn(-1)
        self.renew()

    def do_next(self) -> None:
        """Go to the next place."""
        self._pin.move(1)
        self.renew()

    def do_before(self) -> None:
        """Go to the place before."""
        self._pin.move(-1)
        self.renew()

    def do_back(self) -> None:
        """Leave without a key."""
        self.dismiss(None)

    def _places(self) -> list[Part]:
        parts: list[Part] = []
        for place in range(MOST):
            digit = self._pin.digits[place]
            if place == self._pin.at:
                shown = self.sign("cursor") if digit is None else str(digit)
                parts.append((f"[{shown}] ", "accent"))
            else:
                parts.append((f" {self.sign('none') if digit is None else self.sign('live')}  ", "muted"))
        return parts


class TechnicianPage(Page):
    """Names and values, and what can be done."""

    HEADING = "technician"
    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("f5", "key-join-hub", "join"),
        Key("f6", "key-restart", "restart"),
        Key("f8", "key-leave-kiosk", "leave"),
    )
    DEFAULT_CSS = """
    TechnicianPage #rows { margin: 0 1; }
    """

    def __init__(self, unlocked: str) -> None:
        super().__init__()
        self._unlocked = unlocked
        self._details = Details()

    def body(self) -> ComposeResult:
        """Yield the details, and the value of the selected one at full length."""
        yield Rows(Column(14), Column(20, grows=1), id="rows")
        yield Line("value", classes="surface")

    def stand(self) -> None:
        """Ask for the details."""
        self.query_one("#rows").focus()
        self.run_worker(self._ask())

    def show(self, world: World) -> None:
        """Write them; they are the same in every language, for whoever helps over the telephone."""
        rows = [
            Row(str(number), ((name, "muted"), (value, "text")))
            for number, (name, value) in enumerate(self._details.rows)
        ]
        self.query_one("#rows", Rows).fill(rows)
        self.on_rows_moved()

    def on_rows_moved(self) -> None:
        """Write out the value that is selected."""
        at = self.query_one("#rows", Rows).at
        if at < len(self._details.rows):
            name, value = self._details.rows[at]
            self.put("value", (f" {name} ", "muted"), value)

    async def do_join(self) -> None:
        """Enrol this node with a hub."""
        joined: bool | None = await self.app.push_screen_wait(JoinPage(self._unlocked))
        if joined:
            self.tell("technician-joined")
            await self._ask()

    async def do_restart(self) -> None:
        """Start the daemon anew, once somebody has said so."""
        question = self.say("technician-restart")
        if await self.confirm(question, self.say("technician-restart-yes"), self.say("technician-no")):
            await self.order(Restart(self._unlocked))

    async def do_leave(self) -> None:
        """Close this screen, once somebody has said so."""
        question = self.say("technician-leave")
        if await self.confirm(question, self.say("technician-leave-yes"), self.say("technician-no")):
            self.app.exit(0)

    def do_back(self) -> None:
        """Lock again."""
        self.dismiss(None)

    async def _ask(self) -> None:
        self._details = await self.ask(ReadDetails(self._unlocked), Details) or self._details
        self.renew()


class JoinPage(Page):
    """Asks for address and code of a hub; answers whether this node has joined it."""

    HEADING = "technician"
    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (Key("enter", "key-join-now", "join", first=True),)
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_LINES]
    DEFAULT_CSS = """
    JoinPage #body { padding: 1 4; }
    JoinPage Input { width: 60; margin-bottom: 1; }
    """

    def __init__(self, unlocked: str) -> None:
        super().__init__()
        self._unlocked = unlocked

    def body(self) -> ComposeResult:
        """Yield two lines to type on."""
        yield Line("address-label", classes="muted")
        yield Input(id="address", max_length=MAX_ADDRESS)
        yield Line("code-label", classes="muted")
        yield Input(id="code", max_length=MAX_CODE)
        yield Line("joining")

    def show(self, world: World) -> None:
        """Write what is asked for."""
        self.put("address-label", self.say("technician-address"))
        self.put("code-label", self.say("technician-code"))
        if not isinstance(self.focused, Input):
            self.query_one("#address").focus()

    async def do_join(self) -> Any:
        """Go on to what is empty, or join."""
        address, code = (self.query_one(f"#{name}", Input) for name in ("address", "code"))
        empty = next((each for each in (address, code) if not each.value.strip()), None)
        if empty is not None:
            empty.focus()
            return
        self.put("joining", self.say("technician-joining"))
        if await self.order(JoinHub(address.value.strip(), code.value.strip(), self._unlocked)):
            self.dismiss(True)
        else:
            self.put("joining")

    def do_back(self) -> None:
        """Join nobody."""
        self.dismiss(False)
