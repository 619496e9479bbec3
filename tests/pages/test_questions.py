"""Questions of the schools on the teach page, in real browsers: read, answered in writing, or put away."""

import pytest

from tests.browsers import Browser, until
from tests.fake_desk import FakeDesk, question, school
from tests.fake_node import Refusal
from tests.pages.lesson_page import opened, write

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = "document.querySelector('#asked').textContent"
ROWS = "document.querySelectorAll('#questions > li').length"
FIELD = "#questions li:first-child input"
SEND = "#questions li:first-child form button:last-child"
TEXTS = "[...document.querySelectorAll('#questions > li > q')].map((one) => one.textContent).join(' | ')"
ORDER = "document.querySelector('#order').textContent"


async def test_questions_stand_with_time_and_school_the_oldest_first_and_are_answered_in_writing(
    browser: Browser, desk: FakeDesk
) -> None:
    await desk.teach(
        school("Құмсай", questions=[question("Қайда?", 2)], **{"class": "7Б"}),
        school("Ақкемер", questions=[question("Неге?", 1), question("Қашан?", 0, "Ертең.")]),
    )
    page = await opened(browser, desk)
    assert await page.evaluate(TEXTS) == "Неге? | Қайда? | Қашан?"
    assert await page.evaluate(ASKED) == "2 questions wait for an answer."
    head = "document.querySelectorAll('#questions > li')[1].querySelector('p').innerText"
    assert "Құмсай · 7Б" in await page.evaluate(head)
    await write(page, FIELD, "  Себебі солай.  ")
    assert await page.evaluate("document.querySelector('#questions .count').textContent") == "13 / 300"
    await page.press("Enter")
    await until(page, f"{ASKED} === '1 question waits for an answer.'")
    assert desk.orders == [("answers", {"question": "q1", "text": "Себебі солай."})]
    answered = "document.querySelector('#questions li[data-id=q1] .answered').innerText"
    assert " ".join((await page.evaluate(answered)).split()) == "✓ answered: Себебі солай."
    await page.click("h1")
    await until(page, f"{TEXTS} === 'Қайда? | Неге? | Қашан?'")
    await page.close()


async def test_an_answer_of_more_than_300_letters_cannot_be_sent(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Құмсай", questions=[question("Неге?")]))
    page = await opened(quick, desk)
    await write(page, FIELD, "ә" * 301)
    count = "document.querySelector('#questions .count')"
    await until(page, f"{count}.textContent === '301 / 300' && {count}.classList.contains('is-over')")
    assert await page.evaluate(f"document.querySelector({SEND!r}).disabled")
    await write(page, FIELD, "ә" * 300)
    await page.click(SEND)
    await until(page, f"{ASKED} === 'All questions are answered.'")
    assert desk.orders == [("answers", {"question": "q0", "text": "ә" * 300})]
    await page.close()


async def test_what_is_being_written_stays_when_other_questions_come(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Құмсай", questions=[question("Неге?", 5)]))
    page = await opened(quick, desk)
    await write(page, FIELD, "Себе")
    desk.classes[0]["questions"].insert(0, question("Қайда?", 1))  # it is older, and came late
    await desk.announce()
    await until(page, f"{TEXTS} === 'Неге? | Қайда?'")
    assert await page.evaluate(f"document.activeElement.matches({FIELD!r})")
    assert await page.evaluate(f"document.querySelector({FIELD!r}).value") == "Себе"
    await page.close()


async def test_a_refused_answer_is_a_sentence_and_what_was_written_stays(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Құмсай", questions=[question("Неге?")]))
    desk.refusals["/api/streams/lesson/answers"] = Refusal(404, "question-unknown")
    page = await opened(quick, desk, "kk")
    await write(page, FIELD, "Себебі")
    await page.click(SEND)
    await until(page, f"{ORDER} === 'Бұл сұрақ енді жоқ.'")
    assert await page.evaluate(f"document.querySelector({FIELD!r}).value") == "Себебі"
    await page.close()


async def test_a_question_is_put_away_in_this_browser_without_an_answer(
    browser: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Құмсай", questions=[question("Неге?"), question("Қайда?", 1)]))
    page = await opened(browser, desk)
    await page.click("#questions li:first-child .away")
    await until(page, f"{TEXTS} === 'Қайда?'")
    await page.go(f"{desk.url}/teach?lang=en")
    await until(page, f"{TEXTS} === 'Қайда?'")
    assert desk.orders == []
    await page.close()


async def test_a_question_and_its_answer_are_text_whatever_stands_in_them(
    browser: Browser, desk: FakeDesk
) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"><b>7</b>"
    await desk.teach(school("<i>Құмсай</i>", questions=[question(hostile, 0, hostile)]))
    page = await opened(browser, desk, "ru")
    assert await page.evaluate(TEXTS) == hostile
    assert await page.evaluate("document.querySelector('#questions .answered q').textContent") == hostile
    assert await page.evaluate("document.querySelectorAll('#questions :is(img, i, q b)').length") == 0
    await page.close()
