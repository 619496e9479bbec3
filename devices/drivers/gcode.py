"""Machines that take G-code, a line at a time, and say `ok` to each (core).

What is common to grbl and Marlin: lines that wait, those that were sent and have no answer yet, a program
that is brought line by line, an axis that a person sends somewhere. Each family says what its words mean.

A line that is refused ends its program and stops the machine: what comes after it would go elsewhere.
"""

import re
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from devices.driver import Driver, Heard, Sample, Status, sampled
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_program import Dialect, ProgramRefused, checked
from devices.drivers.lines_whole import WholeLines
from devices.errors import ActuatorUnknown, BeyondRange, ProgramUnknown

LONGEST = 256  # bytes of a line from a machine; grbl's longest report has 100, Marlin's 200
MAX_WORDS = 80  # letters of what a machine says: one line of the screen
NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{0,9})?")
SILENCE = 30.0  # seconds without a word while an answer is due; Marlin says that it is busy every two
HOMES = 120.0  # seconds of silence while it looks for its switches


class MachineBusy(BeyondRange):
    """An axis goes nowhere by hand while a program runs."""


class Sent(Struct, frozen=True):
    """A line without an answer yet."""

    size: int  # bytes, with its end
    about: str = ""  # what it asks for, or the program that it is of


class GCode(Driver):
    """A connection to one machine."""

    bauds: ClassVar[Sequence[int]] = (115_200, 250_000)
    dialect = Dialect()
    room = 120  # bytes of lines without an answer
    most = 32  # lines without an answer
    period = 0.2  # seconds between two questions for the position

    def __init__(self, machine: Machine, programs: Mapping[str, str] | None = None) -> None:
        self._texts = dict(programs or {})
        self._machine = machine
        self.channels = machine.channels()
        self.actuators = machine.actuators()
        self.programs = (*self.deeds(), *self._texts)
        self.identity = ""
        self.refused = 0
        self._lines = WholeLines(LONGEST)
        self._not_understood = 0
        self._waiting: deque[bytes] = deque()  # of the program
        self._sent: deque[Sent] = deque()
        self._running = ""
        self._is_begun = False  # the program's first line was taken
        self._wanted: dict[str, float] = {}  # where a person sends the axes
        self._halts = False  # at the next `ask`
        self._said: Heard = []  # to be told by the next `feed`
        self._asked = 0.0
        self._heard_at: float | None = None
        self._offset: tuple[float, ...] = (0.0, 0.0, 0.0)  # the program's zero in the machine's coordinates

    @staticmethod
    def deeds() -> tuple[str, ...]:
        """Return what it can do beside the programs it is given."""
        return ("home",)

    @abstractmethod
    def _line(self, line: str, at: float) -> Heard | None:
        """Return what a line says; None for what is not understood."""

    @abstractmethod
    def _question(self) -> bytes:
        """Return what asks for the position."""

    @abstractmethod
    def _deed(self, name: str) -> list[bytes]:
        """Return the lines of one of `deeds`."""

    @abstractmethod
    def _jog(self, axes: Mapping[str, float], now: float | None) -> bytes:
        """Return what sends axes somewhere, nothing while it cannot be sent; `now` is None out of `ask`."""

    @abstractmethod
    def _stopped(self) -> bytes:
        """Return what stops the machine at once."""

    def _may_send(self) -> bool:
        return True

    def ask(self, now: float) -> bytes:
        """Return what comes next: a stop, a question, the program's next lines, a way of an axis."""
        if self._heard_at is None:
            self._heard_at = now
        if self._sent and now - self._heard_at >= (HOMES if self._running == "home" else SILENCE):
            self._heard_at = now
            self._sent.clear()
            self._halt("machine-silent")
        if self._halts:
            return self.stop()
        asked = b""
        if now - self._asked >= self.period:
            self._asked, asked = now, self._question()
        jog = self._jog(dict(self._wanted), now) if self._wanted and self._may_send() else b""
        return asked + self._fill() + jog

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard, self._said = self._said, []
        for raw in self._lines.cut(piece):
            text = raw.strip(b"\r\0 ")
            said = self._line(text.decode(), at) if text.isascii() and text.decode().isprintable() else None
            if said is None:
                self._not_understood += 1
            else:
                self._heard_at = at
                heard += said
        self.refused = self._not_understood + self._lines.overlong
        return heard

    def missed(self) -> None:
        """Bytes were lost here: leave out the line that they were in."""
        self._lines.missed()

    def drive(self, actuator: str, value: float) -> bytes:
        """Return what sends an axis to a place; raise ActuatorUnknown, BeyondRange."""
        found = next((each for each in self.actuators if each.name == actuator), None)
        if found is None:
            raise ActuatorUnknown(f"{actuator[:40]!r} is none of {', '.join(e.name for e in self.actuators)}")
        if not found.low <= value <= found.high:  # also when it is no number
            raise BeyondRange(f"{actuator} {value}: {found.low:g} to {found.high:g} {found.unit}")
        if self._running:
            raise MachineBusy(f"{actuator}: {self._running} runs; stop it first")
        return self._drive(actuator, value)

    def run(self, program: str) -> bytes:
        """Return what begins a program; raise ProgramUnknown, also for one that must not run."""
        if program not in self.programs:
            raise ProgramUnknown(f"{program[:40]!r} is none of {', '.join(self.programs)}")
        if self._running:
            raise ProgramRefused(f"{self._running} runs; stop it first")
        if program in self.deeds():
            lines = self._deed(program)
            self._said.append(Status(running=program, message="started"))  # its ok comes at its end
        else:
            lines = checked(self._texts[program], self._machine, self.dialect, self._offset)
        self._waiting, self._running, self._is_begun = deque(lines), program, program in self.deeds()
        self._wanted.clear()
        return self._fill()

    def stop(self) -> bytes:
        """Return what stops the machine, whatever it does."""
        if self._running:
            self._said += self._ends("stopped")
        self._wanted.clear()
        self._halts = False
        return self._stopped()

    def _drive(self, actuator: str, value: float) -> bytes:
        self._wanted[actuator] = value
        return self._jog(dict(self._wanted), None) if self._may_send() else b""

    def _send(self, line: bytes, about: str = "") -> bytes:
        self._sent.append(Sent(len(line) + 1, about))
        return line + b"\n"

    def _fits(self, line: bytes) -> bool:
        size = sum(each.size for each in self._sent) + len(line) + 1
        return not self._sent or (size <= self.room and len(self._sent) < self.most)

    def _fill(self) -> bytes:
        out = b""
        while self._waiting and self._may_send() and self._fits(self._waiting[0]):
            out += self._send(self._waiting.popleft(), f"program {self._running}")
        return out

    def _answered(self) -> str:
        """Take the oldest line as answered; return what it was about."""
        return self._sent.popleft().about if self._sent else ""

    def _took(self) -> Heard:
        """Return what an `ok` says."""
        about = self._answered()
        if not self._running or about != f"program {self._running}":
            return []
        heard: Heard = []
        if not self._is_begun:
            self._is_begun = True
            heard.append(Status(running=self._running, message="started"))
        if not self._waiting and not any(each.about == about for each in self._sent):
            heard += self._took_all()
        return heard

    def _took_all(self) -> Heard:
        """Return what the ok to a program's last line says: that the machine stands."""
        self._running = ""
        return [Status(running="", message="finished")]

    def _refuses(self, word: str) -> Heard:
        """Return what the refusal of a line says; the program of which it was ends."""
        about = self._answered()
        if not about.startswith("program "):
            return [Status(message=word)]
        self._halts = True
        return self._ends(word)

    def _halt(self, word: str) -> None:
        """Stop the machine at the next `ask`, and tell why."""
        self._halts = True
        self._said += self._ends(word)

    def _ends(self, word: str) -> Heard:
        """Forget the program; return that it runs no more."""
        self._waiting.clear()
        self._wanted.clear()
        self._running = ""
        return [Status(running="", message=word)]

    def _position(self, values: Mapping[str, float], at: float) -> Heard:
        found: list[Sample | Status] = []
        for channel in self.channels:
            if channel.name in values:
                found.append(sampled(channel, at, values[channel.name]))
        return found


def number(text: str) -> float | None:
    """Return a plain number; None for what is none."""
    return float(text) if NUMBER.fullmatch(text) else None
