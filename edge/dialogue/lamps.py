"""Whether this class is seen and heard: what the page is to open and encode, and what every screen shows."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct, structs

from edge.api import Desks
from edge.board import Board
from edge.classroom.projector import Device, Projector
from edge.contract.answers import Done
from edge.contract.talkback import Capture, Eye, SwitchCapture
from edge.dialogue.ascent import NONE, Encoding
from edge.dialogue.floor import FloorState
from edge.dialogue.switches import Switches
from edge.media.packet import Kind

FAILED: dict[Device, Eye] = {"missing": "missing", "denied": "denied", "busy": "busy"}
WORD: dict[Eye, str] = {"off": "camera-off", "absent": "page-missing"}


class Now(Struct, frozen=True):
    """What the node does with this class's picture and sound at the moment."""

    runs: bool = False  # a lesson runs in which the class may be seen or heard
    encoding: Encoding = NONE
    sent: frozenset[Kind] = frozenset()  # what goes to others
    floor: FloorState = FloorState("")
    plays: bool = False  # there is a floor stream to play
    recorded: bool = False


class Lamps:
    """Commands of the screen, and a part of what the projector's pages are told."""

    def __init__(self, board: Board, projector: Projector, switches: Switches, me: str) -> None:
        self._board = board
        self._projector = projector
        self._switches = switches
        self._me = me
        self._now = Now()
        self._stills: Callable[[], float] = _none
        self._off: list[Callable[[], None]] = []
        self._told: tuple[object, ...] = ()
        projector.add(self.page)
        projector.listen(self.look)
        switches.watch(self._turned)

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {SwitchCapture: self._switch}

    def want_stills(self, fps: Callable[[], float]) -> None:
        """Ask the page for pictures of the whole camera, so many a second; call `look` when that changes."""
        self._stills = fps

    def when_off(self, heard: Callable[[], None]) -> None:
        """Call `heard` at once when the camera was turned off."""
        self._off.append(heard)

    @property
    def camera_on(self) -> bool:
        """Whether the camera may be looked through."""
        return self._switches.camera

    def eye(self) -> str:
        """Return why there is no picture of the camera, a word key; "" while there can be one."""
        eye = self._eye("camera", hoped=True)
        return "" if eye in ("on", "sent") else WORD.get(eye, f"camera-{eye}")

    def show(self, now: Now) -> None:
        """Take what is true now."""
        self._now = now
        self.look()

    def look(self) -> None:
        """Tell screens and pages what has changed."""
        self._board.tell(self.notice())
        told = (self.page(True), self.page(False))
        if told != self._told:
            self._told = told
            self._projector.news()

    def notice(self) -> Capture:
        """Return what the teacher's screen shows."""
        floor, chosen = self._now.floor, self._switches.chosen
        return Capture(
            self._eye("camera"),
            self._eye("microphone"),
            chosen.camera,
            chosen.microphone,
            floor.name or floor.holder,
            floor.holder == self._me,
            floor.silences(self._me),
            self._now.recorded,
        )

    def page(self, here: bool) -> dict[str, object]:
        """Return what the projector's pages are told; only one on this computer opens anything."""
        floor, now = self._now.floor, self._now
        lamps = {
            "seen": "video" in now.sent,
            "heard": "audio" in now.sent,
            "muted": floor.silences(self._me),
        }
        told = {
            "stream": floor.stream if now.plays else "",
            "holder": floor.name or floor.holder,
            "mine": floor.holder == self._me,
            "muted": bool(floor.holder) and floor.muted,
        }
        return {"capture": self._capture() if here else None, "lamps": lamps, "floor": told}

    def _capture(self) -> dict[str, object]:
        stills = self._stills() if self._switches.camera else 0
        picture = self._now.encoding if self._switches.camera and self._now.runs else NONE
        return {
            "camera": self._switches.camera and (self._now.runs or stills > 0),
            "microphone": self._switches.microphone and self._now.runs,
            "picture": picture.height > 0,
            "height": picture.height or 90,
            "fps": picture.fps or 5,
            "bits": picture.bits,
            "stills": stills,
        }

    def _eye(self, device: Literal["camera", "microphone"], hoped: bool = False) -> Eye:
        is_camera = device == "camera"
        on = self._switches.camera if is_camera else self._switches.microphone
        eyes = self._projector.eyes
        said = eyes.camera if is_camera else eyes.microphone
        if not on:
            return "off"
        if self._projector.report == "absent":
            return "absent"
        if said in FAILED:
            return FAILED[said]
        if ("video" if is_camera else "audio") in self._now.sent:
            return "sent"
        # For who is about to use it, a camera that nobody asked for yet is there.
        return "on" if said == "good" or hoped else "off"

    def _turned(self) -> None:
        sent = self._now.sent & self._switches.kinds
        self._now = structs.replace(self._now, sent=sent)
        if not self._switches.camera:
            for heard in self._off:
                heard()
        self.look()

    async def _switch(self, order: SwitchCapture) -> Done:
        await self._switches.turn(order.camera, order.microphone)
        return Done()


def _none() -> float:
    return 0
