"""grbl 1.1, and what of 0.9 is alike: plotters, engravers, small mills (core).

Lines are answered in order; the bytes of those without an answer stay below its buffer of 128. `?`, `!`,
ctrl-X and 0x85 are taken at once, whatever else it does. After ctrl-X everything is forgotten, its welcome
comes, and only then is the next line sent. If it moved, it is locked then: its position is lost (alarm 3).
Its settings are read again after each reset and each message: one of them says whether it tells inches.
"""

import re
from collections.abc import Mapping

from devices.driver import Heard, Status
from devices.drivers.gcode import MAX_WORDS, GCode, number
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_program import INCH, Dialect, ProgramRefused

HOLD, RESET, CANCEL = b"!", b"\x18", b"\x85"
WELCOME = re.compile(r"Grbl (\d\.\d\w?)\b.*")
BUILD = re.compile(r"\[(?:VER:)?(\d\.\d\w?)\.\d{8}:(.*)\]")
REPORT = re.compile(r"<([A-Z][a-z]+)(?::\d)?([|,].*)?>")
SETTING = re.compile(r"\$(\w+)=(.*)")
WAITS = 1.0  # seconds for its welcome after a reset
INCHES = "13"  # the setting that says in what it tells its position
STALLS = 75.0  # seconds at rest with lines that it never answered: longer than a program may tell it to wait
ALARMS = {
    1: "alarm-hard-limit",
    2: "alarm-soft-limit",
    3: "alarm-position-lost",
    4: "alarm-probe",
    5: "alarm-probe",
}
POSITION_LOST = 3
ERRORS = {5: "no-homing", 8: "machine-busy", 9: "machine-locked", 15: "beyond-travel", 22: "no-feed"}
RESTS = ("", "Idle", "Alarm")  # states in which it tells its settings; "" until it has told its state
STATES = {"Alarm": "machine-locked", "Door": "door-open", "Hold": "machine-held"}


class Grbl(GCode):
    """A connection to one machine with grbl."""

    bauds = (115_200,)
    obeys = 1.5  # its welcome takes some tenths; after one second the stop is said again
    dialect = Dialect(begins=(b"G21", b"G90", b"G17", b"G94", b"G54"), waits=b"G4P0.01")

    def __init__(self, machine: Machine, programs: Mapping[str, str] | None = None) -> None:
        super().__init__(machine, programs)
        self._state = ""
        self._unit = 1.0  # inches, if it is set so
        self._resets = False  # its welcome is awaited
        self._reset_at: float | None = None  # None until the next `ask`
        self._rests: float | None = None  # since when it is idle though answers are due
        self._rereads = False  # its settings may be others by now

    @property
    def is_stopping(self) -> bool:
        """Whether it was reset, and its welcome has not come yet."""
        return self._resets

    @staticmethod
    def deeds() -> tuple[str, ...]:
        """Return what it can do beside the programs it is given."""
        return ("home", "unlock")

    def greet(self) -> bytes:
        """Ask for its state and its version; it does nothing else."""
        return b"\n?$I\n"

    def begin(self) -> bytes:
        """Ask for version and settings."""
        self._sent.clear()
        return self._send(b"") + self._send(b"$I") + self._send(b"$$", "settings")

    def ask(self, now: float) -> bytes:
        """Return what comes next; the stop again if its welcome did not come."""
        if self._resets and self._reset_at is None:
            self._reset_at = now
        if self._reset_at is not None and now - self._reset_at >= WAITS:
            return self._stopped()  # what was ordered since then waits
        return self._settings() + super().ask(now)

    def _settings(self) -> bytes:
        is_free = not (self._running or self._sent or self._resets or self._halts)
        if not (self._rereads and is_free and self._state in RESTS):
            return b""
        self._rereads = False
        return self._send(b"$$", "settings")

    def run(self, program: str) -> bytes:
        """Return what begins a program; raise ProgramUnknown, also for one that must not run."""
        if self._state == "Alarm" and program in self._texts:
            raise ProgramRefused("the machine is locked: home or unlock it first")
        return super().run(program)

    def _line(self, line: str, at: float) -> Heard | None:
        if line == "ok":
            return self._took()
        if line.startswith("error:"):
            return self._refuses(ERRORS.get(_code(line), "line-refused"))
        if line.startswith("ALARM:"):
            return self._alarmed(_code(line))
        if line.startswith("<"):
            return self._reported(line, at)
        if line.startswith("Grbl "):
            return self._welcomed(line)
        return self._told(line)

    def _told(self, line: str) -> Heard | None:
        setting, build = SETTING.fullmatch(line), BUILD.fullmatch(line)
        if setting:
            if setting[1] == INCHES:
                self._unit = INCH if setting[2] == "1" else 1.0
        elif build:
            self.identity = " ".join(
                each for each in ("Grbl", build[1], build[2][:MAX_WORDS].strip()) if each
            )
        elif line.startswith("[MSG:"):
            self._rereads = True
        elif line and not (line[0] == "[" and line[-1] == "]") and line[0] != ">":
            return None
        return []

    def _welcomed(self, line: str) -> Heard | None:
        found = WELCOME.fullmatch(line)
        if not found:
            return None
        self.identity = self.identity or f"Grbl {found[1]}"
        self._sent.clear()
        self._state, self._rereads = "", True
        if self._resets:
            self._resets, self._reset_at = False, None
            return []
        return self._ends("restarted")

    def _refuses(self, word: str) -> Heard:
        if self._sent and self._sent[0].about == "settings":
            self._rereads = word == "machine-busy"
            self._answered()
            return []
        return super()._refuses(word)

    def _alarmed(self, code: int) -> Heard:
        self._state = "Alarm"
        self._halts = code != POSITION_LOST  # which is what a reset says; after the others it wants one
        word = ALARMS.get(code, "alarm-homing")
        return self._ends(word) if self._running else [Status(message=word)]

    def _reported(self, line: str, at: float) -> Heard | None:
        found = REPORT.fullmatch(line)
        if not found:
            return None
        fields = dict(
            each.partition(":")[::2] for each in re.split(r"[|]|,(?=[A-Z])", found[2] or "") if each
        )
        places = {
            name: _place(fields[name], self._unit) for name in ("MPos", "WPos", "WCO") if name in fields
        }
        if None in places.values() or not places.keys() & {"MPos", "WPos"}:
            return None
        self.identity = self.identity or "Grbl"
        self._offset = places.get("WCO") or self._offset
        place = places.get("MPos") or _sum(places.get("WPos") or self._offset, self._offset)
        self._watch(found[1], at)
        return self._position(dict(zip("xyz", place, strict=True)), at) + self._changed(found[1])

    def _watch(self, state: str, at: float) -> None:
        if state != "Idle" or not self._sent:
            self._rests = None
        elif self._rests is None:
            self._rests = at
        elif at - self._rests >= STALLS:
            self._rests = None
            self._halt("program-stalled")

    def _changed(self, state: str) -> Heard:
        before, self._state = self._state, state
        return [Status(message=STATES[state])] if state != before and state in STATES else []

    def _question(self) -> bytes:
        return b"?"

    def _deed(self, name: str) -> list[bytes]:
        return [b"$H" if name == "home" else b"$X"]

    def _jog(self, axes: Mapping[str, float], now: float | None) -> bytes:
        line = b"$J=G53G90G21" + _words(axes) + b"F%g" % self._machine.jog
        if any(each.about == "jog" for each in self._sent) or not self._fits(line):
            return b""
        self._wanted.clear()
        return CANCEL + self._send(line, "jog")

    def _stopped(self) -> bytes:
        self._sent.clear()
        self._resets, self._reset_at = True, None
        return HOLD + RESET

    def _may_send(self) -> bool:
        return not self._resets


def _code(line: str) -> int:
    text = line.partition(":")[2].strip()
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _words(axes: Mapping[str, float]) -> bytes:
    return "".join(f"{axis.upper()}{value:.3f}" for axis, value in axes.items()).encode()


def _place(text: str, unit: float) -> tuple[float, ...] | None:
    """Return the first three of an axis list; None for nonsense."""
    values = [number(each) for each in text.split(",")]
    if len(values) < len("xyz") or None in values:
        return None
    return tuple(value * unit for value in values[:3] if value is not None)


def _sum(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
