"""What a class hears of its lesson's hub: the floor takes its hand down, answers come to its screen."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from edge.board import Board
from edge.classroom.talk import Talk
from edge.contract.commands import AskQuestion, RaiseHand
from edge.contract.notices import Notice
from edge.contract.talkback import Answered, Told
from edge.dialogue.ear import MOST_TOLD, Ear
from edge.dialogue.floor import FloorState
from edge.dialogue.floors import Floors
from edge.dialogue.sayings import Sayings
from edge.journal import Journal
from edge.media.studio import Studio
from sync import chain, protocol, tables
from sync.clock import pack
from sync.records import LessonStarted, QuestionAnswered, encode
from tests.flows.crew import until, until_told
from tests.flows.journals import facts

HUB = "f" * 16
DEADLINE = 40.0  # seconds: a busy computer
FIRST = ("7Б 2026-11-26 08:30", "lesson")
SECOND = ("7Б 2026-11-26 09:30", "lesson")


class Class:
    """A class's node in a lesson of a hub, whose words come through the journal and the list of streams."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = FIRST
        self.journal = Journal(folder, "aul")
        self.board = Board()
        self.floors = Floors(self.journal, Studio(8), lambda: ["lesson"], "Құмсай")
        self.talk = Talk(self.journal, lambda: self.running, lambda: None, lambda: None)
        sayings = Sayings(self.journal, "Құмсай")
        self.ear = Ear(self.floors, sayings, self.talk, lambda: self.running, self.board)
        self._seq, self._hash = 0, b""

    @property
    def me(self) -> str:
        """Its node."""
        return self.journal.identity.node

    def gives(self, node: str, since: int) -> None:
        """The hub's teacher gives the floor."""
        self.floors.heard([FloorState("lesson", node, "x", "aul", since)] if node else [FloorState("lesson")])

    def begins(self, lesson: tuple[str, str]) -> None:
        """A lesson is begun at the screen."""
        self.running = lesson
        self.journal.ledger.note("log", "aul", LessonStarted(*lesson)).result()

    def answers(self, question: str, text: str, asked: str = "?", stream: str = "lesson") -> None:
        """An answer of the hub's teacher comes with an exchange."""
        name = f"{HUB}.{HUB}.teaching."
        fact = (pack(self.journal.ledger.now()), *encode(QuestionAnswered(stream, question, asked, text)))
        batch = protocol.batch(name, self._seq + 1, self._hash or chain.genesis(name), [fact])
        self.journal.ledger.write(lambda db: tables.take(db, batch, [fact])).result()
        self._seq, self._hash = self._seq + 1, chain.link(self._hash or chain.genesis(name), *fact)

    async def told(self, count: int) -> tuple[Told, ...]:
        """Wait until so many answers are on the screen."""

        async def look() -> Answered | None:
            with self.board.read() as reader:
                notices: list[Notice] = await reader.take(0.0)
            found = [each for each in notices if isinstance(each, Answered) and len(each.answers) == count]
            return found[0] if found else None

        return (await until_told(look, DEADLINE)).answers

    def hands(self) -> list[bool]:
        """Return how the hand went."""
        return [json.loads(fact.body)["up"] for fact in facts(self.folder, "hand-raised")]


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Class]:
    made = Class(tmp_path)
    listening = asyncio.ensure_future(made.ear.run())
    yield made
    listening.cancel()
    await asyncio.wait([listening])
    made.journal.close()


async def raises(room: Class, up: bool = True) -> None:
    await room.talk.desks()[RaiseHand](RaiseHand(up))


async def test_a_class_that_gets_the_floor_takes_its_hand_down_once(room: Class) -> None:
    room.begins(FIRST)
    await raises(room)
    room.gives(HUB, 5)
    room.gives(room.me, 7)
    await until(lambda: room.hands() == [True, False], DEADLINE)
    assert room.talk.hand == 0
    await raises(room)  # who speaks may want to speak again
    room.answers("0" * 16, "иә")
    await room.told(1)
    assert room.hands() == [True, False, True]
    room.gives("", 0)
    room.gives(room.me, 9)
    await until(lambda: room.hands() == [True, False, True, False], DEADLINE)


async def test_an_answer_is_on_the_screen_and_said_to_be_ones_own(room: Class) -> None:
    room.begins(FIRST)
    await room.talk.desks()[AskQuestion](AskQuestion("Неге?"))
    mine = facts(room.folder, "question-asked")[0].id
    room.answers(mine, "Өйткені", "Неге?")
    room.answers("0" * 16, "<b>x</b>\u202e", "Қайда?")
    newest, first = await room.told(2)
    assert (newest.question, newest.text, newest.mine) == ("Қайда?", "<b>x</b>", False)
    assert (first.question, first.text, first.mine) == ("Неге?", "Өйткені", True)
    room.answers(mine, "Дәлірек", "Неге?")
    await until_told(lambda: _first(room, "Дәлірек"), DEADLINE)


async def _first(room: Class, text: str) -> bool:
    return (await room.told(2))[0].text == text


async def test_another_lesson_begins_with_no_answers_even_on_the_same_stream(room: Class) -> None:
    room.begins(FIRST)
    room.answers("1" * 16, "бірінші")
    await room.told(1)
    room.begins(SECOND)
    await room.told(0)
    room.answers("2" * 16, "екінші")
    assert [each.text for each in await room.told(1)] == ["екінші"]
    room.running = ("", "")
    await room.told(0)


async def test_what_is_answered_as_soon_as_a_lesson_is_begun_is_told(room: Class) -> None:
    room.begins(FIRST)
    room.answers("1" * 16, "бұрынғы")
    await room.told(1)
    room.running = ("", "")
    await room.told(0)
    room.running = ("", "lesson")  # outside of the timetable: no fact says when it began
    room.answers("2" * 16, "x")
    assert [each.text for each in await room.told(1)] == ["x"]


async def test_answers_in_another_lesson_are_not_told(room: Class) -> None:
    room.begins(FIRST)
    room.answers("1" * 16, "x", stream="other")
    room.answers("2" * 16, "y")
    assert [each.text for each in await room.told(1)] == ["y"]


async def test_of_many_answers_the_newest_are_told(room: Class) -> None:
    room.begins(FIRST)
    for number in range(MOST_TOLD + 3):
        room.answers(f"{number:016x}", str(number))
    told = await room.told(MOST_TOLD)
    await until_told(lambda: _newest(room, str(MOST_TOLD + 2)), DEADLINE)
    assert len(told) == MOST_TOLD


async def _newest(room: Class, text: str) -> bool:
    return (await room.told(MOST_TOLD))[0].text == text
