"""The day on the board: read from a real journal, told anew when something is new."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.board import Board
from edge.classroom.choices import Choices
from edge.classroom.drafts import Drafts
from edge.classroom.registers import Registers
from edge.classroom.timetable import Timetable, span_of
from edge.classroom.today import Today
from edge.config import from_table
from edge.contract.notices import Day, PlannedLesson
from edge.journal import Journal
from edge.media.packet import Track
from edge.media.record import recording as notes
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.studio import Studio
from edge.roll import Roll
from sync.records import LessonCancelled, LessonPlanned, LessonStarted, Record, RegisterTaken, lesson_id

PATIENCE = 30.0  # seconds
VIDEO = Track("video", "VP8", 96, 1)


class Node:
    """The parts of a node that know the day."""

    def __init__(self, state: Path) -> None:
        self.journal = Journal(state, "akzhar")
        self.board = Board()
        self.studio = Studio(8)
        self.store = Store(state)
        self.timetable = Timetable(self.journal)
        self.running = ""
        config = from_table({"name": "x", "state": str(state), "school": "akzhar"}, "test")
        self._choices = Choices(config, self.journal, self.board)
        self._registers = Registers(self.journal, self.board, Drafts(state))
        self._today = Today(self.journal, self.timetable, self.store, self.studio, self.board)

    def note(self, class_: str, *facts: Record) -> None:
        for fact in facts:
            self.journal.ledger.note(class_, "akzhar", fact).result()

    async def run(self) -> None:
        await self._today.run(lambda: self.running, self._registers, self._choices)

    async def day(self, is_it: Callable[[Day], bool]) -> Day:
        """Return the first day told that is as it is waited for."""
        with self.board.read() as reader:
            async with asyncio.timeout(PATIENCE):
                while True:
                    days = [each for each in await reader.take(PATIENCE) if isinstance(each, Day)]
                    if days and is_it(days[-1]):
                        return days[-1]


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        yield made
        running.cancel()
    made.journal.close()


def _now() -> datetime:
    return datetime.now().astimezone()


def _plan(starts: datetime, class_: str = "7Б", subject: str = "Физика", hub: str = "hub-1") -> LessonPlanned:
    return LessonPlanned(class_, f"{starts:%H:%M}", (f"{starts:%Y-%m-%d}",), subject, 45, hub=hub)


def _only(day: Day) -> PlannedLesson:
    (lesson,) = day.lessons
    return lesson


async def test_an_empty_timetable_is_a_day_without_lessons(node: Node) -> None:
    day = await node.day(lambda day: True)
    assert (day.date, day.lessons, day.due) == (_now().date().isoformat(), (), "")


async def test_a_timetable_that_arrives_is_on_the_board_at_the_next_look(node: Node) -> None:
    await node.day(lambda day: not day.lessons)
    starts = _now()
    node.note("timetable", _plan(starts))
    day = await node.day(lambda day: bool(day.lessons))
    lesson = _only(day)
    assert day.due == lesson.id == lesson_id("7Б", f"{starts:%Y-%m-%d}", f"{starts:%H:%M}")
    assert (lesson.subject, lesson.state, lesson.register) == ("Физика", "planned", "none")
    node.note("timetable", LessonCancelled("7Б", lesson.starts, (f"{starts:%Y-%m-%d}",)))
    assert _only(await node.day(lambda day: _only(day).state == "cancelled"))


async def test_a_register_taken_by_a_command_shows_on_the_board(node: Node) -> None:
    starts = _now()
    node.note("timetable", _plan(starts))
    lesson = _only(await node.day(lambda day: bool(day.lessons)))
    Roll(node.journal).take("7Б", RegisterTaken(lesson.id, {1: "present"})).result()
    assert _only(await node.day(lambda day: _only(day).register == "signed"))


async def test_a_stream_that_comes_alive_makes_the_present_lesson_live(node: Node) -> None:
    node.note("timetable", _plan(_now()))
    await node.day(lambda day: bool(day.lessons))
    stream = node.studio.begin("lesson", {"video": VIDEO})
    day = await node.day(lambda day: day.streams == ("lesson",))
    assert _only(day).state == "live"
    node.running = day.due
    assert _only(await node.day(lambda day: _only(day).state == "running"))
    node.running = ""
    node.studio.leave(stream, stream.publication)
    assert _only(await node.day(lambda day: not day.streams)).state == "planned"


async def test_a_recording_shows_at_the_lesson_that_it_is_of(node: Node, tmp_path: Path) -> None:
    starts = _now() - timedelta(minutes=50)
    if starts.date() != _now().date():
        starts = _now()  # at 00:20 there is no lesson of today that is over
    node.note("timetable", _plan(starts), _plan(starts, "8А"))
    await node.day(lambda day: len(day.lessons) == 2)
    name = lesson_id("8А", f"{starts:%Y-%m-%d}", f"{starts:%H:%M}")
    _record(node.store, "lesson", starts, 3060.0)
    node.note("log", LessonStarted(name, "lesson"))
    day = await node.day(lambda day: any(each.recording for each in day.lessons))
    assert {each.class_: bool(each.recording) for each in day.lessons} == {"7Б": False, "8А": True}


def _record(store: Store, stream: str, began: datetime, seconds: float) -> None:
    stamp = f"{began.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    recording = Recording(
        id=f"{stream}-{stamp}",
        stream=stream,
        started=f"{began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        media_type="video/webm",
        state="done",
        seconds=seconds,
    )
    store.place.prepare()
    notes.save(store.place.disk, store.place.folder, recording)


def test_the_note_of_a_recording_that_says_no_time_ties_it_to_nothing() -> None:
    assert span_of(Recording(id="a", stream="a", started="soon", media_type="video/webm")) is None


async def test_a_lesson_with_an_impossible_time_is_left_out_and_the_others_stay(node: Node) -> None:
    day = f"{_now():%Y-%m-%d}"
    node.note("timetable", LessonPlanned("9В", "25:99", (day, "someday"), "Химия"), _plan(_now()))
    assert _only(await node.day(lambda day: bool(day.lessons))).class_ == "7Б"
