"""One instrument at the bench: when it is asked, how it is stopped, what is shown of it. Time is given."""

import asyncio
from collections.abc import Sequence

import pytest

from devices.driver import Actuator, Channel, Driver, Heard, Resort, Sample, Status
from devices.errors import LineLost
from devices.line import Instrument
from edge.lab.seat import Seat
from edge.lab.watched import LEAST_PATIENCE

OBEYS, BOOTS = Driver.obeys, Driver.boots
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
        self.lost_bytes = 0

    async def read(self) -> bytes:
        return b""

    def write(self, piece: bytes) -> None:
        self.done.append(piece.decode())

    def urge(self, piece: bytes) -> None:
        self.done.append(f"urge {piece.decode()}")

    def reset(self, how: Resort = "dtr") -> None:
        self.done.append("reset" if how == "dtr" else how)

    def close(self) -> None:
        self.done.append("close")


class Told(Driver):
    """A driver that does what a test says."""

    channels: Sequence[Channel] = (FAST, SLOW)
    actuators: Sequence[Actuator] = (Actuator("lamp", "lamp", 0, 1),)

    def __init__(self) -> None:
        self.hears: Heard = []
        self.asks = 0
        self.stopping = False
        self.fault: Exception | None = None
        self.resort: Resort = "dtr"
        self.troubles: dict[str, str] = {}
        self.next_ask = 0.0

    @property
    def is_stopping(self) -> bool:
        return self.stopping

    @property
    def last_resort(self) -> Resort:  # type: ignore[override]  # so that a test may set it
        return self.resort

    def begin(self) -> bytes:
        return b"begin"

    def ask(self, now: float) -> bytes:
        self.asks += 1
        return b""

    def feed(self, piece: bytes, at: float) -> Heard:
        return self.hears

    def stop(self) -> bytes:
        if self.fault is not None:
            raise self.fault
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

    def go_on(self, seconds: float) -> None:
        """Let time pass, a turn each tenth of a second."""
        for _ in range(round(10 * seconds)):
            self.now += 0.1
            self.seat.insist()

    def values(self) -> dict[str, tuple[float | None, str]]:
        told = self.seat.watched.readings(self.now, 0)
        return {each.channel: (each.value, each.trouble) for each in told}


def test_a_conversation_begins_with_a_stop_before_all_else() -> None:
    assert Table().wire.done == ["urge stop", "begin"]


def test_a_robot_that_goes_on_after_a_stop_is_reset_once_then_told_again_and_doubted() -> None:
    it = Table()
    it.go_on(10)
    it.hears(Status(running="dance"))
    it.wire.done.clear()
    it.seat.stop()
    it.go_on(OBEYS - 0.1)
    assert it.wire.done == ["urge stop", "urge stop"]
    it.go_on(0.2)
    it.go_on(BOOTS - 0.1)
    assert it.wire.done[2:] == ["reset"]
    assert it.seat.is_doubted  # at once: a board boots for seconds
    it.go_on(0.2)
    assert it.wire.done[3:] == ["urge stop", "begin"]
    it.go_on(OBEYS + 0.1)
    assert it.seat.is_doubted
    it.hears(Status(running=""))
    it.go_on(0.1)
    assert not it.seat.is_doubted
    assert it.wire.done.count("reset") == 1


def test_a_robot_that_is_doubted_is_told_to_stop_again_and_again() -> None:
    it = Table()
    it.driver.resort = "none"
    it.hears(Status(running="dance"))
    it.seat.stop()
    it.go_on(BOOTS + OBEYS + 0.1)
    assert it.seat.is_doubted
    it.wire.done.clear()
    it.go_on(3.0)
    assert 5 <= it.wire.done.count("urge stop") <= 6
    assert "none" not in it.wire.done


def test_a_robot_that_stopped_is_not_reset() -> None:
    it = Table()
    it.hears(Status(running="dance"))
    it.seat.stop()
    it.hears(Status(running=""))
    it.go_on(10)
    assert "reset" not in it.wire.done


def test_a_robot_whose_driver_has_no_proof_yet_is_reset_though_it_says_nothing() -> None:
    it = Table()
    it.go_on(10)
    it.driver.stopping = True  # its firmware hangs
    it.wire.done.clear()
    it.seat.stop()
    it.go_on(OBEYS + 0.1)
    assert it.wire.done[-1] == "reset"
    it.driver.stopping = False
    it.go_on(BOOTS + OBEYS + 1.0)
    assert not it.seat.is_doubted


def test_a_board_is_given_the_time_to_boot_after_its_line_was_opened() -> None:
    it = Table()
    it.driver.stopping = True
    it.go_on(BOOTS + OBEYS - 0.2)
    assert "reset" not in it.wire.done
    it.go_on(0.3)
    assert "reset" in it.wire.done


def test_a_board_that_does_not_take_the_stop_is_reset() -> None:
    it = Table()
    it.wire.is_sent = False
    it.go_on(BOOTS + OBEYS + 0.1)
    assert it.wire.done[-1] == "reset"
    it.seat.stop()
    it.seat.leave()
    assert it.wire.done[-2:] == ["urge stop", "reset"]


def test_an_order_after_a_proven_stop_is_no_disobedience() -> None:
    it = Table()
    it.seat.write(b"run")
    it.hears(Status(running="dance"))
    it.go_on(10)
    assert it.wire.done[-1] == "run"


def test_an_order_after_a_stop_that_is_not_proven_does_not_end_the_insistence() -> None:
    it = Table()
    it.go_on(10)
    it.hears(Status(running="dance"))
    it.seat.stop()
    it.go_on(0.1)
    it.seat.write(b"run")
    it.go_on(OBEYS + 0.1)
    assert it.wire.done[-1] == "reset"


def test_what_ran_when_its_line_was_lost_is_doubted_until_it_is_back_and_stands() -> None:
    it = Table()
    it.hears(Status(running="dance"))
    it.seat.leave()
    assert it.seat.is_doubted
    it.seat.open(it.wire)
    assert it.seat.is_doubted
    it.go_on(0.1)
    assert not it.seat.is_doubted


def test_what_stood_when_its_line_was_lost_is_not_doubted() -> None:
    it = Table()
    it.driver.stopping = True  # the stop that everybody is told who is plugged in
    it.seat.leave()
    assert not it.seat.is_doubted
    it.seat.open(it.wire)
    it.driver.stopping = True
    it.seat.stop()
    it.seat.leave()
    assert it.seat.is_doubted
    it.seat.trust()
    assert not it.seat.is_doubted


def test_who_has_no_line_takes_no_order() -> None:
    it = Table()
    it.seat.leave()
    with pytest.raises(LineLost, match="not plugged in"):
        it.seat.write(b"run")


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
    async with asyncio.timeout(40):
        while it.driver.asks < 2:  # noqa: ASYNC110  # what is waited for knows no event
            await asyncio.sleep(0.001)
    it.now += 1.0  # the moment is over: nothing more before the next turn
    it.seat.ask()
    asked = it.driver.asks
    await asyncio.sleep(0.02)
    assert it.driver.asks == asked
    it.seat.leave()


async def test_a_driver_that_cannot_say_its_stop_has_its_board_started_anew_and_keeps_no_seat() -> None:
    table = Table()
    table.driver.fault = ZeroDivisionError("a fault of ours")
    with pytest.raises(ZeroDivisionError):
        table.seat.stop()
    assert table.wire.done[-2:] == ["reset", "close"]
    assert table.seat.is_doubted
    with pytest.raises(ZeroDivisionError):
        table.seat.leave()
    assert table.seat.line is None
    assert table.seat.is_doubted
    table.wire = Wire()
    table.seat.open(table.wire)
    table.go_on(0.1)
    assert not table.seat.is_doubted
