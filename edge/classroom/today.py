"""Keeps the day's lessons on the board, and tells of registers that others wrote."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time

from edge.board import Board
from edge.classroom import day
from edge.classroom.choices import Choices
from edge.classroom.day import Here
from edge.classroom.registers import Registers
from edge.classroom.ties import Tied
from edge.classroom.timetable import Lessons, Timetable
from edge.contract.notices import Day, RegisterState
from edge.errors import JournalFailed
from edge.journal import Journal
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.studio import Studio
from edge.roll import Roll
from sync.errors import JournalError

LOOK = 1.0  # seconds between looks at the journal: what a command or the hub wrote, and the clock
REREAD = 20.0  # seconds between looks at everything, though nothing seems to be new
BEFORE = timedelta(hours=12)  # a lesson that began yesterday evening is recorded since then
AGREE = 1000  # milliseconds two clocks may differ by without a word


class Today:
    """One part of the screen's side of a node: run it under `keep`."""

    def __init__(
        self, journal: Journal, timetable: Timetable, store: Store, studio: Studio, board: Board
    ) -> None:
        self._journal = journal
        self._timetable = timetable
        self._store = store
        self._studio = studio
        self._board = board
        self._read: tuple[object, ...] = ()
        self._read_at = 0.0

    async def run(self, running: Callable[[], str], registers: Registers, choices: Choices) -> None:
        """Look again and again; `running` tells the lesson that was begun here."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                registers.look()
                choices.look()
                await self._tell(running(), loop.time())
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            await asyncio.sleep(LOOK)

    async def _tell(self, running: str, now: float) -> None:
        """Read everything anew if anything is new."""
        ms = self._journal.ledger.now()
        minute = ms // 60_000
        seen = (self._journal.ledger.newest(), self._studio.version, running, minute)
        if seen != self._read or now - self._read_at > REREAD:
            streams = tuple(sorted(each.name for each in self._studio.streams.values() if each.live))
            self._board.tell(await asyncio.to_thread(self._day, running, streams, ms))
            self._read, self._read_at = seen, now

    def _day(self, running: str, streams: tuple[str, ...], ms: int) -> Day:
        lessons = self._timetable.lessons()
        local = datetime.fromtimestamp(ms / 1000, UTC).astimezone()
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        today, more = day.lessons_of(lessons.by_name.values(), midnight)
        recordings = self._store.list(midnight - BEFORE)
        here = self._here(lessons, today, recordings, running, streams)
        ahead = ms - round(time() * 1000)
        return Day(
            local.date().isoformat(),
            ahead if abs(ahead) > AGREE else 0,
            day.rows(today, here, ms),
            day.due(today, running, ms),
            streams,
            more,
        )

    def _here(
        self,
        lessons: Lessons,
        today: list[Tied],
        recordings: list[Recording],
        running: str,
        streams: tuple[str, ...],
    ) -> Here:
        tied = lessons.of(recordings)
        known = {each.lesson: each.stream for each in lessons.started}
        last = {
            day.series(lesson.class_, lesson.subject): stream
            for name, stream in known.items()
            if (lesson := lessons.by_name.get(name)) is not None
        }
        newest = {tied[each.id].lesson: each.id for each in reversed(recordings) if each.id in tied}
        growing = {
            tied[each.id].lesson for each in recordings if each.id in tied and each.state == "recording"
        }
        return Here(
            newest, frozenset(growing), streams, last, self._register_states(today).__getitem__, running
        )

    def _register_states(self, today: list[Tied]) -> dict[str, RegisterState]:
        roll = Roll(self._journal)
        return {each.lesson: _state_of(roll, each.lesson) for each in today}


def _state_of(roll: Roll, lesson: str) -> RegisterState:
    standing = roll.standing(lesson)
    if standing is None:
        return "none"
    return "signed" if standing.signed else "draft"
