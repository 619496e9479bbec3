"""What holds for every page, in every language and in all colours."""

import re

import pytest
from msgspec import structs
from rich.cells import cell_len
from textual.pilot import Pilot

from edge.contract.notices import Settings
from tests.tui.fake_daemon import FakeDaemon, a_day
from tests.tui.screens import a_screen, colours, screen_text, sees, shown, until
from tui.app import PLACES, TirekApp, page_class
from tui.keys import MOST_SHOWN, name_of
from tui.page import Page
from tui.skin import GRAPHICAL, Skin, skin_of
from tui.theme import LEAST, contrast
from tui.words import OWN_NAMES, words_of

LOOKS_LIKE_A_KEY = re.compile(r"\b[a-z]+(?:-[a-z]+)+\b")


async def open_page(pilot: Pilot[int], place: str) -> None:
    """Open a page, and wait until its header stands."""
    app = pilot.app
    assert isinstance(app, TirekApp)
    app.go(place, *([a_day().due] if place == "roll" else []))
    await until(pilot, lambda: getattr(app.screen, "place", "") == place and any(screen_text(app)))


@pytest.mark.parametrize("language", OWN_NAMES)
@pytest.mark.parametrize("place", PLACES)
async def test_a_page_shows_sentences_and_no_keys_of_words(
    daemon: FakeDaemon, place: str, language: str
) -> None:
    app = a_screen(daemon.socket, language)
    async with shown(app) as pilot:
        await sees(pilot, "10:00–10:45")
        await open_page(pilot, place)
        await pilot.pause()
        words = LOOKS_LIKE_A_KEY.findall("\n".join(screen_text(app)))
        known = {key for key in words_of(language).keys() if "-" in key}  # noqa: SIM118 - no mapping
        assert not [word for word in words if language != "en" or word in known]


@pytest.mark.parametrize("colour", ["dark", "light", "plain"])
@pytest.mark.parametrize("place", PLACES)
async def test_whatever_is_written_on_a_page_can_be_read(daemon: FakeDaemon, place: str, colour: str) -> None:
    app = a_screen(daemon.socket, skin=skin_of("utf-8", "linux", False) if colour == "plain" else GRAPHICAL)
    daemon.tell(structs.replace(daemon.now(Settings), theme="light" if colour == "light" else "dark"))
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await open_page(pilot, place)
        app.tell("Барлығы тоқтатылды.", "bad")
        await sees(pilot, "Барлығы тоқтатылды.")
        pairs = colours(app)
        assert len(pairs) > 2
        assert not {pair for pair in pairs if contrast(*pair) < LEAST}


@pytest.mark.parametrize("skin", [GRAPHICAL, skin_of("utf-8", "linux", False)], ids=["unicode", "ascii"])
@pytest.mark.parametrize("language", OWN_NAMES)
@pytest.mark.parametrize("place", PLACES)
def test_no_entry_of_a_footer_is_cut_at_eighty_columns(place: str, language: str, skin: Skin) -> None:
    words, page = words_of(language), page_class(place)
    shown_keys = page.keys_shown(page())
    widths = []
    for key in shown_keys:
        name = name_of(key.key, words.say("key-space"), skin.plain)
        longest = max(cell_len(words.say(word)) for word in (key.word, *key.also))
        widths.append(cell_len(name) + longest + 3)
    assert len(shown_keys) <= MOST_SHOWN
    assert sum(widths) <= 80


@pytest.mark.parametrize("place", PLACES)
def test_no_letter_and_no_digit_is_needed(place: str) -> None:
    allowed = re.compile(r"f\d{1,2}|enter|space|escape|up|down|left|right|page(up|down)|home|end")
    keys = [each for key in page_class(place).KEYS for each in key.key.split(",")]
    assert not [key for key in keys if not allowed.fullmatch(key) and key not in ("b", "и")]
    assert all(any(allowed.fullmatch(each) for each in key.key.split(",")) for key in page_class(place).KEYS)


@pytest.mark.parametrize("place", PLACES)
def test_every_key_of_a_page_does_something(place: str) -> None:
    page = page_class(place)
    assert not [key for key in page.KEYS if not callable(getattr(page, f"do_{key.action}", None))]
    assert page.HEADING or page.heading is not Page.heading


@pytest.mark.parametrize("place", [place for place in PLACES if place != "welcome"])
async def test_escape_leads_back_to_today(daemon: FakeDaemon, place: str) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await open_page(pilot, place)
        await pilot.press("escape")
        await until(pilot, lambda: getattr(app.screen, "place", "") == "today")


@pytest.mark.parametrize("place", PLACES)
async def test_another_screen_changes_the_language_of_an_open_page(daemon: FakeDaemon, place: str) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await open_page(pilot, place)
        before = screen_text(app)[0]
        daemon.tell(structs.replace(daemon.now(Settings), lang="ru"))
        await sees(pilot, "связь есть")
        assert screen_text(app)[0] != before
