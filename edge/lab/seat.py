"""The place of one instrument at the bench: what is known of it, and its line while it has one."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from math import inf

from devices.driver import Sample
from devices.errors import LineLost
from devices.line import Instrument, Line
from edge.contract.notices import StopState
from edge.lab.obedience import Obedience, Patience
from edge.lab.watched import Watched

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
        self._obedience = Obedience()
        self._lost = 0  # bytes of its line, that were before what it says now
        self.turns = 0  # that went well
        self.left_at = clock()  # when its line was lost, or it was made

    @property
    def id(self) -> str:
        """Return the instrument's name."""
        return self.watched.instrument.id

    @property
    def may_go(self) -> bool:
        """Whether another instrument may have its place: it is gone, and does not come back by itself."""
        is_gone = self.line is None and self.watched.instrument.open is None
        return is_gone and not self.is_doubted

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop, and nothing has proven yet that it did."""
        line = self.line
        return line is not None and self._obedience.is_awaited and not self._is_proven(line)

    @property
    def insists(self) -> bool:
        """Whether everything is still tried to have it stop."""
        return self.is_stopping and self._obedience.stand != "late"

    @property
    def is_doubted(self) -> bool:
        """Whether a person has to see that it stands."""
        it = self._obedience
        return it.is_doubted and (it.is_ordered or self.watched.can_move)

    @property
    def stopping(self) -> StopState:
        """Return how far its newest stop has come."""
        if self.is_doubted:
            return "unproven"
        return "waits" if self.is_stopping and self._obedience.is_ordered else ""

    def open(self, line: Line) -> None:
        """Begin a conversation: what it may be moving since before is stopped first; raise LineLost."""
        self.watched.opened(self._clock())
        self.line = line
        self._lost = line.lost_bytes
        self._obedience.opened(self._clock(), self._patience)
        self._say_stop()
        line.write(self.watched.driver.begin())

    def leave(self) -> None:
        """End the conversation, if there is one; what it moves is stopped."""
        runs = self.watched.running != ""
        try:
            self._say_stop()
            if self.line is not None and self.is_stopping and not self.line.is_sent:
                self._start_anew(self.line)  # it takes nothing any more, and nobody will insist
        finally:  # a driver with a fault does not keep its seat for ever
            if self._timer is not None:
                self._timer.cancel()
            self.line = self._timer = None
            self._obedience.lost(runs)
            self.left_at = self._clock()
            self.watched.lost()

    def feed(self, piece: bytes, at: float) -> list[Sample]:
        """Take what came; return what was measured."""
        lost = self.line.lost_bytes if self.line is not None else 0
        if lost != self._lost:
            log.warning("bytes lost id=%s bytes=%d", self.id, lost - self._lost)
            self._lost = lost
            self.watched.driver.missed()
        samples = self.watched.feed(piece, at)
        if self.line is not None and self._is_proven(self.line):
            self._obedience.trust()
        self._plan(is_late_too=True)
        return samples

    def write(self, piece: bytes) -> None:
        """Send an order in its turn; raise LineLost, also while there is no line.

        A stop that is not proven yet is insisted upon all the same.
        """
        if self.line is None:
            raise LineLost(f"{self.id}: not plugged in")
        if self._is_proven(self.line):
            self._obedience.trust()  # what it does from now on is no disobedience
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
        self._obedience.is_ordered = self.line is not None
        self._say_stop()

    def _say_stop(self) -> None:
        if self.line is None:
            return
        with ExitStack() as fault:
            fault.callback(self._give_up, self.line)
            order = self.watched.driver.stop()
            fault.pop_all()
        if not order:
            return
        self._obedience.told(self._clock(), self._patience)
        with suppress(LineLost):
            self.line.urge(order)

    def _give_up(self, line: Line) -> None:
        """Its driver cannot say how it is stopped: what is left is to start it anew, and to tell people."""
        log.error("driver cannot stop it id=%s", self.id)
        self._start_anew(line)
        line.close()
        self._obedience.lost(runs=True)

    def insist(self) -> None:
        """Do what helps against a board that was told to stop, and does not prove that it did."""
        if self.line is None:
            return
        step = self._obedience.step(self._clock(), self._is_proven(self.line), self._patience)
        if step == "reset":
            log.warning("robot does not stop: reset id=%s running=%r", self.id, self.watched.running)
            self._start_anew(self.line)
        elif step == "doubt":
            log.error("robot is NOT confirmed stopped id=%s", self.id)
        elif step in ("say", "greet"):
            self._say_stop()
            if step == "greet":
                with suppress(LineLost):
                    self.line.write(self.watched.driver.begin())

    def doubt(self) -> None:
        """It was moved, and cannot be told to stop: its line is gone."""
        self._obedience.lost(runs=True)

    def trust(self) -> None:
        """Somebody has seen that it stands, though it cannot be asked."""
        if self.line is None:
            self._obedience.trust()

    @property
    def _patience(self) -> Patience:
        return Patience.of(self.watched.driver)

    def _is_proven(self, line: Line) -> bool:
        """Tell whether it stands, as far as anybody can tell: not every driver has an answer to wait for."""
        return not self.watched.driver.is_stopping and line.is_sent and not self.watched.running

    def _start_anew(self, line: Line) -> None:
        how = self.watched.driver.last_resort
        if how != "none":
            line.reset(how)

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
