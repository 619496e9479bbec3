"""The strip of schools on the teach page, in real browsers: how each fares, in an order that waits."""

import json

import pytest

from edge import words
from tests.browsers import Browser, until
from tests.fake_desk import MORNING, FakeDesk, question, school
from tests.pages.lesson_page import ROWS, opened, write

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = "[...document.querySelectorAll('#schools strong')].map((one) => one.textContent).join(', ')"
SAID = "document.querySelector('#said').textContent"
PICTURES = "document.querySelectorAll('#schools video[data-picture=live]').length"
FIRST = "document.querySelector('#schools li')"
MOST_PICTURES = 24
SOUNDS = (
    *("sound-silent", "sound-asleep", "sound-unmeasured", "sound-quiet", "sound-good", "sound-loud"),
    "no-microphone",
)


def text(selector: str) -> str:
    return f"document.querySelector({selector!r}).innerText.replace(/\\s+/g, ' ').trim()"


async def test_each_school_is_told_in_shape_word_and_colour(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(
        school("Құмсай", state="frozen", link="poor", register="signed", **{"class": "7Б"}),
        school("Ақкемер", hand=MORNING, asked=2, questions=[question("Неге?"), question("Қайда?", 1)]),
        school("Бестамақ", link="sound-only", camera=False, register="draft", minutes=3.2),
        school("Қарабұтақ", state="gone", link="lost"),
    )
    page = await opened(browser, desk)
    # A tile that is not drawn yet has no words for who looks (content-visibility).
    await until(page, "[...document.querySelectorAll('.about')].every((one) => one.innerText)")
    told = [
        await page.evaluate(text(f"#schools li:nth-child({place}) .{part}"))
        for place in (1, 2, 3, 4)
        for part in ("about", "said")
    ]
    assert told[0] == "Ақкемер ▲ sees and hears ▲ good link ○ no register"
    assert told[1].startswith("▲ hand raised at ")
    assert told[1].endswith("? 2 questions")
    assert told[2] == "Қарабұтақ ✕ link is cut ✕ no link ○ no register"
    assert told[4] == "Құмсай · 7Б ▽ picture has stopped ▽ poor link ✓ register taken"
    assert told[6:] == [
        "Бестамақ ▲ sees and hears ▽ sound only ◷ register begun",
        "◷ spoke for 3 minutes",
    ]
    colours = {
        await page.evaluate(
            f"getComputedStyle(document.querySelector('#schools li:nth-child({place}) .health')).color"
        )
        for place in (1, 2, 3)
    }
    assert len(colours) == 3
    assert await page.evaluate(text("#schools li:nth-child(4) .sight")) == "○ not seen"
    assert [one for one in page.requests if not one.startswith((desk.url, "data:"))] == []
    assert page.console == []
    await page.close()


@pytest.mark.parametrize(
    ("language", "deaf", "nothing"),
    [
        (
            "en",
            "○ not heard: microphone off or missing",
            "○ neither seen nor heard: no camera, no microphone",
        ),
        (
            "ru",
            "○ не слышно: микрофон выключен, или его нет",
            "○ не видно и не слышно: нет ни камеры, ни микрофона",
        ),
        (
            "kk",
            "○ естілмейді: микрофон өшірулі немесе жоқ",
            "○ көрінбейді де, естілмейді де: камера да, микрофон да жоқ",
        ),
    ],
)
async def test_a_school_that_cannot_be_heard_says_so_before_it_gets_the_floor(
    quick: Browser, desk: FakeDesk, language: str, deaf: str, nothing: str
) -> None:
    watcher = school("Г", camera=False, microphone=False) | {"node": ""}
    await desk.teach(
        school("А"), school("Б", microphone=False), school("В", camera=False, microphone=False), watcher
    )
    page = await opened(quick, desk, language)
    voice = "[...document.querySelectorAll('.voice')].map((one) => one.hidden ? '' : one.textContent)"
    assert [each.replace("○", "○ ") for each in await page.evaluate(voice)] == ["", deaf, nothing, ""]
    desk.classes[1]["microphone"] = True
    await desk.announce()
    await until(page, f"{voice}[1] === ''")
    await page.close()


async def test_hands_come_first_the_oldest_before_all_then_trouble_then_the_calm(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(
        school("Ә"),
        school("В", state="no-picture"),
        school("Б", hand=MORNING + 5000),
        school("Я", hand=MORNING),
        school("А"),
        school("Г", state="silent"),
    )
    page = await opened(quick, desk, "kk")
    await until(page, f"{NAMES} === 'Я, Б, В, А, Ә, Г'")  # a silence is the teacher's own more often than not
    await page.close()


async def test_a_new_hand_is_called_out_and_can_be_put_away(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"))
    page = await opened(browser, desk)
    await until(page, f"{SAID} === 'No hand is raised.'")
    desk.classes[1]["hand"] = MORNING
    await desk.announce()
    await until(page, f"{SAID} === 'Құмсай: hand raised' && document.title === '▲ 1 · Teach'")
    assert await page.evaluate("document.querySelector('#said').classList.contains('is-new')")
    await until(page, f"{NAMES} === 'Құмсай, Ақкемер'")
    await until(page, f"{SAID} === '1 class has raised its hand.'")  # it is calm again after some seconds
    await page.click("#schools li:first-child .ways button:last-child")
    await until(page, f"{SAID} === 'No hand is raised.' && document.title === 'Teach'")
    await page.go(f"{desk.url}/teach?lang=en")
    await until(page, f"{ROWS} === 2 && {SAID} === 'No hand is raised.'")
    desk.classes[1]["hand"] = MORNING + 60_000
    await desk.announce()
    await until(page, f"{SAID} === 'Құмсай: hand raised'")
    await page.close()


async def test_the_order_waits_while_somebody_points_at_the_schools(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("А"), school("Б"), school("В"))
    page = await opened(browser, desk)
    await page.hover("#schools li:nth-child(2) strong")
    desk.classes[2]["hand"] = MORNING
    desk.classes = [*desk.classes[1:], school("Ә")]  # one leaves, one comes
    await desk.announce()
    await until(page, f"{NAMES} === 'А, Б, В, Ә' && {FIRST}.dataset.state === 'gone'")
    await until(page, "document.querySelector('#order-waits').textContent.startsWith('◷')")
    assert await page.evaluate(f"{FIRST}.querySelector('.ways').hidden")
    await page.hover("h1")
    await until(page, f"{NAMES} === 'В, Ә, Б' && document.querySelector('#order-waits').textContent === ''")
    await page.close()


async def test_the_order_waits_while_the_keyboard_is_there_and_arrows_go_from_school_to_school(
    browser: Browser, desk: FakeDesk
) -> None:
    await desk.teach(*(school(name) for name in "АБВГДЕ"))
    page = await opened(browser, desk)
    here = "document.activeElement.closest('#schools > li')?.querySelector('strong').textContent"
    await page.click("#only button:last-child")
    await page.click("#only button:first-child")
    while await page.evaluate(f"{here} === undefined"):
        await page.press("Tab")
    assert await page.evaluate(here) == "А"
    await page.press("ArrowRight")
    await until(page, f"{here} === 'Б'")
    desk.classes[5]["hand"] = MORNING
    await desk.announce()
    await until(page, f"{SAID}.includes('Е')")
    assert await page.evaluate(NAMES) == "А, Б, В, Г, Д, Е"
    await page.press("ArrowDown")
    columns = "getComputedStyle(document.querySelector('#schools')).gridTemplateColumns.split(' ').length"
    assert await page.evaluate(here) == "АБВГДЕ"[1 + await page.evaluate(columns)]
    await page.press("End")
    assert await page.evaluate(here) == "Е"
    await page.press("Enter")
    await until(page, "document.querySelector('#floor-who').textContent === 'Е'")
    assert desk.orders == [("floor", {"node": desk.classes[5]["node"]})]
    await page.press("Home")
    assert await page.evaluate(here) == "А"
    reachable = "document.querySelectorAll('#schools button:not([tabindex=\"-1\"]):not([hidden])').length"
    assert await page.evaluate(reachable) == 2  # of one school
    await page.close()


async def test_schools_are_found_by_typing_and_by_what_they_need(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(
        school("Құмсай", **{"class": "7Б"}), school("Ақкемер", hand=MORNING), school("Бестамақ", link="lost")
    )
    page = await opened(quick, desk, "kk")
    await write(page, "#find", " құМ")
    await until(page, f"{NAMES} === 'Құмсай · 7Б'")
    await write(page, "#find", "7б")
    await until(page, f"{NAMES} === 'Құмсай · 7Б'")
    await write(page, "#find", "жоқ")
    await until(
        page, f"{ROWS} === 0 && document.querySelector('#none-found').textContent === 'Ештеңе табылмады.'"
    )
    await write(page, "#find", "")
    await page.click("#only [data-only=hands]")
    await until(page, f"{NAMES} === 'Ақкемер'")
    await page.click("#only [data-only=trouble]")
    await until(page, f"{NAMES} === 'Бестамақ'")
    assert await page.evaluate(text("#only")) == "Барлығы: 3 Қол: 1 Ақау: 1"
    await page.close()


async def test_names_are_text_whatever_stands_in_them(browser: Browser, desk: FakeDesk) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"><b>7</b>{count}"
    await desk.teach(school(hostile, "0" * 16, hand=MORNING, **{"class": "<i>7</i>"}))
    desk.floor["holder"] = "0" * 16
    page = await opened(browser, desk, "ru")
    assert await page.evaluate(NAMES) == f"{hostile} · <i>7</i>"
    await until(page, f"document.querySelector('#floor-who').textContent === {hostile!r}")
    assert await page.evaluate("document.querySelectorAll('#strip img, #strip i, #floor img').length") == 0
    assert await page.evaluate("document.title") == "▲ 1 · Вести урок"
    await page.close()


async def test_a_browser_that_watches_is_listed_and_gets_no_buttons(quick: Browser, desk: FakeDesk) -> None:
    watcher = school("tablet", node="x", camera=False, register="") | {"node": "", "link": ""}
    await desk.teach(watcher, school("Құмсай"))
    page = await opened(quick, desk)
    row = "#schools li[data-node='']"
    assert await page.evaluate(f'document.querySelector("{row} .ways").innerText') == ""
    assert await page.evaluate(text(f"{row} .about")) == "tablet ▲ sees and hears"
    assert await page.evaluate("document.querySelector('#count').textContent") == "2 schools are watching."
    await page.close()


async def test_when_nothing_is_taught_there_is_no_strip(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Құмсай", hand=MORNING))
    page = await opened(quick, desk)
    assert await page.evaluate("document.querySelector('#setup').open") is False
    await desk.end("lesson")
    await until(page, f"{ROWS} === 0 && document.querySelector('#strip').offsetParent === null")
    await until(page, f"{SAID} === '' && document.title === 'Teach'")
    assert await page.evaluate("document.querySelector('#setup').open")
    await page.close()


async def test_pictures_come_for_the_schools_in_sight_and_go_when_they_are_scrolled_away(
    browser: Browser, desk: FakeDesk
) -> None:
    many = [school(f"Мектеп {place:03}", f"{place:016x}") for place in range(134)]
    await desk.teach(*many)
    page = await opened(browser, desk)
    await page.resize(1366, 768)
    await page.evaluate(f"({FIRST}.scrollIntoView(), true)")
    await until(page, f"{PICTURES} >= 4")
    first = set(desk.pictured)
    assert len(desk.pictured) == len(first) <= MOST_PICTURES
    assert first <= {one["node"] for one in many[:24]}
    assert set(desk.looked_for) == {"lesson"}
    await page.evaluate("(document.querySelector('#schools li:last-child').scrollIntoView(), true)")
    await until(page, "document.querySelector('#schools li:last-child video').dataset.picture === 'live'")
    await until(
        page,
        f"{PICTURES} > 0 && ![...document.querySelectorAll('#schools li')].slice(0, 8)"
        ".some((one) => one.querySelector('video').srcObject)",
    )
    await desk.given_back(first)
    assert desk.most_open <= MOST_PICTURES
    await page.close()


async def test_a_screen_with_more_schools_than_pictures_shows_no_more_than_24(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(*(school(f"Мектеп {place:03}", f"{place:016x}") for place in range(134)))
    page = await opened(quick, desk)
    await page.resize(1920, 3000)
    await until(page, f"{PICTURES} === {MOST_PICTURES}")
    await desk.announce()
    await until(page, f"{PICTURES} === {MOST_PICTURES}")
    assert desk.most_open == MOST_PICTURES
    await page.evaluate(
        "(Object.defineProperty(document, 'hidden', { value: true }),"
        " document.dispatchEvent(new Event('visibilitychange')), true)"
    )
    await until(page, f"{PICTURES} === 0")
    await desk.given_back(set(desk.pictured))
    await page.close()


async def test_a_picture_that_broke_comes_back_by_itself(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Құмсай"))
    page = await opened(quick, desk)
    await until(page, f"{PICTURES} === 1")
    await desk.hang_up()
    await until(page, f"{PICTURES} === 0")
    await until(page, f"{PICTURES} === 1")
    desk.pictures[-1].moves.clear()
    await until(page, "document.querySelector('#schools video[data-picture=still]') !== null")
    desk.pictures[-1].moves.set()
    await page.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_what_is_said_of_the_sound_moves_nothing_under_the_hand(
    browser: Browser, desk: FakeDesk, language: str
) -> None:
    """The first click wakes the meter in the middle of it, and the sentence changes then."""
    await desk.teach(school("Құмсай"))
    page = await opened(browser, desk, language)
    said = [str(words.load(language)[key]) for key in SOUNDS]
    place = (
        "(text) => (document.querySelector('#sound').textContent = text,"
        " document.querySelector('#strip').getBoundingClientRect().y + scrollY)"
    )
    assert len(await page.evaluate(f"[...new Set({json.dumps(said)}.map({place}))]")) == 1
    await page.close()
