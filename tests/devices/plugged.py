"""A board that is plugged in, in a room without clocks: it boots first, and speaks at one speed alone."""

from collections.abc import Sequence
from typing import NamedTuple

from devices.probing import Found, Kind, Nobody, Probe, Speed, Write, candidates, may_ask
from devices.registry import Far, kinds

TICK = 0.05  # seconds between two looks, as the daemon has it
LONGEST = 60.0  # seconds


class Board:
    """A far end behind an adapter."""

    def __init__(self, far: Far, baud: int, boots: float = 0.0, blinks: float = 0.0) -> None:
        self.far = far
        self.baud = baud
        self.orders = b""  # that it understood
        self._boots = boots  # seconds until it speaks and hears
        self._blinks = boots + blinks  # … until it hears
        self._unread = b""

    def take(self, piece: bytes, baud: int, now: float) -> None:
        """Hear bytes at a speed."""
        if baud != self.baud or now < self._boots:
            return
        self.orders += piece
        self._unread += piece

    def speak(self, baud: int, now: float) -> bytes:
        """Return what is heard of it at a speed."""
        if now < self._boots:
            return b""
        if self._unread and now >= self._blinks:
            self.far.take(self._unread, now)
            self._unread = b""
        return seen(self.far.speak(now), self.baud, baud)


class Result(NamedTuple):
    """What came of a search."""

    name: str  # of the driver; "" for nobody
    profile: str
    baud: int
    seconds: float
    speeds: Sequence[int]


def seen(said: bytes, at: int, baud: int) -> bytes:
    """Return what a UART makes of bytes that were said at another speed, one after the other."""
    if at == baud:
        return said
    levels = [level for byte in said for level in (0, *(byte >> bit & 1 for bit in range(8)), 1)]
    bit = at / baud  # of the other speed, for one of ours
    found, place = bytearray(), 0.0
    while place + 9.5 * bit < len(levels) + 10:
        if _level(levels, place) == 1:
            place += 0.25 if place < len(levels) else 10.0
            continue
        found.append(sum(_level(levels, place + (1.5 + each) * bit) << each for each in range(8)))
        place += 9.5 * bit
        while _level(levels, place) == 0:  # no stop: it waits for the line to rise
            place += 0.25
    return bytes(found)


def _level(levels: Sequence[int], place: float) -> int:
    return levels[int(place)] if place < len(levels) else 1


def plugged(
    board: Board,
    usb: tuple[int, int] | None = None,
    allowed: bool = False,
    before: Sequence[Kind] = (),
    is_up: bool = False,
) -> Result:
    """Search for a board that is plugged in at 0, as the daemon does."""
    tried = list(before) or candidates(kinds(), usb)
    asks = bool(before) or may_ask(tried, usb, allowed)
    probe = Probe(tried, asks, 0.0, spares=not before and not allowed, is_up=is_up)
    now, speeds = 0.0, [probe.baud]
    while now < LONGEST:
        found = probe.feed(board.speak(probe.baud, now), now)
        if found is not None:
            return Result(found.kind.name, found.kind.profile, found.baud, now, speeds)
        step = probe.step(now)
        if isinstance(step, Write):
            board.take(step.piece, probe.baud, now)
        elif isinstance(step, Speed):
            speeds.append(step.baud)
        elif isinstance(step, Nobody | Found):
            return Result("", "", 0, now, speeds)
        now += TICK
    raise AssertionError(f"the search does not end: {speeds}")
