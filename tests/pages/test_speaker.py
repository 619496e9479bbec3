"""Whoever has the floor is heard and seen beside the lesson, and no class hears itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge import words
from tests.browsers import DEAF_NAME, Browser, Page, until
from tests.browsers.plugs import LISTEN
from tests.fake_class import FakeClass
from tests.fake_node import FakeNode, Json
from tests.flows.crew import until as until_true
from tests.pages.test_watch import PLAYS, complaints

pytestmark = pytest.mark.asyncio(loop_scope="session")

STREAM = "floor-lesson"
INSET = "document.querySelector('.floor')"
LINE = f"{INSET}.querySelector('p').textContent"
SPEAKER = f"{INSET}.querySelector('video')"
SHOWN = f"{INSET} && !{INSET}.hidden && {SPEAKER}.getBoundingClientRect().height > 50"
HEARD = 60.0  # seconds
LONG = 9000  # ms: for longer than a lesson may be silent until it is asked for anew


def of(holder: str, **more: object) -> Json:
    return {"stream": STREAM, "holder": holder, "mine": False, "muted": False} | more


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[FakeClass]:
    made = FakeClass(FakeNode(tmp_path))
    async with made.node:
        made.floors[STREAM] = True
        await made.node.put("lesson")
        await made.node.show("stream", stream="lesson", volume=60)
        yield made


def visits(room: FakeClass) -> list[str]:
    return [path for path, _, _ in room.node.posts]


async def until_heard(page: Page) -> None:
    """Wait until the tone is in what the inset plays."""
    await page.evaluate(f"(window.ear = loudness({SPEAKER}), 0)")
    await until(page, "ear() > -60", HEARD)


async def test_whoever_has_the_floor_is_seen_with_a_name_and_as_loud_as_the_lesson(
    browser: Browser, room: FakeClass
) -> None:
    page = await browser.open(f"{room.node.url}/?lang=kk", LISTEN)
    await until(page, PLAYS)
    assert "speaker.js" not in str(page.requests)
    await room.shows(floor=of("Ақкемер"))
    await until(page, SHOWN)
    said = str(words.load("kk")["floor-of"]).replace("{name}", "Ақкемер")
    await until(page, f"{LINE} === '{said}'")
    heard = await page.evaluate(f"[{SPEAKER}.volume, {SPEAKER}.muted, {SPEAKER}.paused]")
    assert heard == [0.6, False, False]
    if browser.name == "chromium":  # Firefox measures nothing without a sound card
        await until_heard(page)
    await room.shows(floor=of("Ақкемер"), volume=30)
    await until(page, f"{SPEAKER}.volume === 0.3")
    await until_true(lambda: room.node.reports[-1] == "playing")
    assert visits(room) == ["/whep/lesson", f"/floor/whep/{STREAM}"]
    assert complaints(page) == []
    await page.close()


async def test_a_class_does_not_hear_itself_and_keeps_the_session_for_the_next(
    browser: Browser, room: FakeClass
) -> None:
    await room.shows(floor=of(""))
    page = await browser.open(f"{room.node.url}/?lang=ru")
    await until_true(lambda: len(room.tones) == 1)
    await until(page, f"{INSET} && {INSET}.hidden")
    room.pictures[-1].moves.clear()  # the node sends a class nothing of its own
    room.tones[-1].sounds.clear()
    await room.shows(floor=of("Құмсай", mine=True))
    said = words.load("ru")["floor-mine"]
    await until(page, f"{SPEAKER}.muted && !{INSET}.hidden && {LINE} === '{said}'")
    assert not await page.evaluate(SHOWN)
    room.pictures[-1].moves.set()
    room.tones[-1].sounds.set()
    await room.shows(floor=of("Ақкемер"))
    await until(page, f"{SHOWN} && !{SPEAKER}.muted")
    await room.shows(floor=of(""))
    await until(page, f"{INSET}.hidden")
    assert visits(room).count(f"/floor/whep/{STREAM}") == 1
    await room.shows(floor={"stream": "", "holder": "", "mine": False})
    await until_true(lambda: len(room.node.deleted) == 1)
    await until(page, PLAYS)
    await page.close()


async def test_a_long_silence_costs_no_session(quick: Browser, room: FakeClass) -> None:
    await room.shows(floor=of(""))
    page = await quick.open(f"{room.node.url}/?lang=en")
    await until_true(lambda: len(room.tones) == 1)
    room.pictures[-1].moves.clear()
    room.tones[-1].sounds.clear()
    await until(page, f"performance.now() > {LONG}", 20)
    await room.shows(floor=of("Ақкемер"))
    room.tones[-1].sounds.set()
    room.pictures[-1].moves.set()
    await until(page, SHOWN)
    assert visits(room).count(f"/floor/whep/{STREAM}") == 1
    await page.close()


async def test_sound_alone_is_said(browser: Browser, room: FakeClass) -> None:
    room.floors[STREAM] = False
    await room.shows(floor=of("Ақкемер"))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, f"{INSET} && {LINE} === 'Ақкемер is speaking: sound only'")
    assert not await page.evaluate(SHOWN)
    await until(page, PLAYS)
    await page.close()


async def test_the_picture_of_who_spoke_before_is_not_shown_under_the_next_name(
    browser: Browser, room: FakeClass
) -> None:
    await room.shows(floor=of("Ақкемер"))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, SHOWN)
    room.pictures[-1].moves.clear()
    await until(page, f"{LINE}.includes('sound only')")
    await room.shows(floor=of("Бесқопа"))
    await until(page, f"{LINE}.startsWith('Бесқопа')")
    assert not await page.evaluate(SHOWN)
    room.pictures[-1].moves.set()
    await until(page, SHOWN)
    await page.close()


async def test_after_a_cut_the_floor_comes_back_by_itself(browser: Browser, room: FakeClass) -> None:
    await room.shows(floor=of("Ақкемер"))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, SHOWN)
    await room.node.hang_up()
    await until_true(lambda: len(room.tones) == 2)
    await until(page, f"{SHOWN} && {PLAYS}")
    await page.close()


async def test_a_floor_that_is_not_there_yet_is_joined_when_it_is(quick: Browser, room: FakeClass) -> None:
    room.floors.clear()
    await room.shows(floor=of("Ақкемер"))
    page = await quick.open(f"{room.node.url}/?lang=en")
    await until_true(lambda: f"/floor/whep/{STREAM}" in visits(room))
    room.floors[STREAM] = True
    await until(page, SHOWN)
    await page.close()


async def test_a_tablet_that_turned_its_sound_off_hears_nobody(browser: Browser, room: FakeClass) -> None:
    await room.shows(volume=None, floor=of("Ақкемер"))
    page = await browser.open(f"http://{DEAF_NAME}:{room.node.port}/?lang=en")
    await until(page, SHOWN)
    await page.click("#sound")
    await until(page, f"{SPEAKER}.muted && document.querySelector('#video').muted")
    await room.shows(volume=None, floor=of("Бесқопа"))
    await until(page, f"{LINE}.startsWith('Бесқопа') && {SPEAKER}.muted")
    await page.click("#sound")
    await until(page, f"!{SPEAKER}.muted")
    await page.close()
