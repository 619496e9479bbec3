"""The bench: every instrument's line is read and watched; what moves can be stopped at once.

Whoever has an open line brings it (`serve`); lines that open by themselves, of simulated instruments, are
opened here again and again. A robot is stopped before anything else is said to it, for it may have been
driving since before. While everything is stopped nothing is set in motion on any line.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial

from msgspec import Struct, structs

from devices.driver import Actuator, Sample
from devices.errors import ActuatorUnknown, BeyondRange, LineLost, ProgramUnknown
from devices.line import Instrument, Line
from edge.board import Board
from edge.contract.notices import Blanks, Device, Devices, DeviceState, Reading, Said
from edge.lab.latch import Latched
from edge.lab.seat import TURN, Seat
from edge.supervise import keep, once

IDLE = 1.0  # seconds, while there is nothing to look at
MAX_INSTRUMENTS = 64  # that are shown: eight ports, and a box of kits that are tried in turn
FIRST_PAUSE = 0.1  # seconds until a lost line is tried again
LONGEST_PAUSE = 2.0  # seconds; a cable that was put back is to be seen within three

Clock = Callable[[], float]
Wall = Callable[[], int]
Sink = Callable[[str, list[Sample]], None]

log = logging.getLogger(__name__)


def computer() -> int:
    """Return the milliseconds since 1970 that this computer shows."""
    return time.time_ns() // 1_000_000


class Gone(Exception):
    """The device is not plugged in, or never was."""


class NoSeat(LineLost):
    """There is no room for one more instrument, for all that are known are plugged in."""


class NotNow(Exception):
    """The device cannot do this now: it does something else, or has not said yet what it can."""


class Remark(Struct, frozen=True):
    """What is known of a port beside what the instrument behind it says."""

    label: str
    place: str
    state: DeviceState = "ready"  # busy, forbidden: of the port; probing, unknown: nobody is known there
    said: str = ""
    blanks: Blanks = {}
    moved_from: str = ""


class Bench:
    """All instruments of this node; a part to be kept running."""

    def __init__(
        self,
        board: Board,
        instruments: Sequence[Instrument],
        clock: Clock = time.monotonic,
        wall: Wall = computer,
    ) -> None:
        self.latched = Latched()  # whether everything is stopped, and stays so
        self.sink: Sink = lambda _device, _samples: None  # who records
        self.corrects: Callable[[Reading], Reading] = lambda reading: reading  # who knows calibrations
        self.holder_of: Callable[[str], str] = lambda _device: ""  # who moves it
        self.remarks: dict[str, Remark] = {}  # by device
        self.clock = clock
        self._board = board
        self.wall = wall
        self._seats = {each.id: Seat(each, clock) for each in instruments}
        self._warned: frozenset[str] = frozenset()  # devices that may be moving, of which people were told
        self._tasks: asyncio.TaskGroup | None = None  # while it runs
        self._has_fallen = False  # it ran, and does not any more

    async def run(self) -> None:
        """Look at every instrument until cancelled; what moves is stopped then."""
        self.tell()
        self._has_fallen = False
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for seat in self._seats.values():
                    self._begin(seat, self._tasks)
                await self._tick()
        finally:
            self._tasks, self._has_fallen = None, True
            self.stop_all()

    @property
    def is_up(self) -> bool:
        """Whether instruments are looked at, and who is to stop is told again; false when that has failed."""
        return not self._has_fallen

    def plug(self, instrument: Instrument) -> None:
        """Take an instrument that was not known before; one that was opens its line by itself."""
        if instrument.id in self._seats:
            return
        seat = self._seated(instrument)
        if seat is not None and self._tasks is not None:
            self._begin(seat, self._tasks)
        self.tell()

    async def serve(self, instrument: Instrument, line: Line) -> None:
        """Converse with an instrument until its line is lost: raise LineLost; the line stays whose it is."""
        seat = self._seated(instrument)
        if seat is None:
            raise NoSeat(f"{instrument.id}: {MAX_INSTRUMENTS} others are plugged in")
        if seat.line is not None:
            raise LineLost(f"{instrument.id}: somebody converses with it already")
        try:
            seat.open(line)
            log.info("device opened id=%s driver=%s", seat.id, instrument.kind)
            while True:
                piece = await line.read()
                samples = seat.feed(piece, line.at)
                if samples:
                    self.sink(seat.id, samples)
        except LineLost as exc:
            refused = seat.watched.driver.refused
            log.warning("device lost id=%s reason=%r refused=%d", seat.id, str(exc), refused)
            raise
        finally:
            seat.leave()
            self.tell()

    def relabel(self, device: str, label: str) -> None:
        """A device is called otherwise from now on; what it does goes on."""
        if device in self._seats:
            watched = self._seats[device].watched
            watched.instrument = structs.replace(watched.instrument, label=label)

    def forget(self, device: str) -> None:
        """A device was another one all the time."""
        if device in self._seats and self._seats[device].line is None:
            del self._seats[device]

    def is_proven(self, device: str) -> bool:
        """Tell whether a device has said itself that it is of its driver's kind."""
        seat = self._seats.get(device)
        return seat is not None and seat.watched.driver.identity != ""

    def newest(self, device: str, channel: str) -> Sample | None:
        """Return what a channel shows now; None when that is nothing."""
        seat = self._seats.get(device)
        return seat.watched.newest(channel, self.clock()) if seat is not None else None

    def devices(self) -> tuple[Device, ...]:
        """Return every device as it is now, and the ports behind which nobody is known."""
        now = self.clock()
        known = [self._device(seat, now) for seat in self._seats.values()]
        others = [_doubtful(id_, it) for id_, it in self.remarks.items() if id_ not in self._seats]
        return (*known, *others)

    def start(self, device: str, program: str) -> None:
        """Start a program; raise Gone, NotNow, ProgramUnknown."""
        seat = self._plugged(device)
        if program not in seat.watched.driver.programs:
            raise ProgramUnknown(program)
        assert not self.stopped, "asked to move while everything is stopped"
        try:
            seat.write(seat.watched.driver.run(program))
            seat.feed(b"", self.clock())  # what the driver itself says of it
        except ProgramUnknown as exc:  # it knows the program, and does not run it
            raise NotNow(str(exc)) from exc
        except LineLost as exc:
            raise Gone(device) from exc

    def is_stopping(self, device: str) -> bool:
        """Whether a device was told to stop and has not proven yet that it did."""
        return device in self._seats and self._seats[device].is_stopping

    def insists(self, device: str) -> bool:
        """Whether everything is still tried to have a device stop."""
        return device in self._seats and self._seats[device].insists

    def is_doubted(self, device: str) -> bool:
        """Whether a person has to see that a device stands."""
        return device in self._seats and self._seats[device].is_doubted

    def doubt(self, device: str) -> None:
        """A device that was moved is gone before it could be told to stop."""
        if device in self._seats and not self.is_plugged(device):
            self._seats[device].doubt()

    def trust_absent(self) -> None:
        """Somebody has seen that nothing moves: what is gone is doubted no more."""
        for seat in self._seats.values():
            seat.trust()

    def is_plugged(self, device: str) -> bool:
        """Whether a device has an open line."""
        return device in self._seats and self._seats[device].line is not None

    def actuator(self, device: str, name: str) -> Actuator:
        """Return an actuator of a device that is plugged in; raise Gone, ActuatorUnknown."""
        for each in self._plugged(device).watched.driver.actuators:
            if each.name == name:
                return each
        raise ActuatorUnknown(name)

    def drive(self, device: str, actuator: str, value: float) -> None:
        """Set an actuator; raise Gone, NotNow, ActuatorUnknown."""
        seat = self._plugged(device)
        assert not self.stopped, "asked to move while everything is stopped"
        try:
            order = seat.watched.driver.drive(actuator, value)
        except (BeyondRange, LineLost) as exc:
            raise NotNow(str(exc)) from exc
        try:
            seat.write(order)
        except LineLost as exc:
            raise Gone(device) from exc

    def stop(self, device: str) -> None:
        """Stop one device; raise Gone for one that there never was."""
        if device not in self._seats:
            raise Gone(device)
        self._seats[device].stop()

    def stop_all(self) -> None:
        """Stop whatever moves; a driver with a fault keeps no other one from being stopped."""
        with ExitStack() as stops:
            for seat in self._seats.values():
                stops.callback(seat.stop)

    @property
    def stopped(self) -> bool:
        """Whether everything is stopped, and stays so."""
        return self.latched.at != 0

    @property
    def is_empty(self) -> bool:
        """Whether no instrument was ever here."""
        return not self._seats

    @property
    def moving(self) -> list[str]:
        """Return the robots that said that they run a program."""
        return [id_ for id_, seat in self._seats.items() if seat.watched.running]

    def running(self, device: str) -> str:
        """Return the program that a device said it runs."""
        return self._seats[device].watched.running if device in self._seats else ""

    def tell(self) -> None:
        """Tell every device and what they measured last, if that is new."""
        now, wall = self.clock(), self.wall()
        stopped = self.latched
        devices = self.devices()
        self._board.tell(Devices(devices, self.stopped, stopped.by, stopped.at))
        self._warn(devices)
        for seat in self._seats.values():
            for reading in seat.watched.readings(now, wall):
                self._board.tell(self.corrects(reading))

    def _warn(self, devices: Sequence[Device]) -> None:
        """Say on every page, once, that a robot may be moving which was told to stop."""
        doubted = {each.id: each.label for each in devices if each.stopping == "unproven"}
        for id_ in doubted.keys() - self._warned:
            self.say(Said("robot-not-stopped", {"robot": doubted[id_]}, "bad"))
        self._warned = frozenset(doubted)

    def say(self, said: Said) -> None:
        """Say something to whoever looks now."""
        self._board.tell(said)

    def _seated(self, instrument: Instrument) -> Seat | None:
        seat = self._seats.get(instrument.id)
        if seat is not None:
            if seat.line is None:
                seat.watched.instrument = instrument  # with another driver, or label
            return seat
        if len(self._seats) >= MAX_INSTRUMENTS and not self._make_room():
            log.warning("too many devices id=%s", instrument.id)
            return None
        seat = self._seats[instrument.id] = Seat(instrument, self.clock)
        return seat

    def _make_room(self) -> bool:
        """Forget the instrument that was unplugged longest ago; tell whether there was one."""
        gone = [each for each in self._seats.values() if each.may_go]
        if not gone:
            return False
        oldest = min(gone, key=lambda seat: seat.left_at)
        del self._seats[oldest.id]
        for channel in oldest.watched.driver.channels:
            self._board.forget(Reading(oldest.id, channel.name, 0).key)
        log.info("device forgotten id=%s", oldest.id)
        return True

    def _plugged(self, device: str) -> Seat:
        seat = self._seats.get(device)
        if seat is None or seat.line is None:
            raise Gone(device)
        return seat

    def _device(self, seat: Seat, now: float) -> Device:
        told = structs.replace(
            seat.watched.device(now), holder=self.holder_of(seat.id), stopping=seat.stopping
        )
        remark = self.remarks.get(seat.id)
        if remark is None:
            return told
        state = "busy" if seat.line is None and remark.state == "busy" else told.state
        return structs.replace(
            told,
            state=state,
            place=remark.place,
            said=remark.said,
            blanks=remark.blanks,
            moved_from=remark.moved_from,
        )

    def _begin(self, seat: Seat, tasks: asyncio.TaskGroup) -> None:
        if seat.watched.instrument.open is not None:
            tasks.create_task(keep(partial(self._keep_open, seat), f"device {seat.id}"))  # faults are its own

    async def _tick(self) -> None:
        while True:
            for seat in tuple(self._seats.values()):
                turns = seat.turns
                await once(seat.turn, f"turn of {seat.id}")
                if seat.turns == turns and seat.line is not None:
                    seat.line.close()  # a driver with a fault loses its own line, and nobody else's
            self.tell()
            await asyncio.sleep(TURN if self._seats else IDLE)

    async def _keep_open(self, seat: Seat) -> None:
        pause = FIRST_PAUSE
        instrument = seat.watched.instrument
        assert instrument.open is not None
        while True:
            with suppress(LineLost):
                line = instrument.open()
                pause = FIRST_PAUSE
                try:
                    await self.serve(instrument, line)
                finally:
                    line.close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _doubtful(device: str, it: Remark) -> Device:
    state: DeviceState = "probing" if it.state == "ready" else it.state
    return Device(
        device,
        it.label,
        "unknown",
        state,
        said=it.said,
        blanks=it.blanks,
        moved_from=it.moved_from,
        place=it.place,
    )
