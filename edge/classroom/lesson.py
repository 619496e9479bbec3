"""The lesson that runs at this classroom: the screen's orders, and what screens and projector are told."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from edge.api import Desks, Unable
from edge.board import Board
from edge.classroom.diary import Diary
from edge.classroom.hearing import Hearing
from edge.classroom.projector import Projector
from edge.classroom.shelf import Shelf, suiting
from edge.classroom.stage import UNKNOWN, Held, Stage, Unfit
from edge.classroom.ties import Tied
from edge.contract.answers import Done
from edge.contract.commands import (
    BackToLive,
    GoOn,
    LeaveLesson,
    Pause,
    Play,
    Record,
    Skip,
    StartLesson,
)
from edge.contract.notices import Lesson, Link, LinkState, Offer, Recorded
from edge.errors import JournalFailed
from edge.media.stream import NAME
from sync.errors import JournalError
from sync.records import lesson_parts

TICK = 0.5  # seconds between looks while nothing happens
PAUSE = 0.1  # seconds between looks at most: news may come in bursts
LOOK_AGAIN = 30.0  # seconds between looks for a recording to offer, while none was found
HELD = 120.0  # seconds for which what was held before is looked for: a long file takes a minute to be mended
FARTHEST = 86_400.0  # seconds of one skip

Act = Callable[[], None]


class Speaks(Protocol):
    """What a class says in its lesson."""

    @property
    def hand(self) -> int:
        """Since when the hand is up."""

    @property
    def questions(self) -> int:
        """How many were asked."""

    async def left(self) -> None:
        """Learn that another lesson runs, or none."""


class LiveLesson:
    """One part of the screen's side of a node: run it under `keep`."""

    def __init__(
        self,
        hearing: Hearing,
        diary: Diary,
        shelf: Shelf,
        board: Board,
        projector: Projector,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is the one that packets are stamped with."""
        self._clock = clock
        self._hearing = hearing
        self._diary = diary
        self._shelf = shelf
        self._board = board
        self._projector = projector
        self._stage = Stage()
        self._lesson = ""
        self._planned: Tied | None = None
        self._noted: tuple[str, str] = ("", "")
        self._held: Held | None = None  # as it was noted last
        self._to_hold: Held | None = None  # that was held when the daemon ended, and is not found yet
        self._hold_until = 0.0
        self._looked = -LOOK_AGAIN
        self._link: tuple[LinkState, int] = ("alone", 0)
        self._talk: Speaks | None = None
        self.tell()

    def listen(self, talk: Speaks) -> None:
        """Tell with each lesson what its class says."""
        self._talk = talk

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {
            StartLesson: self._start,
            LeaveLesson: self._leave,
            Pause: self._pause,
            GoOn: self._go_on,
            BackToLive: self._back_to_live,
            Skip: self._skip,
            Record: self._record,
            Play: self._play,
        }

    def running(self) -> tuple[str, str]:
        """Return the lesson that runs and its stream; empty strings for what there is not."""
        return (self._lesson, self._stage.stream) if self._stage.runs else ("", "")

    async def run(self) -> None:
        """Let time pass until cancelled."""
        await self._resume()
        if self._talk is not None:
            await self._talk.left()
        while True:
            version = self._hearing.version
            await self._look()
            await asyncio.sleep(PAUSE)
            await self._hearing.news(version, TICK - PAUSE)

    async def _resume(self) -> None:
        """Begin again with what ran when the daemon ended; it is noted in the journal already."""
        kept = await asyncio.to_thread(self._diary.running)
        if kept is None or self._stage.runs:
            return
        try:
            planned, habit = await asyncio.to_thread(self._read, kept[0])
        except Unable:
            return
        if not self._stage.runs:
            self._tick()
            self._lesson, self._planned = kept[0], planned
            self._stage.start(kept[1], habit)
            self._noted = self.running()
            self._to_hold = self._held = await asyncio.to_thread(self._diary.held)
            self._hold_until = self._clock() + HELD
            self.tell()

    async def _look(self) -> None:
        self._tick()
        await self._hold_again()
        self.tell()
        await self._note_start()
        await self._note_held()
        now = self._clock()
        if self._stage.wants_offer and self._stage.offer is None and now - self._looked >= LOOK_AGAIN:
            self._looked = now
            offer = await self._find_offer()
            if self._stage.wants_offer:
                self._stage.offer = offer
                self.tell()

    def _tick(self) -> None:
        self._stage.tick(self._clock(), self._hearing.streams())

    # Orders -----------------------------------------------------------------------------------------------

    async def _start(self, order: StartLesson) -> Done:
        if order.stream and NAME.fullmatch(order.stream) is None:
            raise Unable("bad-command")
        if order.lesson and self.running() == (order.lesson, order.stream or self._stage.stream):
            return Done()  # another screen, or the same one anew: what it shows goes on
        planned, habit = await asyncio.to_thread(self._read, order.lesson)
        if order.lesson and planned is None:
            raise Unable("not-found")
        self._tick()
        before = self.running()
        self._lesson, self._planned, self._looked = order.lesson, planned, -LOOK_AGAIN
        self._stage.start(order.stream, habit)
        await self._changed(before)
        return Done()

    def _read(self, lesson: str) -> tuple[Tied | None, str]:
        try:
            planned = self._diary.find(lesson) if lesson else None
            return planned, self._diary.habit(planned) if planned else ""
        except (JournalError, JournalFailed) as exc:
            raise Unable("journal-broken") from exc

    async def _leave(self, order: LeaveLesson) -> Done:
        before = self.running()
        self._stage.leave()
        self._lesson, self._planned = "", None
        await self._changed(before)
        return Done()

    async def _changed(self, before: tuple[str, str]) -> None:
        self.tell()
        if self._talk is not None and self.running() != before:
            await self._talk.left()
        await self._note_start()

    async def _note_start(self) -> None:
        """Note a lesson once, and again when it gets another stream."""
        begun = self.running()
        if begun == self._noted:
            return
        self._noted, self._held = begun, self._stage.held
        await self._diary.keep(begun if self._stage.runs else None, self._held)
        if all(begun):
            await self._diary.note(*begun)

    async def _note_held(self) -> None:
        """Note what is held: whoever starts anew after a power cut goes on holding it."""
        if self._stage.held == self._held or self._to_hold is not None or not self._stage.runs:
            return
        self._held = self._stage.held
        await self._diary.keep(self.running(), self._held)

    async def _hold_again(self) -> None:
        """Hold what was held when the daemon ended, once it is found: its file may be mended first."""
        wanted = self._to_hold
        if wanted is None:
            return
        if self._stage.held is not None or not self._stage.runs or self._clock() > self._hold_until:
            self._to_hold = None
            return
        with suppress(Unable):
            found = await asyncio.to_thread(self._shelf.find, wanted.item)
            if found is not None and self._to_hold is wanted and not found.growing:
                self._to_hold = None
                self._stage.hold(found, wanted.at)

    async def _pause(self, order: Pause) -> Done:
        done = self._order(self._stage.pause)
        await self._note_held()
        return done

    async def _go_on(self, order: GoOn) -> Done:
        return self._order(self._stage.go_on)

    async def _back_to_live(self, order: BackToLive) -> Done:
        return self._order(self._stage.back_to_live)

    async def _skip(self, order: Skip) -> Done:
        seconds = max(-FARTHEST, min(order.seconds, FARTHEST))
        return self._order(lambda: self._stage.skip(seconds))

    async def _play(self, order: Play) -> Done:
        found = await asyncio.to_thread(self._shelf.find, order.item)
        if found is None:
            raise Unable("not-found")
        return self._order(lambda: self._stage.play(found, order.at))

    async def _record(self, order: Record) -> Done:
        if not self._stage.runs:
            raise Unable("no-lesson")
        if not self._stage.stream or not self._hearing.record(self._stage.stream, order.on):
            raise Unable("no-stream")
        return self._order(lambda: None)

    def _order(self, act: Act) -> Done:
        self._tick()
        self._to_hold = None  # somebody has chosen
        try:
            act()
        except Unfit as exc:
            raise Unable(str(exc)) from exc
        self._tick()
        self.tell()
        return Done()

    # What is told -----------------------------------------------------------------------------------------

    async def _find_offer(self) -> Offer | None:
        if self._planned is None:
            return None
        try:
            return suiting(await asyncio.to_thread(self._shelf.kept), self._planned)
        except JournalError:
            return None

    def tell(self) -> None:
        """Tell what is true now."""
        self._board.tell(self._notice())
        self._projector.show(self._stage.shown)
        self._tell_link(self._stage.stream)

    def _tell_link(self, stream: str) -> None:
        state = self._hearing.link(stream, self._clock())
        if state != self._link[0] or not self._link[1]:
            self._link = (state, round(time.time() * 1000))
        self._board.tell(Link(*self._link))

    def _notice(self) -> Lesson:
        stage, planned = self._stage, self._planned
        return Lesson(
            state=stage.state,
            lesson=self._lesson,
            class_=planned.class_ if planned else lesson_parts(self._lesson)[0],
            subject=planned.subject if planned else "",
            topic=planned.topic if planned else "",
            teacher=planned.teacher if planned else "",
            hub=planned.hub if planned else "",
            stream=stage.stream,
            behind=round(stage.behind, 1),
            can_pause=stage.can_pause,
            position=0.0 if stage.pages else round(stage.position, 1),
            length=round(stage.length, 1),
            paused=stage.paused,
            away=float(round(stage.away)),
            offer=stage.offer,
            recorded=self._recorded(),
            hand=self._talk.hand if self._talk else 0,
            questions=self._talk.questions if self._talk else 0,
            choices=stage.choices,
            sight=self._hearing.remark(stage.stream) if stage.state == "live" else "",
            playing=stage.title,
            page=stage.page,
            pages=stage.pages if stage.pages < UNKNOWN else 0,
        )

    def _recorded(self) -> Recorded:
        if not self._stage.stream:
            return Recorded()
        told = self._hearing.recording(self._stage.stream)
        return Recorded(told.state, float(round(self._stage.recorded)), told.reason)
