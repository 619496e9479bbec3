"""The curves of all schools on the teach page, in real browsers: one chart, asked for while it is open."""

import pytest

from tests.browsers import Browser, Page, until
from tests.fake_desk import MORNING, FakeDesk, school
from tests.fake_node import Json
from tests.pages.lesson_page import opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAWN = "document.querySelectorAll('#chart .curve').length"
CALM = "document.querySelectorAll('#chart .calm-curve').length"
TEXTS = "[...document.querySelectorAll('#chart text:not(.mark)')].map((one) => one.textContent)"
LEGEND = "document.querySelectorAll('#legend li').length"


def cooling(name: str, place: int, quantity: str = "temperature", unit: str = "°C") -> Json:
    """Return a curve of 200 s that is a little higher than the one before it."""
    points = [[second, 80 - second / 5 + place / 10] for second in range(0, 201, 2)]
    told: Json = {"node": f"{place:016x}", "name": name, "experiment": "Суыну", "quantity": quantity}
    return told | {"unit": unit, "began": MORNING, "points": points}


async def charted(browser: Browser, desk: FakeDesk, lang: str = "en") -> Page:
    page = await opened(browser, desk, lang)
    await page.click("#curves-open")
    return page


async def test_the_curves_stand_in_one_chart_with_units_shapes_and_names(
    browser: Browser, desk: FakeDesk
) -> None:
    desk.curves = [cooling(f"Мектеп {place:02}", place) for place in range(20)]
    await desk.teach(school("Ақкемер"))
    page = await charted(browser, desk, "kk")
    await until(page, f"{DRAWN} === 20 && {CALM} === 0")
    texts = await page.evaluate(TEXTS)
    assert {"Уақыт, с", "Температура, °C", "0", "100", "200", "40", "60", "80"} <= set(texts)
    looks = (
        "[...document.querySelectorAll('#legend label')].map((one) => one.querySelector('b').textContent"
        " + getComputedStyle(one.querySelector('b')).color)"
    )
    assert len(set(await page.evaluate(looks))) == 20
    row = "document.querySelector('#legend li').innerText.replace(/\\s+/g, ' ').trim()"
    assert await page.evaluate(row) == "● Мектеп 00 40 °C"
    assert page.console == []
    await page.close()


async def test_with_134_schools_twenty_are_in_colour_and_the_teacher_chooses_which(
    quick: Browser, desk: FakeDesk
) -> None:
    desk.curves = [cooling(f"Мектеп {place:03}", place) for place in range(134)]
    await desk.teach(school("Ақкемер"))
    page = await charted(quick, desk)
    await until(page, f"{DRAWN} === 20 && {CALM} === 114 && {LEGEND} === 134")
    await page.evaluate(
        "((one) => (one.value = '133', one.dispatchEvent(new Event('input')), true))"
        "(document.querySelector('#curves-find'))"
    )
    await until(page, f"{LEGEND} === 1")
    await page.click("#legend input")
    await until(page, "document.querySelector('#legend input').checked")
    assert await page.evaluate(DRAWN) == 20
    await page.hover("#legend label")
    await until(page, "document.querySelectorAll('#chart .curve.is-pointed').length === 1")
    await page.click("#legend input")
    await until(page, "!document.querySelector('#legend input').checked")
    await page.close()


async def test_what_is_measured_in_other_units_has_a_chart_of_its_own(quick: Browser, desk: FakeDesk) -> None:
    desk.curves = [
        cooling("Ақкемер", 0),
        cooling("Ақкемер", 0),
        cooling("Ақкемер", 0, "voltage", "V"),
        cooling("<b>Құмсай</b>", 1, "own-thing", "<i>u</i>"),
    ]
    await desk.teach(school("Ақкемер"))
    page = await charted(quick, desk)
    await until(page, f"{DRAWN} === 2")
    kinds = "[...document.querySelector('#curves-kind').options].map((one) => one.textContent)"
    assert await page.evaluate(kinds) == [
        "Суыну: Temperature, °C",
        "Суыну: Voltage, V",
        "Суыну: own-thing, <i>u</i>",
    ]
    names = "[...document.querySelectorAll('#legend span')].map((one) => one.textContent).join()"
    assert await page.evaluate(names) == "Ақкемер,Ақкемер (2)"
    await page.evaluate(
        "((one) => (one.selectedIndex = 2, one.dispatchEvent(new Event('change')), true))"
        "(document.querySelector('#curves-kind'))"
    )
    await until(page, f"{names} === '<b>Құмсай</b>'")
    assert "own-thing, <i>u</i>" in await page.evaluate(TEXTS)
    await page.close()


async def test_curves_are_asked_for_only_while_the_chart_is_open(quick: Browser, desk: FakeDesk) -> None:
    await desk.teach(school("Ақкемер"))
    page = await opened(quick, desk, "ru")
    assert "curves" not in desk.asked
    await page.click("#curves-open")
    await until(page, "document.querySelector('#curves-none').offsetParent !== null")
    desk.curves = [cooling("Ақкемер", 0)]
    await until(page, f"{DRAWN} === 1")
    await page.click("#curves-open")
    await until(page, "document.querySelector('#curves').hidden")
    desk.asked.clear()
    desk.classes[0]["name"] = "Жаңа"
    await desk.announce()
    await until(page, "document.querySelector('#schools strong').textContent === 'Жаңа'")
    assert "curves" not in desk.asked
    await page.close()


async def test_a_long_curve_keeps_its_short_peak_and_a_flat_one_can_be_seen(
    quick: Browser, desk: FakeDesk
) -> None:
    long = cooling("Ақкемер", 0)
    long["points"] = [[second / 4, 500 if second == 7001 else 20] for second in range(14400)]
    flat = cooling("Құмсай", 1, "voltage", "V") | {"points": [[0, 3], [5, 3]]}
    desk.curves = [long, flat]
    await desk.teach(school("Ақкемер"))
    page = await charted(quick, desk)
    await until(page, f"{DRAWN} === 1")
    steps = "document.querySelector('#chart .curve').getAttribute('d').split('L')"
    assert await page.evaluate(f"{steps}.length") <= 620
    heights = [float(step.split()[1]) for step in await page.evaluate(f"{steps}.map((one) => one.slice(0))")]
    assert max(heights) - min(heights) > 300
    await page.evaluate(
        "((one) => (one.selectedIndex = 1, one.dispatchEvent(new Event('change')), true))"
        "(document.querySelector('#curves-kind'))"
    )
    await until(page, "document.querySelector('#chart .curve').getAttribute('d').split('L').length === 2")
    await page.close()
