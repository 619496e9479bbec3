"""Camera and microphone: the projector's page tries them while this page is open, and says what it finds."""

from typing import ClassVar

from textual.app import ComposeResult

from edge.contract.commands import CheckMedia
from edge.contract.notices import MediaCheck, Notice
from tui.keys import Key
from tui.page import Page
from tui.widgets.line import Line
from tui.world import World

BAR = 30  # cells of the microphone's level
FAULTS = dict.fromkeys(("denied", "missing", "busy"), "bad")
SIGN = {"waiting": "waiting", "good": "tick", "silent": "poor", "off": "none"} | FAULTS
INK = {"waiting": "muted", "good": "ok", "silent": "accent", "off": "muted"} | FAULTS


class CheckPage(Page):
    """Tells whether the class can be seen and heard."""

    HEADING = "check"
    KEYS: ClassVar[tuple[Key, ...]] = (Key("enter", "key-ready", "back"),)
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (MediaCheck,)
    DEFAULT_CSS = """
    CheckPage #body { padding: 1 2; }
    CheckPage Line { margin-bottom: 1; }
    """

    def body(self) -> ComposeResult:
        """Yield what to do, and a sentence for each of the two."""
        yield Line("check-what")
        yield Line("microphone")
        yield Line("level")
        yield Line("camera")

    def stand(self) -> None:
        """Begin."""
        self.action_press("begin")

    def show(self, world: World) -> None:
        """Write what is found."""
        found = world.media_check
        if self.refused:
            self.put("check-what", (self.say("check-refused"), "bad"))
        else:
            self.put("check-what", self.say("check-what" if found.page else "check-no-page"))
        for name in ("microphone", "level", "camera"):  # where nothing is checked nothing is said of it
            self.query_one(f"#{name}").display = found.page
        self.put("microphone", self._said("microphone-", found.microphone))
        full = round(max(0.0, min(1.0, found.level)) * BAR)
        self.put("level", (self.sign("full") * full, "ok"), (self.sign("empty") * (BAR - full), "muted"))
        size = f" {found.size}" if found.size and found.camera == "good" else ""
        self.put("camera", self._said("camera-", found.camera), (size, "muted"))

    async def do_begin(self) -> None:
        """Let the projector's page try them."""
        await self.order(CheckMedia(True))
        self.renew()

    async def do_back(self) -> None:
        """End the check."""
        await self.order(CheckMedia(False))
        self.host.back()

    def _said(self, of: str, state: str) -> tuple[str, str]:
        return (f"{self.sign(SIGN[state])} {self.say(of + state)}", INK[state])
