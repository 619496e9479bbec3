"""The watch page shows what the teacher's screen shows: the hub, a recording that grows, a sentence."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge.access import Door
from edge.archive import Archive
from edge.classroom.timeshift import TimeShift
from edge.media.packet import Codec
from edge.media.record.store import Store
from tests.browsers import DEAF_NAME, Browser, Page, until
from tests.fake_node import FakeNode
from tests.media.growing import growing
from tests.pages.test_watch import PLAYS, complaints, state

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAPE = "document.querySelector('#tape')"
VIDEO = "document.querySelector('#video')"
SHOWS_TAPE = f"!{TAPE}.hidden && {TAPE}.currentTime > 0 && {TAPE}"
HELD = f"document.body.dataset.state === 'held' && {VIDEO}.paused"
NEW_FRAMES = """new Promise((done) => {
    const video = document.querySelector('#video');
    let left = 10;
    const seen = () => ((left -= 1) ? video.requestVideoFrameCallback(seen) : done(true));
    video.requestVideoFrameCallback(seen);
})"""
COLOURS = """((video) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 9];
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0, 16, 9);
    return [...pen.getImageData(4, 4, 1, 1).data];
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state", reserve=0)


@pytest_asyncio.fixture(loop_scope="session")
async def node(tmp_path: Path, store: Store) -> AsyncIterator[FakeNode]:
    door = Door((), room=True, allow_anyone=True)
    made = FakeNode(tmp_path)
    made.more = [*TimeShift(store, door).routes(), *Archive(store, door).routes()]
    async with made as running:
        yield running


async def place(page: Page) -> float:
    return float(await page.evaluate(f"{TAPE}.currentTime"))


def place_after(moment: float) -> str:
    """Return the script that is the tape's place once it is later, and is read at once: it runs on."""
    return f"{TAPE}.currentTime > {moment} && {TAPE}.currentTime"


async def until_reported(node: FakeNode, what: str) -> None:
    async with asyncio.timeout(40):
        while True:
            if node.reports and node.reports[-1] == what:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_recording_plays_at_its_place_while_it_grows(
    browser: Browser, node: FakeNode, store: Store, codec: Codec
) -> None:
    async with growing(store, codec) as hub:
        await node.show("recording", recording=hub.id, at=3.0, growing=True)
        page = await browser.open(f"{node.url}/?lang=en")
        assert await until(page, f"!{TAPE}.hidden && {place_after(3.5)}") < 7
        await until(page, f"{TAPE}.currentTime > 12")  # was not there when it began
        assert hub.seconds - await place(page) > 5
        assert complaints(page) == []
        await page.close()


async def test_the_picture_is_held_and_goes_on_from_there_and_comes_back_to_the_hub(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    await node.put("lesson")
    await node.show("stream", stream="lesson")
    page = await browser.open(f"{node.url}/?lang=en")
    await until(page, PLAYS)
    async with growing(store, "VP8") as hub:
        held = hub.seconds
        more = {"recording": hub.id, "at": held, "growing": True}
        await node.show("recording", **more, paused=True)
        await until(page, HELD)
        before = await page.evaluate(f"{COLOURS}({VIDEO})")
        assert before[:3] != [0, 0, 0]
        await until(page, f"Math.abs({TAPE}.currentTime - {held}) < 0.3")
        assert await page.evaluate(f"{COLOURS}({VIDEO})") == before
        assert await page.evaluate(f"{TAPE}.hidden")
        async with asyncio.timeout(40):
            while True:
                if hub.seconds >= held + 5:
                    break
                await asyncio.sleep(0.05)
        await node.show("recording", **more)
        assert await until(page, f"!{TAPE}.hidden && {place_after(held + 1)}") < held + 4
        await until_reported(node, "playing")
        await node.show("stream", stream="lesson")
        await until(page, f"{TAPE}.hidden && {PLAYS}")
        assert complaints(page) == []
        await page.close()


async def test_who_chose_a_lesson_on_a_tablet_stays_there(quick: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    await node.put("music")
    await node.show("stream", stream="lesson")
    page = await quick.open(f"{node.url}/?stream=music&lang=en")
    await until(page, PLAYS)
    await node.show("slate", said="waiting")
    await node.put("third")
    await until(page, NEW_FRAMES)
    assert await page.evaluate("document.body.dataset.state") == "live"
    assert {path for path, _, _ in node.posts} == {"/whep/music"}
    await page.close()


async def test_everybody_else_sees_what_the_teacher_shows(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    await node.put("music")
    await node.show("slate", said="choosing")
    page = await browser.open(f"http://{DEAF_NAME}:{node.port}/?lang=en")
    assert "choosing" in await until(page, state("choosing"))
    await node.show("stream", stream="music")
    await until(page, PLAYS)
    await node.show("slate", said="waiting")
    assert "not begun" in await until(page, state("waiting"))
    await node.show("slate", said="gone")
    assert "comes back by itself" in await until(page, state("gone"))
    await node.show("stream", stream="lesson")
    await until(page, PLAYS)
    assert [path for path, _, _ in node.posts] == ["/whep/music", "/whep/lesson"]
    await node.show("free")
    await until(page, "document.querySelectorAll('[data-stream]').length === 2")
    assert complaints(page) == []
    await page.close()


async def test_a_slate_says_when_the_node_is_away_and_comes_back(quick: Browser, node: FakeNode) -> None:
    await node.show("slate", said="waiting")
    page = await quick.open(f"{node.url}/?lang=en")
    await until(page, state("waiting"))
    node.is_down = True
    await node.announce()
    await until(page, state("lost"))
    node.is_down = False
    await until(page, state("waiting"))
    await page.close()


async def test_going_back_and_forward_on_a_recording_that_grows(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, "VP8", ahead=60) as hub:
        more = {"recording": hub.id, "growing": True}
        await node.show("recording", **more, at=50.0)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 50.5")
        await node.show("recording", **more, at=10.0)  # not here yet
        await until(page, f"{TAPE}.currentTime < 20 && {TAPE}.currentTime > 10.5")
        await node.show("recording", **more, at=15.0)  # is here already
        await until(page, f"{TAPE}.currentTime < 20 && {TAPE}.currentTime > 15.5")
        await node.show("recording", **more, at=30.0, paused=True)
        await until(page, f"{TAPE}.paused && Math.abs({TAPE}.currentTime - 30) < 0.3")
        assert complaints(page) == []
        await page.close()


async def test_a_page_that_is_cut_off_goes_on_from_where_it_was(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, "VP8", ahead=12) as hub:
        await node.show("recording", recording=hub.id, growing=True, at=4.0)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 4.5")
        node.is_down = True
        await node.cut()
        await node.announce()
        await until(page, f"{TAPE}.currentTime > 7")  # what is here is shown meanwhile
        node.is_down = False
        await until(page, f"{TAPE}.currentTime > 16")
        assert sum("/live?" in one for one in page.requests) >= 2
        await page.close()


async def test_a_recording_that_ends_meanwhile_is_shown_to_its_end(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, "VP8", ahead=12) as hub:
        await node.show("recording", recording=hub.id, growing=True, at=9.0)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 9.2")
        await hub.end()
        await until(page, f"{TAPE}.currentTime > {hub.seconds - 0.3}")
        await node.show("recording", recording=hub.id, growing=True, at=2.0)  # the node did not know either
        await page.go(f"{node.url}/?lang=en")
        assert await until(page, f"!{TAPE}.hidden && {place_after(2.5)}") < 6
        await page.close()


async def test_a_hole_that_the_node_steps_over_is_stepped_over(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, "VP8", ahead=50, silence=(8.0, 30.0)) as hub:
        await node.show("recording", recording=hub.id, growing=True, at=5.0)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 7.2")
        await node.show("recording", recording=hub.id, growing=True, at=30.0)
        await until(page, f"{TAPE}.currentTime > 31")
        await page.close()


async def test_a_moment_that_is_missing_stops_nothing(browser: Browser, node: FakeNode, store: Store) -> None:
    async with growing(store, "VP8", ahead=20, silence=(8.0, 8.8)) as hub:
        await node.show("recording", recording=hub.id, growing=True, at=6.0)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 6.2")
        await until(page, f"{TAPE}.currentTime > 11")
        await page.close()


async def test_a_finished_recording_plays_at_its_place(
    browser: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, "VP8", ahead=12) as hub:
        await hub.end()
        await node.show("recording", recording=hub.id, at=6.0, paused=True)
        page = await browser.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.paused && Math.abs({TAPE}.currentTime - 6) < 0.3")
        await node.show("recording", recording=hub.id, at=6.0)
        await until(page, f"{TAPE}.currentTime > 7")
        await page.close()


async def test_the_page_is_as_loud_as_the_screen_says_and_tells_how_it_goes(
    browser: Browser, node: FakeNode
) -> None:
    await node.put("lesson")
    await node.show("stream", stream="lesson", volume=40)
    page = await browser.open(f"{node.url}/?lang=en")
    await until(page, f"{PLAYS} && {VIDEO}.volume === 0.4")
    await until_reported(node, "playing")
    await page.click("#sound")
    await until_reported(node, "muted")
    await page.click("#sound")
    node.pictures[-1].moves.clear()
    await until_reported(node, "frozen")
    node.pictures[-1].moves.set()
    await until_reported(node, "playing")
    await node.show("slate", said="waiting", volume=40)
    await until_reported(node, "idle")
    await page.close()


async def test_the_page_of_the_projector_goes_to_try_camera_and_microphone(
    quick: Browser, node: FakeNode
) -> None:
    await node.show("check", volume=40)
    page = await quick.open(f"{node.url}/?lang=en")
    await until(page, "location.pathname === '/check'")
    await page.close()


async def test_a_recording_without_a_picture_shows_a_calm_card(
    quick: Browser, node: FakeNode, store: Store
) -> None:
    async with growing(store, None) as hub:
        await node.show("recording", recording=hub.id, growing=True, at=3.0, media_type="audio/webm")
        page = await quick.open(f"{node.url}/?lang=en")
        await until(page, f"!{TAPE}.hidden && {TAPE}.currentTime > 3.5")
        await until(page, "getComputedStyle(document.querySelector('#calm')).display === 'flex'")
        await page.close()
