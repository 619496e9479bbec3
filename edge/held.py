"""Notes in the journal which lessons were live here: a fact for each finished recording, once."""

import asyncio
from collections.abc import Callable

from edge.journal import Journal
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from sync.records import LessonHeld, Unreadable, decode

NOTED = """SELECT body FROM event JOIN stream ON stream.id = event.stream
  WHERE event.kind = 'lesson-held' AND stream.node = ?"""

OVER = ("done", "interrupted")  # states of a recording that nothing is added to


def _none(recording: Recording) -> str:
    """Know no timetable."""
    return ""


class HeldLessons:
    """Compares recordings with the journal when one has ended, and at the start: what a crash left."""

    def __init__(self, store: Store, journal: Journal, lesson_of: Callable[[Recording], str] = _none) -> None:
        self._store = store
        self._lesson_of = lesson_of  # the name in the timetable of the lesson that was recorded
        self._journal = journal
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Note what is not noted yet, again and again."""
        while True:
            self.ended.clear()
            for held in await asyncio.to_thread(self._missing):
                await asyncio.wrap_future(self._journal.ledger.note("log", self._journal.school, held))
            await self.ended.wait()

    def _missing(self) -> list[LessonHeld]:
        node = self._journal.identity.node
        bodies = self._journal.ledger.read(lambda db: db.execute(NOTED, (node,)).fetchall())
        noted = {_recording_of(body) for (body,) in bodies}
        over = [each for each in self._store.list() if each.state in OVER and not each.copy_of]
        return [_held(each, self._lesson_of(each)) for each in over if each.id not in noted]


def _held(recording: Recording, lesson: str) -> LessonHeld:
    return LessonHeld(
        recording.stream,
        recording.started,
        round(recording.seconds, 1),
        recording.id,
        len(recording.gaps),
        recording.whole,
        lesson,
    )


def _recording_of(body: str) -> str:
    try:
        fact = decode("lesson-held", body)
    except Unreadable:
        return ""
    return fact.recording if isinstance(fact, LessonHeld) else ""
