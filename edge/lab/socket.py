"""One serial port that is there, and what is going on at it; what is found at a port by asking around."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from devices.errors import LineLost
from devices.identity import Identity, Usb
from devices.port import Port
from devices.probing import Found, Nobody, Probe, Speed, Write
from edge.config import SerialPort
from edge.contract.notices import Blanks, DeviceState

STEP = 0.05  # seconds between two looks at what a search wants

Clock = Callable[[], float]


class Seen(Struct, frozen=True):
    """A port that is there now: on USB, or named by the configuration, or both."""

    path: str
    usb: Usb | None = None
    given: SerialPort | None = None


class Socket:
    """A port, from being plugged in to being unplugged."""

    def __init__(self, seen: Seen, identity: Identity, device: str) -> None:
        self.seen = seen
        self.own = identity.id  # its name by itself
        self.is_sure = identity.is_sure  # which it keeps in every socket
        self.is_twin = identity.twin
        self.device = device  # the name of what is in it
        self.moved_from = ""
        self.port: Port | None = None
        self.task: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()  # somebody said something new about it
        self.limit: asyncio.Timeout | None = None  # of the conversation that goes on
        self.doubt: asyncio.TimerHandle | None = None  # when it is to have said who it is
        self.is_proven = False  # what is remembered of it was true today
        self.is_doubted = False  # it was not
        self.was_asked = False
        self.is_up = False  # it was listened to since it was opened: whoever is there has booted
        self.still_there = asyncio.Event()  # it was looked for since it was lost: another one may be there
        self.still_there.set()
        self.lost_at = 0.0
        self.state: DeviceState = "probing"
        self.said = ""
        self.blanks: Blanks = {}

    @property
    def usb(self) -> tuple[int, int] | None:
        """Return vendor and product."""
        return (self.seen.usb.vendor, self.seen.usb.product) if self.seen.usb is not None else None

    def change(self) -> None:
        """Somebody said something about the port: what goes on there ends, and begins anew."""
        self.changed.set()
        if self.limit is not None and not self.limit.expired():
            self.limit.reschedule(asyncio.get_running_loop().time())

    def say(self, state: DeviceState, said: str = "", **blanks: str | int) -> None:
        """Note how it is with the port."""
        self.state, self.said, self.blanks = state, said, blanks

    def lose(self, now: float) -> None:
        """Its line is lost; on USB it may be another port that has this path by now."""
        self.let_go()
        self.lost_at = now
        self.is_proven = self.is_doubted = self.was_asked = self.is_up = False
        if self.seen.usb is not None:
            self.still_there.clear()

    def let_go(self) -> None:
        """Close the port, if it is open."""
        if self.port is not None:
            self.port.close()
            self.port = None


async def search(probe: Probe, port: Port, clock: Clock, changed: asyncio.Event) -> Found | Nobody:
    """Find out who is at an open port, unless somebody says it meanwhile; raise LineLost."""
    await _set_speed(port, probe.baud)
    while not changed.is_set():
        piece = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP):
                piece = await port.read()
        found = probe.feed(piece, clock())
        if found is not None:
            return found
        step = probe.step(clock())
        if isinstance(step, Write):
            port.write(step.piece)
        elif isinstance(step, Speed):
            await _set_speed(port, step.baud)
        elif step is not None:
            return step
    return Nobody(probe.bauds, False)


async def _set_speed(port: Port, baud: int) -> None:
    with suppress(LineLost):  # an adapter that has no such speed: nobody is found at it
        await port.set_speed(baud)
