"""What is plugged in: who it is, where, and what a person is asked or has to know about it."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from edge.contract.commands import SameDevice
from edge.contract.notices import Device, Devices, Notice
from tui.instruments import Naming
from tui.keys import Key
from tui.page import Page
from tui.trace import doubtful
from tui.widgets.line import Line
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

COLUMNS = (
    Column(20, grows=1),  # what the school calls it, or its adapter says
    Column(16, grows=1),  # its port
    Column(18),  # how it is: its sign and its word
)
STATE = {
    "ready": ("live", "ok"),
    "stale": ("poor", "accent"),
    "gone": ("bad", "muted"),
    "busy": ("busy", "accent"),
    "probing": ("busy", "muted"),
    "unknown": ("poor", "accent"),
    "forbidden": ("bad", "bad"),
}


class DevicesPage(Page):
    """Everything at this computer's sockets."""

    HEADING = "devices"
    KEYS: ClassVar[tuple[Key, ...]] = (Key("enter", "key-answer", "answer"),)
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Devices,)
    DEFAULT_CSS = """
    DevicesPage #devices { height: 1fr; margin-top: 1; }
    DevicesPage #said { height: 5; padding: 0 1; background: $ground-surface; }
    """

    def body(self) -> ComposeResult:
        """Yield the devices, and what is to be said of the selected one."""
        yield Rows(*COLUMNS, id="devices")
        yield Line("said")

    def stand(self) -> None:
        """Let arrows move over the devices."""
        self.query_one("#devices").focus()

    def show(self, world: World) -> None:
        """Write every device, those first of which something is to be said."""
        asked = doubtful(world.devices)
        others = [each for each in world.devices.devices if each not in asked]
        self.query_one("#devices", Rows).fill([self._row(each) for each in (*asked, *others)])
        device = self._device()
        if device is None:
            self.put("said", (self.say("devices-none"), "muted"))
        elif device.said:
            self.put("said", (self._sentence(device), "accent"))
        else:
            identity = device.identity or device.driver
            self.put("said", (self.say("devices-good", identity=identity), "muted"))

    @on(Rows.Moved)
    def look(self) -> None:
        """Tell of another device."""
        self.renew()

    @on(Rows.Chosen)
    def click(self) -> None:
        """Answer what is asked about the device that is clicked twice."""
        self.action_press("answer")

    async def do_answer(self) -> None:
        """Answer whether a device is the one that was in another socket."""
        device = self._device()
        if device is None or not device.moved_from:
            self.tell("devices-no-question")
            return
        same, other = self.say("devices-same"), self.say("devices-other")
        options = (("other", other), ("same", same))
        answer = await self.choose(self._sentence(device), options)
        if answer:
            await self.order(SameDevice(device.id, answer == "same"))

    def _device(self) -> Device | None:
        selected = self.query_one("#devices", Rows).selected
        return next((each for each in self.world.devices.devices if each.id == selected), None)

    def _sentence(self, device: Device) -> str:
        words, said = self.host.words, f"said-{device.said}"
        key = (
            said if words.has(said) else f"refused-{device.said}"
        )  # what a person may have described wrongly
        return words.told(key, device.blanks, "devices-unclear")

    def _row(self, device: Device) -> Row:
        sign, ink = STATE[device.state]
        word = f"{self.sign(sign)} {self.say('plugged-' + device.state)}"
        name = Naming(self.host.words).device(device)
        return Row(device.id, ((name, "text"), (device.place, "muted"), (word, ink)))
