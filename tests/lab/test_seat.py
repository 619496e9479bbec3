"""One instrument at the bench: when it is asked, how it is stopped, what is shown of it. Time is given."""

import asyncio
from collections.abc import Sequence

from devices.driver import Actuator, Channel, Driver, Heard, Sample, Status
from devices.errors import LineLost
from devices.line import Instrument
from edge.lab.seat import OBEYS, Seat
from edge.lab.watched import LEAST_PATIENCE

FAST, SLOW = (
    Channel("fast", "temperature", "Cel", 0, 100, rate=10.0),
    Channel("slow", "mass", "g", 0, 9, rate=0.1),
)


class Wire:
    """A line that notes what is done to it."""

    at = 0.0

    def __init__(self) -> None:
        self.done: list[str] = []
        self.is_sent = True

    async def read(self) -> bytes:
        return b""

    def write(self, piece: bytes) -> None:
        self.done.append(piece.decode())

    def urge(self, piece: bytes) -> None:
        self.done.append(f"urge {piece.decode()}")

    def reset(self) -> None:
        self.done.append("reset")

    def close(self) -> None:
        self.done.append("close")


class Told(Driver):
    """A driver that does what a test says."""

    channels: Sequence[Channel] = (FAST, SLOW)
    actuators: Sequence[Actuator] = (Actuator("lamp", "lamp", 0, 1),)

    def __init__(self) -> None:
        self.hears: Heard = []
        self.asks = 0
        self.troubles: dict[str, str] = {}
        self.next_ask = 0.0

    def begin(self) -> bytes:
        return b"begin"

    def ask(self, now: float) -> bytes:
        self.asks += 1
        return b""

    def feed(self, piece: bytes, at: float) -> Heard:
        return self.hears

    def stop(self) -> bytes:
        return b"stop"


class Table:
    """A seat with a wire and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.wire = Wire()
        self.seat = Seat(Instrument("x", "x", Told), lambda: self.now)
        self.seat.open(self.wire)

    @property
    def driver(self) -> Told:
        driver = self.seat.watched.driver
        assert isinstance(driver, Told)
        return driver

    def hears(self, *heard: Sample | Status) -> None:
        self.driver.hears = list(heard)
        self.seat.feed(b"x", self.now)

    def values(self) -> dict[str, tuple[float | None, str]]:
        told = self.seat.watched.readings(self.now, 0)
        return {each.channel: (each.value, each.trouble) for each in told}


def test_a_conversation_begins_with_a_stop_before_all_else() -> None:
    assert Table().wire.done == ["urge stop", "begin"]


def test_a_robot_that_goes_on_after_a_stop_is_reset_once() -> None:
    it = Table()
    it.hears(Status(running="dance"))
    it.now += 10
    it.seat.insist()
    it.wire.done.clear()
    it.seat.stop()
    it.now += OBEYS - 0.1
    it.seat.insist()
    assert it.wire.done == ["urge stop"]
    it.now += 0.2
    it.seat.insist()
    it.seat.insist()
    assert it.wire.done == ["urge stop", "reset"]


def test_a_robot_that_stopped_is_not_reset() -> None:
    it = Table()
    it.hears(Status(running="dance"))
    it.seat.stop()
    it.hears(Status(running=""))
    it.now += 2 * OBEYS
    it.seat.insist()
    assert "reset" not in it.wire.done


def test_a_board_that_does_not_take_the_stop_is_reset() -> None:
    it = Table()
    it.wire.is_sent = False
    it.now += 2 * OBEYS
    it.seat.insist()
    assert it.wire.done[-1] == "reset"
    it.seat.stop()
    it.seat.leave()
    assert it.wire.done[-2:] == ["urge stop", "reset"]


def test_an_order_after_a_stop_is_no_disobedience() -> None:
    it = Table()
    it.seat.write(b"run")
    it.hears(Status(running="dance"))
    it.now += 2 * OBEYS
    it.seat.insist()
    assert it.wire.done[-1] == "run"


def test_who_has_no_line_takes_no_order() -> None:
    it = Table()
    it.seat.leave()
    try:
        it.seat.write(b"run")
    except LineLost:
        return
    raise AssertionError("it was taken")


def test_each_channel_has_a_patience_of_its_own_and_trouble_is_told_instead_of_a_value() -> None:
    it = Table()
    it.hears(Sample("fast", 100.0, 20.0), Sample("slow", 100.0, 5.0))
    assert it.values() == {"fast": (20.0, ""), "slow": (5.0, "")}
    it.now += LEAST_PATIENCE + 0.1
    it.hears(Sample("slow", it.now, 6.0))
    assert it.values() == {"fast": (None, ""), "slow": (6.0, "")}
    it.driver.troubles["slow"] = "overload"
    assert it.values() == {"slow": (None, "overload")}
    del it.driver.troubles["slow"]
    assert it.values() == {"slow": (6.0, "")}


async def test_a_driver_is_asked_when_it_wants_to_be_and_not_without_end() -> None:
    it = Table()
    it.driver.next_ask = it.now + 0.005
    it.seat.ask()
    assert it.driver.asks == 1
    async with asyncio.timeout(5.0):
        while it.driver.asks < 2:  # noqa: ASYNC110  # what is waited for knows no event
            await asyncio.sleep(0.001)
    it.now += 1.0  # the moment is over: nothing more before the next turn
    it.seat.ask()
    asked = it.driver.asks
    await asyncio.sleep(0.02)
    assert it.driver.asks == asked
    it.seat.leave()
