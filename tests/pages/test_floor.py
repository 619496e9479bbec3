"""The floor on the teach page, in real browsers: given, taken back and muted by one press each."""

import pytest

from edge import words
from tests.browsers import Browser, until
from tests.fake_desk import MORNING, FakeDesk, school
from tests.fake_node import Refusal
from tests.pages.lesson_page import ROWS, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHO = "document.querySelector('#floor-who').textContent"
ORDER = "document.querySelector('#order').textContent"
STATUS = "document.querySelector('#floor-status').textContent"
LIVE = "document.body.dataset.state === 'live'"
VIDEO = "document.querySelector('#floor-picture')"
PLAYS = f"{VIDEO}.readyState >= 2 && {VIDEO}.videoWidth > 0 && !{VIDEO}.muted"
HEARD = f"""new Promise((done) => {{
    const context = new AudioContext();
    const analyser = new AnalyserNode(context);
    context.createMediaStreamSource({VIDEO}.srcObject).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {{
        analyser.getFloatTimeDomainData(samples);
        if (samples.some((one) => Math.abs(one) > 0.05)) done(true);
        else setTimeout(look, 50);
    }};
    look();
}})"""
DEAF = "document.querySelectorAll('.order[aria-disabled=true]').length"
FREE = "Nobody has the floor"


def first(part: str) -> str:
    return f"#schools li:first-child .ways button:nth-child({part})"


GIVE, MUTE = first("1"), first("2")


def looks(selector: str, pressed: bool, said: str) -> str:
    one = f"document.querySelector('{selector}')"
    return (
        f"{one}.getAttribute('aria-pressed') === '{str(pressed).lower()}' && {one}.textContent === '{said}'"
    )


async def test_one_click_gives_the_floor_and_another_takes_it_back(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"))
    page = await opened(browser, desk)
    assert await page.evaluate(WHO) == FREE
    await page.click(GIVE)
    await until(page, f"{WHO} === 'Ақкемер' && {looks(GIVE, True, 'Take the floor back')}")
    await until(page, PLAYS)
    await until(page, "/^[0-9]+:[0-9][1-9]/.test(document.querySelector('#floor-since').textContent)")
    assert "/floor/whep/lesson" in [path for path, *_ in desk.posts]
    await page.click(GIVE)
    await until(page, f"{WHO} === '{FREE}' && {looks(GIVE, False, 'Give the floor')}")
    await until(page, f"{VIDEO}.srcObject === null")
    node = desk.classes[0]["node"]
    assert desk.orders == [("floor", {"node": node}), ("floor", {"node": ""})]
    assert page.console == []
    await page.close()


async def test_the_sound_of_who_has_the_floor_is_played_and_the_own_microphone_keeps_its_echo_cancellation(
    quick: Browser, desk: FakeDesk
) -> None:
    desk.classes = [school("Ақкемер")]
    page = await quick.open(f"{desk.url}/teach?lang=en")
    await until(page, "!document.querySelector('#go').disabled")
    await page.evaluate("""(() => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        window.wishes = [];
        navigator.mediaDevices.getUserMedia = (wish) => { window.wishes.push(wish.audio); return ask(wish); };
        document.querySelector('#microphone').dispatchEvent(new Event('change'));
        return true;
    })()""")
    await until(page, "window.wishes.length > 0 && !document.querySelector('#go').disabled")
    await page.click("#go")
    await until(page, f"{LIVE} && {ROWS} === 1")
    await page.click(GIVE)
    await until(page, PLAYS)
    await until(page, HEARD)
    assert await page.evaluate("window.wishes.every((one) => one.echoCancellation === true)")
    await page.click("#floor-sound")
    await until(
        page, f"{VIDEO}.muted && document.querySelector('#floor-sound').textContent === 'Turn on sound'"
    )
    await page.click("#floor-sound")
    await until(page, PLAYS)
    await page.click("#go")
    await page.close()


async def test_the_floor_goes_from_school_to_school_without_a_new_session(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"))
    page = await opened(quick, desk, "kk")
    await page.click(GIVE)
    await until(page, PLAYS)
    await page.click("#schools li:last-child .ways button")
    await until(page, f"{WHO} === 'Құмсай' && {looks(GIVE, False, 'Сөз беру')}")
    assert [path for path, _, _ in desk.posts if path.startswith("/floor/")] == ["/floor/whep/lesson"]
    await page.click("#floor-back")
    await until(page, f"{WHO} === 'Сөз ешкімде емес'")
    await page.close()


async def test_one_school_and_all_are_muted_and_heard_again(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"))
    node = desk.classes[0]["node"]
    page = await opened(browser, desk)
    await page.click(MUTE)
    await until(page, looks(MUTE, True, "Unmute"))
    await page.click("#mute-all")
    await until(page, looks("#mute-all", True, "Unmute all"))
    await until(page, "document.querySelectorAll('#schools .ways button[aria-pressed=true]').length === 2")
    await page.click("#mute-all")
    await until(page, looks("#mute-all", False, "Mute all"))
    await page.click(MUTE)
    await until(page, looks(MUTE, False, "Mute"))
    bodies = [{"node": node, "on": True}, {"node": "*", "on": True}, {"node": "*", "on": False}]
    assert desk.orders == [("mute", body) for body in [*bodies, {"node": node, "on": False}]]
    await page.close()


async def test_a_muted_holder_is_shown_as_such(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"))
    page = await opened(quick, desk)
    await page.click(GIVE)
    await until(page, PLAYS)
    await page.click("#floor-mute")
    await until(
        page, f"{looks('#floor-mute', True, 'Unmute')} && !document.querySelector('#floor-muted').hidden"
    )
    await page.click("#floor-mute")
    await until(page, "document.querySelector('#floor-muted').hidden")
    await page.close()


MISSING = {
    "floor-no-sound": {"microphone": False},
    "floor-no-picture": {"camera": False},
    "floor-no-devices": {"camera": False, "microphone": False},
}


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_floor_without_sound_or_picture_says_what_is_missing_there(
    quick: Browser, desk: FakeDesk, language: str
) -> None:
    await desk.teach(school("Ақкемер"))
    page = await opened(quick, desk, language)
    await page.click(GIVE)
    await until(page, f"{PLAYS} && {STATUS} === ''")
    for key, devices in MISSING.items():
        desk.classes[0].update({"camera": True, "microphone": True} | devices)
        await desk.announce()
        await until(page, f"{STATUS} === {str(words.of_teaching(language)[key])!r}")
    desk.classes[0].update(camera=True, microphone=True)
    await desk.announce()
    await until(page, f"{STATUS} === ''")
    desk.classes[0]["microphone"] = False
    await page.click("#floor-back")
    await until(page, f"{VIDEO}.srcObject === null && {STATUS} === ''")  # it is nobody's now
    assert page.console == []
    await page.close()


async def test_a_class_in_another_lesson_is_refused_in_the_teachers_language(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Ақкемер"))
    desk.refusals["/api/streams/lesson/floor"] = Refusal(409, "node-elsewhere")
    page = await opened(quick, desk, "kk")
    await page.click(GIVE)
    await until(page, f"{ORDER} === 'Бұл сынып басқа сабақта отыр.'")
    await page.click("[data-language=ru]")
    await until(page, f"{ORDER} === 'Этот класс на другом уроке.'")
    await page.close()


async def test_two_pages_at_once_show_the_same(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"))
    one, other = await opened(browser, desk), await opened(browser, desk)
    await one.click(GIVE)
    await until(other, f"{WHO} === 'Ақкемер' && {looks(GIVE, True, 'Take the floor back')}")
    await other.click("#schools li:last-child .ways button")
    await until(one, f"{WHO} === 'Құмсай' && {looks(GIVE, False, 'Give the floor')}")
    await other.click("#mute-all")
    await until(one, looks("#mute-all", True, "Unmute all"))
    await one.click("#floor-back")
    await until(other, f"{WHO} === '{FREE}'")
    await one.close()
    await other.close()


@pytest.mark.parametrize(
    ("status", "key", "said"),
    [
        (404, "node-unknown", "This school is not connected any more."),
        (409, "no-lesson", "The lesson is not live now."),
        (409, "node-elsewhere", "This class is in another lesson."),
        (409, "not-here", "This lesson is taught at the hub above: the floor is given there."),
        (507, "disk-full", "Nothing can be kept on this computer: the disk is full or damaged."),
        (500, "new-key", "That did not work. Call the technician."),
    ],
)
async def test_a_refused_order_is_a_sentence_and_changes_nothing(
    quick: Browser, desk: FakeDesk, status: int, key: str, said: str
) -> None:
    await desk.teach(school("Ақкемер"))
    desk.refusals["/api/streams/lesson/floor"] = Refusal(status, key)
    page = await opened(quick, desk)
    await page.click(GIVE)
    await until(page, f"{ORDER} === {said!r}")
    assert await page.evaluate(looks(GIVE, False, "Give the floor"))
    assert await page.evaluate(WHO) == FREE
    desk.refusals.clear()
    await page.click(GIVE)
    await until(page, f"{WHO} === 'Ақкемер' && {ORDER} === ''")
    await page.close()


async def test_while_the_node_is_away_no_button_does_anything_and_the_truth_comes_back_with_it(
    browser: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Ақкемер", hand=MORNING), school("Құмсай"))
    page = await opened(browser, desk)
    await page.click(GIVE)
    await until(page, PLAYS)
    await desk.restart()
    gone = "document.querySelector('#link-lost').textContent"
    await until(page, f"{gone} === 'No connection. Trying again…'")
    assert await page.evaluate(f"{DEAF} === document.querySelectorAll('.order').length")
    await page.click("#schools li:last-child .ways button")
    await until(page, f"{ORDER}.startsWith('No connection: nothing was changed.')")
    assert len(desk.orders) == 1
    node = desk.classes[1]["node"]
    desk.floor = {
        "holder": node,
        "since": MORNING,
        "muted": False,
        "mutes": [],
    }  # somebody else gave it meanwhile
    desk.is_down = False
    await until(page, f"{WHO} === 'Құмсай' && {gone} === ''")
    await until(page, PLAYS)
    assert await page.evaluate(f"{DEAF} === 0")
    await page.click("#floor-back")
    await until(page, f"{WHO} === '{FREE}'")
    await page.close()


async def test_a_school_that_left_with_the_floor_is_still_taken_back(quick: Browser, desk: FakeDesk) -> None:
    desk.floor = {"holder": "f" * 16, "since": MORNING, "muted": False, "mutes": []}
    await desk.teach(school("Ақкемер"))
    page = await opened(quick, desk)
    assert await page.evaluate(WHO) == "A school that is not here any more"
    await page.click("#floor-back")
    await until(page, f"{WHO} === '{FREE}'")
    await page.close()
