"""Real browsers on real nodes: a teacher goes live at the hub, a class watches at its own node."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browsers import DEAF_NAME, STARTERS, Browser, Page, chromium, until
from tests.flows.crew import Crew, Node, until_told

pytestmark = pytest.mark.asyncio(loop_scope="session")

READY = "!document.querySelector('#go').disabled"
LIVE = "document.body.dataset.state === 'live'"
PLAYS = f"{LIVE} && document.querySelector('video').currentTime > 0"
NEW_FRAMES = """new Promise((done) => {
    const video = document.querySelector('video');
    let left = 20;
    const seen = () => ((left -= 1) ? video.requestVideoFrameCallback(seen) : done(true));
    video.requestVideoFrameCallback(seen);
})"""
A_MOMENT = "new Promise((done) => setTimeout(() => done(true), 2000))"
TOLD = re.compile(r"^tirek_(?:stream|viewer)_.*", re.MULTILINE)
SEES = "document.querySelector('#schools li[data-state=ok]') !== null"


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=sorted(STARTERS))
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    async with STARTERS[request.param]() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def classroom(house: Crew, hub: Node) -> Node:
    return await house.node("classroom", parent=hub.url)


async def teach(browser: Browser, hub: Node, stream: str) -> Page:
    page = await browser.open(f"{hub.url}/teach?lang=en")
    await until(page, READY)
    await page.evaluate(f"document.querySelector('#stream').value = '{stream}'")
    await page.click("#go")
    await until(page, LIVE)
    return page


async def _moves(page: Page, house: Crew, *nodes: Node) -> None:
    """Wait for new pictures in a page; where none come, say what the nodes counted then and 2 s later.

    Where a node withholds the picture, its stream has its full rate and the next node's that of sound alone;
    what it leaves out grows, and the key frames it asked for tell whether anybody asks.
    """
    try:
        await until(page, NEW_FRAMES)
    except AssertionError as failed:
        before = [await _counted(house, node) for node in nodes]
        await page.evaluate(A_MOMENT)
        after = [await _counted(house, node) for node in nodes]
        told = [f"{one}\n2 s later:\n{two}" for one, two in zip(before, after, strict=True)]
        raise AssertionError("\n\n".join([str(failed), *told])) from None


async def _counted(house: Crew, node: Node) -> str:
    streams = [each["name"] for each in await house.streams(node.url)]
    counted = TOLD.findall(await _text(house, f"{node.url}/metrics"))
    watching = [await _text(house, f"{node.url}/api/streams/{name}/classes") for name in streams]
    return "\n".join([node.state.name, *counted, *watching])


async def _text(house: Crew, url: str) -> str:
    async with house.http.get(url) as response:
        return await response.text()


async def test_a_class_sees_and_hears_the_teacher_two_nodes_away(
    browser: Browser, house: Crew, hub: Node, classroom: Node
) -> None:
    stream = f"from-{browser.name}"
    teacher = await teach(browser, hub, stream)
    pupils = await browser.open(f"{classroom.url}/?stream={stream}&lang=kk")
    await until(pupils, PLAYS)
    await _moves(pupils, house, hub, classroom)
    await until(teacher, SEES)
    address = classroom.url
    assert [one for one in pupils.requests if not one.startswith(address)] == []
    await teacher.click("#go")
    await until(
        pupils, "document.body.dataset.state === 'paused' || !document.body.classList.contains('is-playing')"
    )
    await pupils.close()
    await teacher.close()


async def test_the_class_comes_back_by_itself_after_the_teacher_was_cut_off(
    browser: Browser, house: Crew, hub: Node, classroom: Node
) -> None:
    stream = f"again-{browser.name}"
    teacher = await teach(browser, hub, stream)
    pupils = await browser.open(f"{classroom.url}/?stream={stream}&lang=ru")
    await until(pupils, PLAYS)
    await teacher.close()
    await until(pupils, f"!({LIVE})")
    teacher = await teach(browser, hub, stream)
    await pupils.show()
    await until(pupils, LIVE)
    await _moves(pupils, house, hub, classroom)
    await pupils.close()
    await teacher.close()


async def test_a_tablet_that_knows_the_node_by_name_can_watch(hub: Node, classroom: Node) -> None:
    async with chromium() as browser:
        teacher = await teach(browser, hub, "tablet")
        port = classroom.url.rpartition(":")[2]
        pupils = await browser.open(f"http://{DEAF_NAME}:{port}/?stream=tablet")
        await until(pupils, PLAYS)
        await teacher.click("#go")


async def _is_finished(house: Crew, hub: Node, stream: str) -> bool:
    mine = [each for each in await house.recordings(hub.url) if each["stream"] == stream]
    return bool(mine) and all(each["state"] == "done" for each in mine)


async def test_a_lesson_that_ended_plays_with_seeking(browser: Browser, house: Crew, hub: Node) -> None:
    name = f"kept-{browser.name}"
    teacher = await teach(browser, hub, name)
    await until(teacher, "document.querySelector('#clock').textContent >= '0:06'")
    await teacher.click("#go")
    await teacher.close()
    # The node keeps a recording open for 30 s: the teacher may come back.
    await until_told(lambda: _is_finished(house, hub, name), 60)
    page = await browser.open(f"{hub.url}/recordings?lang=en")
    mine = "document.querySelector('#list li').innerText.includes('kept-')"
    await until(page, f"document.querySelector('#list li') !== null && {mine}")
    await page.click("#list li button")
    await until(page, "document.querySelector('video')?.currentTime > 0.2")
    await page.evaluate("document.querySelector('video').currentTime = 3")
    await until(page, "document.querySelector('video').currentTime > 3.2")
    await page.close()
