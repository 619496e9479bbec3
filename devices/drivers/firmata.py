"""Arduino and others with StandardFirmata 2.x (core).

nobody → (it says who it is) known → (it says what its pins can do) able → (we say what to report) set.
A board that was reset says its version by itself, and one that should measure and is silent is asked: both
lead back to nobody, and everything is asked for anew. What was driven is at rest after a reset, and stays so.
"""

import math
from collections.abc import Mapping
from typing import Literal

from devices.driver import Driver, Heard, Sample, Status, sampled
from devices.drivers import firmata_wire as wire
from devices.drivers.firmata_parts import Moved, Profile, Sensor
from devices.errors import ActuatorUnknown, BeyondRange, LineLost

QUIET = 3.0  # seconds without a word after which a board is asked who it is: a board boots in two
PATIENCE = 1.0  # seconds until a question is asked again; then twice as long, and so on
LONGEST_PATIENCE = 8.0  # seconds; a slow board that answers one question is not to find ten more
PROOF = 3  # messages with nothing else between them: noise has one by chance
AGAIN = 1.0  # seconds between two readings of digital inputs that do not change
ADC_BITS, PWM_BITS = 10, 8  # of a board that does not say
MODES: Mapping[str, int] = {
    "switch": wire.AS_OUTPUT,
    "pwm": wire.AS_PWM,
    "servo": wire.AS_SERVO,
    "motor": wire.AS_PWM,
}

State = Literal["nobody", "known", "able", "set"]


class Firmata(Driver):
    """A connection to a board, with what a profile says is wired to it."""

    bauds = (57600, 115200)
    boots = 5.0  # two in its loader, two in which it blinks its version

    def __init__(self, profile: Profile) -> None:
        self.channels = [
            sensor.channel(1 / AGAIN if sensor.kind.is_digital else profile.rate)
            for sensor in profile.sensors
        ]
        self.actuators = [moved.actuator() for moved in profile.moved]
        self._table = {channel.name: channel for channel in self.channels}
        self._moved = {moved.name: moved for moved in profile.moved}
        self._profile = profile
        self._decoder = wire.Decoder()
        self._state: State = "nobody"
        self._begun = False
        self._heard = self._polled = 0.0
        self._asked: float | None = None  # when; None: just now
        self._patience = PATIENCE
        self._pins: list[Mapping[int, int]] = []  # what each can do: mode → bits
        self._analog: Mapping[int, int] | None = None  # channel → pin
        self._modes: dict[int, int] = {}  # what we made of a pin
        self._ports: dict[int, int] = {}  # what we wrote to it
        self._strange = 0  # messages that were whole, and yet cannot be
        self._is_stopping = False
        self._understood = 0  # messages

    @property
    def is_stopping(self) -> bool:
        """Whether the question behind the last stop has no answer yet."""
        return self._is_stopping

    def greet(self) -> bytes:
        """Ask who it is."""
        return wire.ASK_FIRMWARE

    def begin(self) -> bytes:
        """Ask who it is and what it can do; the rest is asked when it has answered."""
        self._begun, self._asked = True, None
        return wire.ASK_FIRMWARE + wire.ASK_PINS

    def ask(self, now: float) -> bytes:
        """Return the next question, or what is to be reported."""
        if not self._begun:
            return b""
        if self._state == "able":
            self._state, self._patience = "set", PATIENCE
            self._polled = self._heard = now
            return self._configuration()
        if self._state == "set" and now - self._heard < QUIET:
            return self._poll(now)
        if self._state == "set" and self._profile.sensors:
            self._forget()  # it should have spoken
        return self._question(now)

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        messages = self._decoder.feed(piece)
        self._understood += len(messages)
        self.is_hinted = self.is_hinted or (self._understood >= PROOF and not self._decoder.refused)
        if piece:
            self._heard = at
        heard = [each for message in messages for each in self._read(message, at)]
        self.refused = self._decoder.refused + self._strange
        return heard

    def missed(self) -> None:
        """Bytes were lost here: leave out the message that they were in."""
        self._decoder.missed()

    def drive(self, actuator: str, value: float) -> bytes:
        """Return what sets a pin; raise ActuatorUnknown, BeyondRange, LineLost before the board is known."""
        moved = self._moved.get(actuator)
        if moved is None:
            raise ActuatorUnknown(f"{actuator[:40]!r} is none of {', '.join(self._moved)}")
        row = moved.actuator()
        if not row.low <= value <= row.high:
            raise BeyondRange(f"{actuator}: {value} is not from {row.low:g} to {row.high:g} {row.unit}")
        if self._state not in ("able", "set"):
            raise LineLost("the board has not said what its pins can do")
        if not self._can(moved):
            raise BeyondRange(f"{actuator}: pin {moved.pin} of this board is no {moved.part}")
        return b"".join(self._put(moved, pin, part) for pin, part in _shares(moved, value))

    def stop(self) -> bytes:
        """Return a reset of all pins, behind the end of a message that somebody may have left half said."""
        self._modes, self._ports = {}, {}
        if self._state == "set":
            self._state = "able"  # it reports nothing any more
        self._is_stopping = True
        return bytes([wire.END, wire.RESET]) + wire.ASK_FIRMWARE  # its answer proves the reset

    # What it said ------------------------------------------------------------------------------------------

    def _read(self, message: wire.Message, at: float) -> Heard:
        if isinstance(message, wire.Analog):
            return self._analog_samples(message, at)
        if isinstance(message, wire.Digital):
            return self._digital_samples(message, at)
        if isinstance(message, wire.Text):
            return [Status(message=message.text)]
        if isinstance(message, wire.Version):
            self.is_hinted = True
            self._forget()  # it was reset: nobody asks for the version
            self._is_stopping = False
        elif isinstance(message, wire.Firmware):
            self.identity = f"{message.name} {message.major}.{message.minor}"
            self._state = "known" if self._state == "nobody" else self._state
            self._is_stopping = False
        elif isinstance(message, wire.Capabilities):
            self._pins = list(message.pins)
        elif isinstance(message, wire.AnalogMap):
            self._analog = message.pins
        return self._able() if self._state == "known" else []

    def _forget(self) -> None:
        self._state, self._asked = "nobody", -math.inf
        self._modes, self._ports = {}, {}
        self._pins, self._analog = [], None

    def _able(self) -> Heard:
        if not self._pins or self._analog is None:
            return []
        self._state = "able"
        missing = [sensor.name for sensor in self._profile.sensors if not self._has(sensor)]
        missing += [moved.name for moved in self._profile.moved if not self._can(moved)]
        return [Status(message="pins-missing")] if missing else []

    def _analog_samples(self, message: wire.Analog, at: float) -> Heard:
        steps = (1 << self._bits(message.channel)) - 1
        found = self._reporting(message.channel, is_digital=False)
        if not found or message.value > steps:
            self._strange += 1
            return []
        return [self._sample(sensor, message.value / steps, at) for sensor in found]

    def _digital_samples(self, message: wire.Digital, at: float) -> Heard:
        bits = {8 * message.port + bit: message.bits >> bit & 1 for bit in range(8)}
        found = [sensor for pin in bits for sensor in self._reporting(pin, is_digital=True)]
        self._strange += not found
        return [self._sample(sensor, bits[sensor.number], at) for sensor in found]

    def _reporting(self, number: int, is_digital: bool) -> list[Sensor]:
        if self._state != "set":
            return []
        return [
            sensor
            for sensor in self._profile.sensors
            if sensor.number == number and sensor.kind.is_digital == is_digital
        ]

    def _sample(self, sensor: Sensor, ratio: float, at: float) -> Sample:
        return sampled(self._table[sensor.name], at, sensor.value(ratio, self._profile.reference))

    # What it can do ----------------------------------------------------------------------------------------

    def _bits(self, channel: int) -> int:
        return self._modes_of((self._analog or {}).get(channel, -1)).get(wire.AS_ANALOG, ADC_BITS)

    def _modes_of(self, pin: int) -> Mapping[int, int]:
        return self._pins[pin] if 0 <= pin < len(self._pins) else {}

    def _has(self, sensor: Sensor) -> bool:
        if sensor.kind.is_digital:
            return wire.AS_INPUT in self._modes_of(sensor.number)
        return sensor.number in (self._analog or {})

    def _can(self, moved: Moved) -> bool:
        return all(MODES[moved.part] in self._modes_of(pin) for pin in moved.pins)

    # What it is told ---------------------------------------------------------------------------------------

    def _question(self, now: float) -> bytes:
        if self._asked is None:
            self._asked = now
        if now - self._asked < self._patience:
            return b""
        self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        self._asked = now
        return wire.ASK_FIRMWARE + (b"" if self._state == "set" else wire.ASK_PINS)

    def _configuration(self) -> bytes:
        sensors = [sensor for sensor in self._profile.sensors if self._has(sensor)]
        pause = wire.interval(round(1000 / self._profile.rate))
        return pause + b"".join(self._report(sensor) for sensor in sensors)

    def _report(self, sensor: Sensor) -> bytes:
        if not sensor.kind.is_digital:
            pin = (self._analog or {})[sensor.number]
            return wire.mode(pin, wire.AS_ANALOG) + wire.report_analog(sensor.number)
        pulled = self._write(sensor.number, True) if sensor.params["pullup"] else b""
        as_input = wire.mode(sensor.number, wire.AS_INPUT)
        return as_input + pulled + wire.report_digital(sensor.number // 8)

    def _poll(self, now: float) -> bytes:
        if now - self._polled < AGAIN:
            return b""
        self._polled = now
        ports = {s.number // 8 for s in self._profile.sensors if s.kind.is_digital and self._has(s)}
        return b"".join(wire.report_digital(port) for port in sorted(ports))

    def _put(self, moved: Moved, pin: int, part: float) -> bytes:
        as_ = MODES[moved.part]
        changed = b"" if self._modes.get(pin) == as_ else wire.mode(pin, as_)
        self._modes[pin] = as_
        if moved.part == "switch":
            return changed + self._write(pin, part >= 0.5)
        if moved.part == "servo":
            return changed + wire.set_analog(pin, round(part))
        steps = (1 << self._modes_of(pin).get(wire.AS_PWM, PWM_BITS)) - 1
        return changed + wire.set_analog(pin, round(steps * part))

    def _write(self, pin: int, high: bool) -> bytes:
        port, bit = divmod(pin, 8)
        before = self._ports.get(port, 0)
        self._ports[port] = before | 1 << bit if high else before & ~(1 << bit)
        return wire.set_port(port, self._ports[port])


def _shares(moved: Moved, value: float) -> list[tuple[int, float]]:
    """Return each pin of what is moved, and what it gets; the one that falls comes first."""
    if moved.part == "pwm":
        return [(moved.pin, value / 100)]
    if moved.back is None:
        return [(moved.pin, value)]
    forth, back = (moved.pin, max(value, 0.0) / 100), (moved.back, max(-value, 0.0) / 100)
    return [back, forth] if value >= 0 else [forth, back]
