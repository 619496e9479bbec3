"""What the projector's page is to show, and what it says of itself: one long poll both ways.

Every page of the room may follow. Those on this very computer are told how loud to be; one of them, the first
that asks, is believed and opens camera and microphone until it is gone, then the next one: of two that had
both, each would end what the other sends.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Literal, get_args

from aiohttp import web
from msgspec import Struct, structs

from edge.access import Asker, Door, asker_of, is_here
from edge.api import Unable
from edge.board import Board
from edge.classroom.stage import Shown
from edge.contract.notices import Showing
from edge.views import wait

Report = Literal["idle", "playing", "frozen", "muted"]
Device = Literal["", "good", "missing", "denied", "busy", "off"]
Part = Callable[[bool], dict[str, object]]
# Seconds without a question of the page until it is gone, and another one gets camera and microphone: it asks
# again at once, or after 2 s; loaded anew it is back in 3, also on an old computer.
ABSENT = 5.0
LOOK = 1.0  # seconds between two looks of a page that waits whether the one before it is gone
LONGEST_NAME = 32  # letters of what a page calls itself; ours have 16
DEVICES = ("camera", "microphone")
JUMP = 1.5  # seconds off the place where a page would be by itself: so it was a jump
CACHE = {"Cache-Control": "no-store"}


class Eyes(Struct, frozen=True):
    """What the page says of the devices that it is to open; "" where it says nothing."""

    camera: Device = ""
    microphone: Device = ""


class Answer(Struct, frozen=True):
    """What a page gets."""

    version: int
    mode: str
    stream: str
    recording: str
    media_type: str
    at: float
    paused: bool
    growing: bool
    said: str
    address: str  # of the file, where it is none of a recording
    page: int  # of a document, from 1
    volume: int | None  # percent; only for a page of this computer


class Projector:
    """The route of the pages; `show` and `check` tell it what to show."""

    def __init__(
        self,
        door: Door,
        board: Board,
        volume: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._board = board
        self._volume = volume
        self._clock = clock
        self._shown, self._since = Shown(), clock()
        self._checking = False
        self._version = 1
        self._loud = volume()
        self._changed = asyncio.Event()
        self._page = ""  # which of this computer is believed, and opens camera and microphone
        self._asking = 0
        self._seen = -ABSENT
        self._report: Report = "idle"
        self._eyes = Eyes()
        self._parts: list[Part] = []
        self._listening: list[Callable[[], None]] = []
        self.tell()

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.get("/api/showing", self._showing)]

    def show(self, shown: Shown) -> None:
        """Show something else, or the same: only what a page could not know by itself is news to it."""
        expected, self._shown, self._since = self._expected(), shown, self._clock()
        same = structs.replace(expected, at=shown.at) == shown
        if not same or abs(expected.at - shown.at) > JUMP or self._loud != self._volume():
            self._announce()
        self.tell()

    def check(self, on: bool) -> None:
        """Have the page try camera and microphone, or end that; raise Unable while something is shown."""
        if on and self._shown.mode != "free":
            raise Unable("lesson-runs")
        if on != self._checking:
            self._checking = on
            self._announce()

    def add(self, part: Part) -> None:
        """Tell the pages what else they are to do; a part is told whether a page is on this computer."""
        self._parts.append(part)

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` when the page of this computer says something else, or comes, or goes."""
        self._listening.append(heard)

    def news(self) -> None:
        """Have the pages look: a part tells them something else."""
        self._announce()

    @property
    def eyes(self) -> Eyes:
        """Return what the page of this computer says of camera and microphone; nothing while it is absent."""
        return self._eyes if self.report != "absent" else Eyes()

    def shows(self, recording: str) -> bool:
        """Tell whether a recording is on the projector: it must not go."""
        return self._shown.recording == recording

    @property
    def report(self) -> Literal["absent", "idle", "playing", "frozen", "muted"]:
        """Return what the page of this computer that is believed said last."""
        here = self._asking or self._clock() - self._seen < ABSENT
        return self._report if here else "absent"

    def tell(self) -> None:
        """Tell the screens."""
        self._board.tell(Showing("check" if self._checking else self._shown.mode, self.report))

    def _announce(self) -> None:
        self._version += 1
        self._loud = self._volume()
        self._changed.set()
        self._changed = asyncio.Event()
        self.tell()

    def _expected(self) -> Shown:
        """Return where a page is by now that was left alone."""
        shown = self._shown
        moves = shown.mode == "recording" and not shown.paused
        return structs.replace(shown, at=shown.at + self._clock() - self._since) if moves else shown

    async def _showing(self, request: web.Request) -> web.Response:
        asker = asker_of(request.remote, request.headers)
        self._door.admit(asker, "watch")
        here = is_here(asker)
        mine = here and self._takes(request.query)
        after = request.query.get("after", "")
        if after.isdecimal() and int(after[:18]) == self._version:
            await self._news(mine, here and not mine, wait(request.query.get("wait", "")))
            mine = mine or (here and self._takes(request.query))
        answer = structs.asdict(self._answer(asker))
        for part in self._parts:
            answer |= part(here)
        return web.json_response(answer | _withheld(answer, here and not mine), headers=CACHE)

    def _takes(self, query: Mapping[str, str]) -> bool:
        """Hear a page of this computer if it is the one that is believed, or from now on; tell whether."""
        page = query.get("page", "")[:LONGEST_NAME]
        if page != self._page and self.report != "absent":
            return False
        self._page = page
        self._hear(query)
        return True

    def _hear(self, query: Mapping[str, str]) -> None:
        before = self.eyes
        self._seen = self._clock()
        known: tuple[Report, ...] = get_args(Report)
        self._report = next((each for each in known if each == query.get("state")), "idle")
        self._eyes = Eyes(_device(query.get("camera")), _device(query.get("microphone")))
        self.tell()
        if self._eyes != before:
            for heard in self._listening:
                heard()

    async def _news(self, mine: bool, waits: bool, patience: float) -> None:
        """Wait for news; a page that `waits` also for the one that is believed to be gone."""
        self._asking += mine
        changed = self._changed
        try:
            async with asyncio.timeout(patience):
                while not (changed.is_set() or (waits and self.report == "absent")):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), LOOK if waits else None)
        except TimeoutError:
            return
        finally:
            self._asking -= mine
            if mine:
                self._seen = self._clock()

    def _answer(self, asker: Asker) -> Answer:
        shown = self._expected()
        return Answer(
            self._version,
            "check" if self._checking else shown.mode,
            shown.stream,
            shown.recording,
            shown.media_type,
            round(shown.at, 2),
            shown.paused,
            shown.growing,
            shown.said,
            shown.address,
            shown.page,
            self._volume() if is_here(asker) else None,
        )


def _device(said: str | None) -> Device:
    known: tuple[Device, ...] = get_args(Device)
    return next((each for each in known if each == said), "")


def _withheld(answer: Mapping[str, object], waits: bool) -> dict[str, object]:
    """Return what a page is told instead that opens nothing because another does: what that one opens."""
    if not waits:
        return {"elsewhere": None}
    wish = answer.get("capture")
    opened = wish if isinstance(wish, dict) else {}
    return {"capture": None, "elsewhere": {device: bool(opened.get(device)) for device in DEVICES}}
