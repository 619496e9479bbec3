"""A teacher's screen and a projector on real nodes: pause, go on, back to live, and a hub that disappears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from edge.client import Client
from edge.contract.commands import BackToLive, GoOn, LeaveLesson, Pause, StartLesson
from edge.contract.notices import Lesson, Showing
from tests.browsers import STARTERS, Browser, Page, until
from tests.flows.crew import Crew, Node, until_told
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAPE = "document.querySelector('#tape')"
VIDEO = "document.querySelector('#video')"
PLAYS = f"document.body.dataset.state === 'live' && {VIDEO}.currentTime > 0 && {TAPE}.hidden"
HELD = f"document.body.dataset.state === 'held' && {VIDEO}.paused && {TAPE}.hidden"
PATIENCE = 60.0  # seconds


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=sorted(STARTERS))
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    async with STARTERS[request.param]() as running:
        yield running


async def told(client: Client, is_it: Callable[[Lesson], bool]) -> Lesson:
    """Return the first lesson told that is as it is waited for."""
    async with asyncio.timeout(PATIENCE):
        async for notice in client.notices():
            if isinstance(notice, Lesson) and is_it(notice):
                return notice
    raise AssertionError("the daemon went away")


async def agreed(client: Client, page: Page) -> Lesson | None:
    """Return a lesson that is behind once the page is where it says."""
    behind = await told(client, lambda lesson: lesson.state == "behind")
    shown = float(await page.evaluate(f"{TAPE}.currentTime"))
    return behind if abs(shown - behind.position) < 2 else None


async def projector_is(client: Client, state: str) -> None:
    """Wait until the projector's page said so."""
    async with asyncio.timeout(PATIENCE):
        async for notice in client.notices():
            if isinstance(notice, Showing) and notice.projector == state:
                return


async def test_the_projector_does_what_the_screen_says(
    browser: Browser, house: Crew, hub: Node, lesson_vp8: Path
) -> None:
    name = f"shown-{browser.name}"
    classroom = await house.node(f"room-{name}", parent=hub.url)
    publisher = await house.publisher(str(lesson_vp8), f"{hub.url}/whip/{name}", "--loop")
    page = await browser.open(f"{classroom.url.replace('127.0.0.1', 'localhost')}/?lang=en")
    async with Client(classroom.state / "tirek.sock") as screen:
        await screen.do(StartLesson(stream=name))
        await until(page, PLAYS)
        await projector_is(screen, "playing")
        await told(screen, lambda lesson: lesson.recorded.seconds >= 6)
        await screen.do(Pause())
        await until(page, HELD)
        paused = await told(screen, lambda lesson: lesson.state == "paused" and lesson.behind >= 6)
        since = asyncio.get_running_loop().time()
        await screen.do(GoOn())
        held = asyncio.get_running_loop().time() - since  # the hub went on meanwhile
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > {paused.position + 1}")
        behind = await until_told(partial(agreed, screen, page), PATIENCE, "it is not where the node says")
        assert paused.behind - 2 <= behind.behind <= paused.behind + held + 2
        await screen.do(BackToLive())
        await until(page, PLAYS)
        await screen.do(LeaveLesson())
        await told(screen, lambda lesson: lesson.state == "none")
    await page.close()
    await publisher.kill()
    await classroom.stop()


async def test_a_lesson_comes_back_by_itself_after_its_hub_was_gone(
    browser: Browser, house: Crew, lesson_vp8: Path
) -> None:
    name = f"gone-{browser.name}"
    hub = await house.node(f"hub-{name}", port=free_port())
    classroom = await house.node(f"room-{name}", parent=hub.url)
    publisher = await house.publisher(str(lesson_vp8), f"{hub.url}/whip/{name}", "--loop")
    page = await browser.open(f"{classroom.url.replace('127.0.0.1', 'localhost')}/?lang=en")
    async with Client(classroom.state / "tirek.sock") as screen:
        await screen.do(StartLesson())
        await until(page, PLAYS)
        await hub.kill()
        await publisher.kill()
        lost = await told(screen, lambda lesson: lesson.state == "lost")
        assert lost.away >= 0
        hub = await house.node(f"hub-{name}", port=hub.port)
        publisher = await house.publisher(str(lesson_vp8), f"{hub.url}/whip/{name}", "--loop")
        await until(page, PLAYS, PATIENCE)
        assert (await told(screen, lambda lesson: lesson.state == "live")).away == 0
    await page.close()
    await publisher.kill()
    await classroom.stop()
    await hub.stop()
