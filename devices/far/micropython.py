"""A simulated board at its MicroPython prompt (core).

It knows no Python. It obeys the code that the driver makes of a profile, keeps the files that the driver
writes, and lets programs of the profile run for a while; they do nothing.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence

from devices.driver import Driver
from devices.drivers.micropython import MicroPython
from devices.drivers.micropython_board import Board, Sensed
from devices.simulate import GARBAGE, Fault, cooling, noise

BANNER = b"MicroPython v1.18 on 2022-01-17; micro:bit v2.1.2 with nRF52833"
HELP = b'\r\nType "help()" for more information.\r\n'
PROMPT, RAW_PROMPT, PASTE_PROMPT = b">>> ", b"raw REPL; CTRL-B to exit\r\n>", b"=== "
PASTE = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n"
ROOM = 63  # bytes that wait while a program runs; what comes then is dropped, as by a micro:bit
MAX_CODE = 8192  # bytes of one piece of code
MAX_SAID = 16_384  # bytes that nobody has read yet
LONGEST_PAUSE = 1.0  # seconds; what was to be said before that was never said
LASTS = 20.0  # seconds that a program runs

CURVES: Mapping[str, Callable[[float], float]] = {
    "temperature": lambda age: 22.0 + (cooling(age) - 22.0) / 20,
    "acceleration": lambda age: 4.0 * math.sin(2 * math.pi * age / 2.0),
}


class FarMicroPython:
    """The board."""

    def __init__(self, board: Board, seed: int = 1) -> None:
        self.fault: Fault = ""
        self.files: dict[str, bytes] = {}
        self.hangs = False  # it hears nothing any more, not even ^C
        self.has_raw = True
        self._board = board
        self._seed = seed
        self._number = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew, as when its button is pressed; its files stay."""
        self.outputs: dict[str, float] = {}  # what is driven
        self.program = ""
        self._mode = "friendly"
        self._code = bytearray()
        self._ring = bytearray()  # came while a program ran
        self._said = bytearray(b"\x00" + BANNER + HELP + PROMPT)
        self._installed = False
        self._open = ""  # the file that is written
        self._since = self._next = 0.0

    @property
    def moves(self) -> bool:
        """Whether anything is driven."""
        return any(self.outputs.values()) or self.program not in ("", "measure")

    def driver(self) -> Driver:
        """Return a driver for it."""
        return MicroPython(self._board)

    def take(self, piece: bytes, now: float) -> None:
        """Obey what was written to it."""
        for byte in b"" if self.hangs else piece:
            self._take(byte, now)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self.program == "measure" and not self.hangs:
            self._measure(now)
        elif self.program and not self.hangs and now - self._since >= LASTS:
            self._end(b"", now)
        said, self._said = bytes(self._said), bytearray()
        if self.fault == "garbage":
            return GARBAGE
        return b"" if self.fault in ("silent", "unplugged") else said

    # The prompt --------------------------------------------------------------------------------------------

    def _say(self, words: bytes) -> None:
        if len(self._said) < MAX_SAID:
            self._said += words

    def _take(self, byte: int, now: float) -> None:
        if self.program:
            if byte == 3:
                self._end(b"KeyboardInterrupt: ", now)
            elif len(self._ring) < ROOM:
                self._ring.append(byte)
        elif byte in CONTROL:
            CONTROL[byte](self, now)
        elif byte == 13 and self._mode == "friendly":
            self._say(b"\r\n")
            self._run(now)
        elif len(self._code) < MAX_CODE:
            self._code.append(byte)
            self._say(bytes([byte]) if self._mode != "raw" else b"")

    def _to_raw(self, _: float) -> None:
        if not self.has_raw:
            return
        self._code.clear()
        self._say((b"" if self._mode == "raw" else b"\r\n") + RAW_PROMPT)
        self._mode = "raw"

    def _to_friendly(self, _: float) -> None:
        if self._mode != "paste":
            self._code.clear()
            self._mode = "friendly"
            self._say(b"\r\n" + BANNER + HELP + PROMPT)

    def _interrupted(self, _: float) -> None:
        self._code.clear()
        if self._mode != "raw":
            self._mode = "friendly"
            self._say(b"\r\n" + PROMPT)

    def _finished(self, now: float) -> None:
        if self._mode == "friendly" and not self._code:
            self.reset()
            return
        self._say(b"OK" if self._mode == "raw" else b"\r\n")
        self._run(now)

    def _pasted(self, _: float) -> None:
        if self._mode == "friendly":
            self._mode = "paste"
            self._say(PASTE + PASTE_PROMPT)

    def _run(self, now: float) -> None:
        code = self._code.decode("ascii", "replace").strip()
        self._code.clear()
        fault = self._obey(code, now)
        if not self.program:
            self._end(fault.encode(), now)

    def _end(self, fault: bytes, now: float) -> None:
        self.program = ""
        trace = b"Traceback (most recent call last):\r\n" + fault + b"\r\n" if fault else b""
        if self._mode == "raw":
            self._say(b"\x04" + trace + b"\x04>")
        else:
            self._mode = "friendly"
            self._say(trace + PROMPT)
        waiting, self._ring = bytes(self._ring), bytearray()
        self.take(waiting, now)

    # Code --------------------------------------------------------------------------------------------------

    def _obey(self, code: str, now: float) -> str:
        """Do what a piece of code does; return what it raises."""
        board = self._board
        self._since = self._next = now
        if code == board.installed():
            self._installed = True
        elif code == board.telemetry() and self._installed:
            self.program = "measure"
        elif code in (board.check(), "_q()"):
            return self._checked(code)
        elif code in [program.code.strip() for program in board.programs]:
            self.program = next(each.name for each in board.programs if each.code.strip() == code)
        elif code == "import os\nprint(os.listdir())":
            self._say(repr(list(self.files)).encode() + b"\r\n")
        elif code:
            return self._matched(code)
        return ""

    def _checked(self, code: str) -> str:
        if not self._installed:
            return "NameError: name '_v' is not defined"
        if code == "_q()":
            self.outputs = {}
        return ""

    def _matched(self, code: str) -> str:
        for pattern, obey in OBEYED:
            found = pattern.fullmatch(code)
            if found is not None:
                return obey(self, found)
        return "NameError: name is not defined"

    def _driven(self, found: re.Match[str]) -> str:
        self.outputs[found[1]] = float(found[2])
        return ""

    def _opened(self, found: re.Match[str]) -> str:
        self._open = found[1]
        self.files[found[1]] = b""
        return ""

    def _written(self, found: re.Match[str]) -> str:
        self.files[self._open] += ast.literal_eval(found[1])
        return ""

    def _shown(self, found: re.Match[str]) -> str:
        content = self.files.get(found[1])
        if content is None:
            return "OSError: file not found"
        for begin in range(0, len(content), 64):
            self._say(repr(content[begin : begin + 64]).encode() + b"\r\n")
        return ""

    def _executed(self, found: re.Match[str]) -> str:
        content = self.files.get(found[1], b"").decode("ascii", "replace")
        for words in re.findall(r'print\("([^"]*)"\)', content):
            self._say(f"{words}\r\n".encode())
        return ""

    # What it measures --------------------------------------------------------------------------------------

    def _measure(self, now: float) -> None:
        self._next = max(self._next, now - LONGEST_PAUSE)
        while self._next <= now:
            shown = "".join(f"{row.name}:{self._value(row):.3f};" for row in self._board.sensed)
            self._say(f"{shown}\r\n".encode())
            self._next += 1 / self._board.rate
            self._number += 1

    def _value(self, row: Sensed) -> float:
        if self.fault == "out-of-range":
            return row.high + 10 * (row.high - row.low)
        middle, half = (row.low + row.high) / 2, (row.high - row.low) / 2
        curve = CURVES.get(row.quantity)
        value = curve(self._next) if curve else middle + half * 0.6 * math.sin(self._next / 5)
        return value + 0.01 * half * noise(self._seed, self._number)


CONTROL: Mapping[int, Callable[[FarMicroPython, float], None]] = {
    1: FarMicroPython._to_raw,
    2: FarMicroPython._to_friendly,
    3: FarMicroPython._interrupted,
    4: FarMicroPython._finished,
    5: FarMicroPython._pasted,
}
OBEYED: Sequence[tuple[re.Pattern[str], Callable[[FarMicroPython, re.Match[str]], str]]] = [
    (re.compile(r"_w\('([a-z0-9-]+)',([-+.e0-9]+)\)"), FarMicroPython._driven),
    (re.compile(r"f=open\('([\w.-]+)','wb'\)"), FarMicroPython._opened),
    (re.compile(r"f\.write\((b.*)\)"), FarMicroPython._written),
    (re.compile(r"f\.close\(\)"), lambda _far, _found: ""),
    (re.compile(r"f=open\('([\w.-]+)','rb'\)\nwhile True:[^$]*"), FarMicroPython._shown),
    (re.compile(r"exec\(open\('([\w.-]+)'\)\.read\(\)\)"), FarMicroPython._executed),
]
