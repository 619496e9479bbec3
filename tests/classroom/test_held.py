"""A recording that has ended is noted with the lesson that it was of."""

import asyncio
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge.classroom.timetable import Timetable
from edge.held import HeldLessons
from edge.journal import Journal
from edge.media.record import recording as notes
from edge.media.record.recording import Recording, stamp
from edge.media.record.store import Store
from sync.records import LessonPlanned, LessonStarted, lesson_id
from tests.flows.crew import until
from tests.flows.journals import Fact, facts


@pytest.mark.parametrize("begun", [True, False])
async def test_what_was_recorded_during_a_lesson_is_noted_as_that_lesson(tmp_path: Path, begun: bool) -> None:
    began = datetime.now().astimezone() - timedelta(minutes=10)
    day, starts = f"{began:%Y-%m-%d}", f"{began:%H:%M}"
    with closing(Journal(tmp_path, "akzhar")) as journal:
        store = Store(tmp_path)
        plan = LessonPlanned("7Б", starts, (day,), "Физика", hub="hub-1")
        journal.ledger.note("timetable", "akzhar", plan).result()
        lesson = lesson_id("7Б", day, starts)
        if begun:
            journal.ledger.note("log", "akzhar", LessonStarted(lesson, "lesson")).result()
        _lay_down(store, began)
        (fact,) = await _noted(HeldLessons(store, journal, Timetable(journal).lesson_of), tmp_path)
    assert msgspec.json.decode(fact.body)["lesson"] == lesson


def _lay_down(store: Store, began: datetime) -> None:
    """Put the note of a recording of eleven minutes where the store finds it."""
    store.place.prepare()
    name = f"lesson-{stamp(began).translate({ord('-'): None, ord(':'): None})}"
    recording = Recording(
        id=name, stream="lesson", started=stamp(began), media_type="video/webm", state="done", seconds=660
    )
    notes.save(store.place.disk, store.place.folder, recording)


async def _noted(held: HeldLessons, state: Path) -> list[Fact]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(held.run())
        found = await until(lambda: facts(state, "lesson-held"))
        running.cancel()
    return found
