"""What a board with MicroPython measures, moves and runs: a profile, and the code made of it (core).

The code is sent when a board was opened: functions with one letter, since each byte of them lies in the
memory of a micro:bit (8 KB for everything) and goes over its line. `_q` switches off what moves.
"""

from typing import Annotated
from zlib import crc32

from msgspec import Meta, Struct, field

from devices.driver import Actuator, Channel, Resort
from devices.drivers.tables import ProfileWrong, parsed

MAX_ROWS = 8  # of each kind: what a micro:bit has memory for
MAX_RATE = 50  # rounds a second; a round of eight takes 10 ms on a micro:bit
MAX_CODE = 4096  # bytes of a program: half of a micro:bit's memory

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")]
Line = Annotated[str, Meta(pattern=r"^[ -~]+\Z", max_length=200)]  # one line of code
Code = Annotated[str, Meta(pattern=r"^[\n -~]+\Z", max_length=MAX_CODE)]


class Sensed(Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured, and the expression that measures it."""

    name: Name
    quantity: Name
    unit: str
    low: float
    high: float
    reads: Line
    decimals: int = 1
    accuracy: float | None = None
    resolution: float | None = None


class Moved(Struct, frozen=True, forbid_unknown_fields=True):
    """What is moved or switched, and the statement that sets it to `v`."""

    name: Name
    does: Name
    low: float
    high: float
    writes: Line
    unit: str = "1"


class Program(Struct, frozen=True, forbid_unknown_fields=True):
    """A program that is sent when somebody runs it."""

    name: Name
    code: Code


class Board(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of board, or of kit."""

    setup: Code = "pass"
    off: Annotated[tuple[Line, ...], Meta(max_length=MAX_ROWS)] = ()  # what switches everything off
    sensed: Annotated[tuple[Sensed, ...], Meta(max_length=MAX_ROWS)] = field(name="channel", default=())
    moved: Annotated[tuple[Moved, ...], Meta(max_length=MAX_ROWS)] = field(name="actuator", default=())
    programs: Annotated[tuple[Program, ...], Meta(max_length=MAX_ROWS)] = field(name="program", default=())
    rate: Annotated[float, Meta(ge=0.1, le=MAX_RATE)] = 5.0
    last_resort: Resort = "none"  # what starts it anew from outside: a micro:bit's interface obeys a break

    def channels(self) -> list[Channel]:
        """Return what is measured as a driver's rows."""
        return [
            Channel(
                *(row.name, row.quantity, row.unit, row.low, row.high, row.decimals, self.rate),
                *(row.accuracy, row.resolution, MAX_RATE),
            )
            for row in self.sensed
        ]

    def actuators(self) -> list[Actuator]:
        """Return what is moved as a driver's rows."""
        return [Actuator(row.name, row.does, row.low, row.high, row.unit) for row in self.moved]

    def installed(self) -> str:
        """Return the code that everything else calls."""
        body = self._code()
        return f"{body}\n_v={crc32(body.encode())}"

    def check(self) -> str:
        """Return the code that fails where `installed` is not."""
        return f"assert _v=={crc32(self._code().encode())}"

    def telemetry(self) -> str:
        """Return the code that measures until it is interrupted."""
        return f"while True:\n _t()\n time.sleep_ms({round(1000 / self.rate)})"

    def _code(self) -> str:
        reads = [f" _r('{row.name}',lambda:{row.reads})" for row in self.sensed]
        writes = [f" if n=='{row.name}':{row.writes}" for row in self.moved]
        off = [f" {line}" for line in self.off]
        return "\n".join(
            [
                *("import time", self.setup.strip(), "def _r(n,f):", " try:print(n,f(),sep=':',end=';')"),
                *(" except Exception:pass", "def _t():", *reads, " print()"),
                *("def _w(n,v):", *writes, " pass", "def _q():", *off, " pass"),
            ]
        )


def parse(text: str, name: str) -> Board:
    """Return the board of a file's text; raise ProfileWrong, which says where."""
    board = parsed(text, name, Board)
    for rows in (board.sensed, board.moved, board.programs):
        names = [row.name for row in rows]
        for twice in (each for each in names if names.count(each) > 1):
            raise ProfileWrong(f"profile {name}: {twice} twice")
    return board
