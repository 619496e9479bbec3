"""Marlin: 3D printers, moved cold, and uArm Swift Pro, whose firmware is made of it (core).

It holds four lines, and reads no further while it waits for room among its planned moves. So two lines of a
program are under way, a question may be the third, and `M410` finds room. `M410` ends the planned moves, but
lines that lie before it are still obeyed: it is said again when they are answered. A board without the
emergency parser reads it at the end of a move at the latest, and says so (`Cap:EMERGENCY_PARSER:0`).

It says ok to a move that it has planned, sixteen of them before it goes there. A program ends with M400,
whose ok comes when the machine stands, but a board without the emergency parser would not hear a stop before
that. There it is over when the motors' own count of steps, which M114 tells too, has rested for a while.

`M112` is never sent: who obeyed it is as dead as who is broken, and wants a hand to come back. Pulsing DTR,
which whoever owns the port may do, halts a board too.
"""

import re
from collections.abc import Mapping

from devices.driver import Heard, Status
from devices.drivers.gcode import MAX_WORDS, GCode, number
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_program import Dialect

QUICKSTOP = b"M410"
STANDS = 1.0  # seconds without a step: a tenth of that is between two moves, and no program goes so slowly
STRIDE = 0.5  # seconds that an axis is sent ahead where a person sends it: what a stop or another wish waits
ANSWER = re.compile(r"(?:\$\d+ )?ok\b *(.*)")
ERROR = re.compile(r"(?:\$\d+ )?E\d{1,2}\b.*")
PLACE = re.compile(r"X:? ?(\S+) Y:? ?(\S+) Z:? ?(\S+)(?: .*)?")
COUNT = re.compile(r".*\bCount:? (.+)")
NAMED = re.compile(r"FIRMWARE_NAME: ?(.+?)(?: \(.*| SOURCE_CODE_URL.*| PROTOCOL_VERSION.*|$)")
MACHINE = re.compile(r".*\bMACHINE_TYPE:(.+?)(?: [A-Z_]+:.*|$)")
BOOTS = ("Marlin", "echo:Marlin", "echo: Last Updated", "echo:Last Updated")  # what no other machine says
CHATTER = (
    "echo:",
    "Cap:",
    "T:",
    "B:",
    "wait",
    "//",
    "Marlin",
    "busy:",
    "@",
    "SD ",
    "Free Memory",
    "Compiled:",
)
HALTED = ("halted", "kill")


class Marlin(GCode):
    """A connection to one machine with Marlin."""

    dialect = Dialect(
        g=frozenset({28}),
        m=frozenset({17, 18, 84, 400}),
        lacks=frozenset({20}),
        skips=frozenset({17, 21, 54, 94}),
        begins=(b"G90",),
        dwell=60_000,
    )
    room = 90
    most = 2
    period = 0.5
    obeys = 3.0  # without the emergency parser a stop is read at the end of a move
    boots = 8.0  # its loader two, its memory card some
    asks_place = b"M114"
    asks_name = b"M115"
    quiets: tuple[bytes, ...] = (b"M104 S0", b"M140 S0")  # what else a stop switches off

    def __init__(self, machine: Machine, programs: Mapping[str, str] | None = None) -> None:
        super().__init__(machine, programs)
        self._at: dict[str, float] = {}  # where it goes; empty while that is not known
        self._free_at = 0.0  # when the way of an axis is over
        self._stops_again = False
        self._is_prompt = False  # it has the emergency parser
        self._place = ""  # where the motors are, as it was told last; "" while that is not told
        self._settles = False  # every line of the program was answered, and it may still be moving
        self._is_waited = False  # the M400 behind them was said
        self._rests: tuple[str, float] | None = None  # where it seems to stand since then, and since when

    @property
    def is_stopping(self) -> bool:
        """Whether an M410 has no answer yet: it comes when the machine stands."""
        return self._stops_again or any(each.about == "stop" for each in self._sent)

    def greet(self) -> bytes:
        """Ask who it is; it does nothing else."""
        self._sent.clear()
        return b"\n" + self._send(self.asks_name, "name")

    def begin(self) -> bytes:
        """Ask who it is."""
        return b"\n" + self._send(self.asks_name, "name")

    def ask(self, now: float) -> bytes:
        """Return what comes next; the stop again when what lay before it was answered."""
        if self._stops_again and all(each.about in ("stop", "place", "name") for each in self._sent):
            self._stops_again = False
            return self._send(QUICKSTOP, "stop")
        return super().ask(now)

    def run(self, program: str) -> bytes:
        """Return what begins a program; raise ProgramUnknown, also for one that must not run."""
        self._settles = self._is_waited = False
        return super().run(program)

    def _line(self, line: str, at: float) -> Heard | None:
        answer = ANSWER.fullmatch(line)
        if answer:
            return self._okayed(answer[1], at)
        if line.startswith("Error:") or ERROR.fullmatch(line) or "KILLED" in line:
            return self._failed(line)
        if line.startswith("FIRMWARE_NAME:"):
            return self._named(line)
        if line == "start":
            self._sent.clear()
            self._at.clear()
            self._stops_again = False
            return self._ends("restarted")
        return self._placed(line, at) if line.startswith("X:") else self._told(line)

    def _told(self, line: str) -> Heard | None:
        if line.startswith("echo:Unknown command") and self._running:
            self._halt("line-refused")
        if line.startswith("Cap:EMERGENCY_PARSER:"):
            self._is_prompt = line.endswith(":1")
            return [] if self._is_prompt else [Status(message="stop-is-late")]
        self.is_hinted = self.is_hinted or line.startswith(BOOTS)
        return [] if not line or line.startswith(CHATTER) else None

    def _okayed(self, rest: str, at: float) -> Heard:
        place = self._placed(rest, at) if rest.startswith("X") else None
        if self._settles and not self._place and self._sent and self._sent[0].about == "place":
            self._wait()  # though it hears no stop before the end of its moves
        return (place or []) + self._took()

    def _failed(self, line: str) -> Heard:
        if any(word in line.lower() for word in HALTED):
            self._sent.clear()
            return self._ends("machine-halted")
        if line.startswith("Error:"):  # an ok follows
            self._halts = bool(self._running)
            return self._ends("line-refused") if self._running else [Status(message="line-refused")]
        return self._refuses("line-refused")

    def _named(self, line: str) -> Heard:
        found, machine = NAMED.match(line), MACHINE.match(line)
        names = [each[1].strip() for each in (found, machine) if each]
        self.identity = " ".join(names)[:MAX_WORDS]
        return []

    def _placed(self, text: str, at: float) -> Heard | None:
        found = PLACE.fullmatch(text)
        values = [number(each) for each in found.groups()] if found else []
        if not values or None in values:
            return None
        place = {axis: value for axis, value in zip("xyz", values, strict=True) if value is not None}
        if not any(each.about == "jog" for each in self._sent):
            self._at = dict(place)
        self._place = self._motors(text)
        return self._position(place, at) + self._settled(at)

    def _motors(self, text: str) -> str:
        """Return what a report says of where the motors are by now; "" for nothing."""
        found = COUNT.fullmatch(text)
        return found[1] if found else ""

    def _took_all(self) -> Heard:
        if self._is_waited:
            return super()._took_all()
        self._settles, self._rests = True, None
        if self._is_prompt:
            self._wait()
        return []

    def _wait(self) -> None:
        self._settles, self._is_waited = False, True
        self._waiting.append(b"M400")

    def _settled(self, at: float) -> Heard:
        """Return that the program is over, once the motors have rested."""
        if not self._settles:
            return []
        if self._rests is None or self._rests[0] != self._place:
            self._rests = self._place, at
        if at - self._rests[1] < STANDS:
            return []
        self._settles = False
        return super()._took_all()

    def _ends(self, word: str) -> Heard:
        self._settles = False
        return super()._ends(word)

    def _question(self) -> bytes:
        if any(each.about in ("place", "name") for each in self._sent) or len(self._sent) > self.most:
            return b""
        return self._send(self.asks_place, "place") if self.identity else self._send(self.asks_name, "name")

    def _deed(self, name: str) -> list[bytes]:
        return [b"G28"]

    def _jog(self, axes: Mapping[str, float], now: float | None) -> bytes:
        is_under_way = any(each.about == "jog" for each in self._sent)
        if now is None or now < self._free_at or not self._at or is_under_way:
            return b""
        furthest = self._machine.jog / 60 * STRIDE
        goes = {axis: _towards(self._at[axis], place, furthest) for axis, place in axes.items()}
        self._free_at = (
            now + max(abs(place - self._at[axis]) for axis, place in goes.items()) / furthest * STRIDE
        )
        self._at.update(goes)
        self._wanted = {axis: place for axis, place in axes.items() if goes[axis] != place}
        words = "".join(f" {axis.upper()}{place:.3f}" for axis, place in goes.items())
        return self._send(b"G90", "jog") + self._send(f"G1{words} F{self._machine.jog:g}".encode(), "jog")

    def _stopped(self) -> bytes:
        self._stops_again = any(each.about.startswith(("program ", "jog")) for each in self._sent)
        self._at.clear()
        lines = (QUICKSTOP, *((b"M5", b"M107") if self._machine.tool else ()), *self.quiets)
        return b"\n" + b"".join(self._send(line, "stop") for line in lines)


class Uarm(Marlin):
    """A connection to one uArm Swift Pro. It answers as Marlin does, so it is to be asked first."""

    dialect = Dialect(
        m=frozenset({17, 18, 2231, 2232}),
        lacks=frozenset({20}),
        skips=frozenset({17, 21, 54, 94}),
        begins=(b"G90",),
        dwell=60_000,
    )
    asks_place = b"P2220"
    asks_name = b"P2201"
    quiets = (b"M2231 V0", b"M2232 V0")  # the pump lets go of what it holds: it must not run for ever

    def _okayed(self, rest: str, at: float) -> Heard:
        name = re.fullmatch(r"V([A-Za-z][\w-]{1,30})", rest)
        if name:
            self.identity = f"uArm {name[1]}"
        return super()._okayed(rest, at)

    def _named(self, line: str) -> Heard:
        return []  # it is told by each Marlin

    def _told(self, line: str) -> Heard | None:
        if line.startswith("echo:Unknown command"):  # no ok follows
            return self._refuses("line-refused")
        return super()._told(line)

    def _deed(self, name: str) -> list[bytes]:
        return [b"G0 X200 Y0 Z150 F1000"]  # where it stands when it is switched on

    def _motors(self, text: str) -> str:
        return text  # it tells where it is, and not where it goes


def _towards(begin: float, end: float, furthest: float) -> float:
    return end if abs(end - begin) <= furthest else begin + (furthest if end > begin else -furthest)
