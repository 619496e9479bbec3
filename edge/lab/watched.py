"""One instrument as it is known now: its newest values, whether it speaks, what it says of itself (core).

gone → (its line opened) ready ⇄ stale (it says nothing) → (its line lost) gone. A run that is recorded goes
on over all of that: what was not said is a gap in the curve.
"""

from math import inf

from msgspec import structs

from devices import driver as rows
from devices.driver import Driver, Heard, Sample, Status
from devices.line import Instrument
from devices.units import shown
from edge.contract.notices import Actuator, Channel, Device, DeviceState, Reading

PERIODS = 3  # that a channel may miss
LEAST_PATIENCE = 1.5  # seconds; a teacher is to see within two that nothing comes any more


class Watched:
    """What is known of an instrument."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._driver = instrument.driver()
        self._is_open = False
        self._moved_as: tuple[str, str] | None = None  # the driver and profile with which it could
        self._heard = 0.0
        self._status = Status("", None, "")
        self._newest: dict[str, Sample] = {}
        self._shown: dict[str, tuple[Sample | None, str]] = {}  # by channel, with its trouble

    @property
    def driver(self) -> Driver:
        """Return the decoder of this connection."""
        return self._driver

    @property
    def is_open(self) -> bool:
        """Whether its line is open."""
        return self._is_open

    @property
    def can_move(self) -> bool:
        """Whether it is a robot, as far as it has ever said: a board that boots says nothing of it yet."""
        what = self.instrument.kind, self.instrument.profile
        if self._driver.programs or self._driver.actuators:
            self._moved_as = what
        return self._moved_as == what

    @property
    def running(self) -> str:
        """Return the program that it said it runs."""
        return self._status.running or ""

    def opened(self, now: float) -> None:
        """Its line is open: a new conversation begins."""
        self._driver = self.instrument.driver()
        self._is_open, self._heard = True, now
        self._status = Status("", None, "")

    def lost(self) -> None:
        """Its line is gone, and nobody knows what it does."""
        self._is_open = False
        self._newest = {}
        self._status = structs.replace(self._status, running="")

    def feed(self, piece: bytes, now: float) -> list[Sample]:
        """Take what came; return what was measured."""
        heard: Heard = self._driver.feed(piece, now)
        if heard:
            self._heard = now
        for each in heard:
            if isinstance(each, Status):
                self._note(each)
            else:
                self._newest[each.channel] = each
        return [each for each in heard if isinstance(each, Sample)]

    def state(self, now: float) -> DeviceState:
        """Return how it is."""
        if not self._is_open:
            return "gone"
        return "stale" if now - self._heard > self._patience() else "ready"

    def device(self, now: float) -> Device:
        """Return it as a screen is told."""
        status = self._status
        return Device(
            self.instrument.id,
            self.instrument.label,
            "robot" if self.can_move else "sensor",
            self.state(now),
            tuple(_told(self._driver)),
            tuple(self._driver.programs),
            status.running or "",
            status.message or "",
            status.battery,
            self.instrument.simulated,
            tuple(map(_moved, self._driver.actuators)),
            driver=self.instrument.kind,
            profile=self.instrument.profile,
            identity=self._driver.identity,
        )

    def readings(self, now: float, wall: int) -> list[Reading]:
        """Return what changed since this was asked last; no value while it says nothing."""
        speaks = self.state(now) == "ready"
        current = {channel.name: self._current(channel, speaks, now) for channel in self._driver.channels}
        new = {name: what for name, what in current.items() if self._shown.get(name) != what}
        self._shown = {**self._shown, **new}
        return [self._reading(name, *what, now, wall) for name, what in new.items()]

    def newest(self, channel: str, now: float) -> Sample | None:
        """Return what a channel shows now; None when that is nothing."""
        speaks = self.state(now) == "ready"
        found = next((each for each in self._driver.channels if each.name == channel), None)
        return self._current(found, speaks, now)[0] if found is not None else None

    def _current(self, channel: rows.Channel, speaks: bool, now: float) -> tuple[Sample | None, str]:
        """Return what a channel shows: nothing in trouble, and nothing older than it may be."""
        newest = self._newest.get(channel.name)
        trouble = self._driver.troubles.get(channel.name, "") if self._is_open else ""
        is_fresh = newest is not None and now - newest.at <= _patience(channel)
        return (newest if speaks and is_fresh and not trouble else None), trouble

    def _reading(self, name: str, sample: Sample | None, trouble: str, now: float, wall: int) -> Reading:
        if sample is None:
            return Reading(self.instrument.id, name, wall, trouble=trouble)
        at = wall - int(1000 * (now - sample.at))
        return Reading(self.instrument.id, name, at, sample.raw, sample.flag)

    def _patience(self) -> float:
        return min(map(_patience, self._driver.channels), default=inf)  # what measures nothing may be silent

    def _note(self, status: Status) -> None:
        said = {name: value for name, value in structs.asdict(status).items() if value is not None}
        self._status = structs.replace(self._status, **said)


def _patience(channel: rows.Channel) -> float:
    return max(LEAST_PATIENCE, PERIODS / channel.rate)


def _moved(each: rows.Actuator) -> Actuator:
    return Actuator(each.name, each.does, each.low, each.high, each.unit, each.rest, shown(each.unit))


def _told(driver: Driver) -> list[Channel]:
    return [
        Channel(
            *(each.name, each.quantity, each.unit, each.low, each.high, each.decimals, shown(each.unit)),
            *(each.rate, each.accuracy, each.resolution, each.max_rate),
        )
        for each in driver.channels
    ]
