"""Settings: what is chosen at the screen; the daemon keeps it, so that every screen of this node agrees."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from edge.contract.commands import SetSettings
from edge.contract.notices import Notice, Settings
from tui.keys import Key
from tui.page import Page
from tui.widgets.line import Line
from tui.widgets.rows import Column, Row, Rows
from tui.words import OWN_NAMES
from tui.world import World

VOLUME_STEP = 5  # percent: one step is just heard
BAR = 10  # cells of the volume's bar
THEMES = ("dark", "light")
PLACES = {"check": "check", "health": "health", "help": "help"}  # rows that lead to a page


class SettingsPage(Page):
    """Language, colours, volume, and the ways to the checks."""

    HEADING = "settings"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-change", "change"),
        Key("left", "key-less", "less"),
        Key("right", "key-more", "more"),
        Key("f10", "key-health", "health", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Settings,)
    DEFAULT_CSS = """
    SettingsPage #body { padding: 1 1; }
    SettingsPage #rows { height: 8; }
    SettingsPage #hint { padding: 1 1; }
    """

    def body(self) -> ComposeResult:
        """Yield the rows, and how the letters grow."""
        yield Rows(Column(30, grows=1), Column(32, grows=1), id="rows")
        yield Line("hint", classes="muted")

    def show(self, world: World) -> None:
        """Write what is chosen."""
        settings = world.settings
        if settings is None:
            return
        rows = self.query_one("#rows", Rows)
        values = {
            "language": OWN_NAMES.get(settings.lang, settings.lang),
            "theme": self.say("theme-" + settings.theme),
            "volume": self._volume(settings.volume),
            "check": self.say("settings-open"),
            "health": f"{self.say('settings-open')} (F10)",
            "help": self.say("settings-open"),
        }
        rows.fill(
            [
                Row(key, ((self.say("settings-" + key), "text"), (value, "info")))
                for key, value in values.items()
            ]
        )
        school = settings.school or self.say("settings-no-school")
        self.put("hint", self.say("settings-school", school=school), "\n\n", self.say("settings-letters"))
        if not rows.has_focus:
            rows.focus()

    @on(Rows.Chosen)
    def click(self) -> None:
        """Change a row that is clicked twice."""
        self.action_press("change")

    async def do_change(self) -> None:
        """Change the selected row, or go where it leads."""
        row = self.query_one("#rows", Rows).selected
        if row in PLACES:
            self.host.go(PLACES[row])
        elif row == "language":
            await self._language()
        else:
            await self._step(row, 1)

    async def do_less(self) -> None:
        """Take the value before."""
        await self._step(self.query_one("#rows", Rows).selected, -1)

    async def do_more(self) -> None:
        """Take the next value."""
        await self._step(self.query_one("#rows", Rows).selected, 1)

    async def _language(self) -> None:
        chosen = await self.choose(self.say("settings-which-language"), tuple(OWN_NAMES.items()))
        if chosen:
            await self._set(lang=chosen)

    async def _step(self, row: str, by: int) -> None:
        settings = self.world.settings
        if settings is None:
            return
        if row == "language":
            await self._set(lang=_next(tuple(OWN_NAMES), settings.lang, by))
        elif row == "theme":
            await self._set(theme=_next(THEMES, settings.theme, by))
        elif row == "volume":
            await self._set(volume=max(0, min(100, settings.volume + by * VOLUME_STEP)))

    async def _set(self, **changed: str | int) -> None:
        await self.order(SetSettings(**changed))  # type: ignore[arg-type] # each value is of its field's kind

    def _volume(self, volume: int) -> str:
        full = round(volume / 100 * BAR)
        bar = self.sign("full") * full + self.sign("empty") * (BAR - full)
        return f"{bar} {self.say('percent', number=volume)}"


def _next(values: tuple[str, ...], value: str, by: int) -> str:
    at = values.index(value) if value in values else 0
    return values[(at + by) % len(values)]
