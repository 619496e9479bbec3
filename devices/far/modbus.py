"""Modbus probes that are not there (core): the slaves of a bus, with knobs for what goes wrong on it."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from devices.drivers.modbus_frames import ERROR, REQUEST_SIZE, is_whole, signed
from devices.drivers.modbus_probes import Placed
from devices.simulate import cooling, neutralised, shaded

LATENCY = 0.03  # seconds until a probe answers
MAX_ANSWERS = 8  # that nobody fetched
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2

ALWAYS = 42.0  # what a quantity shows that nobody has described here

Shows = Callable[[float], float]

SHOWS: Mapping[str, Shows] = {
    "temperature": cooling,
    "acidity": neutralised,
    "illuminance": shaded,
    "moisture": lambda age: 35.0 + 10.0 * math.exp(-(age % 600.0) / 120.0),  # somebody waters it
    "humidity": lambda age: 45.0 + 5.0 * math.sin(age / 60.0),
    "conductivity": lambda age: 1.2 + 0.1 * math.sin(age / 30.0),
    "carbon-dioxide": lambda age: 450.0 + 1500.0 * (1.0 - math.exp(-(age % 2700.0) / 1200.0)),  # a lesson
    "speed": lambda age: 3.0 + 2.0 * math.sin(age / 5.0),
    "direction": lambda age: (220.0 + 30.0 * math.sin(age / 20.0)) % 360.0,
}


class Bus:
    """The far end of a line with probes on it."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self.dead: set[int] = set()  # slaves that say nothing
        self.strict: set[int] = set()  # they pass over the frame after one that another left unanswered
        self.unplugged: set[tuple[int, int]] = set()  # slave and register: refused as an illegal address
        self.asked: dict[int, int] = {each.slave: 0 for each in placed}  # requests to each slave
        self._placed = {each.slave: each for each in placed}
        self._began: float | None = None
        self._buffer = bytearray()
        self._answers = deque[tuple[float, bytes]](maxlen=MAX_ANSWERS)
        self._unanswered = 0  # the slave of the last request, if it said nothing

    def take(self, piece: bytes, now: float) -> None:
        """Hear what the master writes."""
        self._began = now if self._began is None else self._began
        self._buffer += piece
        while len(self._buffer) >= REQUEST_SIZE:
            request = bytes(self._buffer[:REQUEST_SIZE])
            if is_whole(request):
                del self._buffer[:REQUEST_SIZE]
                self._hear(request, now)
            else:
                del self._buffer[0]

    def speak(self, now: float) -> bytes:
        """Return what the slaves have answered."""
        said = b""
        while self._answers and self._answers[0][0] <= now:
            said += self._answers.popleft()[1]
        return said

    def _hear(self, request: bytes, now: float) -> None:
        slave, function = request[0], request[1]
        placed = self._placed.get(slave)
        if placed is None:
            return
        self.asked[slave] += 1
        passes = slave in self.strict and self._unanswered not in (0, slave)
        self._unanswered = slave if slave in self.dead else 0
        if slave not in self.dead and not passes:
            first, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
            body = self._answer(placed, function, range(first, first + count), now)
            self._answers.append((now + LATENCY, signed(bytes((slave,)) + body)))

    def _answer(self, placed: Placed, function: int, wanted: range, now: float) -> bytes:
        if function != placed.probe.function:
            return bytes((function | ERROR, ILLEGAL_FUNCTION))
        held = self._held(placed, now - (self._began or 0.0))
        if any(each not in held or (placed.slave, each) in self.unplugged for each in wanted):
            return bytes((function | ERROR, ILLEGAL_ADDRESS))
        words = b"".join(held[each].to_bytes(2, "big") for each in wanted)
        return bytes((function, len(words))) + words

    def _held(self, placed: Placed, age: float) -> dict[int, int]:
        held: dict[int, int] = {}
        for row in placed.probe.rows:
            value = SHOWS[row.quantity](age) if row.quantity in SHOWS else ALWAYS
            registers = row.registers(min(row.high, max(row.low, value)))
            held.update((row.register + number, word) for number, word in enumerate(registers))
        return held
