"""Robots: kits, batteries, programs, what they said last; one is stopped by a key, all by F12 and Pause."""

from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from edge.contract.commands import AllowMotion, DriveActuator, RunProgram, StopDevice
from edge.contract.notices import Actuator, Device, Devices, Notice
from tui.instruments import Naming
from tui.keys import Key
from tui.page import Page
from tui.trace import robots
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

COLUMNS = (
    Column(12, grows=2),  # what the school calls it
    Column(11),  # battery: a bar and a share
    Column(14, grows=1),  # what it does: its sign and its word
    Column(12, grows=2),  # what it said last
)
BAR = 5  # cells of a battery
STEPS = 8  # between the ends of an actuator: as many as a list shows at once
LOW = 0.2  # of a battery, from which on it is to be charged
STATE = {
    "ready": ("none", "text"),
    "stale": ("poor", "accent"),
    "gone": ("bad", "bad"),
    "busy": ("busy", "accent"),
}


class RobotsPage(Page):
    """Kits that move."""

    HEADING = "robots"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-run", "run"),
        Key("space,f5", "key-stop", "stop"),
        Key("f8", "key-allow", "allow", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Devices,)
    DEFAULT_CSS = """
    RobotsPage #latched { height: 5; padding: 1 2; background: $ground-panel; text-style: bold; }
    RobotsPage #unproven { height: 2; padding: 0 2; text-style: bold; }
    RobotsPage #robots { height: 1fr; margin-top: 1; }
    RobotsPage #said { height: 3; padding: 0 1; background: $ground-surface; }
    """

    def body(self) -> ComposeResult:
        """Yield the word that everything is stopped, what is to be known, and the robots."""
        yield Line("unproven")
        yield Line("latched")
        yield Line("said")
        yield Rows(*COLUMNS, id="robots")

    def stand(self) -> None:
        """Let arrows move over the robots."""
        self.query_one("#robots").focus()

    def keys_shown(self) -> list[Key]:
        """Return the keys of now: while everything is stopped, the one that allows motion first."""
        shown = super().keys_shown()
        if not self.is_running or not self.world.devices.stopped:
            return shown
        return [ALLOW if key.action == "run" else key for key in shown]

    def show(self, world: World) -> None:
        """Write every robot."""
        devices = world.devices
        self.query_one("#latched").display = devices.stopped
        self.put(
            "latched",
            (f"{self.sign('stop')} {self.say('robots-stopped')}\n", "bad"),
            (f"{self._stopped_by(devices)}\n", "muted"),
            (self.say("robots-stopped-next"), "text"),
        )
        self._warn(devices)
        found = robots(devices)
        self.query_one("#robots", Rows).fill([self._row(robot) for robot in found])
        self.put("said", *self._said(self._robot(), bool(found)))

    @on(Rows.Moved)
    def look(self) -> None:
        """Tell of another robot."""
        self.renew()

    @on(Rows.Chosen)
    def click(self) -> None:
        """Run a program of the robot that is clicked twice."""
        self.action_press("run")

    async def do_run(self) -> None:
        """Run a program that is chosen; while everything is stopped, ask whether that may end."""
        robot = self._robot()
        if robot is None:
            self.tell("robots-none", "poor")
            return
        if self.world.devices.stopped:
            await self.do_allow()
            return
        options = [("program " + each, self._naming.program(each)) for each in robot.programs]
        options += [("actuator " + each.name, self._actuator(each)) for each in robot.actuators]
        if not options:
            self.tell("robots-idle", "poor")
            return
        question = self.say("robots-which", robot=self._naming.device(robot))
        kind, _, name = (await self.choose(question, options)).partition(" ")
        if kind == "program":
            await self.order(RunProgram(robot.id, name, self.host.me))
        elif kind == "actuator":
            await self._drive(robot, next(each for each in robot.actuators if each.name == name))

    async def _drive(self, robot: Device, actuator: Actuator) -> None:
        """Set an actuator to a value that is chosen; the one at which it rests comes first."""
        name = self._actuator(actuator)
        values = [f"{value:g}" for value in values_of(actuator)]
        unit = actuator.shown.get(self.host.words.language, actuator.unit)
        options = [(value, f"{value} {unit}".strip()) for value in values]
        value = await self.choose(self.say("robots-how-far", actuator=name), options)
        if value:
            await self.order(DriveActuator(robot.id, actuator.name, float(value), self.host.me))

    def _actuator(self, actuator: Actuator) -> str:
        words, own = self.host.words, "actuator-" + actuator.name
        if words.has(own):
            return words.say(own)
        does = "does-" + actuator.does
        return f"{words.say(does)} {actuator.name}" if words.has(does) else actuator.name

    async def do_stop(self) -> None:
        """Stop the selected robot."""
        robot = self._robot()
        if robot is not None and await self.order(StopDevice(robot.id, self.host.me)):
            self.tell("robots-one-stopped", "poor", robot=self._naming.device(robot))

    async def do_allow(self) -> None:
        """Let robots move again, once somebody has looked that nobody is in their way."""
        if not self.world.devices.stopped:
            return
        yes, no = self.say("robots-allow-yes"), self.say("robots-allow-no")
        if await self.confirm(self.say("robots-allow"), yes, no):
            await self.order(AllowMotion(self.host.me))

    def _warn(self, devices: Devices) -> None:
        """Say which robots nobody can tell to be standing: a person has to see to them."""
        doubted = [self._naming.device(each) for each in devices.devices if each.stopping == "unproven"]
        self.query_one("#unproven").display = bool(doubted)
        said = self.say("robots-unproven", robots=", ".join(doubted))
        self.put("unproven", (f"{self.sign('bad')} {said}", "bad"))

    def _stopped_by(self, devices: Devices) -> str:
        if not devices.stopped_by:
            return ""
        local = datetime.fromtimestamp(devices.stopped_at / 1000, UTC).astimezone()
        when = f"{self.host.words.day(local.date())} {local:%H:%M}"
        return self.say("robots-stopped-by", by=devices.stopped_by, when=when)

    @property
    def _naming(self) -> Naming:
        return Naming(self.host.words)

    def _robot(self) -> Device | None:
        selected = self.query_one("#robots", Rows).selected
        return next((each for each in robots(self.world.devices) if each.id == selected), None)

    def _row(self, robot: Device) -> Row:
        naming = self._naming
        sign, ink = STATE[robot.state]
        word = self.say("robot-" + robot.state)
        if robot.state == "ready" and robot.running:
            sign, ink, word = "running", "ok", naming.program(robot.running)
        if robot.stopping:
            word = self.say("robot-stopping" if robot.stopping == "waits" else "robot-unproven")
            sign, ink = ("busy", "accent") if robot.stopping == "waits" else ("bad", "bad")
        name, low = naming.device(robot), robot.battery is not None and robot.battery < LOW
        cells = (
            (name, "text"),
            (self._battery(robot.battery), "bad" if low else "text"),
            (f"{self.sign(sign)} {word}", ink),
            (naming.message(robot.message), "muted"),
        )
        return Row(robot.id, cells)

    def _battery(self, share: float | None) -> str:
        if share is None:
            return ""
        full = min(BAR, round(share * BAR))
        return f"{self.sign('full') * full}{self.sign('empty') * (BAR - full)} {round(100 * share)} %"

    def _said(self, robot: Device | None, any_: bool) -> list[Part]:
        if robot is None:
            return [(self.say("robots-none" if not any_ else "robots-own-battery"), "muted")]
        name = self._naming.device(robot)
        simulated = f" {self.sign('between')} {self.say('lab-simulated')}" if robot.simulated else ""
        parts: list[Part] = [(f"{name}{simulated}", "accent"), "\n"]
        if robot.holder not in ("", self.host.me):
            parts += [(self.say("robots-moved-by", holder=robot.holder), "text"), "\n"]
        if robot.state == "gone":
            parts.append((self.say("robots-gone", robot=name), "bad"))
        elif robot.battery is not None and robot.battery < LOW:
            parts.append((self.say("robots-battery-low", robot=name), "bad"))
        else:
            parts.append((self.say("robots-own-battery"), "muted"))
        return parts


def values_of(actuator: Actuator) -> list[float]:
    """Return the values that are offered: where it rests, and even steps over its whole range."""
    if actuator.high - actuator.low <= 1:
        return [actuator.rest, *(each for each in (actuator.low, actuator.high) if each != actuator.rest)]
    step = (actuator.high - actuator.low) / STEPS
    steps = [actuator.low + number * step for number in range(STEPS + 1)]
    return [actuator.rest, *(each for each in steps if each != actuator.rest)]


ALLOW = RobotsPage.KEYS[2]
