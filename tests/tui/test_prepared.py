"""Prepared questions, from the teacher's chair: asked, answered and ended without a hub."""

import asyncio

import pytest

from edge.api import Unable
from edge.contract.answers import Checks
from edge.contract.talkback import AskCheck, EndCheck, ListChecks
from tests.tui.checks import asked, in_a_lesson, orders
from tests.tui.class_daemon import CHECK, CHOICES, MECHANICS, TEXT, a_check, a_class
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lessons import LANGUAGES
from tests.tui.screens import a_screen, at, reads, screen_text, sees, shown, until


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_prepared_question_is_asked_counted_and_ended_without_a_hub(
    daemon: FakeDaemon, language: str
) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f11")
        await sees(pilot, app.words.say("prepared-which"), f"✓ {MECHANICS.title} · {MECHANICS.subject}")
        await sees(pilot, app.words.count("prepared-questions", 2), app.words.count("prepared-questions", 1))
        await pilot.press("enter")
        await sees(pilot, app.words.say("prepared-ask"), f"A {CHOICES[0]}", app.words.say("key-ask-check"))
        await pilot.press("escape")
        await sees(pilot, app.words.say("prepared-which"))
        await pilot.press("enter", "down")
        await sees(pilot, "B жоқ")
        await pilot.press("up", "enter")
        await until(pilot, lambda: at(app) == "quick")
        await sees(pilot, app.words.say("quick-asked-local"), TEXT)
        await pilot.press("right")
        await sees(pilot, app.words.say("quick-counting"))
        await pilot.press("enter")
        await sees(pilot, app.words.say("quick-sent-local"), app.words.say("quick-how-counted-local"))
        await pilot.press("enter")
        await sees(pilot, app.words.say("quick-ended"), app.words.say("quick-right"))
        await pilot.press("enter")
        await sees(pilot, app.words.say("prepared-which"))
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "lesson")
    assert daemon.ordered(AskCheck) == [AskCheck("checks-7", 1)]
    assert daemon.ordered(EndCheck) == [EndCheck(CHECK), EndCheck(CHECK)]  # ended, and put away


async def test_a_check_of_her_own_can_be_ended_at_any_time(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check(local=True))
        await pilot.press("f8")
        await sees(pilot, "The check has ended.")


async def test_a_check_of_the_hub_is_not_ended_here(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await asked(pilot, daemon, a_check())
        await pilot.press("f8")
        await pilot.pause()
        assert not reads(app, "The check has ended.")
        assert daemon.ordered(EndCheck) == []


async def test_after_a_check_of_the_hub_a_prepared_one_can_be_asked(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await asked(pilot, daemon, a_check("ended", counts=(1, 2, 0, 0)))
        await sees(pilot, "F11 Prepared questions")
        await pilot.press("f11")
        await sees(pilot, "choose a set")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["no-lesson", "check-runs", "not-found"])
async def test_a_question_that_cannot_be_asked_is_said_why(
    daemon: FakeDaemon, why: str, language: str
) -> None:
    a_class(daemon)
    daemon.knobs.refuses[AskCheck] = Unable(why)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f11")
        await sees(pilot, MECHANICS.title)
        await pilot.press("enter")
        await sees(pilot, CHOICES[0])
        await pilot.press("enter")
        await sees(pilot, app.words.say(f"refused-{why}"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_nothing_is_prepared_the_page_says_who_prepares(
    daemon: FakeDaemon, language: str
) -> None:
    gate = daemon.knobs.gates[ListChecks] = asyncio.Event()

    async def listed(_: ListChecks) -> Checks:
        return Checks()

    daemon.answer(ListChecks, listed)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f11")
        await sees(pilot, app.words.say("prepared-reading"))
        gate.set()
        await sees(pilot, app.words.say("prepared-none"))
        await pilot.press("enter", "escape")
        await until(pilot, lambda: at(app) == "lesson")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_no_check_runs_the_page_says_so(daemon: FakeDaemon, language: str) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await in_a_lesson(pilot, daemon)
        app.go("quick")
        await sees(pilot, app.words.say("quick-none"), app.words.say("key-prepared"))
        await pilot.press("right", "down")
        await sees(pilot, app.words.say("quick-none"))
        await pilot.press("enter")
        await sees(pilot, app.words.say("prepared-which"))
    assert orders(daemon) == [ListChecks()]


async def test_a_set_is_opened_with_the_mouse(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f11")
        await sees(pilot, MECHANICS.title)
        row = next(n for n, line in enumerate(screen_text(app)) if MECHANICS.title in line)
        await pilot.click(offset=(10, row))
        await sees(pilot, f"A {CHOICES[0]}")
