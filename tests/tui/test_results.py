"""What an experiment shows, and how values are entered, from the teacher's chair."""

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.answers import Analysis, Column, Entry, Experiment, Experiments, Finding, Number, PastRun
from edge.contract.commands import (
    ExportExperiment,
    ListExperiments,
    MarkMoment,
    ReadAnalysis,
    ReadCurve,
    TakeBackMark,
)
from edge.contract.notices import Bound, Channel, Device, Devices, Reading, Run
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lab_daemon import BEGAN, KILOPASCAL, PATH, a_laboratory, running
from tests.tui.screens import a_screen, at, screen_text, sees, shown, until
from tui.app import TirekApp
from tui.skin import skin_of

MILLILITRE = {"kk": "мл", "ru": "мл", "en": "mL"}
PRODUCT = {"kk": "Қысым × көлем", "ru": "Давление × объём", "en": "Pressure × volume"}
VOLUMES = tuple(20.0 - step for step in range(11))
BOYLE = Experiment(
    "boyle",
    {"kk": "Бойль — Мариотт заңы", "ru": "Закон Бойля — Мариотта", "en": "Boyle's law"},
    ("pressure",),
    {"kk": "Көлемді енгізіңіз.", "ru": "Введите объём.", "en": "Enter the volume."},
    ready=True,
    mode="event",
    entry=Entry("volume", "mL", -1.0, 1.0, 200.0, 0, MILLILITRE),
)
PRESSURE = Device(
    "ba", "gas-pressure", "sensor", channels=(Channel("p", "pressure", "kPa", 0, 400, 1, KILOPASCAL),)
)
COLUMNS = (
    Column("t", "s", "time", shown={"kk": "с", "ru": "с", "en": "s"}),
    Column("p", "kPa", "pressure", shown=KILOPASCAL),
    Column("V", "mL", "volume", decimals=0, shown=MILLILITRE),
    Column("pV", "kPa.mL", title=PRODUCT, decimals=0, shown={"kk": "кПа·мл", "ru": "кПа·мл", "en": "kPa·mL"}),
)


def events(**changes: Any) -> Run:
    bound = (Bound("pressure", "ba", "p", "kPa"),)
    return running(**{"experiment": "boyle", "bound": bound, "offered": 19.0, "marks": 1, **changes})


def analysis(x: str = "V", y: str = "p") -> Analysis:
    """Return what is found in eleven rows of a syringe."""
    rows = {"t": VOLUMES[::-1], "V": VOLUMES, "p": tuple(2026 / v for v in VOLUMES), "pV": (2026.0,) * 11}
    number = Number("k", PRODUCT, 2026.0, "kPa.mL", 0, {"kk": "кПа·мл", "ru": "кПа·мл", "en": "kPa·mL"})
    curve = tuple((v / 2, 4052 / v) for v in range(20, 41))
    inverse = Finding("inverse", "V", "p", (number,), 0.99987, curve)
    mean = Finding("mean", "t", "pV", (Number("m", PRODUCT, 2027.4, "kPa.mL"),))
    return Analysis(x, y, rows[x], rows[y], COLUMNS, (("V", "p"), ("V", "pV")), (inverse, mean), 11)


def a_syringe(daemon: FakeDaemon, *runs: PastRun) -> None:
    """Let a daemon have a pressure sensor and a run of events."""
    a_laboratory(daemon)

    async def listed(_: ListExperiments) -> Experiments:
        return Experiments((BOYLE,), runs)

    async def found(command: ReadAnalysis) -> Analysis:
        return analysis(command.x or "V", command.y or "p")

    daemon.answer(ListExperiments, listed)
    daemon.answer(ReadAnalysis, found)
    daemon.tell(Devices((PRESSURE,)))
    daemon.tell(Reading("ba", "p", BEGAN, 106.6))


async def opened(pilot: Pilot[int], app: TirekApp, place: str) -> None:
    await sees(pilot, "Алгебра")
    app.go(place)
    await until(pilot, lambda: at(app) == place)


async def test_a_value_is_entered_by_arrows_and_written_with_the_row(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Ввести", "F4 Результаты")
        await pilot.press("f5")
        await sees(pilot, "Объём, мл", "Давление: 106,6 кПа", "Enter Записать")
        await pilot.press("down", "down", "up")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment(18.0)])


async def test_a_value_may_be_typed_with_a_comma_and_taken_back(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Мән енгізу")
        await pilot.press("f5")
        await sees(pilot, "Көлем, мл")
        await pilot.press("1", "7", "9", "backspace", "comma", "5", "enter")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment(17.5)])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [(["minus"], "Введите значение числом."), (["9", "9", "9"], "Такого значения в этом опыте не бывает.")],
)
async def test_a_value_that_means_nothing_is_not_sent(
    daemon: FakeDaemon, typed: list[str], sentence: str
) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Ввести")
        await pilot.press("f5")
        await sees(pilot, "Объём, мл")
        await pilot.press(*typed, "enter")
        await sees(pilot, sentence)
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "lab")
    assert daemon.ordered(MarkMoment) == []


async def test_arrows_stay_between_the_bounds(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events(offered=2.0))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Ввести")
        await pilot.press("f5")
        await sees(pilot, "Объём, мл")
        await pilot.press("down", "down", "pagedown", "enter")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment(1.0)])


async def test_a_row_without_a_value_of_the_sensor_is_told_in_a_sentence(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    daemon.knobs.refuses[MarkMoment] = Unable("no-value", quantity="pressure")
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Ввести")
        await pilot.press("f5")
        await sees(pilot, "Объём, мл")
        await pilot.press("enter")
        await sees(pilot, "Датчик сейчас ничего не показывает, строка не записана.")


async def test_the_results_are_a_chart_of_the_view_and_numbers_with_units(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events(state="done"))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F4 Результаты")
        await pilot.press("f4")
        await sees(pilot, "Закон Бойля — Мариотта", "11 строк", "Давление, кПа (Объём, мл)")
        await sees(pilot, "Давление × объём", "k = 2026 кПа·мл", "R² 0,9999")
        assert any("⠉" in line or "⠁" in line or "⠂" in line for line in screen_text(app))
        assert any(line.split()[-1] == "мл" and line.split()[0] == "кПа" for line in screen_text(app) if line)


async def test_a_selected_number_and_the_keys_choose_the_columns(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events(state="done"))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "results")
        await sees(pilot, "Давление, кПа (Объём, мл)")
        await pilot.press("f7")
        await sees(pilot, "Давление × объём, кПа·мл (Объём, мл)")
        await pilot.press("right")
        await sees(pilot, "Время, с (Объём, мл)")
        await pilot.press("left", "left")
        await sees(pilot, "Давление, кПа (Объём, мл)")
        await pilot.press("down")
        await sees(pilot, "Давление × объём, кПа·мл (Время, с)")
        await pilot.press("up")
        await sees(pilot, "Давление, кПа (Объём, мл)")
    assert ReadAnalysis("run-1", "t", "pV") in daemon.ordered(ReadAnalysis)


async def test_results_of_a_run_that_goes_on_are_asked_for_again(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await opened(pilot, app, "results")
        await sees(pilot, "Көлемді енгізіңіз.")
        await until(pilot, lambda: len(daemon.ordered(ReadAnalysis)) == 1)
        daemon.tell(events(marks=2))
        await until(pilot, lambda: len(daemon.ordered(ReadAnalysis)) == 2)
        await pilot.press("f5")
        await sees(pilot, "Көлем, мл")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(MarkMoment) == [MarkMoment(19.0)])


async def test_an_earlier_run_is_chosen_and_written_to_a_file(daemon: FakeDaemon) -> None:
    past = PastRun("run-0", "boyle", BEGAN, 61.0, 11, title=BOYLE.title)
    a_syringe(daemon, past)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await pilot.press("f4")
        await sees(pilot, "Результаты какого опыта показать?")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, "Закон Бойля — Мариотта,", "k = 2026 кПа·мл")
        await pilot.press("f6")
        await sees(pilot, "Файл готов:", PATH)
    assert daemon.ordered(ReadAnalysis)[0] == ReadAnalysis("run-0")
    assert daemon.ordered(ExportExperiment) == [ExportExperiment("run-0", "ru")]


async def test_without_a_run_there_is_nothing_to_show(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "results")
        await sees(pilot, "Опыта ещё не было.", "Показывать нечего")
        await pilot.press("f7", "left", "down")
    assert daemon.ordered(ReadAnalysis) == []


async def test_a_gated_run_says_that_it_waits(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running(waits=True, seconds=0.0, samples=0))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "ожидание", "Всё готово: измерение начнётся само")


async def test_a_console_without_braille_shows_the_points_as_stars(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events(state="done"))
    app = a_screen(daemon.socket, "ru", skin=skin_of("utf-8", "linux", False))
    async with shown(app) as pilot:
        await opened(pilot, app, "results")
        await until(pilot, lambda: sum(line.count("*") for line in screen_text(app)) >= 11)


async def test_the_lab_shows_the_sensor_as_it_is_while_values_are_entered(daemon: FakeDaemon) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "F5 Ввести", "−0:45", "106,6 кПа")


async def test_the_curve_of_a_gated_run_begins_when_it_truly_began(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running(waits=True, seconds=0.0, samples=0))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await until(pilot, lambda: len(daemon.ordered(ReadCurve)) == 1)
        daemon.tell(running(began=BEGAN + 5000, seconds=0.1))
        await until(pilot, lambda: len(daemon.ordered(ReadCurve)) == 2)


async def test_values_that_the_disk_was_too_slow_for_are_counted_on_the_screen(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(running(lost=3))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, "lab")
        await sees(pilot, "3 измерения не записано")


@pytest.mark.parametrize("place", ["lab", "results"])
async def test_f3_takes_the_last_row_back(daemon: FakeDaemon, place: str) -> None:
    a_syringe(daemon)
    daemon.tell(events())
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await opened(pilot, app, place)
        await pilot.press("f3")
        await sees(pilot, "Последняя отметка отменена.")
    assert daemon.ordered(TakeBackMark) == [TakeBackMark()]
