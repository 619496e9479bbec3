"""Quick checks on the teach page, in real browsers: typed or prepared, counted as schools answer."""

import pytest

from tests.browsers import Browser, Page, until
from tests.fake_desk import FakeDesk, check, school
from tests.fake_node import Json, Refusal
from tests.pages.lesson_page import opened, write

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATUS = "document.querySelector('#check-status').textContent"
ASK = "document.querySelector('#check-ask')"
ORDER = "document.querySelector('#order').textContent"
BARS = "document.querySelector('#tally .bars').innerText.replace(/\\s+/g, ' ').trim()"
PROGRESS = "document.querySelector('#tally .progress').innerText.replace(/\\s+/g, ' ').trim()"
QUESTION = "document.querySelector('#tally .question').textContent"
FOUND = "[...document.querySelectorAll('#set-list summary')].map((one) => one.innerText).join(' | ')"

FORMULA = "<p>Түбірі: <math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mn>4</mn></math></p>"


def prepared(item: str, title: str, *texts: str) -> Json:
    """Return a set of questions with two answers each."""
    questions = [
        {key: each for key, each in check(text, "2", "±2", right="B").items() if key in KEPT}
        | {"number": place, "markup": FORMULA if place == 1 else ""}
        for place, text in enumerate(texts, 1)
    ]
    return {"item": item, "title": title, "subject": "Алгебра", "questions": questions}


KEPT = ("text", "picture", "choices", "right")


async def ready(browser: Browser, desk: FakeDesk, lang: str = "en") -> Page:
    page = await opened(browser, desk, lang)
    await until(page, "document.querySelectorAll('#choices > li').length === 4")
    return page


async def typed(page: Page, text: str, *choices: str) -> None:
    await write(page, "#check-text", text)
    for letter, choice in zip("ABCD", choices, strict=False):
        await write(page, f"#choice-{letter}", choice)


async def test_a_typed_question_is_asked_counted_and_ended(browser: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"), school("Құмсай"), school("Бестамақ"))
    page = await ready(browser, desk)
    assert await page.evaluate(f"{ASK}.disabled")
    await typed(page, "Су қашан қайнайды?", "100 °C", "90 °C", "0 °C")
    await page.evaluate("(document.querySelector('[name=right][value=A]').click(), true)")
    await page.click("#check-ask")
    await until(page, f"{STATUS} === 'The check is running.' && {QUESTION} === 'Су қашан қайнайды?'")
    body = {"text": "Су қашан қайнайды?", "choices": ["100 °C", "90 °C", "0 °C"], "right": "A"}
    assert desk.orders == [("checks", body)]
    assert await page.evaluate("document.querySelector('#asking').hidden")
    assert desk.running is not None
    one, other, third = desk.running["classes"]
    one |= {"stage": "answered", "read": 9, "of": 10, "counts": {"A": 6, "C": 3}}
    other |= {"stage": "reading", "read": 4, "of": 12}
    third |= {"stage": "away"}
    desk.running["totals"] = {"A": 6, "C": 3}
    await desk.announce()
    await until(page, f"{BARS} === 'A ✓ 6 · 67 % B 0 · 0 % C 3 · 33 %'")
    assert await page.evaluate(PROGRESS) == (
        "✓ Ақкемер answered A 6 B 0 C 3 ○ Бестамақ no link ▲ Құмсай reading cards: 4 of 12"
    )
    assert await page.evaluate("document.querySelector('.tally > p').textContent") == (
        "Schools that answered: 1 of 3"
    )
    share = "document.querySelector('#tally .track i').getBoundingClientRect().width"
    assert await page.evaluate(f"{share} > 0.6 * document.querySelector('#tally .track').clientWidth")
    await page.click("#check-end")
    await until(page, f"{STATUS} === 'The check has ended.' && !document.querySelector('#asking').hidden")
    assert desk.orders[-1] == ("checks/c1/end", {})
    assert await page.evaluate("document.querySelector('#check-text').value") == ""
    assert page.console == []
    await page.close()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("its own teacher asks something", "has not begun the lesson", "without the picture")),
        ("kk", ("өз мұғалімінің сұрағына жауап беріп жатыр", "сабақты бастаған жоқ", "суретсіз")),
        ("ru", ("отвечает на вопрос своего учителя", "урок там не начат", "без рисунка")),
    ],
)
async def test_what_keeps_a_school_from_answering_is_said_and_other_lessons_are_one_line(
    quick: Browser, desk: FakeDesk, lang: str, said: tuple[str, str, str]
) -> None:
    names = ("Ақкемер", "Бестамақ", "Құмсай")
    classes = [_row(name, stage) for name, stage in zip(names, ("busy", "idle", "asked"), strict=True)]
    classes[2]["bare"] = True
    desk.running = check("Неге?", "Иә", "Жоқ", classes=classes, elsewhere=10)
    await desk.teach(*map(school, names))
    page = await ready(quick, desk, lang)
    line = "document.querySelector('#tally .elsewhere').innerText"
    await until(page, f"{line}.startsWith('10 ')")
    shown = await page.evaluate(PROGRESS)
    assert f"◷ Ақкемер {said[0]} – Бестамақ {said[1]} ◷ Құмсай" in shown
    assert shown.endswith(said[2])
    assert await page.evaluate("document.querySelectorAll('#tally .progress li').length") == 3
    assert "3" in await page.evaluate("document.querySelector('.tally > p').textContent")
    desk.running |= {"elsewhere": 0}
    classes[2]["bare"] = False
    await desk.announce()
    await until(page, f"{line} === '' && !{PROGRESS}.endsWith('{said[2]}')")
    assert page.console == []
    await page.close()


def _row(name: str, stage: str) -> Json:
    return {"node": name, "name": name, "stage": stage, "read": 0, "of": 9, "counts": {}, "bare": False}


async def test_a_question_needs_two_answers_without_a_gap_and_a_right_one_need_not_be_marked(
    quick: Browser, desk: FakeDesk
) -> None:
    await desk.teach(school("Ақкемер"))
    page = await ready(quick, desk)
    await typed(page, "Неге?", "Иә")
    assert await page.evaluate(f"{ASK}.disabled")
    await typed(page, "Неге?", "Иә", "", "Жоқ")
    assert await page.evaluate(f"{ASK}.disabled")
    await typed(page, "ә" * 301, "Иә", "Жоқ", "")
    assert await page.evaluate(f"{ASK}.disabled && document.querySelector('#check-count').textContent") == (
        "301 / 300"
    )
    await typed(page, "Неге?", "Иә", "Жоқ", "")
    assert await page.evaluate("document.querySelector('[name=right][value=C]').disabled")
    await page.evaluate("(document.querySelector('[name=right][value=B]').click(), true)")
    await page.evaluate(
        "(document.querySelector('[name=right][value=B]').click(), true)"
    )  # once more: not marked
    await page.click("#check-ask")
    await until(page, f"{STATUS} === 'The check is running.'")
    assert desk.orders == [("checks", {"text": "Неге?", "choices": ["Иә", "Жоқ"], "right": ""})]
    await page.close()


async def test_a_prepared_question_is_found_looked_at_and_asked_and_the_next_one_after_it(
    browser: Browser, desk: FakeDesk
) -> None:
    desk.sets = [prepared("s1", "Теңдеулер", "x² = 4", "x² = 9"), prepared("s2", "Су", "Қайнау")]
    await desk.teach(school("Ақкемер"))
    page = await ready(browser, desk)
    await page.click("#sets > summary")
    await until(page, f"{FOUND}.split(' | ').length === 3")
    await write(page, "#set-find", "ТЕҢДЕУ")
    await until(page, f"{FOUND}.split(' | ').length === 2")
    await page.click("#set-list li:first-child summary")
    power = "document.querySelector('#set-list math msup')"
    assert await page.evaluate(f"{power}.namespaceURI") == "http://www.w3.org/1998/Math/MathML"
    assert "right answer" in await page.evaluate("document.querySelector('#set-list li').innerText")
    await page.click("#set-list li:first-child details > button")
    await until(
        page, f"{STATUS} === 'The check is running.' && document.querySelector('#tally math') !== null"
    )
    await page.click("#check-end")
    await until(page, "!document.querySelector('#check-next').hidden")
    await page.click("#check-next")
    await until(page, f"{QUESTION} === 'x² = 9'")
    await page.click("#check-end")
    await until(page, f"{STATUS} === 'The check has ended.'")
    assert await page.evaluate("document.querySelector('#check-next').hidden")
    asked = [body for what, body in desk.orders if what == "checks"]
    assert asked == [{"item": "s1", "number": 1}, {"item": "s1", "number": 2}]
    await page.close()


async def test_the_checks_of_the_lesson_stay_with_their_results_on_every_page(
    browser: Browser, desk: FakeDesk
) -> None:
    desk.past = [check("Неге?", "Иә", "Жоқ", right="A", ended=True, totals={"A": 3, "B": 1})]
    await desk.teach(school("Ақкемер"))
    page = await ready(browser, desk)
    await until(page, "document.querySelectorAll('#past-list > li').length === 1")
    await page.click("#past > summary")
    await page.click("#past-list summary")
    told = "document.querySelector('#past-list').innerText.replace(/\\s+/g, ' ')"
    assert "A ✓ 3 · 75 % B 1 · 25 %" in await page.evaluate(told)
    await page.close()


async def test_a_check_asked_on_one_page_is_ended_on_another(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"))
    one, other = await ready(quick, desk), await ready(quick, desk)
    await typed(one, "Неге?", "Иә", "Жоқ")
    await one.click("#check-ask")
    await until(other, f"{QUESTION} === 'Неге?'")
    await other.click("#check-end")
    await until(one, f"{STATUS} === 'The check has ended.'")
    await one.close()
    await other.close()


async def test_a_refused_check_is_a_sentence_and_what_was_typed_stays(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"))
    desk.refusals["/api/streams/lesson/checks"] = Refusal(409, "check-runs")
    page = await ready(quick, desk)
    await typed(page, "Неге?", "Иә", "Жоқ")
    await page.click("#check-ask")
    await until(page, f"{ORDER} === 'A check is already running. End it first.'")
    assert await page.evaluate("document.querySelector('#check-text').value") == "Неге?"
    await page.close()


async def test_markup_shows_formulas_and_nothing_that_acts(browser: Browser, desk: FakeDesk) -> None:
    hostile = (
        "<p onclick=\"document.title='taken'\" style='color:red'>2 <b>+</b> 2"
        "<img src=x onerror=\"document.title='taken'\"><script>document.title = 'taken'</script>"
        "<a href='javascript:0'>сілтеме</a><svg><style>*{}</style><text>сурет</text></svg>"
        "<math><mi href='javascript:0' mathvariant='normal'>π</mi><annotation>\\pi</annotation>"
        "<mtext><img src=x onerror=\"document.title='taken'\"></mtext></math>"
        "<iframe src='/'></iframe><form action='/'><input></form></p>"
    )
    desk.running = check("text", "1", "2", markup=hostile, picture="https://example.org/x.png")
    desk.running["choices"][0]["markup"] = "<b id=lamp>1</b><meta http-equiv=refresh content=0>"
    await desk.teach(school("Ақкемер"))
    page = await ready(browser, desk, "ru")
    await until(page, f"{QUESTION} !== ''")
    assert await page.evaluate(QUESTION) == "2 + 2сілтемесуретπ"
    tags = "[...document.querySelectorAll('#tally .question *')].map((one) => one.localName)"
    assert await page.evaluate(tags) == [
        "p",
        "b",
        "math",
        "mi",
        "mtext",
        "p",
    ]  # the last is of </p>, which a form has closed before
    attributes = (
        "[...document.querySelectorAll('#tally .sheet-of-paper :is(.question, .choices) *')]"
        ".flatMap((one) => one.getAttributeNames())"
    )
    assert await page.evaluate(attributes) == ["mathvariant"]
    assert await page.evaluate("document.querySelector('#tally img').hidden")
    assert await page.evaluate("document.title") == "Вести урок"
    assert [one for one in page.requests if "example.org" in one or one.endswith("/x")] == []
    await page.close()


async def test_deep_and_endless_markup_is_cut(quick: Browser, desk: FakeDesk) -> None:
    desk.running = check("text", "1", "2", markup="<b>" * 500 + "түп" + "</b>" * 500)
    desk.running["choices"][0]["markup"] = "<i>1</i>" * 5000
    await desk.teach(school("Ақкемер"))
    page = await ready(quick, desk)
    await until(page, f"{QUESTION} === 'text'")  # nothing is left of it: the text stands for it
    assert await page.evaluate("document.querySelectorAll('#tally .choices i').length") == 2000
    await page.close()


async def test_a_tab_that_nobody_sees_asks_for_no_checks(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"))
    page = await ready(quick, desk)
    await until(page, "true")
    await page.evaluate(
        "(Object.defineProperty(document, 'hidden', { value: true, configurable: true }),"
        " document.dispatchEvent(new Event('visibilitychange')), true)"
    )
    desk.asked.clear()
    desk.running = check("Неге?", "Иә", "Жоқ")
    await desk.announce()
    desk.classes[0]["name"] = "Жаңа"
    await desk.announce()
    await until(page, "document.querySelector('#schools strong').textContent === 'Жаңа'")
    assert "checks" not in desk.asked
    await page.evaluate(
        "(Object.defineProperty(document, 'hidden', { value: false, configurable: true }),"
        " document.dispatchEvent(new Event('visibilitychange')), true)"
    )
    await until(page, f"{QUESTION} === 'Неге?'")
    await page.close()
