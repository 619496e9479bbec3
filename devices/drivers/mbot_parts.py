"""What is on an mBot and at its ports: a table (core)."""

from typing import Annotated

from msgspec import Meta, Struct

from devices.driver import Actuator, Channel
from devices.drivers.mbot_frames import run

Port = Annotated[int, Meta(ge=0, le=10)]  # 0: nothing is there
Slot = Annotated[int, Meta(ge=1, le=2)]

LIGHT_PORT = 6  # on the board, as the lamps are
LAMP = (7, 2)  # port and slot
MOTOR = 10  # the device's number
FULL = 255  # of 8 bits
STEP = 50.0  # percent at once: reversing at full speed resets boards (mBlock issue 23)
MOST = 10.0  # rounds a second: each waits for its answers, and for the daemon's next turn
REST = 0.1  # seconds between two steps


class Wiring(Struct, frozen=True, forbid_unknown_fields=True):
    """Which port each sensor of the box is plugged into; as its assembly guide says."""

    distance: Port = 3
    line: Port = 2
    sound: Port = 0
    temperature: Port = 0
    temperature_slot: Slot = 2
    servo: Port = 0
    servo_slot: Slot = 1


class Sensor(Struct, frozen=True):
    """A channel and how it is asked for: the device's number, its port and slot."""

    channel: Channel
    question: bytes


class Side(Struct, frozen=True):
    """A wheel: its motor's port, and which way is forward (the motors look away from each other)."""

    actuator: Actuator
    port: int
    forward: int


WHEELS = (
    Side(Actuator("motor-left", "motor", -100, 100, "%"), 9, -1),
    Side(Actuator("motor-right", "motor", -100, 100, "%"), 10, 1),
)


def sensors(wiring: Wiring) -> list[Sensor]:
    """Return the sensors that are there."""
    rows = [
        (Channel("light", "brightness", "1", 0, 1023, 0, 5, resolution=1, max_rate=MOST), 3, LIGHT_PORT, b""),
        (
            Channel("distance", "distance", "cm", 2, 400, 1, 5, accuracy=1, max_rate=MOST),
            *(1, wiring.distance, b""),
        ),
        (Channel("line", "line", "1", 0, 3, 0, 5, resolution=1, max_rate=MOST), 17, wiring.line, b""),
        (Channel("sound", "loudness", "1", 0, 1023, 0, 5, resolution=1, max_rate=MOST), 7, wiring.sound, b""),
        (
            Channel("temperature", "temperature", "Cel", -55, 125, 1, 1, 0.5, 0.0625, 1.2),  # a DS18B20
            *(2, wiring.temperature, bytes((wiring.temperature_slot,))),
        ),
    ]
    return [Sensor(channel, bytes((device, port)) + slot) for channel, device, port, slot in rows if port]


class Wheel:
    """Turns a motor; faster and backwards in steps, slower and to rest at once."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._now = 0.0
        self._wanted = 0.0
        self._waits = False  # for the next step: nothing but slowing down before that
        self._since: float | None = None  # of that wait; None until the next `step`

    def turn(self, percent: float) -> bytes:
        """Return what makes it turn so fast, or begins to."""
        self._wanted = percent
        slower = percent * self._now >= 0 and abs(percent) <= abs(self._now)
        return b"" if self._waits and not slower else self._go()

    def step(self, now: float) -> bytes:
        """Return the next step, when it is due."""
        if self._waits and self._since is None:
            self._since = now
        if self._since is None or now - self._since < REST:
            return b""
        return self._go()

    def rest(self) -> None:
        """Remember that it was stopped."""
        self._now = self._wanted = 0.0
        self._waits, self._since = False, None

    def _go(self) -> bytes:
        if self._now * self._wanted < 0:
            self._now = 0.0
        elif abs(self._wanted) <= abs(self._now):
            self._now = self._wanted
        else:
            self._now = max(self._now - STEP, min(self._now + STEP, self._wanted))
        self._waits, self._since = self._now != self._wanted, None
        speed = round(self._side.forward * self._now / 100 * FULL)
        return run(MOTOR, bytes((self._side.port,)) + speed.to_bytes(2, "little", signed=True))
