"""Quick check: who was late, what the hub ends or asks meanwhile, and a picture that is not here."""

import pytest

from edge.contract.talkback import CountAnswers, ReadCards
from tests.tui.checks import asked, orders
from tests.tui.class_daemon import CHECK, CHOICES, a_check, a_class
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lessons import LANGUAGES
from tests.tui.screens import a_screen, at, reads, sees, shown, until

# Late.


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_has_sent_too_early_reads_on(daemon: FakeDaemon, language: str) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check())
        assert not reads(app, app.words.say("key-read-on"))
        await pilot.press("f6")
        assert orders(daemon) == []
        daemon.tell(a_check("sent", counts=(3, 0, 0, 0), read=(1, 2, 3)))
        await sees(pilot, f"F6 {app.words.say('key-read-on')}", app.words.say("quick-how-sent"))
        await pilot.press("f6")
        await sees(pilot, app.words.say("quick-reading"))
    assert orders(daemon) == [ReadCards(CHECK)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("local", [False, True])
async def test_a_count_of_hands_is_not_replaced_by_the_one_card_that_is_read_on(
    daemon: FakeDaemon, local: bool, language: str
) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check(local=local))
        await pilot.press("right", "right", "enter")
        how = app.words.say("quick-how-counted-local" if local else "quick-how-counted")
        await sees(pilot, f"{CHOICES[0]} 2", how)
        assert not reads(app, "F6")
        await pilot.press("f6", "right")
        await sees(pilot, f"{CHOICES[0]} 3")
    assert not daemon.ordered(ReadCards)


async def test_counts_are_finished_and_sent_when_the_hub_has_just_ended_the_check(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check())
        await pilot.press("right", "right")
        await sees(pilot, f"{CHOICES[0]} 2")
        daemon.tell(a_check("ended", right="A"))
        await pilot.press("right")
        await sees(pilot, f"{CHOICES[0]} 3", "Enter Send the count")
        await pilot.press("enter")
        await until(pilot, lambda: CountAnswers(CHECK, (3, 0, 0, 0)) in orders(daemon))


async def test_an_ended_check_that_nobody_was_counting_takes_no_hands(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await asked(pilot, daemon, a_check("ended", counts=(3, 0, 0, 0), right="A"))
        await pilot.press("right")
        await sees(pilot, "Enter To the lesson")
        assert not reads(app, "Send the count")


# Beside it.


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_picture_that_is_not_here_is_said(daemon: FakeDaemon, language: str) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check(bare=True))
        await sees(pilot, app.words.say("quick-bare"))
        daemon.tell(a_check())
        await until(pilot, lambda: not reads(app, app.words.say("quick-bare")[:30]))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_that_the_hub_asks_is_said_where_the_classs_own_question_runs(
    daemon: FakeDaemon, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await asked(pilot, daemon, a_check(local=True))
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "lesson")
        daemon.tell(a_check(local=True, behind=True))
        await sees(pilot, " ".join(app.words.say("quick-behind").split()[:4]))
        app.clear_notifications()
        await pilot.press("f11")
        await until(pilot, lambda: at(app) == "quick")
        await sees(pilot, app.words.say("quick-behind"))
