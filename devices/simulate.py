"""Simulated instruments, for demonstrations, training and tests: the far end of a line (core).

They speak and obey as a school's own sketch would (devices/drivers/lines.py). Time is given; what looks like
chance is a function of a seed and the number of the sample, so that the same run gives the same curve.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from devices.driver import Channel, Driver
from devices.drivers.lines import Lines

Fault = Literal["", "silent", "unplugged", "out-of-range", "garbage"]

LONGEST_PAUSE = 1.0  # seconds; what was to be said before that was never said
GARBAGE = b"\xfe\x00~;:temp,,C\n"
MAX_WORDS = 16  # that a robot has not said yet
FAR = 10.0  # times a channel's range, of what a broken sensor shows


def noise(seed: int, number: int) -> float:
    """Return a number from -1 to 1 that looks like chance (splitmix64)."""
    mask = (1 << 64) - 1
    bits = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        bits = ((bits ^ (bits >> shift)) * factor) & mask
    return bits / (1 << 63) - 1.0


class Source(Struct, frozen=True):
    """A channel and what it shows so many seconds after the instrument was plugged in."""

    channel: Channel
    value: Callable[[float], float]
    jitter: float = 0.0


class Simulated:
    """An instrument that measures."""

    programs: Sequence[str] = ()

    def __init__(self, sources: Sequence[Source], seed: int = 1) -> None:
        self.fault: Fault = ""
        self._sources = sources
        self._seed = seed
        self._began: float | None = None
        self._said = [0] * len(sources)  # the number of each source's next sample

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Lines([source.channel for source in self._sources], self.programs)

    def take(self, piece: bytes, now: float) -> None:
        """Obey what was written to it: a sensor has nothing to obey."""

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self._began is None:
            self._began = now
        samples = [self._due(index, source, now - self._began) for index, source in enumerate(self._sources)]
        if self.fault == "garbage":
            return GARBAGE
        return b"" if self.fault in ("silent", "unplugged") else b"".join(samples)

    def pause(self, now: float) -> float:
        """Return in how many seconds it says the next value; it may have been due."""
        if self._began is None:
            return 0.0
        due = (said / source.channel.rate for said, source in zip(self._said, self._sources, strict=True))
        return min(due, default=0.0) - (now - self._began)

    def _due(self, index: int, source: Source, age: float) -> bytes:
        rate = source.channel.rate
        first = max(self._said[index], int((age - LONGEST_PAUSE) * rate) + 1)
        self._said[index] = max(first, int(age * rate) + 1)
        return b"".join(self._line(source, number) for number in range(first, self._said[index]))

    def _line(self, source: Source, number: int) -> bytes:
        channel = source.channel
        if self.fault == "out-of-range":
            value = channel.high + FAR * (channel.high - channel.low)
        else:
            value = source.value(number / channel.rate) + source.jitter * noise(self._seed, number)
        return f"{channel.name}:{value:.{channel.decimals + 1}f}\n".encode()


class SimulatedRobot(Simulated):
    """A robot on two wheels that follows a line or dances, until its program is over or it is stopped."""

    programs = ("line", "dance")
    LASTS: Mapping[str, float] = {"line": 60.0, "dance": 20.0}  # seconds of each program
    FULL = 3600.0  # seconds that a charged battery drives
    TELLS = 5.0  # seconds between two words about the battery

    def __init__(self, seed: int = 1) -> None:
        wheels = [Channel(name, "speed", "%", -100, 100, 0, 5) for name in ("left", "right")]
        super().__init__([Source(wheel, self._speed_of(wheel.name)) for wheel in wheels], seed)
        self.program = ""
        self._since = 0.0
        self._driven = 0.0  # seconds, by the programs before this one
        self._told = -math.inf
        self._words = deque(["running:;said:ready"], MAX_WORDS)

    def take(self, piece: bytes, now: float) -> None:
        """Obey."""
        for line in piece.decode("ascii", "replace").splitlines():
            order, _, program = line.partition(" ")
            if order == "run" and program in self.programs:
                self._end(now, "")
                self.program, self._since = program, now
                self._words.append(f"running:{program};said:started")
            elif order == "stop":
                self._end(now, "stopped")

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self.program and now - self._since >= self.LASTS[self.program]:
            self._end(now, "finished")
        if now - self._told >= self.TELLS:
            self._told = now
            self._words.append(f"battery:{self.battery(now):.2f}")
        measured = super().speak(now)
        if self.fault:
            return measured
        said = "".join(f"{words}\n" for words in self._words)
        self._words.clear()
        return said.encode() + measured

    def battery(self, now: float) -> float:
        """Return how full the battery is, from 0 to 1."""
        driven = self._driven + (now - self._since if self.program else 0.0)
        return max(0.0, 1.0 - driven / self.FULL)

    @property
    def moves(self) -> bool:
        """Whether its wheels turn."""
        return self.program != ""

    def _end(self, now: float, word: str) -> None:
        if not self.program:
            return
        self._driven += now - self._since
        self.program = ""
        self._words.append(f"running:;said:{word}" if word else "running:")

    def _speed_of(self, side: str) -> Callable[[float], float]:
        sign = 1.0 if side == "left" else -1.0

        def speed(age: float) -> float:
            if self.program == "line":
                return 40.0 + sign * 15.0 * math.sin(age)
            return sign * 80.0 * math.sin(3.0 * age) if self.program == "dance" else 0.0

        return speed


# What the instruments show ---------------------------------------------------------------------------------

ROOM = 22.0  # °C
POURED = 85.0  # °C, of water that was just poured
CUP = 1800.0  # seconds until somebody pours another cup
TAU = 420.0  # seconds in which an open cup comes 63 % nearer to the room


def cooling(age: float) -> float:
    """Return the temperature of a cup of water: Newton's law of cooling."""
    return ROOM + (POURED - ROOM) * math.exp(-(age % CUP) / TAU)


WET = 15.5  # °C, of a wet thermometer in a room of 40 % humidity
DRIED = 900.0  # seconds until somebody wets it again
WET_TAU = 75.0  # seconds


def evaporating(age: float) -> float:
    """Return the temperature of a thermometer in wet cotton wool."""
    return WET + (ROOM - WET) * math.exp(-(age % DRIED) / WET_TAU)


def squeezed(age: float) -> float:
    """Return the pressure in a syringe that is pressed from 20 to 10 mL and let go, a millilitre each 8 s."""
    step = int(age / 8.0) % 22
    volume = 20.0 - (step if step <= 10 else 21 - step)
    return 101.3 * 20.0 / volume


def neutralised(age: float) -> float:
    """Return the pH of an acid into which a base drips for three minutes."""
    return 2.6 + 9.4 / (1.0 + math.exp(-(age % 180.0 - 100.0) / 4.0))


def falling(age: float) -> float:
    """Return the distance to a ball that falls and jumps up again, each time less, and is caught."""
    bounce, age = 0.64, age % 8.0
    if age < 1.0:
        return 0.2
    age, flight, top = age - 1.0, math.sqrt(2 * 1.2 / 9.81), 1.2
    if age < flight:
        return 0.2 + 9.81 / 2 * age**2
    age -= flight
    while top > 0.01:
        top *= bounce
        half = math.sqrt(2 * top / 9.81)
        if age < 2 * half:
            return 1.4 - top + 9.81 / 2 * (age - half) ** 2
        age -= 2 * half
    return 1.4


def swinging(age: float) -> float:
    """Return the angle of a pendulum of one metre that is pushed each minute."""
    age %= 60.0
    return 20.0 * math.exp(-age / 40.0) * math.cos(2 * math.pi * age / 2.006)


def rising(age: float) -> float:
    """Return a voltage that goes up and down once a minute."""
    return 6.0 * (1.0 - abs(age % 60.0 / 30.0 - 1.0))


def stretched(age: float) -> float:
    """Return the force of a spring that is stretched a centimetre each 6 s."""
    return 0.4 * (int(age / 6.0) % 11)


def shaded(age: float) -> float:
    """Return the light at a window past which clouds go."""
    return 5200.0 + 3000.0 * math.sin(age / 40.0) + 900.0 * math.sin(age / 7.0)


def beating(age: float) -> float:
    """Return the heart rate of somebody who does squats for a minute in five."""
    age %= 300.0
    if age < 60.0:
        return 72.0
    if age < 120.0:
        return 72.0 + 60.0 * (1.0 - math.exp(-(age - 60.0) / 20.0))
    return 72.0 + 57.0 * math.exp(-(age - 120.0) / 50.0)


RESISTOR = 0.047  # kΩ, between voltage and current
SENSORS: Mapping[str, Sequence[Source]] = {
    "thermometer": [Source(Channel("temperature", "temperature", "Cel", -20, 110, 1, 4), cooling, 0.08)],
    "wet-thermometer": [
        Source(Channel("temperature", "temperature", "Cel", -20, 110, 2, 4), evaporating, 0.02)
    ],
    "gas-pressure": [Source(Channel("pressure", "pressure", "kPa", 0, 400, 1, 10), squeezed, 0.15)],
    "ph-meter": [Source(Channel("ph", "acidity", "[pH]", 0, 14, 2, 2), neutralised, 0.02)],
    "motion-sensor": [Source(Channel("distance", "distance", "m", 0.15, 6, 3, 20), falling, 0.002)],
    "pendulum": [Source(Channel("angle", "angle", "deg", -90, 90, 1, 20), swinging, 0.1)],
    "electricity": [
        Source(Channel("voltage", "voltage", "V", -10, 10, 2, 10), rising, 0.01),
        Source(
            Channel("current", "current", "mA", -200, 200, 1, 10), lambda age: rising(age) / RESISTOR, 0.2
        ),
    ],
    "force-sensor": [Source(Channel("force", "force", "N", -50, 50, 2, 10), stretched, 0.01)],
    "light-sensor": [Source(Channel("light", "illuminance", "lx", 0, 100_000, 0, 4), shaded, 20.0)],
    "pulse-sensor": [Source(Channel("pulse", "heart-rate", "/min", 30, 220, 0, 2), beating, 1.0)],
}
ROBOTS = ("robot",)
NAMES = (*SENSORS, *ROBOTS)


def simulated(name: str, seed: int = 1) -> Simulated:
    """Return the instrument of one of NAMES."""
    return SimulatedRobot(seed) if name in ROBOTS else Simulated(SENSORS[name], seed)
