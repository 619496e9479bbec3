"""What a class has read or counted is its answer, whatever ends it; its picture is that of the question."""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

import pytest
from msgspec import structs

from edge.contract.talkback import AskCheck, CountAnswers, EndCheck, ReadCards
from sync.errors import JournalBroken
from sync.ledger import Ledger
from sync.records import CheckAnswered, CheckAsked, CheckEnded
from sync.tables import Entry
from tests.checks.peers import LESSON, PUPILS, STREAM, Node, Page, closing, pictured
from tests.checks.test_answering import ASKED, answers, ask

T = TypeVar("T")
NEXT = structs.replace(ASKED, check="fedcba9876543210", text="3 + 3 = ?")


class Balking(Ledger):
    """A journal that cannot be read for a while."""

    balks = False

    def read(self, query: Callable[[Connection], T]) -> T:
        """Read, or not."""
        if self.balks:
            raise JournalBroken("the disk does not answer")
        return super().read(query)


async def reading(room: Node, letters: str, check: str = ASKED.check) -> None:
    """Have cards of a class read, from number 1 on, a blank for none."""
    await room.do(ReadCards(check))
    room.hold_up(letters)


# Whatever ends it.


async def test_what_was_read_is_kept_when_the_end_and_the_next_question_come_together(room: Node) -> None:
    async with room.runs():
        ask(room)
        await reading(room, "AB A")
        both = [Entry("teaching", "", CheckEnded(ASKED.check)), Entry("teaching", "", NEXT)]
        room.journal.ledger.append(both).result()
        await room.told(lambda quick: (quick.check, quick.stage) == (NEXT.check, "asked"))
    assert answers(room) == [CheckAnswered(ASKED.check, LESSON, {1: "A", 2: "B", 4: "A"}, of=PUPILS)]


@pytest.mark.parametrize("then", [("", ""), ("", "chemistry"), ("8А 2026-11-26 08:30", STREAM)])
async def test_what_was_read_is_kept_when_the_lesson_is_left(room: Node, then: tuple[str, str]) -> None:
    async with room.runs():
        ask(room)
        await reading(room, "AB")
        room.begin(*then)
        await room.told(lambda quick: quick.stage in ("none", "asked"))
    assert answers(room) == [CheckAnswered(ASKED.check, LESSON, {1: "A", 2: "B"}, of=PUPILS)]
    assert room.cards.fps == 0


async def test_what_was_read_is_noted_in_its_lesson_although_the_journal_failed_as_it_was_left(
    tmp_path: Path,
) -> None:
    room = Node(tmp_path / "room", "Құмсай", "aul", Balking)
    with closing(room):
        room.begin()
        room.roster()
        async with room.runs():
            ask(room)
            await reading(room, "AB")
            ledger = room.journal.ledger
            assert isinstance(ledger, Balking)
            ledger.balks = True
            room.begin("8А 2026-11-26 08:30")
            assert await room.refused(EndCheck(ASKED.check)) == "journal-broken"
            ledger.balks = False
            assert await room.refused(EndCheck(ASKED.check)) == "no-check"  # it is the hub's
        assert answers(room) == [CheckAnswered(ASKED.check, LESSON, {1: "A", 2: "B"}, of=PUPILS)]


async def test_counts_are_taken_while_what_the_hub_has_just_ended_is_shown(room: Node) -> None:
    async with room.runs():
        ask(room)
        await room.do(CountAnswers(ASKED.check, ()))
        await room.until("counting")
        room.journal.ledger.note("teaching", "", CheckEnded(ASKED.check)).result()
        await room.until("ended")
        await room.do(CountAnswers(ASKED.check, (1, 3, 0)))
        ended = await room.told(lambda quick: bool(quick.counts))
        assert (ended.stage, ended.counts, ended.right) == ("ended", (1, 3, 0), "B")
        assert await room.refused(CountAnswers(ASKED.check, ())) == "no-check"
        assert await room.refused(ReadCards(ASKED.check)) == "no-check"
    assert answers(room) == [CheckAnswered(ASKED.check, LESSON, counts={"A": 1, "B": 3}, of=PUPILS)]


async def test_a_check_that_its_own_teacher_ended_takes_no_counts(room: Node) -> None:
    item = room.keep_set()
    async with room.runs():
        await room.do(AskCheck(item, 1))
        check = (await room.until("asked")).check
        await room.do(EndCheck(check))
        assert await room.refused(CountAnswers(check, (1, 1, 1))) == "no-check"


# Read on.


async def test_who_reads_on_after_sending_adds_to_what_was_sent(room: Node) -> None:
    async with room.runs():
        ask(room)
        await reading(room, "AB")
        await room.told(lambda quick: quick.read == (1, 2))
        await room.do(ReadCards(ASKED.check, on=False))
        await room.until("sent")
        await room.do(ReadCards(ASKED.check))
        again = await room.until("reading")
        assert (again.read, again.missing) == ((1, 2), (3, 4, 5))
        room.hold_up(" C B")
        await room.told(lambda quick: quick.read == (1, 2, 4))
        await room.do(ReadCards(ASKED.check, on=False))
        sent = await room.until("sent")
    assert (sent.read, sent.counts) == ((1, 2, 4), (1, 1, 1))
    assert answers(room)[-1] == CheckAnswered(ASKED.check, LESSON, {1: "A", 2: "C", 4: "B"}, of=PUPILS)


async def test_who_reads_on_and_reads_nothing_leaves_what_was_sent(room: Node) -> None:
    async with room.runs():
        ask(room)
        await room.do(CountAnswers(ASKED.check, (4, 0, 1)))
        await room.do(ReadCards(ASKED.check))
        await room.until("reading")
        await room.do(ReadCards(ASKED.check, on=False))
        assert (await room.until("sent")).counts == (4, 0, 1)
    assert len(answers(room)) == 1


# What keeps them from being read.


@pytest.mark.parametrize("trouble", ["camera-off", "camera-denied", "camera-busy"])
async def test_what_the_teacher_can_mend_is_said_while_cards_are_waited_for(room: Node, trouble: str) -> None:
    async with room.runs():
        ask(room)
        room.eye = trouble
        await room.do(ReadCards(ASKED.check))
        assert (await room.until("reading")).trouble == trouble
        room.eye = ""
        room.hold_up("A")
        seen = await room.told(lambda quick: quick.read == (1,))
    assert seen.trouble == ""


# Its picture.


async def picture(page: Page) -> str:
    """Return the picture beside the question on the projector."""
    shown = await page.projected()
    assert shown is not None
    return str(shown["picture"])


async def test_the_projector_shows_the_picture_of_the_question_and_of_no_other(room: Node) -> None:
    item = room.keep_set(pictured(True, False))
    by_hub = CheckAsked(
        "0123456789abcdef", "Қайсысы?", ("1", "2"), STREAM, item=item, number=1, pictured=True
    )
    figure = f"/checks/{item}/1/picture"
    async with room.runs(), room.page() as page:
        await room.do(AskCheck(item, 1))
        own = await room.until("asked")
        assert await picture(page) == figure
        await room.do(EndCheck(own.check))
        await room.do(EndCheck(own.check))
        await room.until("none")
        ask(room, by_hub)
        await room.until("asked")
        assert await picture(page) == figure
        room.journal.ledger.note("teaching", "", CheckEnded(by_hub.check)).result()
        await room.until("ended")
        await room.do(AskCheck(item, 2))
        plain = await room.told(lambda quick: quick.local)
        assert await picture(page) == ""
        await room.do(EndCheck(plain.check))
        await room.told(lambda quick: quick.stage == "ended" and quick.local)
        await room.do(EndCheck(plain.check))
        back = await room.told(lambda quick: not quick.local)
        assert (back.check, await picture(page)) == (by_hub.check, figure)
        async with page.http.get(figure) as response:
            assert (response.status, response.content_type) == (200, "image/png")


async def test_a_question_without_its_picture_says_so_until_the_picture_is_here(
    room: Node, tmp_path: Path
) -> None:
    hub = Node(tmp_path / "hub", "Тірек", "hub")
    with closing(hub):
        item = hub.keep_set(pictured(True))
    by_hub = CheckAsked(
        "0123456789abcdef", "Қайсысы?", ("1", "2"), STREAM, item=item, number=1, pictured=True
    )
    async with room.runs(), room.page() as page:
        ask(room, by_hub)
        quick = await room.until("asked")
        assert (quick.bare, await picture(page)) == (True, "")
        room.keep_set(pictured(True))
        await room.told(lambda quick: quick.stage == "asked" and not quick.bare)
        assert await picture(page) == f"/checks/{item}/1/picture"
