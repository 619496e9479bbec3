"""Robots, from the teacher's chair."""

import asyncio
from datetime import datetime

import pytest
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.commands import AllowMotion, RunProgram, StopDevice, StopEverything
from edge.contract.notices import Devices
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lab_daemon import a_laboratory, robot, thermometer
from tests.tui.screens import a_screen, reads, sees, shown, until
from tui.app import TirekApp


async def at_the_robots(pilot: Pilot[int], app: TirekApp) -> None:
    await sees(pilot, "Алгебра")
    app.go("lab")
    await until(pilot, lambda: reads(app, "F8"))
    await pilot.press("f8")
    await sees(pilot, "F12")


async def test_a_kit_is_shown_with_battery_program_and_what_it_said(daemon: FakeDaemon) -> None:
    daemon.tell(Devices((thermometer(), robot(1), robot(2, running="dance", message="started"))))
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await at_the_robots(pilot, app)
        await sees(pilot, "mBot 1", "████░ 80 % · дайын", "mBot 2", "● Би басталды")
        assert not reads(app, "Термометр")


async def test_enter_runs_the_chosen_program(daemon: FakeDaemon) -> None:
    daemon.tell(Devices((robot(1), robot(2))))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await at_the_robots(pilot, app)
        await sees(pilot, "mBot 2")
        await pilot.press("down", "enter")
        await sees(pilot, "mBot 2: что сделать?", "Езда по линии", "Танец")
        await asyncio.sleep(0.1)
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(RunProgram) == [RunProgram("r2", "dance", app.me)])


@pytest.mark.parametrize("key", ["space", "f5"])
async def test_one_key_stops_the_selected_robot(daemon: FakeDaemon, key: str) -> None:
    daemon.tell(Devices((robot(1, running="line"), robot(2, running="dance"))))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await at_the_robots(pilot, app)
        await sees(pilot, "Езда по линии")
        await pilot.press(key)
        await until(pilot, lambda: daemon.ordered(StopDevice) == [StopDevice("r1", app.me)])
        await sees(pilot, "mBot 1: сказано остановиться.")


@pytest.mark.parametrize("key", ["f12", "pause"])
async def test_a_stop_of_everything_stands_large_until_motion_is_allowed(
    daemon: FakeDaemon, key: str
) -> None:
    daemon.tell(Devices((robot(1, running="line"),)))
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await at_the_robots(pilot, app)
        await pilot.press(key)
        await until(pilot, lambda: daemon.ordered(StopEverything) == [StopEverything(app.me)])
        daemon.tell(Devices((robot(1),), stopped=True))
        await sees(pilot, "■ БАРЛЫҒЫ ТОҚТАТЫЛДЫ", "F8 Рұқсат беру")
        await pilot.press("enter")
        await sees(pilot, "Жоқ, тоқтап тұрсын", "Иә, қозғалсын")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, "БАРЛЫҒЫ ТОҚТАТЫЛДЫ", "F8 Рұқсат беру")
        assert (daemon.ordered(AllowMotion), daemon.ordered(RunProgram)) == ([], [])
        await pilot.press("f8")
        await sees(pilot, "Жоқ, тоқтап тұрсын", "Иә, қозғалсын")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(AllowMotion) == [AllowMotion(app.me)])
        daemon.tell(Devices((robot(1),)))
        await until(pilot, lambda: not reads(app, "БАРЛЫҒЫ ТОҚТАТЫЛДЫ"))


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("kk", "✕ mBot 2: тоқтағаны РАСТАЛМАДЫ. Өз түймесінен өшіріңіз."),
        ("ru", "✕ mBot 2: остановка НЕ подтверждена. Выключите кнопкой на нём."),
        ("en", "✕ mBot 2: NOT confirmed stopped. Switch it off by its own button."),
    ],
)
async def test_a_robot_that_may_be_moving_after_a_stop_stands_red_above_all(
    daemon: FakeDaemon, lang: str, sentence: str
) -> None:
    daemon.tell(Devices((robot(1), robot(2, stopping="unproven"), robot(3, stopping="waits")), stopped=True))
    app = a_screen(daemon.socket, lang)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, sentence)
        daemon.tell(Devices((robot(1), robot(2))))
        await until(pilot, lambda: not reads(app, sentence))


async def test_who_stopped_everything_is_said_and_when(daemon: FakeDaemon) -> None:
    at = int(datetime(2026, 11, 26, 10, 42).astimezone().timestamp() * 1000)
    daemon.tell(Devices((robot(1),), stopped=True, stopped_by="tty2 (4711)", stopped_at=at))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "ВСЁ ОСТАНОВЛЕНО", "Остановлено: tty2 (4711), 26 ноября 10:42.")


async def test_a_robot_that_is_unplugged_or_empty_has_a_sentence(daemon: FakeDaemon) -> None:
    daemon.tell(Devices((robot(1, state="gone"), robot(2, battery=0.1, simulated=True))))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "✕ нет", "mBot 1: нет связи. Если он ещё движется, выключите его кнопкой на нём.")
        await pilot.press("down")
        await sees(pilot, "mBot 2 · имитация", "mBot 2: батарея почти разряжена.")


async def test_a_room_without_robots_says_so(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, "en")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "No robot is plugged in.")
        await pilot.press("enter", "space", "f8")
        await sees(pilot, "▽ No robot is plugged in.")
    assert daemon.ordered(StopDevice) == []
    assert daemon.ordered(AllowMotion) == []


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("stopped", "Всё остановлено. Сначала разрешите движение клавишей"),
        ("gone", "Этот робот не подключён."),
    ],
)
async def test_a_refusal_is_a_sentence_that_helps(daemon: FakeDaemon, key: str, sentence: str) -> None:
    daemon.tell(Devices((robot(1),)))
    daemon.knobs.refuses[RunProgram] = Unable(key)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await at_the_robots(pilot, app)
        await sees(pilot, "mBot 1")
        await pilot.press("enter")
        await sees(pilot, "Танец")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, sentence)


@pytest.mark.parametrize(
    ("lang", "last"),
    [("kk", "Esc Артқа  F1 Көмек"), ("ru", "Esc Назад  F1 Помощь"), ("en", "Esc Back  F1 Help")],
)
async def test_the_footer_is_whole_while_everything_is_stopped(
    daemon: FakeDaemon, lang: str, last: str
) -> None:
    daemon.tell(Devices((robot(1),), stopped=True))
    app = a_screen(daemon.socket, lang)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "F8", last)


async def test_everything_can_be_done_with_the_mouse(daemon: FakeDaemon) -> None:
    daemon.tell(Devices((robot(1), robot(2))))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "mBot 2")
        await pilot.click("#robots", offset=(3, 1))
        await pilot.click("#robots", offset=(3, 1))
        await sees(pilot, "mBot 2: что сделать?")
