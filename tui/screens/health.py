"""Sync and health: four lights with a sentence each, what waits to be sent, when the hub was there."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from edge.contract.answers import Made
from edge.contract.commands import MakeBundle, TrySync
from edge.contract.notices import Health, Light, Notice
from tui.keys import Key
from tui.page import Page
from tui.screens.technician import PinPage, TechnicianPage
from tui.theme import INK_OF
from tui.widgets.line import Line, Part
from tui.world import World

LIGHTS = ("hub", "disk", "devices", "power")
NAME_WIDTH = 16  # cells that the name of a light may have, in every language


class HealthPage(Page):
    """What is wrong, and what is done about it."""

    HEADING = "health"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-try", "try"),
        Key("f7", "key-report", "report"),
        Key("f8", "key-technician", "technician"),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Health,)
    DEFAULT_CSS = """
    HealthPage #body { padding: 1 2; }
    HealthPage .light { height: auto; margin-bottom: 1; }
    HealthPage .name { width: 20; }
    HealthPage #queue { margin-top: 1; }
    HealthPage #report { margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: Made | None = None

    def body(self) -> ComposeResult:
        """Yield a line for each light, and what waits."""
        for name in LIGHTS:
            with Horizontal(classes="light"):
                yield Line(f"name-{name}", classes="name")
                yield Line(f"light-{name}")
        yield Line("queue")
        yield Line("reached")
        yield Line("backup")
        yield Line("report")

    def show(self, world: World) -> None:
        """Write what is so."""
        health = world.health
        lights: dict[str, Light] = {light.name: light for light in health.lights} if health else {}
        for name in LIGHTS:
            self._light(name, lights.get(name))
        if health is None:
            self.put("queue", self.say("health-looking"))
            return
        self.put("queue", *self._queue(health))
        self.put("reached", *self._reached(health))
        if health.backup:
            self.put(
                "backup", ("  " + self._when("health-backup-today", "health-backup", health.backup), "muted")
            )
        if self._made is not None:
            said = self.say(
                "health-report", path=self._made.path, size=self.host.words.size(self._made.bytes)
            )
            self.put("report", (said, "info"))

    async def do_try(self) -> None:
        """Try to reach the hub now."""
        await self.order(TrySync())

    async def do_report(self) -> None:
        """Write the file that the technician asks for, and say where it is."""
        self.put("report", self.say("health-report-made"))
        made = await self.ask(MakeBundle(), Made)
        self._made = made or self._made
        if made is None:
            self.put("report")
        self.renew()

    async def do_technician(self) -> None:
        """Open the technician's page, behind the PIN."""
        settings = self.world.settings
        if settings is not None and not settings.has_pin:
            self.tell("refused-pin-missing", "poor")
            return
        unlocked: str | None = await self.app.push_screen_wait(PinPage())
        if unlocked:
            await self.app.push_screen_wait(TechnicianPage(unlocked))

    def _light(self, name: str, light: Light | None) -> None:
        state = light.state if light is not None else "none"
        words = self.host.words
        said = words.told(light.said, light.blanks) if light is not None else self.say("health-looking")
        self.put(f"name-{name}", (f"{self.sign(state)} ", INK_OF[state]), self.say("light-" + name))
        self.put(f"light-{name}", (said, INK_OF[state]))

    def _queue(self, health: Health) -> list[Part]:
        if not health.registers and not health.others:
            return [(f"{self.sign('tick')} ", "ok"), self.say("health-nothing-waits")]
        parts: list[Part] = [(f"{self.sign('waiting')} ", "accent")]
        if health.registers:
            parts += [self.count("health-registers", health.registers), " "]
        if health.others:
            parts.append(self.count("health-others", health.others))
        return parts

    def _reached(self, health: Health) -> list[Part]:
        if health.trying:
            return [(f"{self.sign('waiting')} {self.say('health-trying')}", "accent")]
        if not health.reached:
            return [("  " + self.say("health-never"), "muted")]
        return [("  " + self._when("health-reached-today", "health-reached", health.reached), "muted")]

    def _when(self, today: str, earlier: str, ms: int) -> str:
        """Say when something was, with a sentence of its own for today."""
        then = datetime.fromtimestamp(ms / 1000, UTC).astimezone().replace(tzinfo=None)
        clock = f"{then:%H:%M}"
        if then.date() == self.host.time.date():
            return self.say(today, time=clock)
        return self.say(earlier, time=clock, day=self.host.words.day(then.date()))
