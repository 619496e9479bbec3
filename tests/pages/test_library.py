"""The library page in real browsers: search, states, playing, chapters, small screens, packages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from edge.content.holdings import Wish
from edge.content.kolibris import Place
from edge.content.published import Material
from tests.browsers import Browser, until
from tests.pages.library_room import DAY, LibraryRoom, package

pytestmark = pytest.mark.asyncio(loop_scope="session")

TILES = "[...document.querySelectorAll('#list li')].map((one) => one.innerText.replace(/\\s+/g, ' '))"
HOSTILE = '<img src=x onerror="document.title=1">\u202eтүн</h2>'
SPY = """
const said = [];
const note = (what) => { said.push(what); document.body.dataset.said = said.join(' '); };
const tries = ['/api/library', '/api/words/kk', '/recordings/x'];
const read = (path) => fetch(path).then((reply) => reply.text())
  .then((text) => note(text.includes('mine') ? 'own' : 'read'), () => note('barred'));
Promise.all(tries.map(read))
  .then(() => read('numbers.json'))
  .then(() => { try { note(localStorage.length + 'kept'); } catch (error) { note('nowhere'); } })
  .then(() => note('done'));
"""


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[LibraryRoom]:
    async with LibraryRoom(tmp_path).served() as running:
        yield running


def material(number: int, title: str = "", media_type: str = "application/pdf", **words: str) -> Material:
    told = Material(f"{number:064x}", f"{number}.bin", media_type, 5_000_000, title, published=DAY)
    return replace(told, **words)


async def test_each_thing_says_in_a_word_where_it_is_and_typing_finds_it(
    quick: Browser, room: LibraryRoom
) -> None:
    room.publish(
        "newton.pdf", b"%PDF-1.4", "application/pdf", title="Ньютон заңы", subject="Физика", grade="9"
    )
    waits = [material(number, title=f"Сабақ {number}", subject="Химия") for number in range(4)]
    room.tell(*waits)
    room.wishes = {waits[0].id: Wish("coming", 0.4), waits[1].id: Wish("tonight")}
    room.wishes[waits[2].id] = Wish("failed", reason="gone")
    room.waiting = ("lesson", "09:45")
    page = await quick.open(f"{room.url}/library?lang=ru")
    rows = " | ".join(await until(page, f"{TILES}.length === 5 && {TILES}"))
    for word in ("есть здесь", "загружается: 40 %", "придёт позже", "только в опорной школе"):
        assert word in rows
    assert "в опорной школе этого больше нет" in rows
    assert (
        await page.evaluate("document.querySelector('#waits').innerText") == "Загрузка ждёт: урок до 09:45."
    )
    await page.evaluate(
        "(() => { const box = document.querySelector('#text'); box.value = 'ньютон зан';"
        " box.dispatchEvent(new Event('input')); })()"
    )
    (row,) = await until(page, f"{TILES}.length === 1 && {TILES}")
    assert "Ньютон заңы" in row
    assert "9 класс" in row
    await page.click("[data-language=kk]")
    await until(page, f"{TILES}[0].includes('осы жерде бар') && document.title === 'Кітапхана'")
    await page.close()


async def test_a_recording_plays_in_place_and_a_chapter_leads_to_its_second(
    browser: Browser, room: LibraryRoom
) -> None:
    room.record("lesson-20261126T081500Z", 8, 0.0, 5.0)
    page = await browser.open(f"{room.url}/library?lang=en")
    await until(page, "document.querySelector('#list button') !== null")
    await page.click("#list button")
    await until(page, "document.querySelector('#screen video')?.currentTime > 0")
    await until(page, "document.querySelectorAll('#chapters button').length === 2")
    assert "0:05" in await page.evaluate("document.querySelector('#chapters').innerText")
    await page.click("#chapters button:nth-child(2)")
    await until(page, "document.querySelector('#screen video').currentTime > 5.2")
    await page.click("#close")
    await until(page, "document.querySelector('#screen video') === null")
    await page.close()


async def test_a_small_screen_shows_all_of_it_in_its_width_and_a_title_is_only_a_text(
    browser: Browser, room: LibraryRoom
) -> None:
    room.tell(material(1, title=HOSTILE, topic=HOSTILE), material(2, title="Ұ" * 110, subject="Ұ" * 60))
    room.tell(material(3, subject="Химия", grade="7", lang="ru", media_type="application/x-zim"))
    room.beside = [Place("kolibri", HOSTILE, "http://127.0.0.1:9/"), Place("kiwix", "", ":9/")]
    page = await browser.open(f"{room.url}/library?lang=kk")
    await page.resize(360, 640)
    await until(page, f"{TILES}.length === 3")
    wide = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1] <= 500
    said = await page.evaluate("document.body.innerText")
    assert "<img src=x onerror=" in said
    assert (
        await page.evaluate("document.querySelector('.tiles img') === null && document.title") == "Кітапхана"
    )
    small = (
        "[...document.querySelectorAll('button, a.button, input, select')].filter((one) => one.offsetHeight)"
    )
    assert await page.evaluate(f"Math.min(...{small}.map((one) => one.offsetHeight))") >= 44
    assert await page.evaluate("document.querySelector('#places a:last-child').href") == "http://127.0.0.1:9/"
    await page.close()


async def test_pages_of_a_package_run_and_read_their_own_files_and_nothing_of_this_node(
    browser: Browser, room: LibraryRoom
) -> None:
    made = package(
        tema__index_html="<!doctype html><meta charset=utf-8><body><script src=spy.js></script>",
        tema__spy_js=SPY,
        tema__numbers_json='{"a": "mine"}',
    )
    room.publish("tema.zip", made, "application/zip+html", title="Тақырып")
    page = await browser.open(f"{room.url}/library?lang=kk")
    address = await until(page, "document.querySelector('#list a')?.href")
    assert "/pages/" in address
    await page.go(address)
    said = await until(page, "document.body.dataset.said?.endsWith('done') && document.body.dataset.said")
    assert said == "barred barred barred own nowhere done"
    await page.close()


async def test_strangers_on_this_network_see_what_was_published_and_no_recording(
    quick: Browser, tmp_path: Path
) -> None:
    async with LibraryRoom(tmp_path, room=False).served() as room:
        room.record("lesson-20261126T081500Z", 1)
        room.publish("a.txt", b"text", "text/plain", title="Мәтін")
        page = await quick.open(f"http://tirek.local:{room.port}/library?lang=en")
        (row,) = await until(page, f"{TILES}.length === 1 && {TILES}")
        assert "Мәтін" in row
        await until(page, "!document.querySelector('#closed').hidden")
        room.is_open = False
        await page.go(f"http://tirek.local:{room.port}/library?lang=en")
        await until(page, "document.querySelector('#status').innerText.includes('permission')")
        await page.close()
