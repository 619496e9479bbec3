"""A roll call by cards: whose card is before the camera is there; what it means is for the teacher to say."""

import asyncio
from collections.abc import Callable

from edge.api import Desks, Unable
from edge.board import Board
from edge.cards.reading import REFUSED, CardCamera, CardReading
from edge.contract.answers import Done
from edge.contract.talkback import CardsSeen, RollByCards
from edge.journal import Journal
from edge.roll import Roll
from sync.records import lesson_parts

LONGEST = 900.0  # seconds; who forgets it gets the camera back: the longest roll call takes a third

Shown = dict[str, list[int]]


class CardCall:
    """The command of the screen, and what it is told; `news` tells the projector."""

    def __init__(self, journal: Journal, board: Board, camera: CardCamera, news: Callable[[], None]) -> None:
        self._journal = journal
        self._board = board
        self._camera = camera
        self._news = news
        self._reading = CardReading(camera)
        self._reading.watch(self._tell)
        self._lesson = ""
        self._began = 0.0
        self._shown: Shown | None = None
        self._turn = asyncio.Lock()  # of orders: one that ends it comes after the one that began it

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {RollByCards: self._call}

    def shown(self) -> Shown | None:
        """Return what the projector shows: whose cards were read, and whose not yet."""
        if not self._reading.is_on:
            return None
        read = self._reading.present
        return {"read": list(read), "missing": [each for each in self._reading.expected if each not in read]}

    def look(self, now: float) -> None:
        """End what was forgotten."""
        if self._reading.is_on and now - self._began > LONGEST:
            self._reading.stop()

    async def _call(self, order: RollByCards) -> Done:
        async with self._turn:
            if order.on:
                await self._begin(order)
            elif order.lesson == self._lesson:
                self._reading.stop()
        return Done()

    async def _begin(self, order: RollByCards) -> None:
        class_, _, _ = lesson_parts(order.lesson)
        numbers = await asyncio.to_thread(Roll(self._journal).numbers, class_)
        if not numbers:
            raise Unable("class-unknown", **{"class": class_})
        if (trouble := self._camera.blind) in REFUSED:
            raise Unable(trouble)
        self._lesson, self._began = order.lesson, self._camera.now()
        self._reading.start(class_, numbers)

    def _tell(self) -> None:
        reading = self._reading
        self._board.tell(
            CardsSeen(self._lesson, reading.is_on, reading.present, reading.strangers, reading.trouble)
        )
        if (shown := self.shown()) != self._shown:
            self._shown = shown
            self._news()
