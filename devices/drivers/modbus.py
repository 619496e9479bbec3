"""Modbus RTU probes on one bus (core). It reads, and writes no register.

One request is on the way at a time; which probes are where is told by a person, for no bus can tell. A slave
that does not answer is asked once more at once: one that follows the standard to the letter passes over the
frame after one that was for another slave. After three requests in vain it is left alone for a while, each
time for longer, so that a dead one costs the others nothing.

answers → (no answer) asked again → … → left alone → (one request) → answers, or left alone for twice as long.
"""

import math
from collections.abc import Sequence

from devices.driver import Driver, Heard, Sample, sampled
from devices.drivers.modbus_frames import Answer, Asked, Ear
from devices.drivers.modbus_probes import Block, Placed, blocks

MISSES = 3  # requests in vain until a slave is left alone
FIRST_PAUSE = 5.0  # seconds that it is left alone
LONGEST_PAUSE = 60.0  # seconds; a probe that was plugged in again is seen after no more
GAP = (
    0.006  # seconds of silence between two frames: 3.5 letters at 9600 baud are 4 ms, adapters blur the rest
)
REFUSED = 10.0  # seconds until a register that was refused is asked for again
NEVER = math.inf
LATE = 0.05  # seconds after an answer that did not come, in which it may
PATIENCE = 0.3  # seconds for an answer of a probe that nobody described
OF_A_REGISTER = frozenset({"illegal-address", "illegal-value", "device-failure"})  # and not of the slave
KNOCK = Asked(1, 3, 0, 1)  # what most probes answer as they come from the factory


class Slave:
    """What is known of one address."""

    def __init__(self) -> None:
        self.misses = 0  # requests in vain, one after the other
        self.alone = 0.0  # until when it is left alone
        self._pause = FIRST_PAUSE

    def answered(self) -> None:
        """It lives."""
        self.misses, self._pause = 0, FIRST_PAUSE

    def missed(self, now: float) -> None:
        """It did not answer."""
        self.misses += 1
        if self.misses >= MISSES:
            self.alone = now + self._pause
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)

    @property
    def is_tried_again(self) -> bool:
        """Whether another request is worth its time now."""
        return 0 < self.misses < MISSES


class Turn:
    """A block and when it is to be read."""

    def __init__(self, block: Block, due: float) -> None:
        self.block = block
        self.due = due
        self.slave = block.placed.slave
        self.channels = tuple(block.channels())
        self.asked = block.asked
        self.frame = self.asked.frame


class Modbus(Driver):
    """A connection to a bus."""

    bauds = (9600, 4800, 19_200)

    def __init__(self, placed: Sequence[Placed]) -> None:
        self.channels = [each.channel(row) for each in placed for row in each.probe.rows]
        self.refused = 0
        self.requests: dict[int, int] = {each.slave: 0 for each in placed}  # sent to each slave
        self.troubles: dict[str, str] = {}  # by channel: a word key, while it cannot be read
        self.next_ask = 0.0  # when `ask` may have something to say again
        self._slaves = {each.slave: Slave() for each in placed}
        self._turns = [Turn(block, 0.0) for each in placed for block in blocks(each)]
        self._turn: Turn | None = None  # whose answer is waited for
        self._ear: Ear | None = None
        self._until = 0.0
        self._again = False  # the request on the way is the second one
        self._is_stray = False  # something came that nobody asked for

    def greet(self) -> bytes:
        """Return a request to read one probe: nothing is written."""
        self._turn = self._turns[0] if self._turns else None
        asked = self._turn.asked if self._turn else KNOCK
        self._ear, self._until = Ear(asked), 0.0
        return asked.frame

    def begin(self) -> bytes:
        """Return nothing: it is asked from the first `ask` on."""
        self._turn = self._ear = None
        self._until = 0.0
        return b""

    def ask(self, now: float) -> bytes:
        """Return the next request, when the answer to the last one is here or will not come."""
        if self._ear is not None and self._until == 0.0:  # of `greet`
            self._until = now + self._patience()
        if now < self._until:
            return b""
        if self._ear is not None:
            self._missed(now)
            return b""
        turn = self._next(now)
        return b"" if turn is None else self._request(turn, now)

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        if self._ear is None:
            self._stray(piece)
            return []
        answer = self._ear.feed(piece)
        if answer is None:
            return []
        turn, ear = self._turn, self._ear
        self.refused += ear.is_noisy
        self._turn = self._ear = None
        self._until = at + GAP
        self._stray(ear.rest)
        if turn is None:
            self.identity = f"Modbus slave {KNOCK.slave}"
            return []
        samples = self._answered(turn, answer, at)
        self.next_ask = max(self._until, self._soonest()[0])
        return [*samples]

    def missed(self) -> None:
        """Bytes were lost here: the answer that they were in does not come, and is asked for again."""
        if self._ear is not None:
            self._ear.missed()

    def stop(self) -> bytes:
        """Return nothing: it moves nothing."""
        return b""

    def _request(self, turn: Turn, now: float) -> bytes:
        self._turn, self._ear = turn, Ear(turn.asked, turn.frame)
        self._is_stray = False
        self._until = self.next_ask = now + self._patience()
        self.requests[turn.slave] += 1
        if not self._again:
            due = turn.due + turn.block.every
            turn.due = due if due > now else now + turn.block.every  # what is late is not made up for
        return turn.frame

    def _next(self, now: float) -> Turn | None:
        if self._turn is not None:  # without an answer so far
            return self._turn
        moment, turn = self._soonest()
        self.next_ask = max(now, moment)
        return turn if moment <= now else None

    def _soonest(self) -> tuple[float, Turn | None]:
        moments = [(max(turn.due, self._slaves[turn.slave].alone), turn) for turn in self._turns]
        return min(moments, key=lambda each: each[0], default=(NEVER, None))

    def _missed(self, now: float) -> None:
        assert self._ear is not None, "nobody was asked"
        self.refused += self._ear.is_noisy or bool(self._ear.rest)
        self._ear = None
        self._until = self.next_ask = now + LATE
        if self._turn is None:
            return
        slave = self._slaves[self._turn.slave]
        slave.missed(now)
        self._again = slave.is_tried_again and not self._again
        if not self._again:
            self.troubles.update((channel.name, "no-answer") for channel in self._turn.channels)
            self._turn = None

    def _answered(self, turn: Turn, answer: Answer, at: float) -> list[Sample]:
        placed, self._again = turn.block.placed, False
        self._slaves[turn.slave].answered()
        self.identity = self.identity or f"{placed.probe.title} {turn.slave}"
        if answer.refusal:
            self._refuse(turn, answer.refusal, at)
            return []
        first = turn.block.rows[0].register
        found = []
        for row, channel in zip(turn.block.rows, turn.channels, strict=True):
            begin = row.register - first
            value = row.value(answer.registers[begin : begin + row.size])
            if value is None:
                self.troubles[channel.name] = "no-number"
            else:
                self.troubles.pop(channel.name, None)
                found.append(sampled(channel, at, value))
        return found

    def _refuse(self, turn: Turn, refusal: str, at: float) -> None:
        apart = turn.block.apart()
        if len(apart) > 1 and refusal in OF_A_REGISTER:
            self._turns.remove(turn)
            self._turns += [Turn(block, at) for block in apart]
            return
        turn.due = at + REFUSED
        self.troubles.update((channel.name, refusal) for channel in turn.channels)

    def _stray(self, piece: bytes) -> None:
        if piece and not self._is_stray:
            self._is_stray = True
            self.refused += 1

    def _patience(self) -> float:
        return self._turn.block.placed.probe.patience if self._turn else PATIENCE
