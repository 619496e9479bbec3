"""A G-code program, read before a machine gets it: does it stay within bounds, and heat nothing? (core)

What is not known to be harmless is refused: whatever shifts coordinates, writes settings, waits for a person
or heats. An arc is taken if its whole circle is within bounds.
"""

import math
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from devices.drivers.gcode_machine import Machine
from devices.errors import ProgramUnknown

MAX_LINES = 50_000  # an engraving of an hour
MAX_LINE = 70  # bytes: grbl reads 80, with its end
INCH = 25.4
NEAR = 1e-6  # millimetres of rounding
COMMENT = re.compile(r"\([^)]*\)|;.*")
WORD = re.compile(r"([A-Z])([+-]?(?:\d+\.?\d*|\.\d+))")
HEATS = {104, 109, 140, 141, 190, 191, 303}
MOVES = {0, 1, 2, 3}
ARCS = {2, 3}
SETS = {17, 20, 21, 54, 90, 91, 94}  # plane, units, coordinates
TOOL = {3, 4, 5, 106, 107}
ENDS = {2, 30}
LETTERS = set("GMXYZIJRFSPV")
AXES: Mapping[str, int] = {"X": 0, "Y": 1, "Z": 2}


class ProgramRefused(ProgramUnknown):
    """A program that a machine must not get: which line, and why."""


class Dialect(Struct, frozen=True):
    """What a machine's firmware takes beside moves."""

    g: frozenset[int] = frozenset()
    m: frozenset[int] = frozenset()
    lacks: frozenset[int] = frozenset()  # of the G codes that all others have
    skips: frozenset[int] = frozenset()  # G codes that say what is so anyhow, and that it does not know
    begins: tuple[bytes, ...] = ()
    waits: bytes = b""  # a line whose ok comes when all moves are done
    dwell: float = 60.0  # the longest that G4 may wait, in its own unit


class Line(Struct, frozen=True):
    """The words of one line."""

    number: int
    text: str
    words: tuple[tuple[str, float], ...]

    def codes(self, letter: str) -> list[int]:
        """Return the numbers of a letter; those with a fraction are none that are taken."""
        return [int(value) if value == int(value) else -1 for each, value in self.words if each == letter]

    def value(self, letter: str) -> float | None:
        """Return a letter's number."""
        return next((value for each, value in self.words if each == letter), None)

    def refused(self, why: str) -> ProgramRefused:
        """Return what is to be raised."""
        return ProgramRefused(f"line {self.number}: {why}: {self.text[:40]}")


def checked(text: str, machine: Machine, dialect: Dialect, offset: tuple[float, ...] = ()) -> list[bytes]:
    """Return the lines to send; raise ProgramRefused, which says which line and why.

    `offset` is where the program's zero is in the machine's coordinates.
    """
    reader = _Reader(machine, dialect, offset or (0.0, 0.0, 0.0))
    sent = [*dialect.begins]
    for line in _lines(text):
        if ENDS & set(line.codes("M")):
            break
        reader.read(line)
        kept = _without(line, dialect.skips)
        if kept:
            sent.append(kept.encode())
    if machine.tool:
        sent.append(b"M5")
    return [*sent, dialect.waits] if dialect.waits else sent


def _lines(text: str) -> Iterator[Line]:
    for number, raw in enumerate(text.splitlines(), 1):
        if number > MAX_LINES:
            raise ProgramRefused(f"line {number}: no program has more than {MAX_LINES}")
        plain = re.sub(r"^N\d+", "", re.sub(r"\s", "", COMMENT.sub("", raw)).upper())
        if plain in ("", "%"):
            continue
        words = tuple((letter, float(value)) for letter, value in WORD.findall(plain))
        line = Line(number, plain, words)
        if WORD.sub("", plain) or not plain.isascii():
            raise line.refused("not understood")
        if len(plain) > MAX_LINE:
            raise line.refused("too long")
        yield line


def _without(line: Line, skips: frozenset[int]) -> str:
    """Return the line's text without the G codes that are left out."""
    if not skips & set(line.codes("G")):
        return line.text
    return "".join(
        f"{letter}{value:g}" for letter, value in line.words if letter != "G" or value not in skips
    )


class _Reader:
    """Follows a program from line to line."""

    def __init__(self, machine: Machine, dialect: Dialect, offset: tuple[float, ...]) -> None:
        self._machine = machine
        self._dialect = dialect
        self._offset = offset
        self._at: list[float | None] = [None, None, None]
        self._unit = 1.0
        self._is_relative = False
        self._motion: int | None = None

    def read(self, line: Line) -> None:
        """Take the next line; raise ProgramRefused."""
        self._letters(line)
        self._codes(line)
        self._feed(line)
        dwell = line.value("P") if 4 in line.codes("G") else None
        if dwell is not None and not 0 <= dwell <= self._dialect.dwell:
            raise line.refused("waits longer than a minute")
        if any(letter in AXES for letter, _ in line.words):
            self._move(line)

    def _letters(self, line: Line) -> None:
        letters = [letter for letter, _ in line.words]
        if set(letters) - LETTERS:
            raise line.refused(f"{min(set(letters) - LETTERS)} is not for this machine")
        twice = [letter for letter in letters if letter not in "GM" and letters.count(letter) > 1]
        if twice:
            raise line.refused(f"{twice[0]} twice")

    def _codes(self, line: Line) -> None:
        for code in line.codes("M"):
            if code in HEATS:
                raise line.refused("heats")
            if not (code in self._dialect.m or (code in TOOL and self._machine.tool)):
                raise line.refused(f"M{code} is not allowed")
        for code in line.codes("G"):
            if code not in (MOVES | SETS | {4} | self._dialect.g) - self._dialect.lacks:
                raise line.refused(f"G{code} is not allowed")
            self._set(code)

    def _set(self, code: int) -> None:
        if code in MOVES:
            self._motion = code
        elif code in (20, 21):
            self._unit = INCH if code == 20 else 1.0
        elif code in (90, 91):
            self._is_relative = code == 91
        elif code == 28:
            self._at = [None, None, None]

    def _feed(self, line: Line) -> None:
        feed = line.value("F")
        if feed is not None and not 0 < feed * self._unit <= self._machine.feed:
            raise line.refused(f"faster than {self._machine.feed:g} mm/min")

    def _move(self, line: Line) -> None:
        if 28 in line.codes("G"):
            return
        if self._motion is None:
            raise line.refused("moves, and does not say how")
        begin = list(self._at)
        for letter, index in AXES.items():
            value = line.value(letter)
            if value is not None:
                self._at[index] = self._target(line, index, value * self._unit)
                self._within(line, letter, self._at[index])
        if self._motion in ARCS:
            self._arc(line, begin)

    def _target(self, line: Line, index: int, value: float) -> float:
        if not self._is_relative:
            return value
        begin = self._at[index]
        if begin is None:
            raise line.refused("goes on from where it is, which nobody knows: begin with G90")
        return begin + value

    def _within(self, line: Line, letter: str, value: float | None) -> None:
        bounds = next((bound for axis, bound in self._machine.axes.items() if axis == letter.lower()), None)
        if bounds is None:
            raise line.refused(f"there is no axis {letter}")
        low, high = bounds
        if value is not None and not low - NEAR <= value + self._offset[AXES[letter]] <= high + NEAR:
            raise line.refused(f"{letter} {value:g} is beyond {low:g} to {high:g} mm")

    def _arc(self, line: Line, begin: list[float | None]) -> None:
        x, y = begin[:2]
        if x is None or y is None:
            raise line.refused("an arc from where nobody knows")
        radius = line.value("R")
        aside = [(line.value(letter) or 0.0) * self._unit for letter in "IJ"]
        if radius is None:
            reach, centre = math.hypot(*aside), (x + aside[0], y + aside[1])
        else:  # its centre is somewhere within the radius of its begin
            reach, centre = 2 * abs(radius) * self._unit, (x, y)
        for letter, middle in zip("XY", centre, strict=True):
            self._within(line, letter, middle - reach)
            self._within(line, letter, middle + reach)
