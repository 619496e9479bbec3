"""Settings, the check of camera and microphone, the first run, and help."""

import asyncio
from functools import partial

import pytest
from msgspec import structs

from edge.api import Unable
from edge.contract.commands import CheckMedia, JoinHub, SetSettings
from edge.contract.notices import MediaCheck, Settings
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.screens import a_screen, app_of, at, colours, reads, screen_text, sees, shown, until
from tui.app import TirekApp
from tui.theme import DARK, LIGHT


async def test_the_language_changes_at_once_and_on_every_screen(daemon: FakeDaemon) -> None:
    one, other = a_screen(daemon.socket), a_screen(daemon.socket)
    async with shown(one) as first, shown(other) as second:
        await sees(second, "Бүгін")
        await sees(first, "Бүгін", "Алгебра")
        await first.press("f10")
        await sees(first, "Баптаулар", "Тіл")
        await first.press("right")
        await sees(first, "Настройки", "Русский", "Esc Назад")
        await sees(second, "Сегодня", "четверг, 26 ноября 2026 г.", "F1 Помощь")


async def test_a_language_is_chosen_from_their_own_names(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await sees(pilot, "Тіл")
        await pilot.press("enter")
        await sees(pilot, "Қазақша", "Русский", "English")
        await pilot.press("end", "enter")
        await sees(pilot, "Settings", "Projector's sound")


async def test_the_language_of_the_command_line_stays(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await sees(pilot, "Today", "Алгебра")
        daemon.tell(structs.replace(daemon.now(Settings), lang="ru", theme="light"))
        await until(pilot, lambda: app_of(pilot).theme == "light")
        assert reads(app_of(pilot), "Today")


async def test_the_colours_change_for_good(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        assert {ground for _, ground in colours(app_of(pilot))} >= {DARK.background, DARK.panel}
        await pilot.press("f10")
        await sees(pilot, "қараңғы")
        await pilot.press("down", "enter")
        await sees(pilot, "ашық")
        await pilot.press("escape")
        await sees(pilot, "Алгебра")
        grounds = {ground for _, ground in colours(app_of(pilot))}
        assert grounds == {LIGHT.background, LIGHT.surface, LIGHT.panel, LIGHT.cursor}


async def test_the_volume_goes_by_steps_and_not_beyond_its_ends(daemon: FakeDaemon) -> None:
    daemon.tell(structs.replace(daemon.now(Settings), volume=90))
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await sees(pilot, "█████████░ 90 %")
        await pilot.press("down", "down")
        for volume in (95, 100, 100):
            await pilot.press("right")
            await until(pilot, partial(_is_at, daemon, volume))
            await pilot.pause()
        await pilot.press("left")
        await sees(pilot, "95 %")
        assert [order.volume for order in daemon.ordered(SetSettings)] == [95, 100, 100, 95]


def _is_at(daemon: FakeDaemon, volume: int) -> bool:
    return daemon.now(Settings).volume == volume


async def test_a_setting_that_was_refused_is_said_and_stays(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[SetSettings] = Unable("disk-full")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await sees(pilot, "Тіл")
        await pilot.press("right")
        await sees(pilot, "✕ Дискіде орын жоқ.", "Баптаулар")


async def test_camera_and_microphone_are_checked_while_the_page_is_open(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await sees(pilot, "Тіл")
        await pilot.press("down", "down", "down", "enter")
        await sees(pilot, "Тексеру", "Проектордың беті ашылмаған.")
        daemon.tell(MediaCheck(True, "good", 0.5, "good", "1280×720"))
        await sees(pilot, "✓ Микрофон: дауыс естіледі.", "███████████████░░", "✓ Камера: бейне бар. 1280×720")
        daemon.tell(MediaCheck(True, "silent", 0.0, "denied"))
        await sees(pilot, "▽ Микрофон: дауыс естілмейді.", "✕ Камера: браузер рұқсат бермеді.")
        daemon.tell(MediaCheck(True, "busy", 0.0, "off"))
        await sees(pilot, "✕ Микрофон: басқа бағдарлама пайдаланып тұр.", "· Камера: өшірулі, тексерілмейді.")
        await pilot.press("escape")
        await sees(pilot, "Баптаулар")
        assert daemon.ordered(CheckMedia) == [CheckMedia(True), CheckMedia(False)]


async def test_a_check_that_cannot_be_made_is_said(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[CheckMedia] = Unable("lesson-runs")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("check")
        await sees(pilot, "Қазір тексеру мүмкін емес")


def first_run(daemon: FakeDaemon, **settings: str) -> None:
    """Make the daemon one that nobody has welcomed yet."""
    daemon.tell(structs.replace(daemon.now(Settings), welcomed=False, **settings))


async def test_the_first_run_is_gone_through_with_enter_alone(daemon: FakeDaemon) -> None:
    first_run(daemon)
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "1-қадам, барлығы 3", "Экран қай тілде болсын?")
        await pilot.press("enter")
        await sees(pilot, "Бұл компьютер мына мектептікі: Ақжар ауылы мектебі.")
        await pilot.press("enter")
        await sees(pilot, "Микрофон мен камера жұмыс істей ме?", "Enter Тексеру")
        await pilot.press("enter")
        await sees(pilot, "Проектордың беті ашылмаған.")
        assert not reads(app_of(pilot), "тексерілуде…")
        await until(pilot, lambda: daemon.ordered(CheckMedia) == [CheckMedia(True)])
        await pilot.press("escape")
        await sees(pilot, "Enter Аяқтау")
        await pilot.press("enter")
        await sees(pilot, "Бүгін", "Алгебра")
        assert daemon.ordered(SetSettings)[-1] == SetSettings(welcomed=True)
        assert at(app_of(pilot)) == "today"


async def test_the_first_question_is_answered_in_the_language_that_is_pointed_at(daemon: FakeDaemon) -> None:
    first_run(daemon)
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("down")
        await sees(pilot, "На каком языке говорить экрану?", "Enter Дальше")
        await pilot.press("down")
        await sees(pilot, "Which language shall the screen speak?")
        await pilot.press("enter")
        await sees(pilot, "Step 2 of 3", "This computer belongs to: Ақжар ауылы мектебі.")


async def test_a_school_without_a_hub_joins_one_with_address_and_code(daemon: FakeDaemon) -> None:
    first_run(daemon, school="")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("enter")
        await sees(pilot, "Қай тірек мектепке қосылады?", "Enter Қосылу", "F5 Кейінірек")
        await pilot.press(*"10.0.0.1", "enter", *"abcd", "enter")
        await until(pilot, lambda: daemon.ordered(JoinHub) == [JoinHub("10.0.0.1", "abcd")])
        await sees(pilot, "Микрофон мен камера жұмыс істей ме?")


async def test_a_code_that_is_wrong_is_said_and_what_was_typed_stays(daemon: FakeDaemon) -> None:
    first_run(daemon, school="")
    daemon.knobs.refuses[JoinHub] = Unable("join-failed", reason="code-wrong")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("enter")
        await sees(pilot, "Қай тірек мектепке қосылады?")
        await pilot.press(*"hub", "tab", *"abcd", "enter")
        await sees(pilot, "✕ Қосылмады: мекенжай мен кодты тексеріңіз.", "hub", "abcd")


async def test_an_address_is_corrected_by_arrows_alone(daemon: FakeDaemon) -> None:
    first_run(daemon, school="")
    daemon.knobs.refuses[JoinHub] = Unable("join-failed")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("enter")
        await sees(pilot, "Қай тірек мектепке қосылады?")
        await pilot.press(*"hub", "down", *"abcd", "enter")
        await sees(pilot, "✕ Қосылмады")
        await pilot.press("up", *"hub2", "enter")
        await until(pilot, lambda: daemon.ordered(JoinHub)[-1] == JoinHub("hub2", "abcd"))


async def test_as_long_as_a_hub_is_asked_the_page_says_so(daemon: FakeDaemon) -> None:
    first_run(daemon, school="")
    gate = daemon.knobs.gates[JoinHub] = asyncio.Event()
    app = a_screen(daemon.socket, "en")
    async with shown(app) as pilot:
        await sees(pilot, "Which language")
        await pilot.press("enter")
        await sees(pilot, "Which hub school does it join?")
        await pilot.press(*"hub", "down", *"abcd", "enter")
        await sees(pilot, "Joining the hub school…")
        gate.set()
        await sees(pilot, "Do microphone and camera work?")


async def test_what_is_not_known_yet_is_left_for_later(daemon: FakeDaemon) -> None:
    first_run(daemon, school="")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("enter")
        await sees(pilot, "Қай тірек мектепке қосылады?")
        await pilot.press("f5")
        await sees(pilot, "Микрофон мен камера жұмыс істей ме?")
        await pilot.press("escape")
        await sees(pilot, "Қай тірек мектепке қосылады?")
        await pilot.press("f5")
        await sees(pilot, "3-қадам")
        await pilot.press("f5")
        await sees(pilot, "Алгебра")
        assert not daemon.ordered(JoinHub)


async def test_what_another_screen_answered_is_not_asked_here(daemon: FakeDaemon) -> None:
    first_run(daemon)
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Экран қай тілде болсын?")
        daemon.tell(structs.replace(daemon.now(Settings), welcomed=True))
        await sees(pilot, "Алгебра")
        assert at(app_of(pilot)) == "today"


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("kk", ("«Бүгін» беті", "Enter Бастау / Жазбадан / Сабаққа", "Барлық бетте", "F12")),
        ("ru", ("Страница «Сегодня»", "Enter Начать / Из записи / К уроку", "На всех страницах")),
        ("en", ("Page “Today”", "Enter Start / Recording / To the lesson", "On every page")),
    ],
)
async def test_help_tells_the_keys_of_the_page_it_was_asked_from(
    daemon: FakeDaemon, language: str, sentences: tuple[str, ...]
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f1")
        await sees(pilot, *sentences)


async def test_help_is_scrolled_to_the_technicians_card(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f1")
        await sees(pilot, "Қалай істеуге болады?")
        await pilot.press("pagedown", "pagedown", *["down"] * 10)
        await sees(pilot, "Техникке", "Ақжар ауылы мектебі · tirek 0.0.0")
        first = screen_text(app_of(pilot))
        await pilot.press("pageup")
        await until(pilot, lambda: screen_text(app_of(pilot)) != first)
        await pilot.press("f1")
        await pilot.press("escape")
        await sees(pilot, "Алгебра")


async def test_help_is_scrolled_by_the_mouse_alone(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.click("Footer", offset=(60, 0))
        await sees(pilot, "«Бүгін» беті")
        await pilot.click("Footer", offset=(15, 0), times=3)
        await until(pilot, lambda: not reads(app_of(pilot), "Бастау / Жазбадан"))


async def test_the_key_of_the_settings_pressed_again_opens_link_and_health_and_then_the_settings(
    daemon: FakeDaemon,
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        places = []
        for title in ("Баптаулар", "Байланыс пен жағдай", "Баптаулар"):
            await pilot.press("f10")
            await until(pilot, partial(_begins, app, title))
            places.append(at(app))
        assert places == ["settings", "health", "settings"]


def _begins(app: TirekApp, title: str) -> bool:
    return any(screen_text(app)) and screen_text(app)[0].strip().startswith(title)
