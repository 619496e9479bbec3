"""Finds out what is at a port that was just plugged in, without resetting or moving anything (core).

Most boards speak first, some after two seconds in which they boot. So at each likely speed it is listened for
a while, and then each candidate asks one polite question, if somebody has said that this port may be written
to: what is unknown may be a printer or a modem. Who has proven to be what a driver is for is found.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from devices.driver import Driver

BOOT = 2.4  # seconds to listen at the first speed: an Arduino Uno speaks 1.6 after DTR rose
LISTEN = 0.6  # seconds at each further one: it has booted by then
ANSWER = 0.5  # seconds for the answer to a question: the slowest probe takes 0.2 at 9600 baud


class Kind(Struct, frozen=True):
    """A driver that can be tried, with one of its profiles."""

    name: str
    make: Callable[[], Driver]
    usb: frozenset[tuple[int, int]] = frozenset()  # what it may be, and what may be asked for that
    bauds: tuple[int, ...] = (115_200,)  # the likeliest first
    profile: str = ""


class Write(NamedTuple):
    """These bytes are to be written."""

    piece: bytes


class Speed(NamedTuple):
    """The port is to be read and written at this speed from now on."""

    baud: int


class Found(NamedTuple):
    """This is what is there."""

    kind: Kind
    baud: int
    identity: str


class Nobody(NamedTuple):
    """Nobody that is known here is there; `heard` tells whether anything was said at all."""

    bauds: tuple[int, ...]
    heard: bool


Step = Write | Speed | Found | Nobody


def candidates(kinds: Sequence[Kind], usb: tuple[int, int] | None, remembered: str = "") -> list[Kind]:
    """Return which drivers to try: the one of before, those that are surely for it, else all."""
    before = [kind for kind in kinds if kind.name == remembered]
    sure = [kind for kind in kinds if usb in kind.usb]
    chosen = sure or list(kinds)
    return before + [kind for kind in chosen if kind not in before]


def may_ask(kinds: Sequence[Kind], usb: tuple[int, int] | None, allowed: bool) -> bool:
    """Tell whether a port may be written to before it is known: a driver is for it, or a person allows it."""
    return allowed or any(usb in kind.usb for kind in kinds)


class Probe:
    """One search at one port. Time is given; feed it what comes, and do what `step` says.

    A board that speaks only when it boots is heard only at the first speed: one at which it was listened to
    `in_vain` when it was plugged in before is the second one now.
    """

    def __init__(self, kinds: Sequence[Kind], asks: bool, now: float, in_vain: int = 0) -> None:
        bauds = list(dict.fromkeys(baud for kind in kinds for baud in kind.bauds))
        if bauds[0] == in_vain:
            bauds[:2] = reversed(bauds[:2])
        self.bauds = tuple(bauds)
        self._kinds = kinds
        self._asks = asks
        self._at = 0  # which of the speeds
        self._heard = False
        self._tried = self._drivers()
        self._until = now + BOOT
        self._questions = self._asked()

    @property
    def baud(self) -> int:
        """The speed it listens at."""
        return self.bauds[self._at]

    def feed(self, piece: bytes, now: float) -> Found | None:
        """Take what came; return who it is once that is proven."""
        self._heard = self._heard or bool(piece)
        for kind, driver in self._tried:
            driver.feed(piece, now)
            if driver.identity:
                return Found(kind, self.baud, driver.identity)
        return None

    def step(self, now: float) -> Step | None:
        """Return what is to be done now; None while there is nothing but waiting."""
        if now < self._until:
            return None
        if self._questions:
            self._until = now + ANSWER
            return Write(self._questions.pop(0))
        if self._at + 1 == len(self.bauds):
            return Nobody(self.bauds, self._heard)
        self._at += 1
        self._tried, self._until = self._drivers(), now + LISTEN
        self._questions = self._asked()
        return Speed(self.baud)

    def _drivers(self) -> list[tuple[Kind, Driver]]:
        return [(kind, kind.make()) for kind in self._kinds if self.baud in kind.bauds]

    def _asked(self) -> list[bytes]:
        questions = [driver.greet() for _, driver in self._tried] if self._asks else []
        return list(dict.fromkeys(question for question in questions if question))
