"""What the lesson's page says while something else than the hub is shown."""

from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lessons import a_lesson
from tests.tui.screens import a_screen, reads, sees, shown
from tests.tui.test_lesson import opened


async def test_what_is_played_stands_above_all_and_not_what_the_lesson_is_about(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "ru")) as pilot:
        app = await opened(pilot, daemon, a_lesson("playing", length=60.0, playing="Магнит өрісі"))
        await sees(pilot, "Магнит өрісі")
        assert not reads(app, "Ньютонның екінші заңы")
        daemon.tell(a_lesson("playing", length=60.0))
        await sees(pilot, "Запись из библиотеки")
        daemon.tell(a_lesson())
        await sees(pilot, "Физика · Ньютонның екінші заңы")


async def test_a_document_says_which_page_is_shown(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await opened(pilot, daemon, a_lesson("playing", playing="Sums", paused=True, page=2, pages=7))
        await sees(pilot, "Sums", "Document, page 2 of 7")
        daemon.tell(a_lesson("playing", playing="Sums", paused=True, page=3))
        await sees(pilot, "Document, page 3")
