"""Finds out what is at a port that was just plugged in, without resetting or moving anything (core).

Most boards speak first, some after two seconds in which they boot. So at each likely speed it is listened for
a while, and then each candidate asks one polite question, if somebody has said that this port may be written
to: what is unknown may be a printer or a modem. Who has proven to be what a driver is for is found.

A driver whose question another machine might take for an order asks only where a person allowed it, or where
it has heard words of its kind. What is no text, and no driver knows as its own, was said at another speed:
that one is tried at once, while the board still speaks.
"""

import codecs
from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

from msgspec import Struct

from devices.driver import Driver

BOOT = 2.0  # seconds to listen at the first speed: an Arduino Uno speaks 1.6 after DTR rose
LISTEN = 0.6  # seconds at each further one: it has booted by then
TALKS = 2.5  # seconds to listen on where somebody speaks: sketches print each second, Firmata blinks for two
MOST = 10.0  # seconds at one speed for who speaks, and proves nothing
ANSWER = 0.4  # seconds for the answer to a question: the slowest probe takes 0.2 at 9600 baud
QUICK = 0.3  # seconds for it at a fast speed
FAST = 57_600  # baud from which answers are quick
LETTERS = 4  # of text, and somebody speaks
GARBLED = 2  # bytes that are no text, and nobody's: one may be the noise of a plug
GRACE = 0.15  # seconds for the rest of an answer that is no text
PREFERRED = (115_200, 57_600, 9600, 250_000)  # of several drivers: at the first of them most boards boot
QUIET = (
    57_600,
    9600,
    115_200,
)  # … of who said nothing when it booted: what was meant then, and instruments


class Kind(Struct, frozen=True):
    """A driver that can be tried, with one of its profiles."""

    name: str
    make: Callable[[], Driver]
    usb: frozenset[tuple[int, int]] = frozenset()  # what it may be, and what may be asked for that
    bauds: tuple[int, ...] = (115_200,)  # the likeliest first
    profile: str = ""
    waits: float = BOOT  # seconds after its port was opened until it hears a question
    answers: float = ANSWER  # seconds for its answer while it boots
    is_order: bool = False  # another machine might take its question for an order
    is_own: bool = False  # it has a USB of its own: behind any other adapter it is not


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
    chosen = sure or [kind for kind in kinds if usb is None or not kind.is_own]
    return before + [kind for kind in chosen if kind not in before]


def may_ask(kinds: Sequence[Kind], usb: tuple[int, int] | None, allowed: bool) -> bool:
    """Tell whether a port may be written to before it is known: a driver is for it, or a person allows it."""
    return allowed or any(usb in kind.usb for kind in kinds)


def speeds(kinds: Sequence[Kind], in_vain: int = 0, is_up: bool = False) -> tuple[int, ...]:
    """Return the speeds to try: the likeliest first, or the one after that which was tried in vain."""
    bauds = list(dict.fromkeys(baud for kind in kinds for baud in kind.bauds))
    first = QUIET if is_up else PREFERRED
    if len({kind.name for kind in kinds}) > 1:
        bauds.sort(key=lambda baud: first.index(baud) if baud in first else len(first))
    if in_vain in bauds:
        bauds.insert(0, bauds.pop((bauds.index(in_vain) + 1) % len(bauds)))
    return tuple(bauds)


class Ear:
    """What is heard at one speed."""

    def __init__(self, baud: int, kinds: Sequence[Kind], now: float, listens: float) -> None:
        self.baud = baud
        self.tried = [(kind, kind.make()) for kind in kinds if baud in kind.bauds]
        self.until = now + listens  # it is listened to, at least
        self.quiet_from = now  # questions are asked from then on: nobody is interrupted
        self.asked: set[bytes] = set()
        self.answers_until = now  # what comes before that may be the answer to a question
        self._ends = now + MOST
        self._letters = 0
        self._strange = 0  # what is no text
        self._garbled_at = inf
        self._text = codecs.getincrementaldecoder("utf-8")("replace")

    def hear(self, piece: bytes, now: float) -> tuple[Kind, Driver] | None:
        """Take what came; return who has proven to be there."""
        for kind, driver in self.tried:
            driver.feed(piece, now)
            if driver.identity:
                return kind, driver
        self._judge(self._text.decode(piece), now)
        return None

    @property
    def is_known(self) -> bool:
        """Whether a driver has heard words of its kind."""
        return any(driver.is_hinted for _, driver in self.tried)

    def is_garbled(self, now: float) -> bool:
        """Whether somebody has spoken, and not at this speed."""
        return now >= self._garbled_at + GRACE and not self.is_known

    def _judge(self, text: str, now: float) -> None:
        strange = sum(letter == "\ufffd" or not (letter.isprintable() or letter.isspace()) for letter in text)
        self._strange += strange
        self._letters += len(text) - strange
        if self._strange >= GARBLED and (not self.asked or self._strange > self._letters):  # or an echo
            self._garbled_at = min(self._garbled_at, now)
        elif self._letters >= LETTERS and text and now >= self.answers_until:  # by himself
            self.quiet_from = min(self._ends, now + TALKS)
        if self.is_known or self._strange < GARBLED:
            self.until = max(self.until, self.quiet_from)
        if self.is_known:
            self.until = max(self.until, min(self._ends, now + TALKS))


class Probe:
    """One search at one port. Time is given; feed it what comes, and do what `step` says.

    A board that speaks only when it boots is heard only at the first speed: one at which it was listened to
    `in_vain` when it was plugged in before lets another one be the first now. Who `spares` it asks nothing
    that might be an order. A port that was opened long ago `is_up`: nobody behind it boots any more.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        asks: bool,
        now: float,
        in_vain: int = 0,
        spares: bool = False,
        is_up: bool = False,
    ) -> None:
        self.bauds = speeds(kinds, in_vain, is_up)
        self._kinds = kinds
        self._asks = asks
        self._spares = spares
        self._opened = now - (BOOT if is_up else 0.0)
        self._left = [*self.bauds[1:]]  # speeds that are to be tried yet
        self._again: list[int] = []  # those that were left early: once more, when all were tried
        self._may_leave = True
        self._booted = False  # somebody spoke, too early to be understood
        self._heard = False
        waits = 0.0 if is_up else max(kind.waits for kind in kinds)
        self._ear = Ear(self.bauds[0], kinds, now, waits if asks else max(waits, LISTEN))

    @property
    def baud(self) -> int:
        """The speed it listens at."""
        return self._ear.baud

    def feed(self, piece: bytes, now: float) -> Found | None:
        """Take what came; return who it is once that is proven."""
        self._heard = self._heard or bool(piece)
        found = self._ear.hear(piece, now)
        return None if found is None else Found(found[0], self.baud, found[1].identity)

    def step(self, now: float) -> Step | None:
        """Return what is to be done now; None while there is nothing but waiting."""
        if self._may_leave and len(self.bauds) > 1 and self._ear.is_garbled(now):
            self._booted = True
            self._again.append(self.baud)
            return self._next(now, TALKS)
        if now < self._ear.answers_until:
            return None
        question = self._question(now)
        if question:
            return Write(question)
        return None if now < self._ear.until else self._next(now, LISTEN)

    def _next(self, now: float, listens: float) -> Step:
        """Go on to the next speed."""
        if not self._left:
            self._left, self._again, self._may_leave = self._again, [], False
        if not self._left:
            return Nobody(self.bauds, self._heard)
        self._ear = Ear(self._left.pop(0), self._kinds, now, listens if self._may_leave else LISTEN)
        return Speed(self.baud)

    def _question(self, now: float) -> bytes:
        """Return the next question that may be asked now, and note how long its answer may take."""
        for kind, driver in self._ear.tried:
            if not self._may(kind, driver, now):
                continue
            question = driver.greet()
            if question and question not in self._ear.asked:
                self._ear.asked.add(question)
                usual = QUICK if self.baud >= FAST else ANSWER
                self._ear.answers_until = now + (kind.answers if driver.is_hinted or self._booted else usual)
                return question
        return b""

    def _may(self, kind: Kind, driver: Driver, now: float) -> bool:
        if driver.is_hinted:
            return True
        is_due = now >= max(self._opened + kind.waits, self._ear.quiet_from)
        return is_due and self._asks and not (kind.is_order and self._spares)
