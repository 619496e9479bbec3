"""A number that was read off an instrument: by arrows in steps, or typed; Enter writes the row."""

import math
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from edge.contract.answers import Entry
from edge.contract.notices import Bound, Devices, Notice, Reading
from tui.instruments import Naming
from tui.keys import Key
from tui.page import Page
from tui.trace import probes
from tui.widgets.digits import HEIGHT, Digits
from tui.widgets.line import Line, Part
from tui.world import World

MOST_LETTERS = 9  # that are typed: what stands beside a unit in large digits
SIGNS = "0123456789,.-"
FAR = 10  # steps of a page key


class EntryPage(Page):
    """Answered by the number, or by None with Esc."""

    ROAMS = False
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-write-row", "write"),
        Key("up", "key-more", "more"),
        Key("down", "key-less", "less"),
        Key("pageup", "key-much-more", "much_more", shown=False),
        Key("pagedown", "key-much-less", "much_less", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Reading, Devices)
    DEFAULT_CSS = f"""
    EntryPage #body {{ padding: 2 4; }}
    EntryPage #value {{ height: {HEIGHT}; margin: 1 0; }}
    EntryPage #shown {{ margin-bottom: 1; }}
    """

    def __init__(self, entry: Entry, offered: float, bound: Sequence[Bound]) -> None:
        super().__init__()
        self._entry = entry
        self._value = offered
        self._bound = bound
        self._typed = ""

    def heading(self) -> str:
        """Return the product's name: the question stands below."""
        return "tirek"

    def body(self) -> ComposeResult:
        """Yield what is measured now, what is asked for, the number, and how it is changed."""
        yield Line("shown")
        yield Line("run")
        yield Digits("value")
        yield Line("how")

    def show(self, world: World) -> None:
        """Write the number and what the instruments show."""
        naming = Naming(self.host.words)
        self.put("shown", *self._measured(naming))
        self.put("run", (naming.entry(self._entry), "accent"))
        self.query_one("#value", Digits).put(self._written(naming), naming.written(self._entry), "ok")
        self.put("how", (self.say("entry-how"), "muted"))

    def on_key(self, event: events.Key) -> None:
        """Take a digit."""
        if event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.character and event.character in SIGNS and len(self._typed) < MOST_LETTERS:
            self._typed += event.character
        else:
            return
        event.stop()
        self.renew()

    def do_write(self) -> None:
        """Answer with the number."""
        value = self._number()
        if not math.isfinite(value):
            self.tell("refused-value-needed", "poor")
        elif not self._entry.low <= value <= self._entry.high:
            self.tell("refused-value-beyond", "poor")
        else:
            self.dismiss(value)

    def do_more(self) -> None:
        """Make it larger by a step."""
        self._step(1)

    def do_less(self) -> None:
        """Make it smaller by a step."""
        self._step(-1)

    def do_much_more(self) -> None:
        """Make it larger by many steps."""
        self._step(FAR)

    def do_much_less(self) -> None:
        """Make it smaller by many steps."""
        self._step(-FAR)

    def do_back(self) -> None:
        """Answer nothing."""
        self.dismiss(None)

    def _step(self, count: int) -> None:
        entry, now = self._entry, self._number()
        near = (now if math.isfinite(now) else self._value) + count * abs(entry.step)
        self._value, self._typed = min(entry.high, max(entry.low, round(near, 9))), ""
        self.renew()

    def _number(self) -> float:
        if not self._typed:
            return self._value
        try:
            return float(self._typed.replace(",", "."))
        except ValueError:
            return math.nan

    def _written(self, naming: Naming) -> str:
        return self._typed or naming.number(self._value, self._entry.decimals)

    def _measured(self, naming: Naming) -> list[Part]:
        parts: list[Part] = []
        for probe in probes(self.world.devices):
            if any(
                (each.device, each.channel) == (probe.device.id, probe.channel.name) for each in self._bound
            ):
                reading = self.world.reading(probe.device.id, probe.channel.name)
                value = f"{naming.value(reading, probe.channel)} {naming.unit(probe.channel)}"
                parts += [f"{naming.quantity(probe.channel.quantity)}: ", (f"{value}  ", "ok")]
        return parts
