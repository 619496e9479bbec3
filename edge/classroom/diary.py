"""Which stream the lessons of a class come from: read from the journal, and noted there when one begins.

What runs now is kept in a small file beside it, so that a daemon that is started anew shows it again.
"""

import asyncio
import logging
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.classroom.stage import Held
from edge.classroom.ties import Tied
from edge.classroom.timetable import Timetable
from edge.journal import Journal
from sync import durable
from sync.errors import JournalError
from sync.records import LessonStarted

FILE = "lesson.json"
OVER = 3 * 3600.0  # seconds after which nobody wants it again: a double lesson and its break

log = logging.getLogger(__name__)


class Running(Struct, frozen=True):
    """The lesson that runs."""

    lesson: str
    stream: str
    since: float  # seconds since 1970
    held: Held | None = None  # of what is shown instead of the hub


class Diary:
    """The journal as the stage needs it; `find`, `habit` and `running` read the disk: for threads."""

    def __init__(self, journal: Journal, timetable: Timetable) -> None:
        self._journal = journal
        self._timetable = timetable
        self._path = journal.folder.parent / FILE
        self._turn = asyncio.Lock()  # what was told last is to be on the disk last

    def find(self, lesson: str) -> Tied | None:
        """Return a lesson of the timetable."""
        return self._timetable.lessons().by_name.get(lesson)

    def habit(self, lesson: Tied) -> str:
        """Return the stream that this class had in this subject last; "" if it never had one."""
        lessons = self._timetable.lessons()
        for started in reversed(lessons.started):
            other = lessons.by_name.get(started.lesson)
            if other is not None and (other.class_, other.subject) == (lesson.class_, lesson.subject):
                return started.stream
        return ""

    def running(self) -> tuple[str, str] | None:
        """Return the lesson that ran when the daemon ended without a word, and its stream."""
        kept = self._read()
        return (kept.lesson, kept.stream) if kept is not None else None

    def held(self) -> Held | None:
        """Return what was held of it then."""
        kept = self._read()
        return kept.held if kept is not None else None

    def _read(self) -> Running | None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Running)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return kept if 0 <= time.time() - kept.since < OVER else None

    async def keep(self, running: tuple[str, str] | None, held: Held | None = None) -> None:
        """Remember what runs, None for nothing; where that cannot be written a restart will not know it."""
        try:
            async with self._turn:
                await asyncio.to_thread(_keep, self._path, running, held)
        except OSError as exc:
            log.warning("lesson not kept reason=%r", str(exc))

    async def note(self, lesson: str, stream: str) -> None:
        """Write down that a lesson began; it goes on even if that cannot be written."""
        fact = LessonStarted(lesson, stream)
        try:
            await asyncio.wrap_future(self._journal.ledger.note("log", self._journal.school, fact))
        except JournalError as exc:
            log.warning("start not noted lesson=%r reason=%r", lesson, str(exc))


def _keep(path: Path, running: tuple[str, str] | None, held: Held | None) -> None:
    if running is None:
        path.unlink(missing_ok=True)
    else:
        durable.save(path, msgspec.json.encode(Running(*running, time.time(), held)))
