"""The bench: every instrument's line is kept open, read and watched; what moves can be stopped at once.

A line that is lost is opened again and again; a robot is stopped before anything else is said to it, for it
may have been driving since before. While everything is stopped no program is started on any line.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from devices.driver import Sample
from devices.errors import LineLost, ProgramUnknown
from devices.line import Instrument, Line
from edge.board import Board
from edge.contract.notices import Device, Devices
from edge.lab.watched import Watched
from edge.supervise import keep

TICK = 0.1  # seconds between two looks at everything: ten readings a second is what a chart shows
IDLE = 1.0  # seconds, while there is nothing to look at
MAX_INSTRUMENTS = 64  # ever plugged in since the start: eight ports, and a box of kits that are tried in turn
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


class Seat:
    """The place of one instrument: what is known of it, and its line while there is one."""

    def __init__(self, instrument: Instrument) -> None:
        self.watched = Watched(instrument)
        self.line: Line | None = None

    def stop(self) -> None:
        """Stop whatever it moves; a line that is lost meanwhile is found out by who reads it."""
        if self.line is not None and self.watched.can_move:
            with suppress(LineLost):
                self.line.write(self.watched.driver.stop())


class Bench:
    """All instruments of this node; a part to be kept running."""

    def __init__(
        self,
        board: Board,
        instruments: Sequence[Instrument],
        clock: Clock = time.monotonic,
        wall: Wall = computer,
    ) -> None:
        self.stopped = False  # everything is stopped, and stays so
        self.sink: Sink = lambda _device, _samples: None  # who records
        self.clock = clock
        self._board = board
        self._wall = wall
        self._seats = {each.id: Seat(each) for each in instruments}
        self._tasks: asyncio.TaskGroup | None = None  # while it runs

    async def run(self) -> None:
        """Read every line until cancelled; what moves is stopped then."""
        self.tell()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for seat in self._seats.values():
                    self._begin(seat, self._tasks)
                await self._tick()
        finally:
            self._tasks = None
            self.stop_all()

    def plug(self, instrument: Instrument) -> None:
        """Take an instrument that was not known before; one that was opens its line by itself."""
        if instrument.id in self._seats:
            return
        if len(self._seats) >= MAX_INSTRUMENTS:
            log.warning("too many devices id=%s", instrument.id)
            return
        self._seats[instrument.id] = Seat(instrument)
        if self._tasks is not None:
            self._begin(self._seats[instrument.id], self._tasks)
        self.tell()

    def devices(self) -> tuple[Device, ...]:
        """Return every device as it is now."""
        now = self.clock()
        return tuple(seat.watched.device(now) for seat in self._seats.values())

    def start(self, device: str, program: str) -> None:
        """Start a program; raise Gone, ProgramUnknown."""
        seat = self._seats.get(device)
        if seat is None or seat.line is None:
            raise Gone(device)
        if program not in seat.watched.driver.programs:
            raise ProgramUnknown(program)
        assert not self.stopped, "asked to move while everything is stopped"
        try:
            seat.line.write(seat.watched.driver.run(program))
        except LineLost as exc:
            raise Gone(device) from exc

    def stop(self, device: str) -> None:
        """Stop one device; raise Gone for one that there never was."""
        if device not in self._seats:
            raise Gone(device)
        self._seats[device].stop()

    def stop_all(self) -> None:
        """Stop whatever moves."""
        for seat in self._seats.values():
            seat.stop()

    @property
    def is_moving(self) -> bool:
        """Whether any robot said that it runs a program."""
        return any(seat.watched.running for seat in self._seats.values())

    def tell(self) -> None:
        """Tell every device and what they measured last, if that is new."""
        now, wall = self.clock(), self._wall()
        self._board.tell(Devices(self.devices(), self.stopped))
        for seat in self._seats.values():
            for reading in seat.watched.readings(now, wall):
                self._board.tell(reading)

    def _begin(self, seat: Seat, tasks: asyncio.TaskGroup) -> None:
        name = f"device {seat.watched.instrument.id}"
        tasks.create_task(keep(partial(self._keep_open, seat), name))  # its faults are its own

    async def _tick(self) -> None:
        while True:
            for seat in self._seats.values():
                self._ask(seat)
            self.tell()
            await asyncio.sleep(TICK if self._seats else IDLE)

    def _ask(self, seat: Seat) -> None:
        question = seat.watched.driver.ask(self.clock())
        if question and seat.line is not None:
            with suppress(LineLost):  # found out by who reads it
                seat.line.write(question)

    async def _keep_open(self, seat: Seat) -> None:
        pause = FIRST_PAUSE
        while True:
            with suppress(LineLost):
                line = seat.watched.instrument.open()
                pause = FIRST_PAUSE
                try:
                    await self._read(seat, line)
                except LineLost as exc:
                    refused = seat.watched.driver.refused
                    log.warning(
                        "device lost id=%s reason=%r refused=%d",
                        seat.watched.instrument.id,
                        str(exc),
                        refused,
                    )
                finally:
                    self._lost(seat, line)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _read(self, seat: Seat, line: Line) -> None:
        watched = seat.watched
        watched.opened(self.clock())
        seat.line = line
        seat.stop()
        line.write(watched.driver.begin())
        log.info("device opened id=%s", watched.instrument.id)
        while True:
            piece = await line.read()
            samples = watched.feed(piece, self.clock())
            if samples:
                self.sink(watched.instrument.id, samples)

    def _lost(self, seat: Seat, line: Line) -> None:
        seat.stop()
        seat.line = None
        line.close()
        seat.watched.lost()
        self.tell()
