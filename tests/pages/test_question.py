"""A quick check and a roll call by cards: read from the back row, and never who answered what."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge import words
from tests.browsers import DEAF_NAME, Browser, until
from tests.fake_class import FakeClass, a_check
from tests.fake_node import FakeNode
from tests.flows.crew import until as until_true
from tests.pages.test_watch import PLAYS, complaints

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = [(1024, 768), (1920, 1080)]
QUESTION = "document.querySelector('.question')"
ASKED = f"{QUESTION} && !{QUESTION}.hidden"
TEXT = f"{QUESTION}.innerText.replace(/\\s+/g, ' ')"
STAGES = ("asked", "reading", "counting", "sent", "ended")
LEAST = 0.019  # of the height of the picture: letters that the back row can read
LONG = "Ұзақ сұрақ, оны соңғы партадан да оқи алу керек. " * 6
FRACTION = "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"

# What is not wholly on the screen, or smaller than a share of its height.
UNREADABLE = f"""[...{QUESTION}.querySelectorAll('h2, p, .text, b, li, strong, em')].filter((one) => {{
    const box = one.getBoundingClientRect();
    if (!box.width) return false;
    const isOut = box.left < 0 || box.top < 0 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline';
    return isOut || isCut || parseFloat(getComputedStyle(one).fontSize) < {LEAST} * innerHeight;
}}).map((one) => one.className + ' ' + one.textContent + ' ' + getComputedStyle(one).fontSize)"""


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[FakeClass]:
    made = FakeClass(FakeNode(tmp_path))
    async with made.node:
        await made.node.put("lesson")
        await made.node.show("stream", stream="lesson", volume=60)
        yield made


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[1]))
@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_every_stage_is_said_and_wholly_on_the_screen(
    browser: Browser, room: FakeClass, language: str, size: tuple[int, int]
) -> None:
    said = words.load(language)
    page = await browser.open(f"{room.node.url}/?lang={language}")
    await page.resize(*size)
    await until(page, PLAYS)
    for stage in STAGES:
        counts = {"A": 3, "B": 17, "C": 0, "D": 5} if stage == "ended" else None
        right = "B" if stage == "ended" else ""
        numbers = {"read": list(range(1, 13)), "missing": list(range(13, 31))}
        await room.shows(check=a_check(stage, counts=counts, right=right, **numbers))
        await until(page, f"{ASKED} && {TEXT}.includes('{said[f'quick-{stage}']}')")
        assert await page.evaluate(UNREADABLE) == []
    assert str(said["quick-right"]) in await page.evaluate(
        f"{QUESTION}.querySelector('[data-right]').innerText"
    )
    assert await page.evaluate("document.body.dataset.state") == "live"
    assert complaints(page) == []
    await page.close()


async def test_numbers_light_up_as_cards_are_read_and_nothing_says_what_was_answered(
    browser: Browser, room: FakeClass
) -> None:
    page = await browser.open(f"{room.node.url}/?lang=en")
    await room.shows(check=a_check("reading", read=[3], missing=[1, 2, 4]))
    await until(page, f"{ASKED} && {TEXT}.includes('Read: 1 of 4')")
    grid = f"[...{QUESTION}.querySelectorAll('.roster li')].map((one) => one.textContent).join(' ')"
    assert await page.evaluate(grid) == "○ 1 ○ 2 ✓ 3 ○ 4"
    await room.shows(check=a_check("reading", read=[3, 1], missing=[2, 4], counts={"A": 2}, right="A"))
    await until(page, f"{TEXT}.includes('Read: 2 of 4')")
    assert await page.evaluate(grid) == "✓ 1 ○ 2 ✓ 3 ○ 4"
    assert await page.evaluate(f"{QUESTION}.querySelectorAll('.share, [data-right]').length") == 0
    await room.shows(check=None)
    await until(page, f"{QUESTION}.hidden && !document.body.classList.contains('is-asked')")
    assert complaints(page) == []
    await page.close()


async def test_in_the_end_there_are_bars_and_the_right_letter(browser: Browser, room: FakeClass) -> None:
    await room.shows(check=a_check("ended", counts={"A": 5, "B": 0, "D": 10}, right="D"))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, f"{ASKED} && {QUESTION}.querySelectorAll('.share').length === 4")
    lines = f"[...{QUESTION}.querySelectorAll('.share i')]"
    a, b, c, d = await page.evaluate(f"{lines}.map((one) => one.getBoundingClientRect().width)")
    assert (b, c) == (0, 0)
    assert abs(2 * a - d) <= 2
    assert d > 100
    shown = f"[...{QUESTION}.querySelectorAll('.share')].map((one) => one.textContent).join()"
    assert await page.evaluate(shown) == "5,0,0,10"
    assert await page.evaluate(f"{QUESTION}.querySelector('[data-right]').firstChild.textContent") == "D"
    await page.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[1]))
async def test_the_longest_question_with_a_picture_and_sixty_pupils_is_wholly_on_the_screen(
    browser: Browser, room: FakeClass, size: tuple[int, int]
) -> None:
    long = [{"letter": letter, "text": LONG[:120], "markup": ""} for letter in "ABCD"]
    numbers = {"read": list(range(1, 30)), "missing": list(range(30, 61))}
    page = await browser.open(f"{room.node.url}/?lang=kk")
    await page.resize(*size)
    await until(page, PLAYS)
    check = a_check("reading", text=LONG[:300], choices=long, picture="/static/icon.svg", **numbers)
    await room.shows(check=check)
    await until(page, f"{ASKED} && {QUESTION}.querySelector('img')?.complete")
    assert await page.evaluate(UNREADABLE) == []
    await page.close()


async def test_formulas_are_drawn_and_what_is_not_a_formula_stays_out(
    browser: Browser, room: FakeClass
) -> None:
    hostile = (
        f"<p>Half: {FRACTION}</p><script>window.bad = 1</script>"
        "<img src=/static/x.svg onerror='window.bad = 2'>"
        "<math href='javascript:alert(1)' onclick='window.bad = 3' style='position:fixed'><mtext>ok</mtext>"
        "<annotation-xml encoding='text/html'><iframe src='/recordings'></iframe></annotation-xml></math>"
        "<a href='/teach'>go</a><style>* { display: none }</style><svg onload='window.bad = 4'></svg>"
    )
    choices = [
        {"letter": "A", "text": "1/2", "markup": FRACTION},
        {"letter": "B", "text": "<b>2</b>", "markup": ""},
    ]
    await room.shows(check=a_check("asked", text="?", markup=hostile, choices=choices))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, ASKED)
    assert await page.evaluate(f"{QUESTION}.querySelectorAll('math mfrac').length") == 2
    drawn = f"{QUESTION}.querySelector('mfrac').getBoundingClientRect().height"
    assert await page.evaluate(
        f"{drawn} > 1.5 * {QUESTION}.querySelector('mn').getBoundingClientRect().height"
    )
    banned = "script, style, iframe, a, svg, img, annotation-xml, [onclick], [onerror], [style], [href]"
    assert await page.evaluate(f"{QUESTION}.querySelectorAll({banned!r}).length") == 0
    assert await page.evaluate("typeof window.bad") == "undefined"
    assert "<b>2</b>" in await page.evaluate(f"{QUESTION}.querySelectorAll('.choices .text')[1].textContent")
    assert await page.evaluate("getComputedStyle(document.querySelector('.question')).display") == "grid"
    assert [one for one in page.requests if "x.svg" in one or "recordings" in one] == []
    assert [text for kind, text in complaints(page) if "Content Security Policy" not in text] == []
    await page.close()


async def test_a_roll_call_shows_whose_card_was_read_on_tablets_too(
    browser: Browser, room: FakeClass
) -> None:
    page = await browser.open(f"http://{DEAF_NAME}:{room.node.port}/?lang=ru")
    await room.shows(volume=None, roll={"read": [2], "missing": [1, 3]})
    said = words.load("ru")
    await until(page, f"{ASKED} && {TEXT}.includes('{said['roll-by-cards']}')")
    assert str(said["roll-reading"]) in await page.evaluate(TEXT)
    assert "Прочитано: 1 из 3" in await page.evaluate(TEXT)
    await room.shows(volume=None, roll=None)
    await until(page, f"{QUESTION}.hidden")
    await page.close()


async def test_a_check_without_a_hub_is_shown_where_no_lesson_plays(
    browser: Browser, room: FakeClass
) -> None:
    await room.node.end("lesson")
    await room.node.show("slate", said="waiting", volume=60, check=a_check("counting"))
    page = await browser.open(f"{room.node.url}/?lang=en")
    await until(page, ASKED)
    assert await page.evaluate(UNREADABLE) == []
    assert await page.evaluate("document.querySelector('#status').getClientRects().length") == 0
    await until_true(lambda: room.node.reports[-1] == "idle")
    await page.close()


async def test_lamps_and_the_floor_stay_in_sight_beside_a_check(quick: Browser, room: FakeClass) -> None:
    room.floors["floor-lesson"] = True
    floor = {"stream": "floor-lesson", "holder": "Ақкемер", "mine": False, "muted": False}
    lamps = {"seen": True, "heard": False, "muted": False}
    page = await quick.open(f"{room.node.url}/?lang=kk")
    await page.resize(1024, 768)
    await until(page, PLAYS)
    await room.shows(check=a_check("asked"), lamps=lamps, floor=floor)
    await until(page, f"{ASKED} && document.querySelector('.floor')?.dataset.picture === 'yes'")
    boxes = """['#video', '.lamps', '.floor', '.asked .text', '.choices li:nth-child(2)'].map((each) => {
        const { left, top, right, bottom } = document.querySelector(each).getBoundingClientRect();
        return [left, top, right, bottom];
    })"""
    places = await page.evaluate(boxes)
    overlaps = [
        (one, other)
        for one in range(len(places))
        for other in range(one + 1, len(places))
        if places[one][0] < places[other][2] - 1
        and places[other][0] < places[one][2] - 1
        and places[one][1] < places[other][3] - 1
        and places[other][1] < places[one][3] - 1
    ]
    assert overlaps == []
    await page.close()
