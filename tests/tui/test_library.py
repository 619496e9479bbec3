"""The library, from the teacher's chair."""

import asyncio
from itertools import product
from typing import Any

import pytest
from msgspec import structs
from rich.cells import cell_len
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Answer, Chapter, Chapters, Found, Item
from edge.contract.commands import Delete, Fetch, Pin, Play, ReadChapters, SearchLibrary
from edge.contract.notices import Library
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.screens import a_screen, app_of, at, reads, screen_text, sees, shown, until
from tui import library
from tui.keys import name_of
from tui.widgets.rows import Rows
from tui.words import OWN_NAMES, words_of

ITEMS = (
    Item("one", "Алгебра · Квадрат теңдеулер", "Алгебра", "", "7Б", "2026-11-26", 45, 480_000_000),
    Item("two", "Физика · Ньютон заңы", "Физика", "", "8А", "2026-11-25", 44, 470_000_000, "hub"),
    Item("three", "Химия", "Химия", "", "9А", "2026-11-24", 45, 1_400_000_000, "coming", 0.43),
    Item("four", "trial", day="2026-11-23", minutes=3, whole=False, better=True),
    Item("five", "Тарих", "Тарих", state="tonight"),
    Item("six", "Биология", "Биология", state="failed", reason="gone"),
    Item("seven", "Сызу", state="growing"),
    Item("eight", "Ән", whole=False),
)
MATERIALS = (
    Item("video", "Ньютон заңы", "Физика", bytes=90_000_000, kind="video", lang="kk", grade="9"),
    Item("paper", "Есептер", "Физика", bytes=2_000_000, kind="document", media_type="application/pdf"),
    Item("pages", "Тест", "Химия", bytes=3_000_000, kind="pages", lang="ru", pinned=True),
    Item("book", "Абай жолы", state="hub", bytes=4_000_000, kind="book"),
)


def offers(daemon: FakeDaemon, *items: Item) -> None:
    """Answer every search with these items."""

    async def answer(order: SearchLibrary) -> Answer:
        found = tuple(
            each for each in items if order.subject in ("", each.subject) and order.kind in ("", each.kind)
        )
        subjects = tuple(sorted({each.subject for each in items if each.subject}))
        return Found(found, subjects, len(found), tuple(sorted({each.kind for each in items})))

    daemon.answer(SearchLibrary, answer)


async def opened(pilot: Pilot[int], daemon: FakeDaemon, *items: Item) -> None:
    """Open the library with these items."""
    offers(daemon, *(items or ITEMS))
    await sees(pilot, "2026")
    await pilot.press("f3")
    await until(pilot, lambda: at(app_of(pilot)) == "library")
    await until(pilot, lambda: bool(app_of(pilot).screen.query_one("#items", Rows).selected))


async def test_each_item_has_its_state_as_sign_and_word(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await sees(pilot, "✓ бар", "○ тек тірек мектепте", "▼ келе жатыр: 43 %", "◷ кейін келеді")
        await sees(pilot, "▽ бар, үзілген жері бар", "✕ келмеді", "■ жазылып жатыр", "8 материал")
        await sees(pilot, "Алгебра · Квадрат", "7Б", "26 қараша", "Осы компьютерде, 480 МБ.")


async def test_enter_shows_what_is_here_on_the_projector(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "lesson")
        assert daemon.ordered(Play) == [Play("one")]


async def test_letters_of_any_alphabet_search_and_escape_clears_before_it_leaves(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("қ", "Ұ", "space", "x", "7", "backspace")
        await until(pilot, lambda: daemon.ordered(SearchLibrary)[-1] == SearchLibrary("қҰ x"))
        await sees(pilot, "Іздеу: қҰ x")
        await pilot.press("escape")
        await until(pilot, lambda: daemon.ordered(SearchLibrary)[-1] == SearchLibrary())
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "today")


async def test_right_and_left_go_through_the_subjects(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await sees(pilot, "◀ Барлық пәндер ▶")
        await pilot.press("right")
        await sees(pilot, "◀ Алгебра ▶", "1 материал")
        await pilot.press("left", "left")
        await sees(pilot, "◀ Химия ▶")
        await pilot.click("#subject", offset=(60, 0))
        await sees(pilot, "◀ Барлық пәндер ▶", "8 материал")


async def test_what_is_only_at_the_hub_is_fetched_by_f5_and_left_by_f5(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("down")
        await sees(pilot, "Тек тірек мектепте, 470 МБ.", "F5 Жүктеп алу")
        await pilot.press("f5")
        await until(pilot, lambda: daemon.ordered(Fetch) == [Fetch("two")])
        await sees(pilot, "Жақсы, өзі келеді.")
        await pilot.press("down")
        await sees(pilot, "F5 Керек емес")
        await pilot.press("f5")
        await until(pilot, lambda: daemon.ordered(Fetch)[-1] == Fetch("three", on=False))


async def test_enter_on_what_is_elsewhere_offers_to_fetch_it(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("down", "enter")
        await sees(pilot, "Оны жүктеп алу керек пе?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(Fetch) == [Fetch("two")])
        assert not daemon.ordered(Play)


async def test_deleting_asks_first_and_the_safe_answer_is_selected(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await sees(pilot, "F6 Өшіру")
        await pilot.press("f6")
        await sees(pilot, "«Алгебра · Квадрат теңдеулер» осы компьютерден өшірілсін бе? 480 МБ босайды.")
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "library")
        assert not daemon.ordered(Delete)
        await pilot.press("f6")
        await sees(pilot, "өшірілсін бе?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(Delete) == [Delete("one")])
        await sees(pilot, "▲ Өшірілді.")


async def test_what_is_being_shown_is_not_deleted_and_a_sentence_says_why(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[Delete] = Unable("in-use")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("f6")
        await sees(pilot, "өшірілсін бе?")
        await pilot.press("down", "enter")
        await sees(pilot, "Бұл жазба қазір көрсетіліп не жазылып жатыр.")


async def test_a_chapter_is_played_from_where_it_begins(daemon: FakeDaemon) -> None:
    async def answer(order: ReadChapters) -> Answer:
        return Chapters((Chapter(0.0, kind="start"), Chapter(754.0, "Неге теріс?", "question")))

    daemon.answer(ReadChapters, answer)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("f7")
        await sees(pilot, "0:00 Басы", "12:34 Сұрақ: Неге теріс?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(Play) == [Play("one", 754.0)])


async def test_many_chapters_are_gone_through_with_the_arrows(daemon: FakeDaemon) -> None:
    async def answer(order: ReadChapters) -> Answer:
        return Chapters(tuple(Chapter(60.0 * n, kind="slide") for n in range(60)))

    daemon.answer(ReadChapters, answer)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.press("f7")
        await sees(pilot, "0:00 Слайд")
        await pilot.press("end")
        await sees(pilot, "59:00 Слайд")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(Play) == [Play("one", 3540.0)])


async def test_materials_stand_beside_recordings_and_say_what_they_are(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon, ITEMS[0], *MATERIALS)
        await pilot.press("down")
        await sees(pilot, "Ньютон заңы · Бейне · Физика · Қазақша", "F6 Өшіру F8 Қалдыру Esc Артқа")
        await pilot.press("down", "down")
        await sees(pilot, "Интерактив беттер · Химия · Русский · сақталады", "F8 Босату", "бетінен ашылады")
        await pilot.press("enter")
        await sees(pilot, "Мұны проектор көрсетпейді.")
        await pilot.press("up", "enter")
        await until(pilot, lambda: daemon.ordered(Play) == [Play("paper")])


async def test_f4_goes_through_the_kinds_and_escape_shows_all_again(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, daemon, ITEMS[0], *MATERIALS)
        await sees(pilot, "F4 Все виды", "5 материалов")
        await pilot.press("f4")
        await sees(pilot, "F4 Книга", "1 материал")
        await pilot.press("escape")
        await sees(pilot, "F4 Все виды", "5 материалов")


async def test_f8_keeps_a_material_and_lets_it_go(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, "en")
    async with shown(app) as pilot:
        await opened(pilot, daemon, *MATERIALS)
        await pilot.press("f8")
        await until(pilot, lambda: daemon.ordered(Pin) == [Pin("video")])
        await sees(pilot, "It stays on this computer")
        await pilot.press("down", "down", "f8")
        await until(pilot, lambda: daemon.ordered(Pin)[-1] == Pin("pages", on=False))
        await pilot.press("down", "f8")
        await sees(pilot, "To be kept, it has to be on this computer first.")


async def test_what_is_on_its_way_moves_without_a_new_search(daemon: FakeDaemon) -> None:
    daemon.tell(Library(7, 2, "three", 0.43))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        asked = len(daemon.ordered(SearchLibrary))
        daemon.tell(Library(7, 2, "three", 0.57))
        await sees(pilot, "▼ келе жатыр: 57 %")
        assert len(daemon.ordered(SearchLibrary)) == asked
        offers(daemon, structs.replace(ITEMS[2], state="here"))
        daemon.tell(Library(8, 3))
        await sees(pilot, "✓ бар", "1 материал")


WAITS = {
    "lesson": "Сабақ біткен соң өзі жүктеледі.",
    "link": "Байланыс жоқ. Байланыс болғанда өзі жалғастырады.",
    "disk": "Дискіде орын жоқ.",
    "metered": "Байланыс ақылы, сондықтан жүктелмейді.",
    "quiet": "Қазір тыныш уақыт",
    "daily": "Бүгінгі мөлшер таусылды.",
}


@pytest.mark.parametrize("waits", WAITS)
async def test_why_nothing_comes_is_said_in_a_sentence(daemon: FakeDaemon, waits: str) -> None:
    daemon.tell(structs.replace(Library(1), waits=waits))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon, ITEMS[4])
        await sees(pilot, WAITS[waits])


HEALED: dict[str, dict[str, Any]] = {
    "Үзілген жері кейін толықты, енді бүтін.": {"healed": 12.0},
    "99,93 % толықты, 2 с жетіспейді.": {"healed": 12.0, "whole": False, "missing": 1.8, "complete": 0.99933},
    "Толықтыру мүмкін емес: тірек мектеп жазбаны өшірген.": {"whole": False, "unhealed": "gone"},
    "Үзілген жерін толықтыру мүмкін болмады.": {"whole": False, "unhealed": "refused"},
}


@pytest.mark.parametrize("said", HEALED)
async def test_what_became_of_a_gap_is_said(daemon: FakeDaemon, said: str) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon, structs.replace(ITEMS[0], **HEALED[said]))
        await sees(pilot, said)


async def test_until_when_it_waits_is_said_where_that_is_known(daemon: FakeDaemon) -> None:
    daemon.tell(Library(1, waits="lesson", until="09:45"))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon, ITEMS[4])
        await sees(pilot, "сабақтың аяқталуы 09:45.")


async def test_the_mouse_alone_plays_an_item(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon)
        await pilot.click("#items", offset=(10, 3))
        await sees(pilot, "Мұнда үзілген жері бар.", "F5 Жүктеп алу")
        await pilot.click("#items", offset=(10, 3))
        await until(pilot, lambda: daemon.ordered(Play) == [Play("four")])


async def test_of_what_is_being_recorded_neither_fetching_nor_deleting_is_offered(daemon: FakeDaemon) -> None:
    growing = next(item for item in ITEMS if item.state == "growing")
    app = a_screen(daemon.socket, "en")
    async with shown(app) as pilot:
        await opened(pilot, daemon, growing)
        await sees(pilot, "It is being recorded.", "Enter Show F7 Chapters Esc Back F1 Help")


async def test_an_empty_library_and_a_search_without_result_are_sentences(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "2026")
        await pilot.press("f3")
        await sees(pilot, "Записей пока нет.", "0 материалов")
        await pilot.press("щ")
        await sees(pilot, "Ничего не нашлось.")
        for key in ("f5", "f6", "f7", "f8", "enter"):
            await pilot.press(key)
        await sees(pilot, "Ничего не выбрано.")


async def test_a_list_that_is_slow_to_come_can_be_left(daemon: FakeDaemon) -> None:
    daemon.knobs.gates[SearchLibrary] = asyncio.Event()
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "2026")
        await pilot.press("f3")
        await until(pilot, lambda: at(app) == "library")
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "today")


@pytest.mark.parametrize("language", OWN_NAMES)
def test_every_footer_of_the_library_fits_at_eighty_columns(language: str) -> None:
    words = words_of(language)
    around = [("esc", "key-back"), ("f1", "key-help")]
    second = ("key-fetch", "key-leave-there", "key-delete")
    third = ("key-chapters", "key-pin", "key-unpin")
    for middle, last in product(second, third):
        entries = [("enter", "key-play"), ("f5", middle), ("f7", last), *around]
        widths = [cell_len(name_of(key, "")) + cell_len(words.say(word)) + 3 for key, word in entries]
        assert sum(widths) <= 80


@pytest.mark.parametrize("language", OWN_NAMES)
def test_every_state_fits_its_column(language: str) -> None:
    words = words_of(language)
    for item in ITEMS:
        state = library.state(item)
        said = words.say(state.word, percent=100) if item.state == "coming" else words.say(state.word)
        assert cell_len(said) + 2 <= 23, said


async def test_names_as_long_as_they_come_are_cut_and_nothing_breaks(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await opened(pilot, daemon, structs.replace(ITEMS[0], title="Ұ" * 400, class_="ы" * 60, day="кеше"))
        assert all(cell_len(line) <= 80 for line in screen_text(app))
        assert reads(app, "✓ бар")
