"""The place of one instrument at the bench: what is known of it, and its line while it has one."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from math import inf

from devices.driver import Sample
from devices.errors import LineLost
from devices.line import Instrument, Line
from edge.lab.watched import Watched

OBEYS = 1.0  # seconds for a robot to stop when it is told; then its board is started anew
TURN = 0.1  # seconds between two turns, in which everybody is asked
SOONEST = 0.001  # seconds until the next question, however soon a driver wants it

Clock = Callable[[], float]

log = logging.getLogger(__name__)


class Seat:
    """One instrument, whose line is opened and lost again and again."""

    def __init__(self, instrument: Instrument, clock: Clock) -> None:
        self.watched = Watched(instrument)
        self.line: Line | None = None
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._stopped: float | None = None  # when it was told to stop, until it has
        self.turns = 0  # that went well

    @property
    def id(self) -> str:
        """Return the instrument's name."""
        return self.watched.instrument.id

    def open(self, line: Line) -> None:
        """Begin a conversation: what it may be moving since before is stopped first; raise LineLost."""
        self.watched.opened(self._clock())
        self.line = line
        self.stop()
        line.write(self.watched.driver.begin())

    def leave(self) -> None:
        """End the conversation, if there is one; what it moves is stopped."""
        self.stop()
        if self.line is not None and self._stopped is not None and not self.line.is_sent:
            self.line.reset()  # it takes nothing any more, and nobody will insist
        if self._timer is not None:
            self._timer.cancel()
        self.line = self._timer = self._stopped = None
        self.watched.lost()

    def feed(self, piece: bytes, at: float) -> list[Sample]:
        """Take what came; return what was measured."""
        samples = self.watched.feed(piece, at)
        self._plan(is_late_too=True)
        return samples

    def write(self, piece: bytes) -> None:
        """Send bytes in their turn; raise LineLost, also while there is no line."""
        if self.line is None:
            raise LineLost(f"{self.id}: not plugged in")
        self._stopped = None
        self.line.write(piece)

    async def turn(self) -> None:
        """Ask what is due, and see that a stop was obeyed."""
        self.ask()
        self.insist()
        self.turns += 1

    def ask(self) -> None:
        """Let the driver say what is due; a line that is lost is found out by who reads it."""
        question = self.watched.driver.ask(self._clock())
        if question and self.line is not None:
            with suppress(LineLost):
                self.line.write(question)
        self._plan(is_late_too=False)  # what is due and was not asked for just now waits for the next turn

    def stop(self) -> None:
        """Stop whatever it moves, before all that waits to be sent."""
        order = self.watched.driver.stop() if self.line is not None else b""
        if self.line is None or not order:
            return
        if self._stopped is None:
            self._stopped = self._clock()
        with suppress(LineLost):
            self.line.urge(order)

    def insist(self) -> None:
        """Start a board anew that was told to stop, and did not take that, or says that it goes on."""
        if self._stopped is None or self.line is None or self._clock() - self._stopped < OBEYS:
            return
        self._stopped = None
        if self.watched.running or not self.line.is_sent:
            log.warning("robot does not stop: reset id=%s running=%r", self.id, self.watched.running)
            self.line.reset()

    def _plan(self, is_late_too: bool) -> None:
        """Ask again before the next turn, where the driver wants that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        moment = self.watched.driver.next_ask
        if self.line is None or not 0.0 < moment < inf:
            return
        wait = moment - self._clock()
        if wait < TURN and (wait > 0.0 or is_late_too):
            self._timer = asyncio.get_running_loop().call_later(max(wait, SOONEST), self._due)

    def _due(self) -> None:
        self._timer = None
        self.ask()
