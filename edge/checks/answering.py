"""The class's side of quick checks: taken in the lesson that runs, answered by cards or by a count.

An answer is a fact on the disk before the screen is answered; it goes up with the journal, whenever there is
a link. What is shown is folded from the journal, so a daemon that is started anew goes on where it was; only
a reading of cards that was not ended yet begins again.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection

from msgspec import Struct, structs

from edge.api import Desks, Unable
from edge.cards.reading import REFUSED, CardReading
from edge.checks.heard import Heard
from edge.checks.saying import Saying, State
from edge.checks.seat import Place, answer_of, behind, current, refused
from edge.checks.sets import Kept, Sets
from edge.checks.shown import asked_of, picture_at
from edge.contract.answers import Checks, Done, PreparedQuestion, PreparedSet
from edge.contract.talkback import AskCheck, CountAnswers, EndCheck, ListChecks, ReadCards
from edge.errors import JournalFailed
from edge.roll import Roll
from sync.checks import Check
from sync.errors import DiskFull, JournalError
from sync.records import CheckAnswered, CheckEnded, Record, lesson_parts

LOOK = 0.25  # seconds between looks at the journal and at what is read: a page is to change 4 times a second
REST = 1.0  # … while no lesson runs and nothing is asked: an idle computer does next to nothing
MOST_HANDS = 200  # pupils that may be counted where the class's roster is not here
MOST_AWAY = 100  # checks put away that are remembered
ID_BYTES = 8  # of a check's name

log = logging.getLogger(__name__)


class Around(Struct, frozen=True):
    """What a class's checks need of its node."""

    running: Callable[[], tuple[str, str]]  # the lesson that runs and its stream
    wake: Callable[[], None]  # the exchange with the hub: an answer does not wait for its next round


class Answering:
    """One part of the screen's side of a node: run it under `keep`."""

    def __init__(
        self, heard: Heard, reading: CardReading, sets: Sets, saying: Saying, around: Around
    ) -> None:
        self._journal = heard.journal
        self._reading = reading
        self._sets = sets
        self._saying = saying
        self._around = around
        self._heard = heard
        self._known: Collection[Check] = ()
        self._state = State(Place(heard.journal.identity.node))
        self._away: list[str] = []
        self._roster_of: Place | None = None
        self._turn = asyncio.Lock()  # of orders and looks: each sees the journal as the one before left it

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {
            ReadCards: self._read,
            CountAnswers: self._count,
            ListChecks: self._list,
            AskCheck: self._ask,
            EndCheck: self._end,
        }

    async def run(self) -> None:
        """Keep true what is told until cancelled."""
        while True:
            async with self._turn:
                try:
                    await self._look()
                except JournalError as exc:
                    raise JournalFailed(str(exc)) from exc
                self._saying.tell(self._state)
            await asyncio.sleep(LOOK if self._state.check or any(self._around.running()) else REST)

    # Orders -----------------------------------------------------------------------------------------------

    async def _read(self, order: ReadCards) -> Done:
        async with self._turn:
            check = await self._running(order.check)
            if order.on:
                await self._count_pupils()  # its roster may have come since the lesson began
                self._begin_reading(check)
            elif self._state.mode == "reading":
                await self._keep_read(check, self._state.place)
                self._rest()
            self._saying.tell(self._state)
        return Done()

    async def _count(self, order: CountAnswers) -> Done:
        async with self._turn:
            check = await self._running(order.check, late=bool(order.counts))
            if order.counts:
                await self._note(self._counted(check, order.counts))
            self._rest()
            self._state.mode = "" if order.counts else "counting"
            self._saying.tell(self._state)
        return Done()

    async def _list(self, order: ListChecks) -> Checks:
        kept = await asyncio.to_thread(self._sets.all)
        return Checks(tuple(map(_prepared, kept)))

    async def _ask(self, order: AskCheck) -> Done:
        async with self._turn:
            await self._look_for_order()
            place, check = self._state.place, self._state.check
            if not place.runs:
                raise Unable("no-lesson")
            question = await asyncio.to_thread(self._sets.question, order.item, order.number)
            if question is None:
                raise Unable("not-found")
            if check is not None and not check.ended:
                raise Unable("check-runs")
            asked = asked_of(question, secrets.token_hex(ID_BYTES), "", order.item, order.number)
            await self._note(structs.replace(asked, lesson=place.lesson))
            self._saying.tell(self._state)
        return Done()

    async def _end(self, order: EndCheck) -> Done:
        async with self._turn:
            await self._look_for_order()
            check = self._state.check
            if check is None or check.id != order.check or check.by_hub:
                raise Unable("no-check")
            if check.ended:
                self._away = [*self._away, check.id][-MOST_AWAY:]
                await self._learn()
            else:
                if self._state.mode == "reading":
                    await self._keep_read(check, self._state.place)
                await self._note(CheckEnded(check.id))
                self._rest()
            self._saying.tell(self._state)
        return Done()

    def _begin_reading(self, check: Check) -> None:
        if self._state.mode == "reading":
            return
        if not self._state.pupils:
            raise Unable("class-unknown")
        class_ = lesson_parts(self._state.place.lesson)[0]
        self._reading.start(class_, self._state.pupils, check.letters)
        if (trouble := self._reading.trouble) in REFUSED:
            self._reading.stop()
            raise Unable(trouble)
        self._state.mode = "reading"

    def _counted(self, check: Check, counts: tuple[int, ...]) -> CheckAnswered:
        pupils = len(self._state.pupils)
        fits = len(counts) == len(check.letters) and min(counts) >= 0
        if not fits or not 0 < sum(counts) <= (pupils or MOST_HANDS):
            raise Unable("counts-wrong", most=pupils or MOST_HANDS)
        chosen = {letter: count for letter, count in zip(check.letters, counts, strict=True) if count}
        return CheckAnswered(check.id, self._state.place.lesson, counts=chosen, of=pupils)

    async def _running(self, check: str, *, late: bool = False) -> Check:
        """Return the check that may be answered now, or `late`: the hub has ended it; raise Unable."""
        await self._look_for_order()
        found = self._state.check
        if found is None or found.id != check or (found.ended and not (late and found.by_hub)):
            raise Unable("no-check")
        return found

    async def _keep_read(self, check: Check, place: Place) -> None:
        """Answer with what was read, and for who was not read now with what was before."""
        read, before = self._reading.read, answer_of(check, place)
        if read:
            choices = {**(before.choices if before else {}), **read}
            of = len(self._reading.expected)
            await self._note(CheckAnswered(check.id, place.lesson, choices=choices, of=of))

    async def _note(self, record: Record) -> None:
        try:
            noting = self._journal.ledger.note("answer", self._journal.school, record)
            await asyncio.wrap_future(noting)
            await self._learn()
        except DiskFull as exc:
            raise Unable("disk-full") from exc
        except JournalError as exc:
            raise Unable("journal-broken") from exc
        self._around.wake()

    # What is so now ---------------------------------------------------------------------------------------

    async def _look_for_order(self) -> None:
        try:
            await self._look()
        except JournalError as exc:
            raise Unable("journal-broken") from exc

    async def _look(self) -> None:
        """Learn what has changed, and let go of what is over."""
        state = self._state
        before, place = state.check, state.place
        state.place = Place(self._journal.identity.node, *self._around.running())
        try:
            if state.place != self._roster_of:
                await self._count_pupils()
            await self._learn()
        except JournalError:
            state.place = place  # what was read belongs there, and the next look is to see that it was left
            raise
        goes_on = state.check is not None and not state.check.ended and state.place.lesson == place.lesson
        if before is not None and not (goes_on and _is_same(before, state.check)):
            await self._end_reading(before, place)

    async def _end_reading(self, check: Check, place: Place) -> None:
        """It is over while we read, for whatever reason: what was read until now is an answer too."""
        if self._state.mode == "reading":
            try:
                await self._keep_read(check, place)
            except Unable as exc:
                log.warning("cards not kept check=%s reason=%s", check.id, exc.key)
        self._rest()

    async def _learn(self) -> None:
        self._known = (await self._heard.fresh()).values()
        now, state = self._heard.now(), self._state
        check = current(self._known, state.place, now, self._away)
        if check is None or not _is_same(check, state.check) or state.is_bare:
            state.picture = await asyncio.to_thread(self._picture, check) if check else ""
        state.check = check
        state.behind = tuple(behind(self._known, state.place, now, check))
        state.refused = tuple(each.id for each in refused(self._known, state.place, now))

    def _rest(self) -> None:
        """Neither read nor count any more."""
        self._state.mode = ""
        self._reading.stop()

    async def _count_pupils(self) -> None:
        place = self._state.place
        self._state.pupils = await asyncio.to_thread(self._numbers, place.lesson)
        self._roster_of = place

    def _numbers(self, lesson: str) -> tuple[int, ...]:
        class_, day, _ = lesson_parts(lesson)
        return tuple(Roll(self._journal).numbers(class_)) if day else ()

    def _picture(self, check: Check) -> str:
        question = self._sets.question(check.asked.item, check.asked.number) if check.asked.item else None
        if question is None or question.picture is None:
            return ""
        return picture_at(check.asked.item, check.asked.number)


def _is_same(one: Check, other: Check | None) -> bool:
    return other is not None and one.id == other.id


def _prepared(kept: Kept) -> PreparedSet:
    questions = tuple(
        PreparedQuestion(number, each.text, tuple(choice.text for choice in each.choices))
        for number, each in enumerate(kept.checks.questions, 1)
    )
    return PreparedSet(kept.item, kept.checks.title, kept.checks.subject, questions)
