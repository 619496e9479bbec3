"""The class's side: taken in its lesson only, answered by cards or a count, on the disk before it is said."""

from pathlib import Path

import pytest

from edge.contract.answers import Checks
from edge.contract.talkback import AskCheck, CountAnswers, EndCheck, ListChecks, ReadCards
from sync.records import CheckAnswered, CheckAsked, CheckEnded, decode
from tests.checks.peers import DEADLINE, LESSON, PUPILS, STREAM, Node
from tests.flows.crew import until
from tests.flows.journals import facts

ASKED = CheckAsked("0123456789abcdef", "2 + 2 = ?", ("3", "4", "5"), STREAM, right="B")


def ask(node: Node, asked: CheckAsked = ASKED) -> str:
    """Have a hub teacher at this very node ask."""
    node.journal.ledger.note("teaching", "", asked).result()
    return asked.check


def answers(node: Node) -> list[CheckAnswered]:
    """Return what is on the disk."""
    found = [decode(fact.kind, fact.body) for fact in facts(node.folder, "check-answered")]
    return [each for each in found if isinstance(each, CheckAnswered)]


async def test_cards_are_read_and_kept_by_roster_number_before_the_screen_is_answered(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.until("asked")
        await room.do(ReadCards(check))
        room.hold_up("BB A")
        reading = await room.told(lambda quick: quick.read == (1, 2, 4))
        assert (reading.stage, reading.missing, reading.counts) == ("reading", (3, 5), ())
        await room.do(ReadCards(check, on=False))
        assert answers(room) == [CheckAnswered(check, LESSON, {1: "B", 2: "B", 4: "A"}, of=PUPILS)]
        sent = await room.until("sent")
    assert (sent.counts, sent.right) == ((1, 2, 0), "")


async def test_a_letter_that_the_question_does_not_have_is_not_read(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.do(ReadCards(check))
        room.hold_up("DA")
        assert (await room.told(lambda quick: bool(quick.read))).read == (2,)


async def test_with_nothing_read_a_check_stays_as_it_was(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.do(ReadCards(check))
        await room.until("reading")
        await room.do(ReadCards(check, on=False))
        await room.until("asked")
    assert answers(room) == []


async def test_what_was_read_when_the_hub_ends_a_check_is_the_answer(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.do(ReadCards(check))
        room.hold_up("AB")
        room.journal.ledger.note("teaching", "", CheckEnded(check)).result()
        ended = await room.until("ended")
    assert (ended.counts, ended.right) == ((1, 1, 0), "B")
    assert answers(room) == [CheckAnswered(check, LESSON, {1: "A", 2: "B"}, of=PUPILS)]


async def test_a_newer_answer_takes_the_place_of_an_older_one(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.do(CountAnswers(check, (1, 2, 0)))
        await room.do(CountAnswers(check, ()))
        await room.until("counting")
        await room.do(CountAnswers(check, (0, 4, 1)))
        assert (await room.until("sent")).counts == (0, 4, 1)
    assert len(answers(room)) == 2


@pytest.mark.parametrize("counts", [(1, 2), (1, 2, 3), (-1, 2, 1), (0, 0, 0), (1, 1, 1, 1)])
async def test_counts_that_cannot_be_are_refused(room: Node, counts: tuple[int, ...]) -> None:
    async with room.runs():
        check = ask(room)
        assert await room.refused(CountAnswers(check, counts)) == "counts-wrong"
    assert answers(room) == []


async def test_a_check_of_another_lesson_is_not_this_classs(room: Node) -> None:
    async with room.runs():
        room.begin(stream="chemistry")
        check = ask(room)
        assert await room.refused(CountAnswers(check, (1, 1, 1))) == "no-check"
        assert await room.refused(ReadCards(check)) == "no-check"
        room.begin()
        await room.until("asked")


@pytest.mark.parametrize("running", [("", ""), (LESSON, "")])
async def test_where_no_lesson_of_a_hub_runs_nothing_is_said_of_its_checks(
    room: Node, running: tuple[str, str]
) -> None:
    check = ask(room)
    room.begin(*running)
    async with room.runs():
        await room.until("none")
        assert room.checking.telling.of(check) == {}
        room.begin(stream="chemistry")
        await until(lambda: bool(room.checking.telling.of(check)), DEADLINE)
    assert [each.stage for each in room.checking.telling.of(check).values()] == ["refused"]


async def test_without_a_lesson_or_a_camera_or_a_roster_a_word_says_so(room: Node, tmp_path: Path) -> None:
    async with room.runs():
        check = ask(room)
        room.eye = "camera-missing"
        assert await room.refused(ReadCards(check)) == "camera-missing"
        room.eye = "page-missing"
        assert await room.refused(ReadCards(check)) == "page-missing"
        room.begin(lesson="8А 2026-11-26 08:30")
        assert await room.refused(ReadCards(check)) == "class-unknown"
        await room.do(CountAnswers(check, (20, 1, 0)))
        room.running = ("", "")
        assert await room.refused(CountAnswers(check, (1, 1, 1))) == "no-check"
        assert await room.refused(AskCheck("0" * 64, 1)) == "no-lesson"


async def test_after_a_restart_a_check_is_where_it_was_and_its_answer_stays(room: Node) -> None:
    async with room.runs():
        check = ask(room)
        await room.do(CountAnswers(check, (1, 2, 0)))
        await room.until("sent")
    room.journal.close()
    room.open()
    async with room.runs():
        assert (await room.until("sent")).counts == (1, 2, 0)


async def test_a_prepared_check_is_asked_and_ended_without_a_hub(room: Node) -> None:
    item = room.keep_set()
    async with room.runs():
        listed = await room.do(ListChecks())
        assert isinstance(listed, Checks)
        assert [(each.title, each.subject, len(each.questions)) for each in listed.sets] == [
            ("Күш", "Физика", 2)
        ]
        assert await room.refused(AskCheck(item, 3)) == "not-found"
        await room.do(AskCheck(item, 1))
        quick = await room.until("asked")
        assert (quick.local, quick.choices) == (True, ("ma", "mv", "mgh"))
        assert await room.refused(AskCheck(item, 2)) == "check-runs"
        await room.do(CountAnswers(quick.check, (4, 1, 0)))
        await room.do(EndCheck(quick.check))
        assert (await room.until("ended")).right == "A"
        await room.do(EndCheck(quick.check))
        await room.until("none")
        assert await room.refused(EndCheck(quick.check)) == "no-check"
    asked = [decode(fact.kind, fact.body) for fact in facts(room.folder, "check-asked")]
    assert [(each.lesson, each.item, each.number) for each in asked if isinstance(each, CheckAsked)] == [
        (LESSON, item, 1)
    ]
    assert {fact.class_ for fact in facts(room.folder, "check-asked", "check-ended")} == {"answer"}


async def test_the_projector_shows_who_was_read_and_what_only_at_the_end(room: Node) -> None:
    async with room.runs(), room.page() as page:
        assert await page.projected() is None
        check = ask(room)
        await room.until("asked")
        await room.do(ReadCards(check))
        room.hold_up("BA")
        await room.told(lambda quick: quick.read == (1, 2))
        shown = await page.projected()
        assert shown is not None
        assert (shown["stage"], shown["read"], shown["missing"]) == ("reading", [1, 2], [3, 4, 5])
        assert (shown["counts"], shown["right"]) == (None, "")
        await room.do(ReadCards(check, on=False))
        sent = await page.projected()
        assert sent is not None
        assert (sent["stage"], sent["counts"], sent["right"]) == ("sent", None, "")
        room.journal.ledger.note("teaching", "", CheckEnded(check)).result()
        await room.until("ended")
        ended = await page.projected()
        assert ended is not None
        assert (ended["counts"], ended["right"]) == ({"A": 1, "B": 1, "C": 0}, "B")
