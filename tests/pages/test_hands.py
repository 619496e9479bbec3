"""The strip of hands and questions on the teach page, in real browsers."""

import pytest

from tests.browsers import Browser, until
from tests.fake_node import FakeNode, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "document.querySelector('#said').textContent"
ROWS = "document.querySelectorAll('#hands > li').length"
STRIP = "document.querySelector('#hands').innerText.replace(/\\s+/g, ' ')"
MORNING = 1_795_662_720_000  # milliseconds since 1970


def school(name: str, *questions: str, hand: int = 0) -> Json:
    asked = [
        {"id": f"{name} {number}", "at": MORNING + number, "text": text}
        for number, text in enumerate(questions)
    ]
    return {
        "node": name,
        "name": name,
        "class": "7Б",
        "hand": hand,
        "asked": len(questions),
        "questions": asked,
    }


async def test_hands_and_questions_come_by_themselves_and_a_click_puts_them_away(
    browser: Browser, node: FakeNode
) -> None:
    await node.put("lesson")
    page = await browser.open(f"{node.url}/teach?lang=en")
    await until(page, f"{SAID} === 'No hands and no questions yet.'")
    node.classes = [school("Құмсай", hand=MORNING), school("Ақкемер", "Неге?", "Қайда?")]
    await node.announce()
    await until(page, f"{SAID} === '1 class has raised its hand.' && {ROWS} === 2")
    strip = await page.evaluate(STRIP)
    assert strip.startswith("▲ Құмсай · 7Б hand raised at ")
    assert "? Ақкемер · 7Б" in strip
    await page.click("#hands [data-state=up] button")
    await until(page, f"{SAID} === 'Questions have come.' && {ROWS} === 1")
    await page.click("#hands ol button")
    await until(page, "document.querySelectorAll('#hands ol li').length === 1")
    await page.click("#hands ol button")
    await until(page, f"{SAID} === 'No hands and no questions yet.' && {ROWS} === 0")
    await node.announce()
    assert [one for one in page.requests if not one.startswith(node.url)] == []
    await page.close()


async def test_what_was_put_away_stays_so_when_the_page_is_loaded_again(
    quick: Browser, node: FakeNode
) -> None:
    await node.put("lesson")
    node.classes = [school("Құмсай", "Неге?", hand=MORNING)]
    page = await quick.open(f"{node.url}/teach?lang=en")
    await until(page, f"{ROWS} === 1")
    await page.click("#hands li > button")
    await until(page, "document.querySelector('#hands > li').dataset.state === 'asked'")
    await page.go(f"{node.url}/teach?lang=kk")
    await until(page, f"{SAID} === 'Сұрақтар келді.'")
    node.classes = [school("Құмсай", "Неге?", hand=MORNING + 60_000)]
    await node.announce()
    await until(page, f"{SAID} === '1 сынып қол көтерді.'")
    await page.close()


async def test_a_question_is_text_whatever_stands_in_it(browser: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    hostile = "<img src=x onerror=\"document.title='taken'\"><b>7</b>"
    node.classes = [school("<i>Құмсай</i>", hostile)]
    page = await browser.open(f"{node.url}/teach?lang=ru")
    await until(page, f"{ROWS} === 1")
    assert await page.evaluate("document.querySelector('#hands q').textContent") == hostile
    assert await page.evaluate("document.querySelectorAll('#hands img, #hands i, #hands q b').length") == 0
    assert await page.evaluate("document.title") != "taken"
    await page.close()


async def test_a_new_question_leaves_the_focus_where_it_was(quick: Browser, node: FakeNode) -> None:
    await node.put("lesson")
    node.classes = [school("Құмсай", "Неге?")]
    page = await quick.open(f"{node.url}/teach?lang=en")
    await until(page, f"{ROWS} === 1")
    await page.evaluate("document.querySelector('#hands ol button').focus()")
    node.classes = [school("Құмсай", "Неге?", "Қайда?")]
    await node.announce()
    await until(page, "document.querySelectorAll('#hands ol li').length === 2")
    assert await page.evaluate("document.activeElement.matches('#hands ol li:first-child button')")
    await page.close()


async def test_when_nothing_is_taught_there_is_no_strip(quick: Browser, node: FakeNode) -> None:
    node.classes = [school("Құмсай", hand=MORNING)]
    await node.put("lesson")
    page = await quick.open(f"{node.url}/teach?lang=en")
    await until(page, f"{ROWS} === 1")
    await node.end("lesson")
    await until(page, f"{ROWS} === 0 && {SAID} === ''")
    await page.close()
