"""Makeblock mBot with the firmware it is sold with, version 06.01 (core).

Each round asks every sensor once; the next one waits for the answers, or for PATIENCE. A frame that lost a
byte leaves the board deaf until 52 bytes came (measured): after a round without any answer it gets that many
zeros, and a stop always brings them along. A stop is said again, and nothing else asked, until the board has
said ok to both frames of it: one ok may be to a broken frame that its bytes have filled up.

The board stops nothing by itself when the line is gone (measured): whoever owns the line must say `stop`.
"""

from collections.abc import Mapping

from devices.driver import Actuator, Driver, Heard, Sample, Status, sampled
from devices.drivers.mbot_frames import PAD, STOP, VERSION, Answer, Frames, get, run
from devices.drivers.mbot_parts import LAMP, WHEELS, Sensor, Wheel, Wiring, sensors
from devices.errors import ActuatorUnknown, BeyondRange

PATIENCE = 1.0  # seconds for a round of answers: the slowest, a temperature, takes 0.8
BEEP = 100  # milliseconds: the board hears nothing while it beeps, a stop neither
ME = "06."  # what the version of an mBot's firmware begins with; other boards have other motors
STOPS = 0.3  # seconds for the board to say that it has stopped
OKS = 2  # to a stop
COLOURS = ("red", "green", "blue")


class Mbot(Driver):
    """A connection to one mBot."""

    bauds = (115_200,)
    obeys = 1.5  # it hears nothing while it reads a temperature, for 0.8 seconds

    def __init__(self, wiring: Wiring | None = None) -> None:
        wiring = wiring or Wiring()
        self.channels = [sensor.channel for sensor in sensors(wiring)]
        self.actuators = [wheel.actuator for wheel in WHEELS] + _lamps() + [_buzzer()] + _servo(wiring)
        self.refused = 0
        self.identity = ""
        self._wiring = wiring
        self._sensors: Mapping[int, Sensor] = dict(
            enumerate(sensors(wiring), 1)
        )  # by the index of its question
        self._frames = Frames()
        self._open: set[int] = set()  # questions without an answer yet
        self._asked = 0.0
        self._wheels = {wheel.actuator.name: Wheel(wheel) for wheel in WHEELS}
        self._colour = dict.fromkeys(COLOURS, 0)
        self._stops_due = 0  # oks to the stop that was said last
        self._stopped_at: float | None = None  # None until the next `ask`
        self._oks_due = 0  # to orders before that stop

    @property
    def is_stopping(self) -> bool:
        """Whether the board has not said yet that it has stopped."""
        return self._stops_due > 0

    def greet(self) -> bytes:
        """Ask for the version."""
        return VERSION

    def begin(self) -> bytes:
        """Ask for the version; sensors are asked by `ask`."""
        return VERSION

    def ask(self, now: float) -> bytes:
        """Return a stop that was not confirmed, the wheels' next steps, and the next round of questions."""
        if self._stops_due:
            return self._stop_again(now)
        steps = b"".join(self._ordered(wheel.step(now)) for wheel in self._wheels.values())
        return steps + self._round(now)

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard = [self._heard(each, at) for each in self._frames.cut(piece)]
        self.refused = self._frames.refused
        return [each for each in heard if each is not None]

    def missed(self) -> None:
        """Bytes were lost here: leave out the frame that they were in."""
        self._frames.missed()

    def drive(self, actuator: str, value: float) -> bytes:
        """Return what sets a wheel, a lamp, the buzzer or the servo; raise ActuatorUnknown, BeyondRange."""
        found = next((each for each in self.actuators if each.name == actuator), None)
        if found is None:
            raise ActuatorUnknown(f"{actuator[:40]!r} is none of {', '.join(e.name for e in self.actuators)}")
        if not found.low <= value <= found.high:  # also when it is no number
            raise BeyondRange(f"{actuator} {value}: {found.low:g} to {found.high:g} {found.unit}")
        if actuator in self._wheels:
            return self._ordered(self._wheels[actuator].turn(value))
        return self._ordered(self._switch(actuator, round(value)))

    def stop(self) -> bytes:
        """Return what stops wheels and buzzer, even a board that waits for the rest of a frame."""
        for wheel in self._wheels.values():
            wheel.rest()
        self._stops_due, self._stopped_at = OKS, None
        return STOP + PAD + STOP

    def _switch(self, actuator: str, value: int) -> bytes:
        if actuator == "buzzer":
            return run(34, value.to_bytes(2, "little") + BEEP.to_bytes(2, "little")) if value else b""
        if actuator == "servo":
            return run(11, bytes((self._wiring.servo, self._wiring.servo_slot, value)))
        self._colour[actuator.removeprefix("lamp-")] = value
        return run(8, bytes((*LAMP, 0, *self._colour.values())))  # 0: both of them

    def _heard(self, answer: Answer, at: float) -> Sample | Status | None:
        if answer.version is not None:
            return self._greeted(answer)
        if answer.is_ok:
            self._confirmed()
        sensor = self._sensors.get(answer.index)
        if sensor is None or answer.index not in self._open or answer.value is None:
            return None
        self._open.discard(answer.index)
        return sampled(sensor.channel, at, answer.value)

    def _ordered(self, order: bytes) -> bytes:
        self._oks_due += bool(order)
        return order

    def _confirmed(self) -> None:
        if self._oks_due:
            self._oks_due -= 1
        elif self._stops_due:
            self._stops_due -= 1

    def _greeted(self, answer: Answer) -> Status | None:
        if answer.version and answer.version.startswith(ME):
            self.identity = f"mBot {answer.version}"
        if not answer.was_booted:
            return None
        for wheel in self._wheels.values():
            wheel.rest()
        self._open.clear()
        self._oks_due = self._stops_due = 0
        return Status(running="", message="restarted")

    def _round(self, now: float) -> bytes:
        late = bool(self._open) and now - self._asked >= PATIENCE
        if self._open and not late:
            return b""
        deaf = len(self._open) == len(self._sensors) > 0
        self._open, self._asked = set(self._sensors), now
        questions = b"".join(get(index, sensor.question) for index, sensor in self._sensors.items())
        return (PAD if deaf else b"") + questions

    def _stop_again(self, now: float) -> bytes:
        if self._stopped_at is None:
            self._stopped_at = now
        if now - self._stopped_at < STOPS:
            return b""
        self._oks_due, self._stops_due, self._stopped_at = 0, OKS, now
        return STOP + PAD + STOP


def _lamps() -> list[Actuator]:
    return [Actuator(f"lamp-{colour}", "lamp", 0, 255) for colour in COLOURS]


def _buzzer() -> Actuator:
    return Actuator("buzzer", "buzzer", 0, 5000, "Hz")


def _servo(wiring: Wiring) -> list[Actuator]:
    return [Actuator("servo", "servo", 0, 180, "deg", 90)] if wiring.servo else []
