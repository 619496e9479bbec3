"""A simulated Uno with StandardFirmata, and with whatever a profile says is wired to it (core)."""

import math
from collections.abc import Callable, Mapping, Sequence

from devices.driver import Driver
from devices.drivers import firmata_wire as wire
from devices.drivers.firmata import Firmata
from devices.drivers.firmata_parts import Profile, Sensor
from devices.simulate import GARBAGE, Fault, cooling, noise, rising, squeezed, swinging

NAME = "StandardFirmata.ino"
MAX_TAKEN = 64  # bytes of one message: what the firmware itself has room for
MAX_SAID = 4096  # bytes that nobody has read yet
LONGEST_PAUSE = 1.0  # seconds; what was to be said before that was never said
STEPS = 1023
SHORT: Mapping[int, int] = {wire.DIGITAL: 3, wire.ANALOG: 3, wire.REPORT_ANALOG: 2, wire.REPORT_DIGITAL: 2}

_PLAIN = {wire.AS_INPUT: 1, wire.AS_OUTPUT: 1, wire.AS_SERVO: 14}
_ANALOG = {**_PLAIN, wire.AS_ANALOG: 10}
_TWO_WIRE = {6: 1}
PINS: Sequence[Mapping[int, int]] = [
    *({}, {}),  # they are the line to us
    *({**_PLAIN, wire.AS_PWM: 8} if pin in (3, 5, 6, 9, 10, 11) else _PLAIN for pin in range(2, 14)),
    *([_ANALOG] * 4 + [{**_ANALOG, **_TWO_WIRE}] * 2),
]
FIRST_ANALOG = 14  # the pin of A0

VOLTS: Mapping[str, Callable[[float], float]] = {
    "lm35": lambda age: cooling(age) / 100,
    "tmp36": lambda age: cooling(age) / 100 + 0.5,
    "mpx4250": lambda age: 5 * (squeezed(age) / 250 - 0.04),
    "potentiometer": lambda age: 5 * (swinging(age) / 270 + 0.5),
    "voltage": lambda age: rising(age) * 0.8,
    "shunt": lambda age: rising(age) * 0.8 / 47 * 10,
}


def _waving(age: float) -> float:
    return 2.5 + 1.5 * math.sin(age / 5.0)


class FarFirmata:
    """The board."""

    def __init__(self, profile: Profile, seed: int = 1) -> None:
        self.fault: Fault = ""
        self.outputs: dict[int, int] = {}  # what is driven: pin → value
        self._profile = profile
        self._seed = seed
        self._frame = bytearray()
        self._said = bytearray()
        self._began: float | None = None
        self._reports: set[int] = set()  # analog channels
        self._ports: dict[int, int] = {}  # that are reported, and what was said of them
        self._interval = 0.019
        self._next = 0.0
        self._number = 0

    @property
    def moves(self) -> bool:
        """Whether anything is driven."""
        return any(self.outputs.values())

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Firmata(self._profile)

    def take(self, piece: bytes, now: float) -> None:
        """Obey what was written to it."""
        for byte in piece:
            self._take(byte, now)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self._began is None:
            self._began = self._next = now
            self._say(bytes([wire.VERSION, 2, 4]) + self._firmware())
        self._sample(now)
        for port in sorted(self._ports):
            self._tell_port(port, now, False)
        said, self._said = bytes(self._said), bytearray()
        if self.fault == "garbage":
            return GARBAGE
        return b"" if self.fault in ("silent", "unplugged") else said

    # What it obeys -----------------------------------------------------------------------------------------

    def _take(self, byte: int, now: float) -> None:
        if self._frame and self._frame[0] == wire.SYSEX:
            if byte == wire.END:
                self._obey_long(bytes(self._frame[1:]))
                self._frame = bytearray()
            elif len(self._frame) < MAX_TAKEN:
                self._frame.append(byte)
            return
        if byte >= 0x80:
            self._frame = bytearray()
        self._frame.append(byte)
        command = self._frame[0]
        wanted = 3 if command == wire.MODE else SHORT.get(command & 0xF0, 1)
        if command != wire.SYSEX and len(self._frame) >= wanted:
            whole, self._frame = bytes(self._frame), bytearray()
            self._obey(whole, now)

    def _obey(self, order: bytes, now: float) -> None:
        command, number = order[0] & 0xF0, order[0] & 0x0F
        if order[0] == wire.RESET:
            self.outputs, self._ports, self._reports = {}, {}, set()
        elif order[0] == wire.MODE:
            self.outputs.pop(order[1], None)
        elif command == wire.DIGITAL:
            self._set_port(number, order[1] | order[2] << 7)
        elif command == wire.ANALOG:
            self.outputs[number] = order[1] | order[2] << 7
        elif command == wire.REPORT_ANALOG:
            (self._reports.add if order[1] else self._reports.discard)(number)
        elif command == wire.REPORT_DIGITAL:
            self._ports.pop(number, None)
            if order[1]:
                self._tell_port(number, now, True)

    def _set_port(self, port: int, bits: int) -> None:
        pulled_up = {sensor.number for sensor in self._digital()}
        for bit in range(8):
            pin = 8 * port + bit
            if pin not in pulled_up:
                self.outputs[pin] = bits >> bit & 1

    def _obey_long(self, body: bytes) -> None:
        command = body[0] if body else 0
        if command == wire.FIRMWARE:
            self._say(self._firmware())
        elif command == wire.CAPABILITIES:
            pins = b"".join(bytes(each for pair in pin.items() for each in pair) + b"\x7f" for pin in PINS)
            self._say(bytes([wire.SYSEX, wire.CAPABILITIES_ANSWER]) + pins + bytes([wire.END]))
        elif command == wire.ANALOG_MAP:
            places = bytes(max(pin - FIRST_ANALOG, -1) & 0x7F for pin in range(len(PINS)))
            self._say(bytes([wire.SYSEX, wire.ANALOG_MAP_ANSWER]) + places + bytes([wire.END]))
        elif command == wire.INTERVAL and len(body) == 3:
            self._interval = max(0.01, (body[1] | body[2] << 7) / 1000)

    # What it says ------------------------------------------------------------------------------------------

    def _say(self, words: bytes) -> None:
        if len(self._said) < MAX_SAID:
            self._said += words

    def _firmware(self) -> bytes:
        name = b"".join(wire.two(ord(letter)) for letter in NAME)
        return bytes([wire.SYSEX, wire.FIRMWARE, 2, 4]) + name + bytes([wire.END])

    def _digital(self) -> list[Sensor]:
        return [sensor for sensor in self._profile.sensors if sensor.kind.is_digital]

    def _sample(self, now: float) -> None:
        self._next = max(self._next, now - LONGEST_PAUSE)
        while self._next <= now:
            for channel in sorted(self._reports):
                self._say(bytes([wire.ANALOG | channel]) + wire.two(self._reading(channel)))
            self._next += self._interval
            self._number += 1

    def _reading(self, channel: int) -> int:
        if self.fault == "out-of-range":
            return STEPS
        parts = [s.part for s in self._profile.sensors if not s.kind.is_digital and s.number == channel]
        curve = VOLTS.get(parts[0], _waving) if parts else _waving
        volts = curve(self._next - (self._began or 0.0)) + 0.003 * noise(self._seed, self._number)
        return min(STEPS, max(0, round(volts / self._profile.reference * STEPS)))

    def _tell_port(self, port: int, now: float, first: bool) -> None:
        closed = int(now - (self._began or now)) % 2
        pins = [sensor.number for sensor in self._digital() if sensor.number // 8 == port]
        bits = sum(closed << pin % 8 for pin in pins)
        if first or self._ports.get(port) != bits:
            self._ports[port] = bits
            self._say(bytes([wire.DIGITAL | port]) + wire.two(bits))
