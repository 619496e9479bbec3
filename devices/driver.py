"""What a driver is: a table of channels and a decoder (core).

It opens no port, waits for nothing and asks no clock: bytes come in any pieces, with the time at which they
came, and go out as what it returns. Whoever owns the line writes that, in order.

A driver of something that moves says how it is stopped. `stop` may be asked for at any time and any number of
times, before `begin` too: the daemon writes it when a line opens, when nobody looks any more, and at its end.

That a stop was sent is no proof that anything stands. Where the far end answers to a stop, `is_stopping` is
true from `stop` until that answer has come; the driver itself says the stop again meanwhile, where that may
help. An owner of a line that sees it true `obeys` seconds after the stop, and `boots` after its opening,
takes the driver's `last_resort`, which starts the board anew. Where nothing can prove it, it stays false.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple

from msgspec import Struct

from devices.errors import ActuatorUnknown, ProgramUnknown

Flag = Literal["", "out-of-range"]
Resort = Literal["none", "dtr", "break"]  # what starts a board anew from outside


class Channel(Struct, frozen=True):
    """One measured quantity of an instrument: a row of its driver's table."""

    name: str
    quantity: str  # a word key: temperature, pressure, voltage, …
    unit: str  # UCUM; how it is shown: devices/units.py
    low: float
    high: float
    decimals: int = 1
    rate: float = 1.0  # samples a second, while all is well
    accuracy: float | None = None  # ± so much in the channel's unit, as its maker says; None: nobody says
    resolution: float | None = None  # the least difference that it can show, in its unit
    max_rate: float | None = None  # samples a second that it can give at most


class Actuator(Struct, frozen=True):
    """One thing that an instrument can move or switch: a row of its driver's table."""

    name: str
    does: str  # a word key: motor, servo, lamp, …
    low: float
    high: float
    unit: str = "1"  # UCUM
    rest: float = 0.0  # where `stop` leaves it
    stays: bool = False  # `stop` leaves it where it is: it may be under way to any value


class Sample(NamedTuple):
    """What a channel showed: the value as it came, beyond the channel's range too."""

    channel: str
    at: float  # seconds of the clock that `feed` was given
    raw: float
    flag: Flag = ""


class Status(Struct, frozen=True):
    """What a robot said of itself; None where it said nothing."""

    running: str | None = None  # the program; "" when none runs
    battery: float | None = None  # from 0 to 1
    message: str | None = None  # a word key where it has one, else its own words


Heard = list[Sample | Status]


class Driver(ABC):
    """One connection to an instrument of some kind; made anew for each."""

    usb: ClassVar[frozenset[tuple[int, int]]] = frozenset()  # vendor and product of what it is surely for
    bauds: ClassVar[Sequence[int]] = (115200,)  # the likeliest first
    channels: Sequence[Channel] = ()
    actuators: Sequence[Actuator] = ()
    programs: Sequence[str] = ()
    refused: int = 0  # lines or frames that were no reading
    troubles: Mapping[str, str] = {}  # by channel: a word key, while it cannot be measured
    next_ask: float = 0.0  # when `ask` is to be called again, if that is sooner than its next turn
    identity: str = ""  # what the other end said that it is; "" until it has proven to be one of this kind
    is_hinted: bool = False  # words of its kind were heard: who said them may be asked who he is
    last_resort: Resort = "dtr"  # what starts its board anew, where that does not stop: docs/drivers
    obeys: float = 1.0  # seconds until a stop is proven, by a board that is well
    boots: float = 2.5  # seconds that its board may be deaf after its line was opened, or it was started anew

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was said, and the far end has not proven yet that it stands."""
        return False

    def missed(self) -> None:  # noqa: B027  a driver of whole answers has nothing to forget
        """Bytes were lost here: what is half said is refused; go on at the next line or frame."""

    def greet(self) -> bytes:
        """Return one polite question for who does not speak first; it moves and resets nothing."""
        return b""

    def begin(self) -> bytes:
        """Return what makes it speak; it must move nothing."""
        return b""

    def ask(self, now: float) -> bytes:
        """Return what is to be asked now, ten times a second; nothing for one that speaks by itself."""
        return b""

    @abstractmethod
    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete; the same for one call or one a byte."""

    def drive(self, actuator: str, value: float) -> bytes:
        """Return what sets an actuator; raise ActuatorUnknown, BeyondRange."""
        raise ActuatorUnknown(f"{actuator[:40]!r}: this instrument moves nothing")

    def run(self, program: str) -> bytes:
        """Return what starts a program; raise ProgramUnknown."""
        raise ProgramUnknown(f"{program[:40]!r}: this instrument has no programs")

    @abstractmethod
    def stop(self) -> bytes:
        """Return what stops everything it can move; at any time, any number of times."""


def sampled(channel: Channel, at: float, raw: float) -> Sample:
    """Return a sample: what is out of range is flagged, never clipped."""
    return Sample(channel.name, at, raw, "" if channel.low <= raw <= channel.high else "out-of-range")
