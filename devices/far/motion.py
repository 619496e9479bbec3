"""Moves that a machine has planned, and where it is on its way (core)."""

import math
import re
from collections import deque

from msgspec import Struct

Place = tuple[float, float, float]
SLOWEST = 1.0  # millimetres a minute
WORD = re.compile(r"([A-Z])([+-]?\d*\.?\d+)")


class Move(Struct, frozen=True):
    """A straight way, or a time at rest."""

    begin: Place
    end: Place
    seconds: float


class Planner:
    """Goes from move to move as time passes."""

    def __init__(self, room: int, at: Place = (0.0, 0.0, 0.0)) -> None:
        self.is_held = False
        self._room = room
        self._moves: deque[Move] = deque()
        self._at = at
        self._gone = 0.0  # seconds of the first move
        self._now = 0.0

    @property
    def moves(self) -> bool:
        """Whether it is on its way."""
        return bool(self._moves) and not self.is_held

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned."""
        return not self._moves

    @property
    def is_full(self) -> bool:
        """Whether no further move can be planned."""
        return len(self._moves) >= self._room

    @property
    def end(self) -> Place:
        """Where it will be after all planned moves."""
        return self._moves[-1].end if self._moves else self._at

    @property
    def place(self) -> Place:
        """Where it is."""
        if not self._moves:
            return self._at
        move = self._moves[0]
        part = self._gone / move.seconds if move.seconds else 1.0
        x, y, z = (begin + part * (end - begin) for begin, end in zip(move.begin, move.end, strict=True))
        return x, y, z

    def advance(self, now: float) -> None:
        """Let time pass."""
        left, self._now = max(0.0, now - self._now), now
        while self.moves and left > 0.0:
            move = self._moves[0]
            step = min(left, move.seconds - self._gone)
            left, self._gone = left - step, self._gone + step
            if self._gone >= move.seconds:
                self._at, self._gone = move.end, 0.0
                self._moves.popleft()

    def go(self, end: Place, feed: float) -> None:
        """Plan a move at so many millimetres a minute."""
        begin = self.end
        self._moves.append(Move(begin, end, 60 * math.dist(begin, end) / max(feed, SLOWEST)))

    def flush(self) -> None:
        """Stay where it is."""
        self._at, self._gone, self.is_held = self.place, 0.0, False
        self._moves.clear()


class Coordinates:
    """Follows what G-code says of where to go."""

    def __init__(self) -> None:
        self.feed = 0.0
        self.is_relative = False
        self.motion: int | None = None

    def target(self, words: list[tuple[str, float]], begin: Place) -> Place | None:
        """Return where a line goes to; None for one that goes nowhere. Arcs are gone straight."""
        for letter, value in words:
            if letter == "F":
                self.feed = value
            elif letter == "G" and value in (90, 91):
                self.is_relative = value == 91
            elif letter == "G" and value in (0, 1, 2, 3):
                self.motion = int(value)
        wanted = {letter: value for letter, value in words if letter in "XYZ"}
        if not wanted:
            return None
        base = begin if self.is_relative else (0.0, 0.0, 0.0)
        x, y, z = (
            base[index] + wanted[letter] if letter in wanted else begin[index]
            for index, letter in enumerate("XYZ")
        )
        return x, y, z


def words_of(line: str) -> list[tuple[str, float]] | None:
    """Return a line's words; None for what is none."""
    plain = re.sub(r"\s", "", line.upper())
    found = [(letter, float(value)) for letter, value in WORD.findall(plain)]
    return None if WORD.sub("", plain) else found
