"""What a class hears of its lesson's hub beside the lesson: that it has the floor, and what was answered."""

import asyncio
from collections.abc import Callable

from edge.board import Board
from edge.classroom.spoken import plain
from edge.classroom.talk import Talk
from edge.contract.talkback import Answered, Told
from edge.dialogue.floors import Floors
from edge.dialogue.sayings import Sayings

LOOK = 0.25  # seconds between looks at the journal: an answer is read out when it is there
IDLE = 1.0  # … while no lesson runs
MOST_TOLD = 20  # answers that a screen is told, the newest: what was asked in half a lesson

Running = Callable[[], tuple[str, str]]


class Ear:
    """A part to be kept running; `running` tells the lesson of this class and its stream."""

    def __init__(self, floors: Floors, sayings: Sayings, talk: Talk, running: Running, board: Board) -> None:
        self._floors = floors
        self._sayings = sayings
        self._talk = talk
        self._running = running
        self._board = board
        self._woken = asyncio.Event()
        self._granted = 0  # when the floor was given to this class that it knows of; 0 for none
        self._lesson: tuple[tuple[str, str], int] = (("", ""), 0)  # that ran at the last look, and since when
        self._seen = sayings.newest()  # arrival at the last look: what comes later may be of the next lesson
        floors.watch(self._woken.set)

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            self._woken.clear()
            await self._listen()
            try:
                async with asyncio.timeout(LOOK if self._running()[1] else IDLE):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _listen(self) -> None:
        _, stream = self._running()
        floor = self._floors.of(stream)
        granted = floor.since if stream and self._floors.is_me(floor.holder) else 0
        if granted != self._granted:
            self._granted = granted
            if granted:
                await self._talk.heard()
        if stream:
            await self._sayings.look()
        self._board.tell(Answered(self.answers()))
        self._seen = self._sayings.newest()

    def answers(self) -> tuple[Told, ...]:
        """Return what was answered in the lesson that runs, the newest first."""
        lesson, stream = self._running()
        if not stream:
            return ()
        if self._lesson[0] != (lesson, stream):
            self._lesson = ((lesson, stream), self._seen)
        began = self._sayings.began(lesson, stream)
        replies = self._sayings.replies(stream, self._lesson[1] if began is None else began)
        return tuple(
            Told(plain(each.fact.asked), plain(each.fact.text), each.ms, self._talk.asked(each.fact.question))
            for each in replies[:MOST_TOLD]
        )
