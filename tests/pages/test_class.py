"""The class is seen and heard: its page sends camera and microphone, and says when it cannot."""

import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import av
import pytest
import pytest_asyncio

from edge import words
from tests.browsers import DEAF_NAME, STARTERS, Browser, chromium, until
from tests.browsers.plugs import PLUGS
from tests.fake_class import OPEN, FakeClass
from tests.fake_node import FakeNode, Refusal
from tests.flows.crew import until as until_true
from tests.pages.test_watch import PLAYS, complaints

pytestmark = pytest.mark.asyncio(loop_scope="session")

KIOSK = Path(__file__).parents[2] / "systemd" / "kiosk" / "chromium.json"
SENT = 20.0  # seconds until a browser on a busy machine sends something
A_SECOND = 50  # pieces of sound
TROUBLE = "[...document.querySelectorAll('.troubles p')].map((one) => one.textContent).join('|')"
LIVE = "Object.values(tracks).flat().filter((one) => one.readyState === 'live').length"


def lamp(name: str, state: str) -> str:
    found = f"document.querySelector('[data-lamp={name}][data-state={state}]')"
    return f"{found} && {found}.getClientRects().length && {found}.innerText.replace(/\\s+/g, ' ')"


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[FakeClass]:
    made = FakeClass(FakeNode(tmp_path))
    async with made.node:
        await made.node.put("lesson")
        await made.node.show("stream", stream="lesson", volume=80)
        yield made


async def until_sent(room: FakeClass, height: int) -> None:
    """Wait until pictures of a height come."""
    await until_true(lambda: bool(room.sizes) and room.sizes[-1][1] == height, SENT)


async def until_said(room: FakeClass, **expected: str) -> None:
    """Wait until the page says so of itself."""
    await until_true(lambda: room.said(**expected), SENT)


async def test_camera_and_microphone_are_sent_as_the_node_says_in_one_session(
    browser: Browser, room: FakeClass
) -> None:
    page = await browser.open(f"{room.node.url}/?lang=en", PLUGS)
    await until(page, PLAYS)
    assert "/static/sending.js" not in str(page.requests)
    await room.opens()
    await until_sent(room, 90)
    await until_said(room, camera="good", microphone="good", state="playing")
    await room.opens(height=360, fps=15, bits=400_000)
    await until_sent(room, 360)
    await room.opens(picture=False)
    await until_quiet(room)
    await room.opens()
    await until_sent(room, 90)
    assert [path for path, _, _ in room.node.posts] == ["/whep/lesson", "/class/whip"]
    wish = await page.evaluate("Object.assign({}, ...wishes)")
    assert (wish["video"]["width"], wish["video"]["height"]) == ({"ideal": 1920}, {"ideal": 1080})
    assert {wish["audio"][each] for each in ("echoCancellation", "noiseSuppression", "autoGainControl")} == {
        True
    }
    assert await page.evaluate("document.body.dataset.state") == "live"
    assert complaints(page) == []
    await page.close()


async def until_quiet(room: FakeClass) -> None:
    """Wait until no picture comes for a second in which sound does."""
    before = (len(room.sizes), room.sounds)

    def rests() -> bool:
        nonlocal before
        if before[0] != len(room.sizes):
            before = (len(room.sizes), room.sounds)
        return room.sounds > before[1] + A_SECOND

    await until_true(rests, SENT)


async def test_what_is_switched_off_is_off_and_comes_back_without_a_new_session(
    browser: Browser, room: FakeClass
) -> None:
    await room.opens()
    page = await browser.open(f"{room.node.url}/?lang=en", PLUGS)
    await until_sent(room, 90)
    await room.opens(camera=False)
    await until(page, "tracks.camera.every((one) => one.readyState === 'ended')")
    await until_said(room, camera="off", microphone="good")
    await room.opens(camera=False, microphone=False)
    await until(page, f"{LIVE} === 0")
    await until_true(lambda: len(room.node.deleted) == 1, SENT)
    await room.opens(camera=False)
    await until_said(room, camera="off", microphone="good")
    before = len(room.sizes)
    await room.opens()
    await until_true(lambda: len(room.sizes) > before, SENT)
    assert [path for path, _, _ in room.node.posts].count("/class/whip") == 2
    await room.shows(capture=None)  # the lesson is over
    await until(page, f"{LIVE} === 0")
    await until_said(room, camera="off", microphone="off")
    assert complaints(page) == []
    await page.close()


async def test_a_device_that_opens_after_it_was_switched_off_is_closed_at_once(
    quick: Browser, room: FakeClass
) -> None:
    page = await quick.open(f"{room.node.url}/?lang=en", f"{PLUGS} plug('camera', 'slow');")
    await room.opens()
    await until(page, "wishes.length === 2")
    await room.opens(camera=False)
    await until_said(room, camera="off", microphone="good")
    await page.evaluate("plug('camera', 'here')")
    await until(page, "tracks.camera.length === 1 && tracks.camera[0].readyState === 'ended'")
    await until_said(room, camera="off", microphone="good")
    assert room.sizes == []
    await page.close()


async def test_a_browser_that_waits_for_somebody_says_so(browser: Browser, room: FakeClass) -> None:
    page = await browser.open(f"{room.node.url}/?lang=kk", f"{PLUGS} plug('camera', 'slow');")
    await room.opens()
    await until(page, f"{TROUBLE} === '{words.load('kk')['class-asks']}'")
    await page.evaluate("plug('camera', 'here')")
    await until(page, f"{TROUBLE} === ''")
    await until_said(room, camera="good")
    await page.close()


def starter(kind: str, **how: bool) -> AbstractAsyncContextManager[Browser]:
    return STARTERS[kind](**how)


@pytest.mark.parametrize("kind", sorted(STARTERS))
async def test_what_is_refused_is_said_and_the_lesson_goes_on(kind: str, room: FakeClass) -> None:
    async with starter(kind, allows=False) as strict:
        await room.opens()
        page = await strict.open(f"{room.node.url}/?lang=ru")
        await until_said(room, camera="denied", microphone="denied")
        await until(page, f"{TROUBLE} === '{words.load('ru')['class-denied']}'")
        await until(page, PLAYS)
        await until_said(room, camera="denied", microphone="denied", state="playing")
        await page.click(".troubles button")
        await until_said(room, camera="denied", microphone="denied")
        assert [path for path, _, _ in room.node.posts] == ["/whep/lesson"]


@pytest.mark.parametrize("kind", sorted(STARTERS))
async def test_a_computer_without_devices_says_so_and_the_lesson_goes_on(kind: str, room: FakeClass) -> None:
    async with starter(kind, has_devices=False) as bare:
        await room.opens()
        page = await bare.open(f"{room.node.url}/?lang=en")
        await until_said(room, camera="missing", microphone="missing")
        said = await until(page, TROUBLE)
        assert said == "|".join(
            str(words.load("en")[f"class-no-{each}"]) for each in ("camera", "microphone")
        )
        await until(page, PLAYS)
        assert [path for path, _, _ in room.node.posts] == ["/whep/lesson"]


async def test_what_is_pulled_out_is_said_and_comes_back_without_a_click(
    browser: Browser, room: FakeClass
) -> None:
    await room.opens()
    page = await browser.open(f"{room.node.url}/?lang=en", PLUGS)
    await until_sent(room, 90)
    await page.evaluate("plug('camera', 'gone')")
    await until_said(room, camera="missing", microphone="good")
    await until(page, f"{TROUBLE} === '{words.load('en')['class-no-camera']}'")
    before = len(room.sizes)
    await page.evaluate("plug('camera', 'here')")
    await until_said(room, camera="good", microphone="good")
    await until_true(lambda: len(room.sizes) > before, SENT)
    assert await page.evaluate(TROUBLE) == ""
    assert [path for path, _, _ in room.node.posts].count("/class/whip") == 1
    await page.close()


async def test_a_device_that_another_program_uses_opens_when_it_is_free(
    browser: Browser, room: FakeClass
) -> None:
    await room.opens()
    page = await browser.open(f"{room.node.url}/?lang=en", f"{PLUGS} plug('microphone', 'busy');")
    await until_said(room, camera="good", microphone="busy")
    await until(page, f"{TROUBLE} === '{words.load('en')['class-microphone-busy']}'")
    await page.evaluate("plug('microphone', 'slow')")  # no sign of it that a page could hear
    await page.evaluate("void setTimeout(() => plug('microphone', 'here'), 100)")
    await until_said(room, camera="good", microphone="good")
    await until_true(lambda: room.sounds > 0, SENT)
    await page.close()


async def test_a_button_tries_again_what_was_refused(quick: Browser, room: FakeClass) -> None:
    await room.opens()
    page = await quick.open(f"{room.node.url}/?lang=en", f"{PLUGS} plug('camera', 'denied');")
    await until_said(room, camera="denied", microphone="good")
    await page.evaluate("plug('camera', 'here')")
    await until_said(room, camera="denied", microphone="good")
    await page.click(".troubles button")
    await until_said(room, camera="good", microphone="good")
    await page.close()


async def test_after_a_cut_the_class_is_sent_again_by_itself(browser: Browser, room: FakeClass) -> None:
    await room.opens()
    room.node.refusals["/class/whip"] = Refusal(503, "too-many", 1)
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until_said(room, camera="good", microphone="good")
    del room.node.refusals["/class/whip"]
    await until_sent(room, 90)
    await room.node.hang_up()
    before = len(room.sizes)
    await until_true(lambda: len(room.sizes) > before + 5, SENT + 10)
    await until(page, PLAYS)
    await page.close()


async def test_a_page_that_is_left_ends_its_session(browser: Browser, room: FakeClass) -> None:
    await room.opens()
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until_sent(room, 90)
    await page.go(f"{room.node.url}/recordings")
    await until_true(lambda: len(room.node.deleted) == 2, SENT)  # the lesson's and the class's
    await page.close()


async def test_a_page_that_may_not_have_a_camera_stays_a_page(browser: Browser, room: FakeClass) -> None:
    await room.opens()
    page = await browser.open(f"http://{DEAF_NAME}:{room.node.port}/?lang=en")
    await until(page, PLAYS)
    await until_said(room, camera="off", microphone="off")
    assert await page.evaluate(TROUBLE) == ""
    assert complaints(page) == []
    await page.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_every_page_of_the_room_shows_whether_the_class_is_seen_and_heard(
    browser: Browser, room: FakeClass, language: str
) -> None:
    said = words.load(language)
    page = await browser.open(f"http://{DEAF_NAME}:{room.node.port}/?lang={language}")
    await until(page, PLAYS)
    await room.shows(volume=None, lamps={"seen": True, "heard": False, "muted": False})
    await until(page, f"{lamp('seen', 'on')} === '● {said['class-seen']}'")
    await until(page, f"{lamp('heard', 'off')} === '○ {said['class-unheard']}'")
    await room.shows(volume=None, lamps={"seen": True, "heard": True, "muted": False})
    await until(page, f"{lamp('heard', 'on')} === '● {said['class-heard']}'")
    await room.shows(volume=None, lamps={"seen": False, "heard": False, "muted": True})
    await until(page, f"{lamp('heard', 'muted')} === '▽ {said['class-muted']}'")
    await until(page, f"{lamp('seen', 'off')} === '○ {said['class-unseen']}'")
    await room.shows(volume=None, lamps={"seen": False, "heard": False, "muted": False})
    await until(page, f"!({lamp('seen', 'off')})")
    assert "sending.js" not in str(page.requests)
    assert complaints(page) == []
    await page.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_page_beside_the_one_that_has_the_camera_shows_the_lesson_and_says_so(
    browser: Browser, room: FakeClass, language: str
) -> None:
    await room.shows(elsewhere={"camera": True, "microphone": True})
    page = await browser.open(f"{room.node.url}/?lang={language}", PLUGS)
    await until(page, PLAYS)
    await until(page, f"{TROUBLE} === '{words.load(language)['class-elsewhere']}'")
    assert await page.evaluate("document.querySelector('.troubles button') === null && wishes.length === 0")
    await room.shows(elsewhere={"camera": False, "microphone": False})
    await until(page, f"{TROUBLE} === ''")
    await room.shows(elsewhere=None, capture=OPEN)
    await until_sent(room, 90)
    assert await page.evaluate(TROUBLE) == ""
    await room.shows(elsewhere={"camera": True, "microphone": False}, capture=None)
    await until(page, f"{LIVE} === 0")
    await until(page, f"{TROUBLE} !== ''")
    assert complaints(page) == []
    await page.close()


async def test_a_page_calls_itself_the_same_after_it_was_loaded_anew(
    browser: Browser, room: FakeClass
) -> None:
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until_true(lambda: bool(room.node.said), SENT)
    mine = room.node.said[-1]["page"]
    kept = "sessionStorage.getItem('page')"
    assert await page.evaluate(kept) is None  # so a copy of this tab calls itself something else
    before = len(room.node.said)
    await page.go(f"{room.node.url}/?lang=en")
    await until_true(lambda: len(room.node.said) > before, SENT)
    other = await browser.open(f"{room.node.url}/?lang=en")
    await until_true(lambda: len({each["page"] for each in room.node.said}) == 2, SENT)
    assert {each["page"] for each in room.node.said[before:-1]} >= {mine}
    for each in (page, other):
        await each.close()


# Stills ---------------------------------------------------------------------------------------------------


async def test_stills_are_the_whole_picture_and_never_two_on_the_way(
    browser: Browser, room: FakeClass
) -> None:
    await room.opens(picture=False)
    page = await browser.open(f"{room.node.url}/?lang=en", PLUGS)
    await until_said(room, camera="good")
    assert "stills.js" not in str(page.requests)
    await room.opens(picture=False, stills=10)
    await until_true(lambda: len(room.stills) > 5, SENT)
    size = await page.evaluate("(({ width, height }) => [width, height])(tracks.camera[0].getSettings())")
    with av.open(io.BytesIO(room.stills[-1]), "r", format="mjpeg") as still:
        frame = next(still.decode(video=0))
        assert [frame.width, frame.height] == size
    if browser.name == "chromium":
        assert size == [1920, 1080]
    assert room.at_once == 1
    await room.opens(picture=False)
    await until_true(room.node.is_followed, SENT)  # it has read the order
    seen, heard = len(room.stills), room.sounds
    await until_true(lambda: room.sounds > heard + A_SECOND, SENT)
    assert len(room.stills) <= seen + 2  # the order, and a still that was on its way
    assert complaints(page) == []
    await page.close()


async def test_a_node_that_is_slow_gets_fewer_stills(quick: Browser, room: FakeClass) -> None:
    page = await quick.open(f"{room.node.url}/?lang=en")
    await room.opens(stills=10)
    await until_true(lambda: len(room.stills) > 0, SENT)
    room.refuses_to_answer()
    await until_true(lambda: room.waiting == 1, SENT)
    seen = len(room.stills)
    heard = room.sounds
    await until_true(lambda: room.sounds > heard + A_SECOND, SENT)
    assert len(room.stills) == seen
    room.answers()
    await until_true(lambda: len(room.stills) > seen + 2, SENT)
    assert room.at_once == 1
    await page.close()


async def test_a_film_before_the_camera_is_what_the_stills_show(room: FakeClass, tmp_path: Path) -> None:
    bright = b"FRAME\n" + b"\xd2" * 640 * 360 + b"\x80" * 320 * 180 * 2
    film = tmp_path / "bright.y4m"
    film.write_bytes(b"YUV4MPEG2 W640 H360 F10:1 Ip C420jpeg\n" + bright * 10)
    async with chromium(camera=film) as filmed:
        await room.opens(stills=5)
        await filmed.open(f"{room.node.url}/?lang=en")
        await until_true(lambda: len(room.stills) > 1, SENT)
        with av.open(io.BytesIO(room.stills[-1]), "r", format="mjpeg") as still:
            grey = next(still.decode(video=0)).to_ndarray(format="gray")
        assert 200 < grey.mean() < 245


# The kiosk ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")
@pytest.mark.parametrize("is_governed", [True, False])
async def test_the_projector_s_browser_opens_both_without_asking_anybody(
    room: FakeClass, tmp_path: Path, is_governed: bool
) -> None:
    managed = tmp_path / "chromium" / "policies" / "managed"
    managed.mkdir(parents=True)
    if is_governed:
        policy = json.loads(KIOSK.read_text())
        del policy["DeveloperToolsAvailability"]  # or a test could not look into it either
        (managed / "tirek.json").write_text(json.dumps(policy))
    await room.opens()
    async with chromium(policies=tmp_path / "chromium") as kiosk:
        page = await kiosk.open(f"http://localhost:{room.node.port}/?lang=en", PLUGS)
        if is_governed:
            await until_said(room, camera="good", microphone="good")
            await until_sent(room, 90)
        else:
            await until(page, f"{TROUBLE} !== ''")
            assert not room.said(camera="good")
            assert room.sizes == []
