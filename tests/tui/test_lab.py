"""The lab, from the teacher's chair."""

import asyncio

import pytest
from msgspec import structs
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Experiments, PastRun, Want
from edge.contract.commands import (
    ExportExperiment,
    ListExperiments,
    MarkMoment,
    ReadCurve,
    StartExperiment,
    StopEverything,
    StopExperiment,
)
from edge.contract.notices import Channel, Devices, Run, Settings
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lab_daemon import (
    BEGAN,
    CELSIUS,
    EXPERIMENTS,
    PATH,
    a_laboratory,
    barometer,
    reading,
    running,
    thermometer,
)
from tests.tui.screens import a_screen, reads, screen_text, sees, shown, until
from tui.app import TirekApp
from tui.skin import skin_of

PAST = PastRun("run-0", "cooling", BEGAN, 61.0, 244, simulated=True)


async def in_the_lab(pilot: Pilot[int], app: TirekApp) -> None:
    await sees(pilot, "Алгебра")
    app.go("lab")
    await sees(pilot, "Термометр")


async def test_a_sensor_is_shown_by_name_with_its_value_and_unit(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Devices((thermometer(), barometer(state="gone"))))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "Термометр 23,4 °C ● измеряет", "Барометр №3 — кПа ✕ нет", "██  ██")
        daemon.tell(reading(24.5, 1000))
        await sees(pilot, "24,5 °C")


async def test_a_simulated_sensor_is_never_shown_as_a_real_one(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Devices((thermometer(simulated=True),)))
    daemon.tell(running(simulated=True))
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "Термометр · имитация", "0 белгі имитация")


async def test_enter_chooses_an_experiment_and_begins_it_for_the_group(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("right", "right", "left")
        await sees(pilot, "2-топ")
        await pilot.press("enter")
        await sees(pilot, "Қандай тәжірибе жасаймыз?", "Судың сууы", "Бойль — Мариотт заңы (керек: қысым)")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(StartExperiment) == [StartExperiment("cooling", 2, "th")])


async def test_an_experiment_without_its_sensor_says_what_is_needed(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("enter")
        await sees(pilot, "Закон Бойля")
        await pilot.press("down", "enter")
        await sees(pilot, "Для этого опыта нужно: давление, кПа. Подключено:", "температура, °C.")
    assert daemon.ordered(StartExperiment) == []


async def test_a_sensor_of_another_unit_is_not_said_to_be_absent(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    signal = Channel("f", "pressure", "Hz", 0, 9, 0, {"kk": "Гц", "ru": "Гц", "en": "Hz"})
    daemon.tell(Devices((thermometer(), barometer(channels=(signal,)))))
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("enter")
        await sees(pilot, "Судың сууы")
        await pilot.press("down", "enter")
        await sees(pilot, "Бұл тәжірибеге керегі: қысым, кПа.", "температура, °C; қысым, Гц.")


async def test_a_sensor_that_is_pulled_out_before_the_start_is_said(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.knobs.refuses[StartExperiment] = Unable("quantity-missing", quantity="temperature", unit="Cel")
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("enter")
        await sees(pilot, "Остывание воды")

        async def listed(_: ListExperiments) -> Experiments:
            wants = (Want("temperature", "Cel", CELSIUS, lacks=True),)
            return Experiments(tuple(structs.replace(each, wants=wants) for each in EXPERIMENTS))

        daemon.answer(ListExperiments, listed)
        daemon.tell(Devices((thermometer(state="gone"),)))
        await until(pilot, lambda: [each.state for each in app.world.devices.devices] == ["gone"])
        await pilot.press("enter")
        await sees(pilot, "Для этого опыта нужно: температура, °C. Подключено:", "ничего.")


async def test_a_run_shows_title_time_group_marks_and_what_to_do(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running(marks=2))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "■ идёт запись Остывание воды 0:42 Группа 2 2 отметки", "Опустите датчик в воду.")
        await sees(pilot, "Enter Закончить", "F5 Отметка", "0:00 0:15 0:30")
        await pilot.press("f5")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment()])
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(StopExperiment) == [StopExperiment()])
        daemon.tell(running(state="done", marks=2))
        await sees(pilot, "Опыт сохранён: 168 измерений.", "Enter Опыт", "F6 В файл")


async def test_a_screen_that_comes_later_fetches_the_curve(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running())
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await until(pilot, lambda: any("⠉" in line and "│" in line for line in screen_text(app)))
    assert daemon.ordered(ReadCurve)[0] == ReadCurve("run-1", "th", "t")


async def test_a_mark_is_drawn_when_it_is_written(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running())
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await until(pilot, lambda: len(daemon.ordered(ReadCurve)) == 1)
        daemon.tell(running(marks=1))
        await until(pilot, lambda: len(daemon.ordered(ReadCurve)) == 2)


@pytest.mark.parametrize(
    ("state", "lang", "sentence"),
    [
        ("gone", "kk", "«Термометр» ажыратылды. Қайта қосылса, өзі жалғастырады."),
        ("gone", "ru", "«Термометр» отключён. Подключите его снова, и он продолжит сам."),
        ("stale", "ru", "«Термометр» молчит."),
        ("busy", "ru", "«Термометр» занят другой программой."),
    ],
)
async def test_a_sensor_in_trouble_has_no_value_and_a_sentence(
    daemon: FakeDaemon, state: str, lang: str, sentence: str
) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, lang)
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        daemon.tell(reading(None, 1000))
        daemon.tell(Devices((thermometer(state=state),)))
        await sees(pilot, "— °C", sentence)
        daemon.tell(Devices((thermometer(),)))
        daemon.tell(reading(23.0, 2000))
        await sees(pilot, "23,0 °C")
        assert not reads(app, sentence)


async def test_a_value_out_of_range_has_a_sentence(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(reading(150.0, 1000, flag="out-of-range"))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "150,0 °C", "«Термометр» показывает значение вне своего диапазона.")


async def test_a_room_without_sensors_says_so_and_begins_nothing(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Devices())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("lab")
        await sees(pilot, "Датчик не подключён.")
        await pilot.press("f7", "enter")
        await sees(pilot, "▽ Датчик не подключён.")
    assert daemon.ordered(StartExperiment) == []


async def test_an_export_says_where_the_file_is(daemon: FakeDaemon) -> None:
    a_laboratory(daemon, PAST)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("f6")
        await sees(pilot, "Какой опыт записать в файл?", "Остывание воды,", "1:01, группа 1 (имитация)")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, f"Файл готов: {PATH}")
    assert daemon.ordered(ExportExperiment) == [ExportExperiment("run-0", "ru")]


async def test_without_a_run_there_is_nothing_to_export(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("f6")
        await sees(pilot, "Әзірге бірде-бір тәжірибе жасалған жоқ.")


async def test_a_full_disk_is_told_in_a_sentence_and_the_value_goes_on(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await until(pilot, lambda: bool(daemon.ordered(ReadCurve)))
        daemon.tell(running(state="stopped", reason="disk-full"))
        await sees(pilot, "На диске нет места: запись остановлена, измеренное сохранено.")
        daemon.tell(reading(19.5, 60_000))
        await sees(pilot, "19,5 °C")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("disk-full", "Дискіде орын жоқ."),
        ("disk-error", "Дискіге жазу мүмкін емес. Техникті шақырыңыз."),
        ("experiment-running", "Бір тәжірибе жүріп жатыр."),
        ("quantity-missing", "Бұл тәжірибеге керек датчик қосылмаған."),
    ],
)
async def test_a_refusal_is_a_sentence(daemon: FakeDaemon, key: str, sentence: str) -> None:
    a_laboratory(daemon)
    daemon.knobs.refuses[StartExperiment] = Unable(key, quantity="temperature", unit="Cel")
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("enter")
        await sees(pilot, "Судың сууы")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, sentence)


async def test_f7_looks_at_the_next_sensor_and_a_click_at_any(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Devices((thermometer(), barometer())))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "Барометр №3 — кПа")
        await pilot.press("f7")
        await until(pilot, lambda: screen_text(app)[8].strip() == "Барометр №3")
        await pilot.click("#sensors", offset=(3, 0))
        await until(pilot, lambda: screen_text(app)[8].strip() == "Термометр")


async def test_f12_in_the_lab_stops_everything(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await pilot.press("f12")
        await until(pilot, lambda: daemon.ordered(StopEverything) == [StopEverything(app.me)])


async def test_the_lab_speaks_another_language_at_once(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "өлшейді", "23,4 °C")
        daemon.tell(Settings("en", welcomed=True))
        await sees(pilot, "Thermometer", "measures", "23.4 °C", "−0:45")


async def test_a_console_without_braille_gets_stars(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running())
    app = a_screen(daemon.socket, "ru", skin=skin_of("utf-8", "linux", False))
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "******", "####", "23,4 *C")


async def test_ten_readings_a_second_are_drawn_and_keys_are_still_heard(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        for number in range(100):
            daemon.tell(reading(20.0 + number / 10, 43_000 + 10 * number))
            await asyncio.sleep(0.01)
        await pilot.press("f5")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment()])
        await sees(pilot, "29,9 °C")


async def test_a_run_of_another_day_is_not_drawn_as_live(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Run("stopped", "run-0", "cooling", BEGAN, 42.0, reason="interrupted"))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await in_the_lab(pilot, app)
        await sees(pilot, "Нажмите Enter и выберите опыт.", "−0:45")
    assert daemon.ordered(ReadCurve) == []
    assert daemon.ordered(ListExperiments) == [ListExperiments()]
