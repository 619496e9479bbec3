"""A roll call by cards: what the screen orders, what it is told, and what the projector shows."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from edge.api import Unable
from edge.board import Board
from edge.cards.calling import LONGEST, CardCall
from edge.cards.decks import marker_of
from edge.cards.reading import CardCamera
from edge.cards.votes import AGREED, Seen
from edge.contract.talkback import CardsSeen, RollByCards
from edge.journal import Journal
from sync.ledger import Ledger
from sync.records import RosterChanged
from sync.tables import Entry
from tests.checks.peers import DEADLINE
from tests.checks.test_heard import AT_ONCE, Held

LESSON = "7Б 2026-11-26 09:00"


class Room:
    """A node whose camera sees what the test says."""

    def __init__(self, state: Path, kind: type[Ledger] = Ledger) -> None:
        self.now, self.eye, self.news = 100.0, "", 0
        self.journal, self.board = Journal(state, "akzhar", kind), Board()
        self.camera = CardCamera(lambda: self.eye, lambda: self.now)
        self.call = CardCall(self.journal, self.board, self.camera, self._noted)
        for number in (1, 2, 3):
            fact = RosterChanged(f"p{number}", "7Б", number, self.journal.names.seal(f"p{number}", "Ә"))
            self.journal.ledger.append([Entry("roster", "akzhar", fact)]).result()

    def _noted(self) -> None:
        self.news += 1

    async def order(self, on: bool, lesson: str = LESSON) -> None:
        await self.call.desks()[RollByCards](RollByCards(lesson, on))

    async def told(self) -> CardsSeen:
        with self.board.read() as reader:
            return next(each for each in await reader.take(0.0) if isinstance(each, CardsSeen))

    def see(self, *cards: tuple[str, int, str]) -> None:
        """Show cards for a moment: class, number, letter."""
        for _ in range(AGREED):
            self.now += 0.25
            seen = [(marker_of(class_, number), said) for class_, number, said in cards]
            self.camera.see([Seen(marker, said) for marker, said in seen if marker is not None])


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.journal.close()


async def test_whose_card_is_seen_is_told_to_the_screen_and_shown(room: Room) -> None:
    assert room.call.shown() is None
    await room.order(True)
    assert room.call.shown() == {"read": [], "missing": [1, 2, 3]}
    room.see(("7Б", 3, "B"), ("7Б", 1, ""), ("8Б", 2, "A"))
    assert await room.told() == CardsSeen(LESSON, True, (1, 3), 1)
    assert room.call.shown() == {"read": [1, 3], "missing": [2]}
    assert room.news >= 2


async def test_nothing_else_waits_while_the_journal_is_read_for_the_names(tmp_path: Path) -> None:
    room = Room(tmp_path, Held)
    ledger, loop, went_on = room.journal.ledger, asyncio.get_running_loop(), Event()
    assert isinstance(ledger, Held)
    ledger.asked.clear()
    ledger.go.clear()

    def read_on() -> bool:
        assert ledger.asked.wait(DEADLINE)
        loop.call_soon_threadsafe(went_on.set)
        is_free = went_on.wait(AT_ONCE)
        ledger.go.set()
        return is_free

    reading = asyncio.create_task(asyncio.to_thread(read_on))
    await room.order(True)
    is_free = await reading
    room.journal.close()
    assert (is_free, room.call.shown()) == (True, {"read": [], "missing": [1, 2, 3]})


async def test_who_ends_it_keeps_what_was_read_and_the_projector_shows_it_no_more(room: Room) -> None:
    await room.order(True)
    room.see(("7Б", 3, "B"))
    await room.order(False)
    assert await room.told() == CardsSeen(LESSON, False, (3,), 0)
    assert (room.call.shown(), room.camera.fps) == (None, 0.0)


async def test_the_roll_call_of_another_lesson_is_not_ended(room: Room) -> None:
    await room.order(True)
    await room.order(False, "8Б 2026-11-26 09:00")
    assert room.camera.fps > 0


async def test_a_class_without_a_roster_is_unknown(room: Room) -> None:
    for lesson in ("9Ә 2026-11-26 09:00", "nonsense", ""):
        with pytest.raises(Unable, match="class-unknown"):
            await room.order(True, lesson)


@pytest.mark.parametrize("trouble", ["camera-missing", "page-missing"])
async def test_without_a_camera_or_a_page_there_is_no_roll_call_by_cards(room: Room, trouble: str) -> None:
    room.eye = trouble
    with pytest.raises(Unable, match=trouble):
        await room.order(True)
    assert room.camera.fps == 0


async def test_a_camera_that_is_switched_off_is_told_and_can_be_switched_on(room: Room) -> None:
    room.eye = "camera-off"
    await room.order(True)
    assert (await room.told()).trouble == "camera-off"
    room.eye = ""
    room.see(("7Б", 2, "C"))
    assert await room.told() == CardsSeen(LESSON, True, (2,), 0)


async def test_a_forgotten_roll_call_ends_by_itself(room: Room) -> None:
    await room.order(True)
    room.call.look(room.now + LONGEST)
    assert room.camera.fps > 0
    room.call.look(room.now + LONGEST + 1)
    assert (room.camera.fps, (await room.told()).on) == (0.0, False)


async def test_a_number_that_is_held_up_twice_is_not_there(room: Room) -> None:
    await room.order(True)
    marker = marker_of("7Б", 2)
    assert marker is not None
    for _ in range(AGREED):
        room.now += 0.25
        room.camera.see([Seen(marker, "A", 10, 10, 30), Seen(marker, "A", 900, 10, 30)])
    assert room.call.shown() == {"read": [], "missing": [1, 2, 3]}
