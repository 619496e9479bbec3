"""What lies over a page while something hinders it, and goes away by itself."""

import asyncio

import pytest
from msgspec import structs
from textual.worker import WorkerFailed

from edge.api import Unable
from edge.contract import wire
from edge.contract.commands import TakeRegister
from edge.contract.notices import Lesson, Settings
from tests.tui.fake_daemon import FakeDaemon, a_day
from tests.tui.screens import a_screen, at, reads, screen_text, sees, shown, until
from tui.app import TirekApp


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("kk", "Сабақ бағдарламасы жауап бермей тұр."),
        ("ru", "Программа уроков не отвечает."),
        ("en", "The lesson program does not answer."),
    ],
)
async def test_a_daemon_that_does_not_run_is_said_and_waited_for(
    daemon: FakeDaemon, language: str, sentence: str
) -> None:
    await daemon.close()
    app = a_screen(daemon.socket, language)
    async with shown(app) as pilot:
        await sees(pilot, sentence)
        await pilot.press("enter", "escape", "f1", "f2")
        assert at(app) == "away"
        await daemon.open()
        await sees(pilot, "10:00–10:45")
        assert at(app) == "today"


async def test_a_socket_that_nobody_listens_on_is_a_daemon_that_does_not_run(daemon: FakeDaemon) -> None:
    await daemon.close()
    daemon.socket.write_text("")
    async with shown(a_screen(daemon.socket)) as pilot:
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")


async def test_the_page_below_is_the_same_when_the_daemon_is_back(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("down")
        await pilot.press("f10")
        await sees(pilot, "Баптаулар")
        await pilot.press("down")
        await daemon.close()
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")
        await daemon.open()
        await sees(pilot, "Баптаулар")
        await pilot.press("escape")
        await sees(pilot, "11:00–11:45")


async def test_a_screen_is_current_again_after_the_daemon_was_away(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await daemon.close()
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")
        daemon.tell(a_day(2, due=0))
        await daemon.open()
        await until(pilot, lambda: reads(app, "08:00–08:45") and not reads(app, "Алгебра"))


@pytest.mark.parametrize(
    ("contract", "sentences"),
    [
        (wire.CONTRACT + 1, ("Сабақ бағдарламасы жаңарған: 9.9", "Техник осы экранды жаңартуы керек")),
        (
            wire.CONTRACT - 1,
            ("нұсқасы ескі: 9.9", "Техник осы компьютердегі сабақ бағдарламасын жаңартуы керек"),
        ),
    ],
)
async def test_a_daemon_of_another_contract_says_which_side_is_to_be_updated(
    daemon: FakeDaemon, contract: int, sentences: tuple[str, ...]
) -> None:
    await daemon.close()
    daemon.knobs.contract, daemon.knobs.version = contract, "9.9"
    await daemon.open()
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, *sentences)
        await daemon.close()
        daemon.knobs.contract = wire.CONTRACT
        await daemon.open()
        await sees(pilot, "Алгебра")


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (20, 5), (10, 3), (1, 1)])
async def test_a_window_that_is_too_small_says_so_until_it_grows(
    daemon: FakeDaemon, size: tuple[int, int]
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app, *size) as pilot:
        await until(pilot, lambda: at(app) == "small")
        assert len(screen_text(app)) <= size[1]
        await pilot.resize_terminal(80, 24)
        await sees(pilot, "Алгебра", "F1 Көмек")
        assert at(app) == "today"


async def test_a_window_of_twenty_columns_can_be_read(daemon: FakeDaemon) -> None:
    daemon.tell(Lesson("live", subject="Физика"))
    async with shown(a_screen(daemon.socket), 20, 8) as pilot:
        await sees(
            pilot, "Терезе тым кішкентай. Оны кемінде 80×24 таңбаға үлкейтіңіз.", "Сабақ жүріп жатыр: Физика."
        )


async def test_a_page_is_as_it_was_after_the_window_was_too_small(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "15: 15 қатысты")
        await pilot.press("down", "space")
        before = screen_text(app)
        await pilot.resize_terminal(40, 12)
        await sees(pilot, "Терезе тым кішкентай.")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen_text(app) == before)


async def test_too_small_and_away_at_once_end_one_after_the_other(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await daemon.close()
        await until(pilot, lambda: at(app) == "away")
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: at(app) == "small")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: at(app) == "away")
        await daemon.open()
        await until(pilot, lambda: at(app) == "today")


async def test_a_wide_window_uses_its_width(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket), 120, 40) as pilot:
        await sees(pilot, "Қарасу тірек мектебі", "Дүниежүзі тарихы")


async def test_the_first_run_begins_although_the_daemon_was_away_first(daemon: FakeDaemon) -> None:
    await daemon.close()
    daemon.tell(structs.replace(daemon.now(Settings), welcomed=False))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Сабақ бағдарламасы жауап бермей тұр.")
        await daemon.open()
        await sees(pilot, "Экран қай тілде болсын?")
        await asyncio.sleep(0)
        assert at(app) == "welcome"


async def test_a_question_that_came_while_the_window_was_small_does_not_keep_it_covered(
    daemon: FakeDaemon,
) -> None:
    gate = daemon.knobs.gates[TakeRegister] = asyncio.Event()
    daemon.knobs.refuses[TakeRegister] = Unable("reason-needed")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("f2")
        await sees(pilot, "15: 15 қатысты")
        await pilot.press("enter")
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: at(app) == "small")
        gate.set()
        await sees(pilot, "неге түзетіледі?")
        await pilot.resize_terminal(80, 24)
        await sees(pilot, "неге түзетіледі?")
        await pilot.press("escape")
        await sees(pilot, "15: 15 қатысты", "F1 Көмек")
        assert at(app) == "roll"


async def test_a_screen_that_breaks_says_a_sentence_and_no_traceback(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WorkerFailed):
        await _broken(a_screen(daemon.socket))
    assert capsys.readouterr().err == "Экран бұзылды, қайта ашылады. Сабақ пен белгілер жоғалған жоқ.\n"


async def _broken(app: TirekApp) -> None:
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.run_worker(_break())
        await until(pilot, lambda: not app.is_running)


async def _break() -> None:
    raise ZeroDivisionError("Бекова Айым")
