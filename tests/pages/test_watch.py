"""The watch page in real browsers against a node that does what the test says."""

import asyncio

import pytest

from edge import words
from tests.browsers import DEAF_NAME, STARTERS, Browser, Page, until
from tests.fake_node import FakeNode, Refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAYS = "document.querySelector('video').currentTime > 0 && document.body.dataset.state === 'live'"
SENTENCE = "document.querySelector('#status').textContent"


def state(name: str) -> str:
    return f"document.body.dataset.state === '{name}' && {SENTENCE}"


def complaints(page: Page) -> list[tuple[str, str]]:
    return [
        (kind, text) for kind, text in page.console if "network" not in kind and kind not in ("log", "info")
    ]


async def test_the_only_live_lesson_plays_by_itself(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    page = await browser.open(f"{node.url}/?lang=en")
    await until(page, PLAYS)
    assert await page.evaluate("document.querySelector('video').muted") is False
    await until(page, f"{SENTENCE} === ''")
    assert [one for one in page.requests if not one.startswith(node.url)] == []
    assert complaints(page) == []
    await page.close()


async def test_the_page_waits_for_the_lesson_and_joins_when_it_begins(
    browser: Browser, node: FakeNode
) -> None:
    page = await browser.open(f"{node.url}/?stream=physics&lang=en")
    assert "not begun" in await until(page, state("no-publisher"))
    await node.put("physics")
    await until(page, PLAYS)
    await page.close()


async def test_several_lessons_are_offered_as_big_buttons_for_the_keyboard(
    quick: Browser, node: FakeNode
) -> None:
    await node.put("physics")
    await node.put("music")
    page = await quick.open(node.url)
    await until(page, "document.activeElement.dataset.stream === 'physics'")
    await page.press("ArrowRight")
    await page.press("Enter")
    await until(page, PLAYS)
    assert node.posts[-1][0] == "/whep/music"
    await page.close()


async def test_the_page_comes_back_by_itself_after_the_node_was_away(
    browser: Browser, node: FakeNode
) -> None:
    await node.put("lesson")
    page = await browser.open(f"{node.url}/?stream=lesson&lang=en")
    await until(page, PLAYS)
    node.is_down = True
    await node.hang_up()
    assert "No connection" in await until(page, state("lost"))
    node.is_down = False
    await until(page, PLAYS)
    await page.close()


async def test_a_frozen_picture_is_said_while_the_sound_goes_on(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    page = await browser.open(f"{node.url}/?lang=en")
    await until(page, PLAYS)
    node.pictures[-1].moves.clear()
    assert "sound goes on" in await until(page, state("frozen"))
    assert len(node.posts) == 1
    node.pictures[-1].moves.set()
    await until(page, PLAYS)
    await page.close()


@pytest.mark.parametrize(
    ("status", "key"),
    [(406, "codec-unsupported"), (401, "token-missing"), (401, "token-wrong"), (503, "too-many")],
)
async def test_a_refusal_is_one_sentence_in_the_language_of_the_room(
    quick: Browser, node: FakeNode, status: int, key: str
) -> None:
    node.refusals["/whep/lesson"] = Refusal(status, key, 1)
    page = await quick.open(f"{node.url}/?stream=lesson&lang=kk")
    assert await until(page, state(key)) == words.load("kk")[key]
    await page.close()


async def test_leaving_the_page_ends_the_session(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    page = await browser.open(node.url)
    await until(page, PLAYS)
    await page.go(f"{node.url}/recordings")
    async with asyncio.timeout(40):
        await node.dismissed.wait()
    await page.close()


async def test_a_lesson_without_picture_shows_a_calm_card(quick: Browser, node: FakeNode) -> None:
    await node.put("lesson", video=None)
    page = await quick.open(f"{node.url}/?lang=en")
    await until(page, "getComputedStyle(document.querySelector('#calm')).display === 'flex'")
    await page.close()


async def test_the_language_changes_by_keyboard_and_is_remembered(quick: Browser, node: FakeNode) -> None:
    page = await quick.open(f"{node.url}/?lang=en")
    await until(page, "document.title === 'Lesson'")
    await page.evaluate("document.querySelector('[data-language=ru]').focus()")
    await page.press("Enter")
    await until(page, "document.title === 'Урок' && document.documentElement.lang === 'ru'")
    await page.go(node.url)
    await until(page, "document.title === 'Урок'")
    await page.close()


async def test_the_token_leaves_the_address_bar_and_goes_with_every_request(
    quick: Browser, node: FakeNode
) -> None:
    await node.put("lesson")
    page = await quick.open(f"{node.url}/?token=secret")
    await until(page, PLAYS)
    assert "secret" not in await page.evaluate("location.href")
    assert node.posts[-1][1]["Authorization"] == "Bearer secret"
    await page.close()


async def test_a_tablet_on_the_school_network_can_watch(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    page = await browser.open(f"http://{DEAF_NAME}:{node.port}/")
    assert await page.evaluate("isSecureContext") is False
    await until(page, PLAYS)
    await page.close()


@pytest.mark.parametrize("kind", sorted(STARTERS))
async def test_where_sound_needs_a_click_the_picture_plays_and_one_button_asks(
    kind: str, node: FakeNode
) -> None:
    await node.put("lesson")
    async with STARTERS[kind](autoplays=False) as strict:
        page = await strict.open(node.url)
        await until(page, PLAYS)
        await until(
            page, "!document.querySelector('#unmute').hidden && document.querySelector('video').muted"
        )
        await page.click("#unmute")
        await until(
            page, "document.querySelector('#unmute').hidden && !document.querySelector('video').muted"
        )
