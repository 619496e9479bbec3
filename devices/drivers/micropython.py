"""BBC micro:bit and other boards with MicroPython (core).

A line is opened: whatever runs is interrupted, the board says who it is, the functions of its profile are
sent unless it still has them, what moves is switched off, and a loop that measures runs until something else
is to be done. Then that runs, and the loop again.
"""

import ast
import math
import re
from collections import deque
from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

from devices.driver import Driver, Heard, Status, sampled
from devices.drivers.lines_forms import Pairs, formed
from devices.drivers.micropython_board import Board
from devices.drivers.micropython_repl import (
    INTERRUPTED,
    NO_ANSWER,
    RESET,
    TO_FRIENDLY,
    Banner,
    Event,
    Job,
    Output,
    Repl,
    Started,
)
from devices.errors import ActuatorUnknown, BeyondRange, DeviceError, LineLost, ProgramUnknown
from devices.words import plain

OFF = b"_q()\r"  # as it is typed at the prompt; with what leads there it is less than 63 bytes
MAX_FILE = 32_768  # bytes; a micro:bit has room for 30 KB
MAX_LISTED = 8192  # bytes of the names of all files
MAX_ANSWERS = 16  # that nobody took
MAX_MESSAGE = 80  # letters: one line of the screen
WRITTEN = 128  # bytes of a file in one piece of code
READ = 64  # bytes of a file in one line
UPLOADS = 3  # of our functions, before a board is taken for one that cannot have them
SILENT = 3.0  # seconds that the measuring loop may say nothing; its slowest round is a tenth of that
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")

Kind = Literal["list", "get", "put"]
State = Literal["unknown", "checking", "bare", "ready", "full"]  # whether it has our functions


class FileRefused(DeviceError):
    """A file that a board cannot have: its name, or its size."""


class Answer(NamedTuple):
    """What came of a file that was asked for."""

    kind: Kind
    name: str = ""
    names: tuple[str, ...] = ()
    content: bytes = b""
    fault: str = ""


class MicroPython(Driver):
    """A connection to a board."""

    usb: ClassVar[frozenset[tuple[int, int]]] = frozenset({(0x0D28, 0x0204), (0x2E8A, 0x0005)})

    obeys = 2.0  # it is sought twice
    boots = 1.0  # opening its port does not start it anew

    def __init__(self, board: Board, pastes: bool = False) -> None:
        self.last_resort = board.last_resort
        self.channels = board.channels()
        self.actuators = board.actuators()
        self.programs: list[str] = [program.name for program in board.programs]
        self.answers: deque[Answer] = deque(maxlen=MAX_ANSWERS)  # of files, oldest first
        self._board = board
        self._table = {channel.name: channel for channel in self.channels}
        self._codes: Mapping[str, str] = {program.name: program.code for program in board.programs}
        self._moved = {actuator.name: actuator for actuator in self.actuators}
        self._repl = Repl(pastes)
        self._begun = False
        self._state: State = "unknown"
        self._uploads = 0  # that came to their end, since the board was found without our functions
        self._refusal = ""  # the fault of the newest one
        self._off_due = True
        self._program = ""
        self._asked: list[tuple[Kind, str]] = []  # files that are not answered yet
        self._content = bytearray()  # of the one that is being answered
        self._fault = ""  # the first one, of a file that is being written
        self._to_say: Heard = []
        self._broken = 0
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether the board has not come to its prompt since the last stop."""
        return self._is_stopping

    def greet(self) -> bytes:
        """Ask for the banner, which a board at its prompt says; a program that runs goes on."""
        return TO_FRIENDLY

    def begin(self) -> bytes:
        """Go to the prompt."""
        self._begun = True
        self._state = "unknown"
        return self._repl.seek()

    def ask(self, now: float) -> bytes:
        """Return the next piece of what is to be sent; sooner when called after each `feed` too."""
        if not self._begun:
            return b""
        for event in self._repl.flush():
            self._to_say += self._told(event, now)
        if self._repl.is_lost:
            self._state = "unknown"
            self._give_up(NO_ANSWER)
        if self._repl.is_idle:
            self._next()
        return self._repl.ask(now)

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard, self._to_say = self._to_say, []
        for event in self._repl.feed(piece, at):
            heard += self._told(event, at)
        self.refused = self._broken + self._repl.overlong
        return heard

    def missed(self) -> None:
        """Bytes were lost here: leave out the line that they were in."""
        self._repl.missed()

    def drive(self, actuator: str, value: float) -> bytes:
        """Return what sets an actuator; raise ActuatorUnknown, BeyondRange, LineLost before it is ready."""
        row = self._moved.get(actuator)
        if row is None:
            raise ActuatorUnknown(f"{actuator[:40]!r} is none of {', '.join(self._moved)}")
        if not row.low <= value <= row.high:
            raise BeyondRange(f"{actuator}: {value} is not from {row.low:g} to {row.high:g} {row.unit}")
        if self._state != "ready":
            raise LineLost("the board has not got its functions yet")
        self._repl.add(Job("drive", f"_w('{actuator}',{value!r})", key=actuator))
        return self._repl.hurry()

    def run(self, program: str) -> bytes:
        """Return what starts a program of the profile, or a file of the board; raise ProgramUnknown."""
        if program not in self.programs:
            raise ProgramUnknown(f"{program[:40]!r} is none of {', '.join(self.programs)}")
        code = self._codes.get(program, f"exec(open({program!r}).read())")
        self._repl.add(Job(f"run {program}", code, math.inf, is_endless=True, key="run"))
        return self._repl.hurry()

    def stop(self) -> bytes:
        """Return what interrupts everything and switches off what moves; the banner proves that it did."""
        self._give_up("stopped")
        self._state, self._off_due = "unknown", True
        self._is_stopping = True
        return self._repl.seek() + OFF

    # Files -------------------------------------------------------------------------------------------------

    def list_files(self) -> bytes:
        """Ask for the names of all files; the answer comes into `answers`."""
        self._asked.append(("list", ""))
        return self._list()

    def get_file(self, name: str) -> bytes:
        """Ask for a file; the answer comes into `answers`. Raise FileRefused."""
        code = f"f=open({_file(name)!r},'rb')\nwhile True:\n b=f.read({READ})\n if not b:break\n print(b)"
        self._ask_for("get", name, [code])
        return self._repl.hurry()

    def put_file(self, name: str, content: bytes) -> bytes:
        """Write a file; whether it was comes into `answers`. Raise FileRefused."""
        if len(content) > MAX_FILE:
            raise FileRefused(f"{name}: {len(content)} bytes are more than {MAX_FILE}")
        pieces = [content[begin : begin + WRITTEN] for begin in range(0, len(content), WRITTEN)]
        written = [f"f.write({piece!r})" for piece in pieces]
        self._ask_for("put", name, [f"f=open({_file(name)!r},'wb')", *written, "f.close()"])
        return self._repl.hurry()

    def _ask_for(self, kind: Kind, name: str, codes: list[str]) -> None:
        *parts, last = codes
        if len(codes) > self._repl.room:
            raise FileRefused(f"{name}: too much waits already")
        for part in parts:
            self._repl.add(Job("part", part, is_echoed=True))
        self._repl.add(Job(f"{kind} {name}", last, is_echoed=kind == "put"))
        self._asked.append((kind, name))

    def _list(self) -> bytes:
        self._repl.add(Job("list ", "import os\nprint(os.listdir())", key="list"))
        return self._repl.hurry()

    def _give_up(self, fault: str) -> None:
        self.answers += [Answer(kind, name, fault=fault) for kind, name in self._asked]
        self._asked = []
        self._content, self._fault = bytearray(), ""

    def _answer(self, kind: Kind, name: str, fault: str) -> None:
        content, fault = bytes(self._content), self._fault or fault
        self._content, self._fault = bytearray(), ""
        names: tuple[str, ...] = ()
        if kind == "list" and not fault:
            names, content = _names(content), b""
            files = [each for each in names if each.endswith(".py") and FILE.fullmatch(each)]
            self.programs = [*self._codes, *files]
        if (kind, name) in self._asked:
            self._asked.remove((kind, name))
            self.answers.append(Answer(kind, name, names, content, fault))

    # What is to be done next -------------------------------------------------------------------------------

    def _next(self) -> None:
        if self._state == "unknown":
            self._state = "checking"
            self._repl.add(Job("check", self._board.check()))
        elif self._state == "bare":
            self._state = "checking"
            self._repl.add(Job("install", self._board.installed(), is_echoed=True))
        elif self._state == "ready" and self._off_due:
            self._off_due = False
            self._repl.add(Job("off", "_q()"))
            self._list()
        elif self._state == "ready" and self.channels:
            self._repl.add(Job("measure", self._board.telemetry(), SILENT, is_endless=True))

    # What came of it ---------------------------------------------------------------------------------------

    def _told(self, event: Event, at: float) -> Heard:
        if isinstance(event, Banner):
            is_new, self.identity = not self.identity, event.text
            self._is_stopping = False
            self._off_due = True
            return self._over("stopped") + ([Status(message="ready")] if is_new else [])
        if isinstance(event, Output):
            return self._printed(event, at)
        kind, _, name = event.job.name.partition(" ")
        if isinstance(event, Started):
            self._program = name if kind == "run" else ""
            return [Status(running=name, message="started")] if kind == "run" else []
        return self._ended(kind, name, event.fault)

    def _printed(self, output: Output, at: float) -> Heard:
        kind = output.job.name.partition(" ")[0]
        if kind in ("measure", "run"):
            return self._measured(output.line, at, kind == "run")
        if kind == "get":
            self._content += _literal(output.line)
            del self._content[MAX_FILE:]
        elif kind == "list":
            self._content += output.line[: MAX_LISTED - len(self._content)]
        return []

    def _measured(self, line: bytes, at: float, may_talk: bool) -> Heard:
        found = formed(line)
        pairs = found.pairs if isinstance(found, Pairs) else []
        samples: Heard = [
            sampled(self._table[pair.name], at, pair.number)
            for pair in pairs
            if pair.name in self._table and pair.number is not None
        ]
        if may_talk and not samples:
            return [Status(message=plain(line.decode("utf-8", "replace"), MAX_MESSAGE))]
        self._broken += max(0, len(pairs) - len(samples)) if pairs else 1
        return samples

    def _ended(self, kind: str, name: str, fault: str) -> Heard:
        if kind == "run":
            return self._over(_word(fault))
        if kind in ("list", "get", "put"):
            self._answer(kind, name, fault)  # type: ignore[arg-type]  # it is one of them
            return []
        if kind == "part":
            self._fault = self._fault or fault
            return []
        if kind == "check":
            return self._checked(fault)
        if kind == "install":
            return self._sent(fault)
        if not fault or fault.startswith(INTERRUPTED):
            return []
        self._state = "unknown"
        return [Status(message=_word(fault))] if fault != RESET else []

    def _checked(self, fault: str) -> Heard:
        if fault in (NO_ANSWER, RESET) or fault.startswith(INTERRUPTED):  # by a ^C of a stop before it
            self._state = "unknown"
        elif not fault:
            self._state, self._uploads = "ready", 0
        elif self._uploads < UPLOADS:
            self._state = "bare"
        else:
            self._state = "full"
            return [Status(message=_word(self._refusal or fault))]
        return []

    def _sent(self, fault: str) -> Heard:
        """Our functions were sent: whether the board has them is for the check to find."""
        self._state = "unknown"
        if fault in (NO_ANSWER, RESET):
            return [Status(message=fault)] if fault == NO_ANSWER else []
        self._uploads += 1
        self._refusal = fault
        return []

    def _over(self, word: str) -> Heard:
        """Return that a program is over; it may have changed our functions."""
        told: Heard = [Status(running="", message=word)] if self._program else []
        self._program, self._state, self._uploads = "", "unknown", 0
        return told


def _file(name: str) -> str:
    if not FILE.fullmatch(name):
        raise FileRefused(f"{name[:40]!r} is no name of a file")
    return name


def _literal(line: bytes) -> bytes:
    """Return the bytes that a board printed as Python writes them."""
    try:
        found = ast.literal_eval(line.decode("ascii"))
    except (ValueError, SyntaxError):
        return b""
    return found if isinstance(found, bytes) else b""


def _names(line: bytes) -> tuple[str, ...]:
    """Return the names that a board printed as a list of Python."""
    try:
        found = ast.literal_eval(line.decode("ascii"))
    except (ValueError, SyntaxError):
        return ()
    return tuple(plain(str(each), MAX_MESSAGE) for each in found) if isinstance(found, list) else ()


def _word(fault: str) -> str:
    if not fault:
        return "finished"
    return "stopped" if fault.startswith(INTERRUPTED) else plain(fault, MAX_MESSAGE)
