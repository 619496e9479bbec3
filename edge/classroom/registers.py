"""Registers at the screen: read, and written so that the answer means that the disk has it."""

import asyncio
from concurrent.futures import Future
from sqlite3 import Connection

from edge.api import Desks, Unable
from edge.board import Board
from edge.classroom.drafts import Drafts
from edge.contract.answers import Done, Pupil, Register
from edge.contract.answers import Saved as SavedAnswer
from edge.contract.commands import KeepDraft, ReadRegister, TakeRegister
from edge.contract.notices import RegisterChanged
from edge.journal import Journal
from edge.roll import CodeUnknown, ReasonNeeded, Roll, Saved
from sync.errors import DiskFull, JournalError
from sync.records import CODES, RegisterTaken, Unreadable, decode, fact_id, lesson_parts

MOST_MARKS = 999  # a register's numbers go from 1 to 999
MAX_REASON = 300  # letters
RECENT = """SELECT event.at, event.hlc, event.kind, event.body
  FROM event JOIN stream ON stream.id = event.stream
  WHERE event.at > ? AND event.kind = 'register-taken' AND stream.school = ? ORDER BY event.at"""


class Registers:
    """One part of the screen's side of a node."""

    def __init__(self, journal: Journal, board: Board, drafts: Drafts) -> None:
        self._journal = journal
        self._drafts = drafts
        self._board = board
        self._seen = journal.ledger.newest()

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {ReadRegister: self._read, TakeRegister: self._take, KeepDraft: self._keep}

    async def _read(self, asked: ReadRegister) -> Register:
        try:
            return await asyncio.to_thread(self._register, asked.lesson)
        except JournalError as exc:
            raise Unable("journal-broken") from exc

    def _register(self, lesson: str) -> Register:
        roll, (class_, _, _) = Roll(self._journal), lesson_parts(lesson)
        numbers = roll.numbers(class_)
        try:
            names = roll.names(class_)
        except JournalError:  # a register is taken by numbers too
            names = {}
        standing = roll.standing(lesson)
        marked = [each.register.marks for each in standing.heads] if standing else []
        known = sorted({*numbers, *(number for marks in marked for number in marks)})
        pupils = tuple(Pupil(number, names.get(number, "")) for number in known)
        draft = self._drafts.of(lesson)
        if standing is None:
            return Register(lesson, class_, pupils, draft=draft)
        heads = tuple(each.id for each in standing.heads)
        stands = (standing.marks, standing.signed, heads, standing.conflict)
        others = tuple(each.register.marks for each in standing.heads[1:])
        return Register(lesson, class_, pupils, *stands, draft, others)

    async def _keep(self, order: KeepDraft) -> Done:
        if len(order.marks) > MOST_MARKS or not set(order.marks.values()) <= set(CODES):
            raise Unable("bad-command")
        await asyncio.to_thread(self._drafts.keep, order.lesson, order.marks)
        return Done()

    async def _take(self, order: TakeRegister) -> SavedAnswer:
        if len(order.marks) > MOST_MARKS or len(order.reason) > MAX_REASON:
            raise Unable("bad-command")
        register = RegisterTaken(
            order.lesson, order.marks, "", order.signed, order.prev, " ".join(order.reason.split())
        )
        try:
            saved = await asyncio.wrap_future(await asyncio.to_thread(self._taking, register))
        except CodeUnknown as exc:
            raise Unable("code-unknown") from exc
        except ReasonNeeded as exc:
            raise Unable("reason-needed") from exc
        except DiskFull as exc:
            raise Unable("disk-full") from exc
        except JournalError as exc:
            raise Unable("journal-broken") from exc
        self._board.tell(RegisterChanged(order.lesson, saved.noted.id))
        if self._drafts.of(order.lesson):
            await asyncio.to_thread(self._drafts.keep, order.lesson, {})
        return SavedAnswer(saved.noted.id, saved.strangers)

    def _taking(self, register: RegisterTaken) -> Future[Saved]:
        class_, _, _ = lesson_parts(register.lesson)
        return Roll(self._journal).take(class_, register)

    def look(self) -> None:
        """Tell of the registers that somebody else wrote since the last look: a command, the hub."""
        school, seen = self._journal.school, self._seen

        def newer(db: Connection) -> list[tuple[int, int, str, str]]:
            return db.execute(RECENT, (seen, school)).fetchall()

        for at, hlc, kind, body in self._journal.ledger.read(newer):
            self._seen = at
            try:
                fact = decode(kind, body)
            except Unreadable:
                continue
            if isinstance(fact, RegisterTaken):
                self._board.tell(RegisterChanged(fact.lesson, fact_id(hlc, kind, body)))
