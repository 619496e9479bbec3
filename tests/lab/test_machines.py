"""A machine whose screen is alive goes where it is sent, and finds its switches, however long that takes."""

import asyncio
from pathlib import Path

import pytest

from devices.driver import Resort
from devices.far.marlin import FarMarlin
from devices.line import Instrument
from edge.api import Unable
from edge.board import Board
from edge.contract.commands import (
    Command,
    DriveActuator,
    RunProgram,
    StillHere,
    StopDevice,
    StopEverything,
)
from edge.lab.bench import Bench
from edge.lab.latch import Latch
from edge.lab.lease import LEASE
from edge.lab.robots import STARTS, Robots

TURN = 0.05  # seconds


class SlowHome(FarMarlin):
    """A printer that looks for its switches for longer than a robot has to say that it runs."""

    lasts = STARTS + 20.0

    def __init__(self) -> None:
        super().__init__()
        self.homed_at: float | None = None

    def take(self, piece: bytes, now: float) -> None:
        """Obey; nothing is answered while it looks for them."""
        if piece.endswith(b"G28\n"):
            self.homed_at = now + self.lasts
        elif self.homed_at is None or now >= self.homed_at:
            super().take(piece, now)

    def speak(self, now: float) -> bytes:
        """Return what it says: that it is busy, and at the end that it is done."""
        if self.homed_at is None:
            return super().speak(now)
        if now < self.homed_at:
            return b"echo:busy: processing\n"
        self.homed_at = None
        return b"ok\n"


class Shop:
    """A printer at the bench, with a clock of its own; a Line."""

    at = 0.0
    is_sent = True
    lost_bytes = 0

    def __init__(self, far: FarMarlin, folder: Path = Path("/nonexistent")) -> None:
        self.now = 100.0
        self.stops: list[float] = []
        self.far = far
        self.bench = Bench(Board(), [], lambda: self.now)
        self.robots = Robots(self.bench, Latch(folder))
        self.bench.plug(Instrument("printer", "printer", far.driver))
        self._seat = self.bench._seats["printer"]
        self._seat.open(self)
        self.go_on(8.0)

    async def read(self) -> bytes:
        return b""

    def write(self, piece: bytes) -> None:
        self.far.take(piece, self.now)

    def urge(self, piece: bytes) -> None:
        self.stops.append(self.now)
        self.write(piece)

    def reset(self, how: Resort = "dtr") -> None:
        raise AssertionError("it was reset")

    def close(self) -> None:
        pass

    def pull_out(self) -> None:
        self._seat.leave()

    def settle(self) -> None:
        """Let it prove that it stands; nobody looks after leases."""
        for _ in range(100):
            self.now += TURN
            self._seat.feed(self.far.speak(self.now), self.now)
            self._seat.ask()
        assert not self.bench.is_stopping("printer")

    def go_on(self, seconds: float, alive: bool = True) -> None:
        """Let time pass."""
        for turn in range(round(seconds / TURN)):
            self.now += TURN
            self._seat.feed(self.far.speak(self.now), self.now)
            self._seat.ask()
            self.robots.look(self.now)
            if alive and turn % 10 == 0:
                self.order(StillHere("tty1"))

    def order(self, command: Command) -> None:
        with pytest.raises(StopIteration):  # it waits for nothing
            next(self.robots.desks()[type(command)](command).__await__())


def test_an_axis_goes_all_the_way_to_its_low_end() -> None:
    it = Shop(FarMarlin())
    it.order(DriveActuator("printer", "x", 220.0, "tty1"))
    it.go_on(30.0)
    it.stops.clear()
    it.order(DriveActuator("printer", "x", 0.0, "tty1"))
    it.go_on(30.0)
    newest = it.bench.newest("printer", "x")
    assert newest is not None
    assert (newest.raw, it.stops) == (0.0, [])
    it.go_on(2 * LEASE, alive=False)
    assert len(it.stops) == 1


def test_a_machine_is_not_stopped_while_it_looks_for_its_switches() -> None:
    it = Shop(SlowHome())
    it.stops.clear()
    it.order(RunProgram("printer", "home", "tty1"))
    assert it.bench.running("printer") == "home"
    it.go_on(SlowHome.lasts - 1.0)
    assert (it.bench.running("printer"), it.stops) == ("home", [])
    it.go_on(2.0)
    assert it.bench.running("printer") == ""


def test_a_value_that_is_refused_holds_nothing() -> None:
    it = Shop(FarMarlin())
    it.stops.clear()
    with pytest.raises(Unable):
        it.order(DriveActuator("printer", "x", 999.0, "tty2"))
    assert it.bench.holder_of("printer") == ""
    it.go_on(2 * LEASE)
    assert it.stops == []


async def test_what_was_driven_when_it_was_pulled_out_is_doubted_though_a_stop_comes_before_its_lease_ends(
    tmp_path: Path,
) -> None:
    one, other = Shop(FarMarlin(), tmp_path), Shop(FarMarlin())
    for it in (one, other):
        it.order(DriveActuator("printer", "x", 220.0, "tty1"))
        it.pull_out()
    await one.robots.desks()[StopEverything](StopEverything("tty1"))
    with pytest.raises(Unable, match="gone"):
        other.order(StopDevice("printer", "tty1"))
    assert one.bench.is_doubted("printer")
    assert other.bench.is_doubted("printer")


async def test_nothing_is_set_in_motion_while_nobody_looks_after_leases(tmp_path: Path) -> None:
    it = Shop(FarMarlin(), tmp_path)
    looking = asyncio.ensure_future(it.robots.run())
    await asyncio.sleep(0)
    it.order(DriveActuator("printer", "x", 100.0, "tty1"))
    looking.cancel()  # as a fault of ours would end it; it is built anew after a while
    await asyncio.wait([looking])
    it.settle()
    with pytest.raises(Unable, match="not-now"):
        it.order(DriveActuator("printer", "x", 220.0, "tty1"))
    it.robots.look(it.now)
    it.order(DriveActuator("printer", "x", 220.0, "tty1"))
