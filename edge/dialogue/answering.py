"""Answers to the questions of classes: facts, which reach every class of the lesson."""

import asyncio
from collections.abc import Callable

from edge.classroom.spoken import plain
from edge.dialogue.floors import Floors
from edge.dialogue.sayings import Sayings
from edge.journal import Journal
from edge.media.negotiate import Refused
from sync.errors import DiskFull, JournalError
from sync.records import MOST_LETTERS, QuestionAnswered


class Answering:
    """Writes what the hub's teacher answers; `wake` tells the nodes below that there is something new."""

    def __init__(self, journal: Journal, floors: Floors, sayings: Sayings, wake: Callable[[], None]) -> None:
        self._journal = journal
        self._floors = floors
        self._sayings = sayings
        self._wake = wake

    async def answer(self, stream: str, question: str, said: str) -> str:
        """Answer a question that was asked in a lesson; return the answer's id, raise Refused."""
        text = plain(said)
        if not text:
            raise Refused(400, "answer-empty", "an answer without a letter")
        if len(text) > MOST_LETTERS:
            raise Refused(400, "too-long", f"an answer of {len(text)} letters", letters=str(MOST_LETTERS))
        if self._floors.is_pulled(stream):
            raise Refused(409, "not-here", f"{stream} is taught at the hub above", name=stream)
        await self._sayings.look()
        asked = self._sayings.asked(stream, question)
        if asked is None:
            raise Refused(404, "question-unknown", f"{question[:40]!r} was not asked in {stream}")
        fact = QuestionAnswered(stream, question, asked, text)
        try:
            noted = await asyncio.wrap_future(self._journal.ledger.note("teaching", "", fact))
        except DiskFull as exc:
            raise Refused(507, "disk-full", str(exc)) from exc
        except JournalError as exc:
            raise Refused(503, "journal-broken", str(exc)) from exc
        self._wake()
        return noted[-1].id
