"""A classroom put together of real parts, and a hub whose packets come as fast as it talks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from msgspec import structs

from edge.access import Door
from edge.api import Unable
from edge.board import Board
from edge.classroom.diary import Diary
from edge.classroom.hearing import Hearing
from edge.classroom.lesson import LiveLesson
from edge.classroom.projector import Projector
from edge.classroom.shelf import OwnShelf
from edge.classroom.timeshift import TimeShift
from edge.classroom.timetable import Timetable
from edge.contract.commands import Command
from edge.contract.notices import Lesson, Notice
from edge.journal import Journal
from edge.lessons import Lessons
from edge.media.packet import CLOCK_RATE, Codec, Kind, Packet, Track
from edge.media.record import recording as notes
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.stream import Stream
from edge.media.studio import Studio
from sync.records import LessonPlanned, Record, lesson_id
from tests.media.lessons import Event, arriving, lesson, packets, repeated, reports

DEADLINE = 40.0
RETURN_TIME = 1.0  # seconds a stream waits for its publisher here
ROUNDS = 20  # of six seconds
CLASS, SUBJECT, TODAY, STARTS = "7Б", "Физика", "2026-11-26", "09:00"
NOW = lesson_id(CLASS, TODAY, STARTS)
LAST = lesson_id(CLASS, "2026-11-24", STARTS)

N = TypeVar("N", bound=Notice)


class Clock:
    """The time that packets are stamped with; a test may let some of it pass at once."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Hub:
    """One lesson on its way into a studio."""

    def __init__(self, studio: Studio, clock: Clock, name: str, codec: Codec) -> None:
        given = repeated(lesson(codec), ROUNDS)
        self._studio, self._clock, self._name = studio, clock, name
        self._events = arriving(packets(given), reports(given))
        self._tracks: dict[Kind, Track] = {track.kind: track for track in given.tracks}
        self.stream: Stream | None = None

    async def talk(self) -> None:
        """Send until cancelled, then leave as a publisher does whose link is cut."""
        stream = self.stream = self._studio.begin(self._name, self._tracks)
        publication, began = stream.publication, self._clock()
        lift = round(time.monotonic() * 1000)  # timestamps of a publisher that comes back go on
        try:
            for event in self._events:
                await asyncio.sleep(max(0.0, event.arrival - (self._clock() - began)))
                self._send(stream, event, lift)
        finally:
            self._studio.leave(stream, publication)

    def _send(self, stream: Stream, event: Event, lift: int) -> None:
        stamped = event.timestamp + lift * CLOCK_RATE[event.kind] // 1000
        if isinstance(event, Packet):
            number, now = event.sequence + lift, self._clock()
            stream.take(structs.replace(event, arrival=now, sequence=number, timestamp=stamped))
        else:
            stream.report(event.kind, event.ntp + lift / 1000, stamped, self._clock())


class Room:
    """The parts of a node that a lesson at its screen needs."""

    def __init__(self, state: Path, record: bool = True) -> None:
        self.clock = Clock()
        self.journal = Journal(state, "akzhar")
        self.board = Board()
        self.studio = Studio(8, RETURN_TIME)
        self.store = Store(state, reserve=0)
        self.recorders = Lessons(self.store, self.studio, record)
        self.reached: bool | None = True
        timetable = Timetable(self.journal)
        door = Door((), room=True, allow_anyone=True)
        self.projector = Projector(door, self.board, lambda: 80)
        self.routes = [*self.projector.routes(), *TimeShift(self.store, door).routes()]
        hearing = Hearing(self.studio, self.recorders, lambda: self.reached)
        diary, shelf = Diary(self.journal, timetable), OwnShelf(self.store, timetable)
        self.lesson = LiveLesson(hearing, diary, shelf, self.board, self.projector, self.clock)
        self._talking: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def note(self, *facts: Record, class_: str = "control") -> None:
        """Write facts."""
        for fact in facts:
            self.journal.ledger.note(class_, "akzhar", fact).result()

    def plan(self, topic: str = "Күш") -> None:
        """Plan a lesson for two days, with the same topic."""
        days = ("2026-11-24", TODAY)
        plan = LessonPlanned(CLASS, STARTS, days, SUBJECT, teacher="Ахметова", hub="Тірек", topic=topic)
        self.note(plan)

    def keep(self, ident: str, started: str, seconds: float) -> None:
        """Have a recording that was made some time ago."""
        made = Recording(id=ident, stream="physics", started=started, media_type="video/webm")
        made.state, made.seconds = "done", seconds
        self.store.place.prepare()
        made.path(self.store.place.folder).write_bytes(b"a lesson")
        notes.save(Disk(), self.store.place.folder, made)

    def talk(self, name: str = "physics", codec: Codec = "VP8") -> Hub:
        """Have a hub talk."""
        hub = Hub(self.studio, self.clock, name, codec)
        assert self._tasks is not None
        self._talking[name] = self._tasks.create_task(hub.talk())
        return hub

    def cut(self, name: str = "physics") -> None:
        """Cut the hub's link."""
        self._talking.pop(name).cancel()

    async def do(self, command: Command) -> None:
        """Give an order, as a screen does."""
        await self.lesson.desks()[type(command)](command)

    async def refused(self, command: Command) -> str:
        """Return why an order is refused."""
        try:
            await self.do(command)
        except Unable as exc:
            return exc.key
        return ""

    async def told(self, kind: type[N], is_it: Callable[[N], bool] = lambda _: True) -> N:
        """Return the first notice of a kind that is as it is waited for."""
        last: N | None = None
        try:
            with self.board.read() as reader:
                async with asyncio.timeout(DEADLINE):
                    while True:
                        found = [each for each in await reader.take(DEADLINE) if isinstance(each, kind)]
                        last = found[-1] if found else last
                        if found and is_it(found[-1]):
                            return found[-1]
        except TimeoutError:
            raise AssertionError(f"never so, but {last}") from None

    async def until(self, state: str) -> Lesson:
        """Return the lesson once it is in a state."""
        return await self.told(Lesson, lambda lesson: lesson.state == state)

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        """Run the parts."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            parts = (self.studio.run(), self.recorders.run(), self.lesson.run())
            running = [tasks.create_task(part) for part in parts]
            try:
                yield
            finally:
                for each in (*self._talking.values(), *running):
                    each.cancel()
        self.journal.close()
