"""The class's side of hands and questions: facts, on the disk before the screen is answered."""

import asyncio
import logging
from collections.abc import Callable
from sqlite3 import Connection

from edge.api import Desks, Unable
from edge.classroom.spoken import MOST_QUESTIONS, MOST_SAID, Class, Said, Spoken, plain
from edge.contract.answers import Done
from edge.contract.commands import AskQuestion, RaiseHand
from edge.journal import Journal
from sync.clock import ms_of
from sync.errors import DiskFull, JournalError
from sync.records import MOST_LETTERS, HandRaised, QuestionAsked, Unreadable, decode, fact_id

RECENT = 200  # facts that are read back at the start: twice what a class can say in one lesson
READ = """SELECT event.hlc, event.kind, event.body FROM stream
  CROSS JOIN event ON event.stream = stream.id AND event.seq > stream.head - ?2
  WHERE stream.node = ?1 AND stream.class = 'talk' ORDER BY event.hlc"""

log = logging.getLogger(__name__)

Running = Callable[[], tuple[str, str]]


class Talk:
    """Takes hands and questions of the lesson that runs; `running` tells its name and its stream."""

    def __init__(
        self, journal: Journal, running: Running, changed: Callable[[], None], wake: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._running = running
        self._changed = changed  # called when `hand` or `questions` is another one
        self._wake = wake  # the exchange with the hub: a hand does not wait for its next round
        self._class = Class()
        for hlc, kind, body in journal.ledger.read(self._written):
            self._hear(hlc, kind, body)

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {RaiseHand: self._raise, AskQuestion: self._ask}

    @property
    def hand(self) -> int:
        """Return since when (milliseconds since 1970) the hand is up in the running lesson; 0 if down."""
        return self._spoken().hand

    @property
    def questions(self) -> int:
        """Return how many questions were asked in the lesson that runs."""
        return len(self._spoken().asked)

    def asked(self, question: str) -> bool:
        """Tell whether a question is this class's own, asked in the lesson that runs."""
        return any(each.id == question for each in self._spoken().asked)

    async def heard(self) -> None:
        """Take down the hand in the lesson that runs: the class has the floor."""
        lesson, stream = self._running()
        if self.hand:
            await self._take_down(lesson, stream)

    async def left(self) -> None:
        """Take down the hand in every lesson but the one that runs: nobody waits there any more."""
        for lesson, stream in self._class.raised():
            if (lesson, stream) != self._running():
                await self._take_down(lesson, stream)

    async def _raise(self, order: RaiseHand) -> Done:
        lesson, stream = self._place()
        if bool(self.hand) != order.up:
            await self._note(HandRaised(lesson, stream, order.up))
        return Done()

    async def _ask(self, order: AskQuestion) -> Done:
        lesson, stream = self._place()
        text = plain(order.text)
        if not text:
            raise Unable("question-empty")
        if len(text) > MOST_LETTERS:
            raise Unable("question-long", letters=MOST_LETTERS)
        if self.questions >= MOST_QUESTIONS:
            raise Unable("too-many-questions")
        await self._note(QuestionAsked(lesson, stream, text))
        return Done()

    async def _take_down(self, lesson: str, stream: str) -> None:
        try:
            await self._note(HandRaised(lesson, stream, up=False))
        except Unable as exc:  # a lesson is left on a full disk too; the next one that is left tries again
            log.warning("hand stays up lesson=%r reason=%s", lesson, exc.key)

    def _place(self) -> tuple[str, str]:
        lesson, stream = self._running()
        if not stream:
            raise Unable("no-stream" if lesson else "no-lesson")
        if self._spoken().facts >= MOST_SAID:
            raise Unable("too-many-questions")
        return lesson, stream

    def _spoken(self) -> Spoken:
        return self._class.in_lesson(*self._running())

    async def _note(self, said: Said) -> None:
        try:
            noted = await asyncio.wrap_future(self._journal.ledger.note("talk", self._journal.school, said))
        except DiskFull as exc:
            raise Unable("disk-full") from exc
        except JournalError as exc:
            raise Unable("journal-broken") from exc
        self._class.hear(said, noted[-1].id, ms_of(noted[-1].hlc))
        self._wake()
        self._changed()

    def _written(self, db: Connection) -> list[tuple[int, str, str]]:
        return db.execute(READ, (self._journal.identity.node, RECENT)).fetchall()

    def _hear(self, hlc: int, kind: str, body: str) -> None:
        try:
            said = decode(kind, body)
        except Unreadable:  # of a newer version of us, before a way back
            return
        if isinstance(said, HandRaised | QuestionAsked):
            self._class.hear(said, fact_id(hlc, kind, body), ms_of(hlc))
