"""Roll call by cards: what was read is proposed on the screen, and signing stays the teacher's."""

import pytest
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Register
from edge.contract.commands import TakeRegister
from edge.contract.talkback import CardsSeen, RollByCards
from tests.tui.class_daemon import a_class
from tests.tui.fake_daemon import FakeDaemon, a_day, pupils
from tests.tui.lessons import LANGUAGES
from tests.tui.screens import a_screen, app_of, at, reads, sees, shown, until
from tui.app import TirekApp
from tui.words import words_of

DUE = a_day().due


async def the_roll(pilot: Pilot[int], daemon: FakeDaemon, count: int = 5) -> TirekApp:
    """Open the register of the due lesson, of a few pupils."""
    daemon.pupils = pupils(count)
    a_class(daemon)
    await until(pilot, lambda: reads(app_of(pilot), "Алгебра"))
    await pilot.press("f2")
    await until(pilot, lambda: at(app_of(pilot)) == "roll")
    await sees(pilot, "Абай Әсел")
    return app_of(pilot)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_cards_are_read_and_who_is_not_seen_is_marked_by_the_teacher(
    daemon: FakeDaemon, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await the_roll(pilot, daemon)
        await sees(pilot, f"F5 {app.words.say('key-roll-cards')}")
        await pilot.press("f5")
        await sees(pilot, f"F5 {app.words.say('key-roll-cards-end')}")
        daemon.tell(CardsSeen(DUE, True, (1, 2, 4, 5), 1, "no-picture"))
        await sees(pilot, f"✓ {app.words.say('cards-read', read=4, of=5)}: 1 2 4 5")
        await sees(pilot, app.words.say("cards-unread", numbers="3"), app.words.count("cards-strangers", 1))
        await sees(pilot, app.words.say("cards-no-picture"), app.words.say("roll-no-card"))
        assert daemon.ordered(TakeRegister) == []
        await pilot.press("f5")
        await sees(pilot, f"F5 {app.words.say('key-roll-cards')}")
        await pilot.press("left")  # the first who was not seen is selected already
        await sees(pilot, app.words.say("mark-unexcused"))
        await pilot.press("enter")
        await sees(pilot, app.words.say("roll-signed"))
    marks = {**dict.fromkeys(range(1, 6), "present"), 3: "unexcused"}
    assert daemon.ordered(TakeRegister) == [TakeRegister(DUE, marks)]
    assert daemon.ordered(RollByCards) == [RollByCards(DUE, True), RollByCards(DUE, False)]


async def test_a_card_is_a_proposal_to_correct_and_not_a_mark(daemon: FakeDaemon) -> None:
    marks = {1: "ill", 2: "present", 3: "present", 4: "present", 5: "ill"}
    daemon.registers[DUE] = Register(DUE, "7А", pupils(5), marks, True, ("a",))
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await the_roll(pilot, daemon)
        await sees(pilot, "▽ ill", "Saved and signed.")
        await pilot.press("f5")
        daemon.tell(CardsSeen(DUE, True, (1,)))
        await sees(pilot, "● present ✓", "The correction is not saved yet.")
        assert daemon.ordered(TakeRegister) == []
        await pilot.press("enter")
        await sees(pilot, app.words.say("roll-why"))


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_cards_are_not_read_any_longer_than_the_roll_is_called(daemon: FakeDaemon, key: str) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await the_roll(pilot, daemon)
        await pilot.press("f5")
        await sees(pilot, "Stop reading cards")
        await pilot.press(key)
        await until(pilot, lambda: daemon.ordered(RollByCards)[1:] == [RollByCards(DUE, False)])


async def test_cards_of_another_lesson_are_not_shown(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await the_roll(pilot, daemon)
        daemon.tell(CardsSeen("7Б 2026-11-26 08:00", True, (1, 2)))
        await until(pilot, lambda: app.world.cards.on)
        await pilot.pause()
        assert not reads(app, "Cards read")
        await sees(pilot, "F5 Roll call by cards")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["camera-missing", "page-missing", "class-unknown"])
async def test_a_roll_that_cannot_be_called_by_cards_is_called_as_always(
    daemon: FakeDaemon, why: str, language: str
) -> None:
    daemon.knobs.refuses[RollByCards] = Unable(why)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await the_roll(pilot, daemon)
        await pilot.press("f5")
        await sees(pilot, app.words.say(f"refused-{why}")[:40])
        await pilot.press("enter")
        await sees(pilot, app.words.say("roll-signed"))


async def test_reading_cards_can_be_begun_with_the_mouse(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await the_roll(pilot, daemon)
        await pilot.click("#by-cards")
        await sees(pilot, "Stop reading cards")


@pytest.mark.parametrize(("language", "a_list"), [("kk", "тізім"), ("ru", "списк"), ("en", "list")])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_card_that_is_not_counted_is_one_that_the_list_of_the_class_lacks(
    language: str, a_list: str, count: int
) -> None:
    words = words_of(language)
    assert a_list in words.say("cards-class-unknown").lower()
    said = words.count("cards-strangers", count)
    assert str(count) in said
    assert a_list in said.lower()  # … and not one of another class: its number may be of nobody at all
