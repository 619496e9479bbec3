"""Sees to one port: opens it once, finds out who is there, and lets the bench converse with it.

What a person described, and what was known before and names itself, is given to its driver at once; all else
is searched for. An instrument that is known by its socket alone may be asked by the driver that it had there
before; whoever else is asked nothing before a person allows it.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from devices.errors import DriverUnknown, LineLost, PortBusy, PortForbidden, ProfileWrong
from devices.line import Instrument
from devices.port import Port
from devices.probing import Found, Kind, Nobody, Probe, candidates, may_ask
from devices.registry import family, kinds
from devices.workshop import made, setting
from edge.contract.notices import Said
from edge.lab.bench import FIRST_PAUSE, LONGEST_PAUSE, MAX_INSTRUMENTS, Bench, NoSeat, Remark
from edge.lab.known import Record
from edge.lab.memory import Memory
from edge.lab.socket import Socket, search
from edge.lab.wording import blamed
from edge.supervise import keep, rest

AGAIN = 10.0  # seconds until a port behind which nobody is known is listened to again
UNPROVEN = 5.0  # seconds for a remembered instrument to say who it is: an Arduino boots in two
GOOD_TALK = 5.0  # seconds; a port that was lost after less is opened again later each time
MAX_LABEL = 40  # letters; a line of the screen has eighty
BAUD = 115_200  # of a driver that names none

log = logging.getLogger(__name__)


class Chosen(Struct, frozen=True):
    """Which driver is for a port."""

    driver: str
    profile: str
    baud: int
    is_sure: bool  # a person said so, or it has proven it


class Attendant:
    """Whoever sees to the ports of this node."""

    def __init__(self, folder: Path, bench: Bench, memory: Memory) -> None:
        self._folder = folder
        self._bench = bench
        self._memory = memory

    async def mind(self, socket: Socket) -> None:
        """See to a port until cancelled: a fault in a driver opens no port anew."""
        try:
            await keep(partial(self._attend, socket), f"port {socket.seen.path}")
        finally:
            socket.let_go()

    def remark(self, socket: Socket) -> None:
        """Make known how it is with a port: what hinders comes before what is to be asked, or to be known."""
        said, blanks = socket.said, socket.blanks
        if not said and socket.moved_from:
            before = self._memory.book.record(socket.moved_from)
            said, blanks = "moved", {"device": before.label or before.identity or before.id}
        elif not said and socket.is_twin:
            said = "twins"
        self._bench.remarks[socket.device] = Remark(
            self.label(socket), socket.seen.path, socket.state, said, blanks, socket.moved_from
        )
        self._bench.tell()

    def label(self, socket: Socket) -> str:
        """Return what a device is called: by the school, by itself, by its adapter."""
        record, seen = self._memory.book.record(socket.device), socket.seen
        given = seen.given.label if seen.given is not None else ""
        model = seen.usb.name if seen.usb is not None else ""
        known = record.label or given or record.identity or model or record.driver
        return known[:MAX_LABEL] or Path(seen.path).name

    async def _attend(self, socket: Socket) -> None:
        pause = FIRST_PAUSE
        while True:
            began = self._bench.clock()
            try:
                if socket.port is None:
                    socket.port = await Port.open(socket.seen.path, clock=self._bench.clock)
                await self._converse(socket, socket.port)
            except LineLost as exc:
                self._lost(socket, exc)
            if self._bench.clock() - began >= GOOD_TALK:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            await socket.still_there.wait()
            pause = min(2 * pause, LONGEST_PAUSE)

    def _lost(self, socket: Socket, why: LineLost) -> None:
        socket.lose(self._bench.clock())
        before = socket.said
        if isinstance(why, PortBusy):
            socket.say("busy", "port-busy", holder=why.holder)
        elif isinstance(why, NoSeat):
            socket.say("unknown", "no-seat", most=MAX_INSTRUMENTS)
        elif isinstance(why, PortForbidden):
            socket.say("forbidden", "port-forbidden", group=why.group)
        else:
            socket.say("probing")
        if socket.said == "no-seat" != before:
            self._bench.say(Said("devices-too-many", {"most": MAX_INSTRUMENTS}, "bad"))
        if socket.said != before or not socket.said:
            log.warning("port lost path=%s reason=%r", socket.seen.path, str(why))
        self.remark(socket)

    async def _converse(self, socket: Socket, port: Port) -> None:
        """Find out who is at an open port, and let the bench converse with it; raise LineLost."""
        while True:
            socket.changed.clear()
            chosen = self._chosen(socket) or await self._searched(socket, port)
            instrument = None if chosen is None else await self._instrument(socket, chosen)
            if chosen is None or instrument is None:
                await rest(AGAIN, socket.changed)
                continue
            await port.set_speed(chosen.baud)
            socket.say("ready")
            self.remark(socket)
            await self._serve(socket, port, instrument, chosen.is_sure)
            if socket.device != instrument.id:
                self._bench.forget(instrument.id)

    # Who it is ------------------------------------------------------------------------

    def _chosen(self, socket: Socket) -> Chosen | None:
        """Return the driver that needs no search: a person said which, or the instrument is remembered."""
        given, record = socket.seen.given, self._memory.book.record(socket.device)
        if record.told:
            return _chosen(record.driver, record.profile, record.baud, is_sure=True)
        if given is not None and given.driver:
            profile = given.profile or (record.profile if record.driver == given.driver else "")
            return _chosen(given.driver, profile, given.baud, is_sure=True)
        if record.driver and (socket.is_sure or socket.is_proven) and not socket.is_doubted:
            return _chosen(record.driver, record.profile, record.baud, socket.is_proven)
        return None

    async def _searched(self, socket: Socket, port: Port) -> Chosen | None:
        """Find out who is there, and remember it; None for nobody that is known; raise LineLost."""
        record = self._memory.book.record(socket.device)
        before = _of_before(kinds(), record)
        if before and self._bench.is_doubted(socket.device):  # it moved when it was pulled out
            await port.set_speed(record.baud)
            port.urge(before[0].make().stop())
        found = await self._search(socket, port, before, True) if before and not socket.is_doubted else None
        if not isinstance(found, Found):
            tried = candidates(kinds(), socket.usb)
            allowed = record.allowed or socket.seen.given is not None
            asks = not socket.was_asked and may_ask(tried, socket.usb, allowed)
            found = await self._search(socket, port, tried, asks, spares=not allowed)
            socket.was_asked = socket.was_asked or asks
        if isinstance(found, Found):
            log.info("found id=%s driver=%s said=%r", socket.device, found.kind.name, found.identity)
            socket.is_proven, socket.is_doubted = True, False
            return self._remember(socket, found)
        if socket.changed.is_set():
            return None
        if not record.driver:
            self._memory.note(structs.replace(record, baud=found.bauds[0]))
        heard = "unknown-heard" if found.heard else "unknown-silent"
        said = "unknown-asked" if socket.was_asked else heard
        socket.say("unknown", said, bauds=", ".join(map(str, found.bauds)))
        self.remark(socket)
        return None

    async def _search(
        self, socket: Socket, port: Port, tried: Sequence[Kind], asks: bool, spares: bool = False
    ) -> Found | Nobody:
        """Search; who spoke in vain when it was plugged in before is heard at another speed first now."""
        record = self._memory.book.record(socket.device)
        in_vain = 0 if record.driver else record.baud
        probe = Probe(tried, asks, self._bench.clock(), in_vain, spares, is_up=asks and socket.is_up)
        found = await search(probe, port, self._bench.clock, socket.changed)
        socket.is_up = True
        return found

    def _remember(self, socket: Socket, found: Found) -> Chosen:
        record, kind = self._memory.book.record(socket.device), found.kind
        profile = record.profile if record.driver == kind.name and record.profile else kind.profile
        said = structs.replace(
            record, driver=kind.name, profile=profile, baud=found.baud, identity=found.identity
        )
        self._memory.note(said)
        return Chosen(kind.name, profile, found.baud, is_sure=True)

    async def _instrument(self, socket: Socket, chosen: Chosen) -> Instrument | None:
        """Return the instrument for the bench; None where its profile is wrong by now."""
        try:
            wanted = await asyncio.to_thread(setting, self._folder, chosen.driver, chosen.profile)
            driver = made(chosen.driver, wanted)
        except DriverUnknown:
            socket.say("unknown", "driver-unknown", driver=chosen.driver)
            self.remark(socket)
            return None
        except ProfileWrong as exc:
            said, blanks = blamed(exc)
            socket.say("unknown", said, **blanks)
            self.remark(socket)
            return None
        record, usb = self._memory.book.record(socket.device), socket.seen.usb
        known = structs.replace(
            record,
            driver=chosen.driver,
            profile=chosen.profile,
            baud=chosen.baud,
            model=usb.model if usb is not None else "",
            moves=driver.stop() != b"",
            path=socket.seen.path if usb is None else "",
        )
        self._memory.note(known)
        await self._memory.keep()  # before it can move: after a crash it has to be known
        make = partial(made, chosen.driver, wanted)
        return Instrument(socket.device, self.label(socket), make, kind=chosen.driver, profile=chosen.profile)

    # Its conversation ------------------------------------------------------------------------

    async def _serve(self, socket: Socket, port: Port, instrument: Instrument, is_sure: bool) -> None:
        """Let the bench converse with it until something else is said about the port; raise LineLost."""
        if socket.changed.is_set():
            return
        self._doubt_later(socket, is_sure)
        try:
            async with asyncio.timeout(None) as socket.limit:
                await self._bench.serve(instrument, port)
        except TimeoutError:
            return
        finally:
            if socket.doubt is not None:
                socket.doubt.cancel()
            socket.limit = socket.doubt = None

    def _doubt_later(self, socket: Socket, is_sure: bool) -> None:
        socket.doubt = asyncio.get_running_loop().call_later(UNPROVEN, self._doubt, socket, is_sure)

    def _doubt(self, socket: Socket, is_sure: bool) -> None:
        """Search for an instrument that does not say that it is what it was; a robot is stopped first."""
        if is_sure or self._bench.is_proven(socket.device):
            socket.is_proven = True
            return
        if self._bench.insists(socket.device):  # it may be what it was, and hang, and move
            self._doubt_later(socket, is_sure)
            return
        log.warning("not what it was id=%s", socket.device)
        socket.is_doubted = True
        socket.change()


def _chosen(driver: str, profile: str, baud: int, is_sure: bool) -> Chosen:
    with suppress(DriverUnknown):
        known = [kind for kind in family(driver).kinds if kind.profile == profile] or family(driver).kinds
        baud = baud or (known[0].bauds[0] if known else BAUD)
    return Chosen(driver, profile, baud or BAUD, is_sure)


def _of_before(tried: Sequence[Kind], record: Record) -> list[Kind]:
    """Return the driver that an instrument had, at the speed that it had."""
    same = [kind for kind in tried if kind.name == record.driver and record.baud in kind.bauds]
    same = [kind for kind in same if kind.profile == record.profile] or same
    return [structs.replace(kind, bauds=(record.baud,)) for kind in same]
