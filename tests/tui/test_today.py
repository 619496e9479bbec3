"""Today, from the teacher's chair."""

import pytest
from msgspec import structs
from textual import events

from edge.api import Unable
from edge.contract.commands import Play, ReadRegister, StartLesson
from edge.contract.notices import Day, Health, Lesson, Light, Link, Said
from tests.tui.fake_daemon import DATE, FakeDaemon, a_day, a_lesson
from tests.tui.screens import a_screen, at, reads, screen_text, sees, shown, until
from tui.app import TirekApp
from tui.widgets.rows import Rows


def selected(app: TirekApp) -> str:
    """Return the lesson that is selected on Today."""
    return app.screen.query_one("#lessons", Rows).selected


async def test_today_shows_the_lessons_and_selects_the_one_that_is_due(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Бүгін", "2026 ж. 26 қараша, бейсенбі", "10:10")
        await sees(pilot, "10:00–10:45 Алгебра", "Қарасу тірек", "· жоспарда", "Ньютонның екінші заңы")
        assert selected(app) == a_day().due


async def test_enter_starts_the_lesson_that_is_due(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "lesson")
        assert daemon.ordered(StartLesson) == [StartLesson(a_day().due)]


async def test_a_lesson_that_cannot_be_started_is_told_in_a_sentence(daemon: FakeDaemon) -> None:
    daemon.knobs.refuses[StartLesson] = Unable("disk-full")
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("enter")
        await sees(pilot, "✕ Дискіде орын жоқ.")
        assert at(app) == "today"


async def test_a_lesson_is_started_by_the_mouse_alone(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.click(Rows, offset=(20, 3))
        await until(pilot, lambda: selected(app) == a_day().lessons[3].id)
        await pilot.click("Footer", offset=(3, 0))
        await until(pilot, lambda: at(app) == "lesson")
        assert daemon.ordered(StartLesson) == [StartLesson(a_day().lessons[3].id)]


async def test_a_second_click_on_a_row_does_what_enter_does(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.click(Rows, offset=(20, 2))
        await until(pilot, lambda: at(app) == "lesson")


async def test_the_selection_follows_what_is_due_until_she_moves(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        daemon.tell(a_day(due=3))
        await until(pilot, lambda: selected(app) == a_day().lessons[3].id)
        await pilot.press("up")
        daemon.tell(a_day(due=5))
        daemon.tell(Link("poor"))
        await sees(pilot, "▽ Байланыс нашар.")
        assert selected(app) == a_day().lessons[2].id


@pytest.mark.parametrize(("key", "command"), [("f2", ReadRegister), ("enter", StartLesson)])
async def test_keys_typed_fast_are_about_the_lesson_that_is_selected(
    daemon: FakeDaemon, key: str, command: type[ReadRegister | StartLesson]
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        for typed in ("down", key):
            app.post_message(events.Key(typed, None))
        await until(pilot, lambda: bool(daemon.ordered(command)))
        assert daemon.ordered(command)[0].lesson == a_day(due=3).due


async def test_without_a_link_enter_offers_the_recording(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, recording="20261119-alg", state="missing")
    daemon.tell(Link("lost"))
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "✕ Байланыс жоқ. Сабақты жазбадан өткізуге болады.", "Enter Жазбадан")
        await pilot.press("enter")
        await sees(pilot, "«Алгебра»: жазбасы бар.", "Жазбаны көрсету")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(Play) == [Play("20261119-alg")])
        await until(pilot, lambda: at(app) == "lesson")


async def test_the_live_lesson_can_be_waited_for_all_the_same(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, recording="20261119-alg", state="recorded")
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "■ жазбасы бар")
        await pilot.press("enter")
        await sees(pilot, "Жазбаны көрсету")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.ordered(StartLesson) == [StartLesson(lesson.id)])


async def test_a_lesson_that_runs_is_gone_to_and_not_begun_again(daemon: FakeDaemon) -> None:
    daemon.tell(Lesson("live", a_day().due))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Enter Сабаққа")
        await pilot.press("enter")
        await until(pilot, lambda: at(app) == "lesson")
        assert not daemon.ordered(StartLesson)


async def test_a_cancelled_lesson_is_not_begun(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, state="cancelled")
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "– болмайды")
        await pilot.press("enter")
        await sees(pilot, "Бұл сабақ бүгін болмайды.")
        assert not daemon.ordered(StartLesson)


async def test_a_day_without_lessons_is_said_and_a_free_lesson_can_begin(daemon: FakeDaemon) -> None:
    daemon.tell(Day(DATE))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Бүгін кестеде сабақ жоқ.")
        await pilot.press("f2")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(StartLesson) == [StartLesson()])


async def test_a_lesson_at_midnight_is_a_lesson_as_any(daemon: FakeDaemon) -> None:
    lessons = (
        a_lesson(0, id=f"7А {DATE} 00:00", starts="00:00", ends="00:45"),
        a_lesson(1, id=f"7Б {DATE} 23:45", starts="23:45", ends="00:30"),
    )
    daemon.tell(Day(DATE, lessons=lessons, due=lessons[1].id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "00:00–00:45 Физика", "23:45–00:30 Қазақ тілі")
        await pilot.press("enter")
        await until(pilot, lambda: daemon.ordered(StartLesson) == [StartLesson(f"7Б {DATE} 23:45")])


async def test_two_hundred_lessons_are_scrolled_through(daemon: FakeDaemon) -> None:
    daemon.tell(a_day(200, due=150))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, a_day(200).lessons[150].subject, "14:06–14:45")
        assert selected(app) == a_day(200).lessons[150].id
        await pilot.press("home")
        await sees(pilot, "08:00–08:45")
        await pilot.press("end", "pageup", "down")
        assert len(screen_text(app)) == 24


async def test_names_of_sixty_letters_push_nothing_off_the_screen(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, subject="Ә" * 60, hub="Һ" * 60, topic="Ұ" * 60, teacher="Ғ" * 60, class_="11Щ" * 20)
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "10:00–10:45 ӘӘӘ", "…", "· жоспарда", "F1 Көмек")
        assert max(map(len, screen_text(app))) <= 80


async def test_somebody_elses_words_are_never_read_as_markup(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, subject="[red]Физика[/]", topic="[b]x[/b] {y} \x1b[2J", teacher="[/]")
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "[red]Физика[/]", "[b]x[/b] {y}")


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        (Health((Light("disk", "good", "x"),)), "▲ Дискіде орын бар."),
        (Health(registers=12), "12 түгендеу жіберуді күтуде."),
    ],
)
async def test_the_status_line_speaks_in_sentences(daemon: FakeDaemon, health: Health, sentence: str) -> None:
    daemon.tell(health)
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "▲ Байланыс жақсы.", sentence)


@pytest.mark.parametrize(
    ("key", "place"),
    [("f1", "help"), ("f2", "roll"), ("f3", "library"), ("f4", "lab"), ("f10", "settings")],
)
async def test_every_other_page_is_one_key_away(daemon: FakeDaemon, key: str, place: str) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press(key)
        await until(pilot, lambda: at(app) == place)


@pytest.mark.parametrize(
    ("where", "offset", "place"),
    [("Header", (75, 0), "health"), ("Header", (40, 0), "settings"), ("#status", (5, 0), "health")],
)
async def test_health_and_settings_are_a_click_away(
    daemon: FakeDaemon, where: str, offset: tuple[int, int], place: str
) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра", "Байланыс жақсы.")
        await pilot.click(where, offset=offset)
        await until(pilot, lambda: at(app) == place)


async def test_the_register_of_the_selected_lesson_is_opened(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await pilot.press("down", "f2")
        await until(pilot, lambda: daemon.ordered(ReadRegister) == [ReadRegister(a_day().lessons[3].id)])


async def test_a_signed_register_has_a_tick_and_a_sentence(daemon: FakeDaemon) -> None:
    lesson = a_lesson(2, register="signed")
    daemon.tell(Day(DATE, lessons=(lesson,), due=lesson.id))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Түгендеуге қол қойылған.")
        await until(pilot, lambda: screen_text(app)[2].endswith("✓"))


async def test_the_clock_is_the_daemons(daemon: FakeDaemon) -> None:
    daemon.tell(structs.replace(a_day(), ahead=-3_600_000))
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "09:10", "Алгебра")


async def test_what_the_daemon_says_is_read_and_passes(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        daemon.tell(Said("stop-failed", severity="bad"))
        await sees(pilot, "✕ Тоқтату бұйрығы жетпеді.")


async def test_two_screens_of_one_daemon_show_the_same(daemon: FakeDaemon) -> None:
    one, other = a_screen(daemon.socket), a_screen(daemon.socket)
    async with shown(one) as first:
        await sees(first, "Алгебра")
        async with shown(other) as second:
            await sees(second, "Алгебра")
            daemon.tell(a_day(4, due=3))
            daemon.tell(Link("lost"))
            await sees(second, "✕ Байланыс жоқ.")
            await until(first, lambda: reads(one, "✕ Байланыс жоқ.") and not reads(one, "Дүниежүзі"))
            assert screen_text(one) == screen_text(other)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", "тағы 1 сабақ көрсетілмей тұр"),
        ("ru", "ещё 1 урок не показан"),
        ("en", "and 1 more that is not"),
    ],
)
async def test_of_too_many_lessons_it_is_said_how_many_are_not_shown(
    daemon: FakeDaemon, lang: str, said: str
) -> None:
    daemon.tell(structs.replace(a_day(200), more=1))
    async with shown(a_screen(daemon.socket, lang)) as pilot:
        await sees(pilot, said)
