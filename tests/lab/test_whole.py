"""The screen, the socket, the laboratory and the instruments, whole: an experiment and a robot."""

from pathlib import Path

from edge.contract.notices import Settings
from tests.lab.room import room
from tests.lab.test_screens import served
from tests.tui.fake_daemon import a_day
from tests.tui.screens import a_screen, reads, screen_text, sees, shown, until


async def test_a_teacher_measures_marks_exports_and_stops_a_robot(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    async with room(tmp_path, "electricity", "robot") as it, served(it, socket):
        it.board.tell(Settings("ru", welcomed=True))
        it.board.tell(a_day())
        app = a_screen(socket)
        async with shown(app) as pilot:
            await sees(pilot, "Алгебра")
            await pilot.press("f4")
            await sees(pilot, "Напряжение", "Сила тока", "● измеряет", "имитация")
            await pilot.press("enter")
            await sees(pilot, "Закон Ома")
            await pilot.press("enter")
            await sees(pilot, "идёт запись Закон Ома", "0 отметок", "имитация")
            await pilot.press("f5")
            await sees(pilot, "1 отметка")
            await until(pilot, lambda: any("│" in line[9:] for line in screen_text(app)))
            await pilot.press("enter")
            await sees(pilot, "Опыт сохранён")
            await pilot.press("f6")
            await sees(pilot, "Какой опыт записать в файл?", "Закон Ома")
            await pilot.press("enter")
            await sees(pilot, "Файл готов:")
            await pilot.press("f8")
            await sees(pilot, "Роботы", "готов", "имитация")
            await pilot.press("enter")
            await sees(pilot, "Езда по линии")
            await pilot.press("enter")
            await until(pilot, lambda: it.robot.moves)
            await pilot.press("f12")
            await until(pilot, lambda: not it.robot.moves)
            await sees(pilot, "ВСЁ ОСТАНОВЛЕНО")
            await pilot.press("escape")
            await until(pilot, lambda: reads(app, "Лаборатория"))
    assert [each.name[-10:] for each in tmp_path.joinpath("exports").iterdir()] == ["_ohm_1.csv"]


async def test_a_teacher_enters_volumes_and_reads_their_product_with_the_pressure(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    async with room(tmp_path, "gas-pressure") as it, served(it, socket):
        it.board.tell(Settings("ru", welcomed=True))
        it.board.tell(a_day())
        app = a_screen(socket)
        async with shown(app) as pilot:
            await sees(pilot, "Алгебра")
            await pilot.press("f4")
            await sees(pilot, "Датчик давления", "● измеряет")
            await pilot.press("enter")
            await sees(pilot, "Закон Бойля — Мариотта", "Ом", "нужно")
            await pilot.press("enter")
            await sees(pilot, "идёт запись Закон Бойля", "F5 Ввести")
            for typed in ("20", "18,5", "17"):
                await pilot.press("f5")
                await sees(pilot, "Объём, мл", "Давление:")
                await pilot.press(*("comma" if letter == "," else letter for letter in typed), "enter")
                await sees(pilot, "идёт запись")
            await pilot.press("f4")
            await sees(pilot, "3 строки", "Давление, кПа (Объём, мл)", "Давление × объём", "кПа·мл", "R²")
            await pilot.press("right")
            await sees(pilot, "Давление, кПа (1/объём, 1/мл)")
            await pilot.press("escape")
            await pilot.press("enter")
            await sees(pilot, "Опыт сохранён")
