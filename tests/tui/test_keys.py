"""Keys that work everywhere, and keys that must not."""

import asyncio
import re

import pytest
from textual._xterm_parser import XTermParser

from edge.api import Unable
from edge.contract.commands import Play, StopEverything
from edge.contract.notices import Day
from tests.flows.crew import ROOT
from tests.tui.fake_daemon import DATE, FakeDaemon, a_day, a_lesson
from tests.tui.screens import a_screen, at, screen_text, sees, shown, until
from tui.app import PLACES, page_class
from tui.console import PAUSE, teach_pause
from tui.keys import OFF, STOP, name_of
from tui.page import EVERYWHERE


@pytest.mark.parametrize("key", STOP)
@pytest.mark.parametrize("place", PLACES)
async def test_everything_is_stopped_from_every_page_without_a_question(
    daemon: FakeDaemon, place: str, key: str
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go(place, *([a_day().due] if place == "roll" else []))
        await pilot.press(key)
        await until(pilot, lambda: daemon.ordered(StopEverything) == [StopEverything(app.me)])
        await sees(pilot, "▽ Барлығы тоқтатылды.")


async def test_everything_is_stopped_while_a_question_is_open(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await sees(pilot, "Баптаулар", "Тіл")
        await pilot.press("enter")
        await sees(pilot, "Экран қай тілде болсын?")
        await pilot.press("f12")
        await sees(pilot, "▽ Барлығы тоқтатылды.", "Экран қай тілде болсын?")


async def test_everything_is_stopped_although_the_window_is_too_small(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app, 40, 10) as pilot:
        await sees(pilot, "Терезе тым кішкентай.")
        await pilot.press("pause")
        await until(pilot, lambda: bool(daemon.ordered(StopEverything)))


async def test_a_stop_that_did_not_arrive_is_said_with_what_to_do(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[StopEverything] = Unable("gone")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f12")
        await sees(pilot, "✕ Тоқтату бұйрығы жетпеді. Роботты өз түймесінен", "өшіріңіз.")


async def test_a_stop_that_is_not_answered_is_said_before_anybody_waits_for_it(daemon: FakeDaemon) -> None:
    daemon.knobs.gates[StopEverything] = asyncio.Event()  # the daemon hangs
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f12")
        await sees(pilot, "✕ Тоқтату бұйрығы жетпеді.")
        daemon.knobs.gates[StopEverything].set()


async def test_a_stop_without_a_daemon_is_said_too(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await daemon.close()
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")
        await pilot.press("f12")
        await sees(pilot, "✕ Тоқтату бұйрығы жетпеді.")


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c", "ctrl+z", "ctrl+d", "ctrl+p", "ctrl+backslash"])
async def test_no_key_closes_a_classrooms_screen(daemon: FakeDaemon, key: str) -> None:
    app = a_screen(daemon.socket, kiosk=True)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        before = screen_text(app)
        await pilot.press(key)
        await pilot.pause()
        assert app.is_running
        assert screen_text(app) == before


async def test_somebody_elses_terminal_gets_its_screen_back_by_ctrl_q_alone(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, kiosk=False)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("ctrl+c", "ctrl+z", "ctrl+d")
        assert app.is_running
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code == 0 and not app.is_running)


async def test_keys_before_there_is_anything_to_see_do_nothing(daemon: FakeDaemon) -> None:
    await daemon.close()
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await pilot.press("enter", "f2", "enter")
        await daemon.open()
        await sees(pilot, "Алгебра")
        assert at(app) == "today"
        assert daemon.orders == []


async def test_an_enter_that_bounces_is_not_meant_for_the_next_page(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f10")
        await until(pilot, lambda: at(app) == "settings")
        await pilot.press("down", "down", "down", "enter", "enter")
        await until(pilot, lambda: at(app) == "check")
        await pilot.press("enter")
        assert at(app) == "check"
        await sees(pilot, "Тексеру")
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "settings")


async def test_an_enter_that_bounces_answers_no_question(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, recording="20261119-alg", state="recorded")
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("enter", "enter", "enter")
        await sees(pilot, "Жазбаны көрсету")
        assert not daemon.ordered(Play)


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\x1b[24~", "f12"),  # every terminal
        ("\x1b[57362u", "pause"),  # foot, kitty and others with the keyboard protocol that Textual asks for
        ("\x1b[12~", "f2"),
        ("\x1bOQ", "f2"),
        ("\x1b[[B", "f2"),  # the Linux console
        ("\x1b[20~", "f9"),
        ("\x1b[20;129~", "f9"),  # foot, with the lock of the digits on
    ],
)
def test_keys_arrive_as_terminals_send_them(sent: str, key: str) -> None:
    assert _keys(sent) == [key]


def test_the_console_sends_pause_as_what_others_send_for_f1() -> None:
    assert _keys(PAUSE) == ["f1"]
    with teach_pause():
        assert _keys(PAUSE) == ["f12"]
        assert _keys("\x1b[[A") == ["f1"]


def _keys(sent: str) -> list[str]:
    parser = XTermParser()
    return [getattr(event, "key", "") for event in [*parser.feed(sent), *parser.feed("")]]


def test_the_classrooms_desktop_keeps_no_key_of_the_screen_for_itself() -> None:
    desktop = (ROOT / "systemd" / "kiosk" / "sway.conf").read_text()
    kept = {key.lower() for key in re.findall(r"^bindsym (?:--\S+ )*(\S+)", desktop, re.MULTILINE)}
    pages = [page_class(place) for place in PLACES]
    used = {each for page in pages for key in (*page.KEYS, *EVERYWHERE) for each in key.key.split(",")}
    assert kept
    assert not kept & {*used, *STOP, OFF}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("enter", "Enter"),
        ("f2", "F2"),
        ("space", "Бос орын"),
        ("pagedown,b", "PgDn"),
        ("up", "↑"),
        ("escape", "Esc"),
    ],
)
def test_a_key_is_called_what_stands_on_it(key: str, name: str) -> None:
    assert name_of(key, "Бос орын") == name


def test_arrows_have_names_where_there_are_no_arrows() -> None:
    assert name_of("up", "Space", plain=True) == "Up"
