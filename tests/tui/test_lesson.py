"""Lesson, from the teacher's chair: every state in three languages, and every key."""

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.commands import (
    AskQuestion,
    BackToLive,
    Command,
    GoOn,
    LeaveLesson,
    Pause,
    Play,
    RaiseHand,
    Record,
    Skip,
    StartLesson,
)
from edge.contract.notices import Lesson, Link, LinkState, Notice, Offer, Recorded, Showing
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lessons import LANGUAGES, SAYS, STATES, TEN, a_lesson
from tests.tui.screens import a_screen, reads, screen_text, sees, shown, until
from tui.app import TirekApp
from tui.page import Page
from tui.skin import skin_of


async def opened(pilot: Pilot[int], daemon: FakeDaemon, *notices: Notice) -> TirekApp:
    """Open the page on what is true."""
    app = pilot.app
    assert isinstance(app, TirekApp)
    for notice in notices:
        daemon.tell(notice)
    await until(pilot, lambda: app.world.day is not None)
    app.go("lesson")
    wanted = [each for each in notices if isinstance(each, Lesson)][-1]
    await until(pilot, lambda: app.world.lesson == wanted and page_of(app).place == "lesson")
    await pilot.pause()
    return app


def page_of(app: TirekApp) -> Page:
    """Return the page in front."""
    assert isinstance(app.screen, Page)
    return app.screen


def begin_of(sentence: str) -> str:
    """Return what stands on the first line of a sentence that passes."""
    return " ".join(sentence.split()[:4])


# What she reads.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
async def test_each_state_is_one_sentence_in_her_language(
    daemon: FakeDaemon, name: str, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, STATES[name])
        await sees(pilot, SAYS[name][LANGUAGES.index(language)])
        lines = screen_text(app)
    assert len(lines) == 24
    assert not any("{" in line for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
async def test_at_most_five_keys_stand_in_the_footer_and_none_is_cut(
    daemon: FakeDaemon, name: str, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, STATES[name])
        shown_keys = page_of(app).keys_shown()
        words = [page_of(app).say(page_of(app).word_of(key)) for key in shown_keys]
        await sees(pilot, *words)
        footer = screen_text(app)[-1]
    assert len(shown_keys) <= 5
    assert all(word in footer for word in words)
    assert cell_len(footer) <= 80


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("none", "F8 From a recording F2 Roll call Esc Back F1 Help"),
        ("waiting", "F11 Quick check F8 From a recording F2 Roll call Esc Back F1 Help"),
        ("choosing", "F8 From a recording F11 Quick check Enter Choose F2 Roll call Esc Back F1 Help"),
        ("library", "F8 From a recording Space Pause F2 Roll call Esc Back F1 Help"),
        ("lost", "F7 Ask a question F3 Stop recording F11 Quick check F8 From a recording F6 Raise hand"),
    ],
)
async def test_no_key_is_offered_that_does_nothing(daemon: FakeDaemon, name: str, keys: str) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, daemon, STATES[name])
        await sees(pilot, keys)
        assert reads(app, "F3") == (name == "lost")


async def test_who_teaches_what_and_whom_stands_above_all(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, a_lesson())
        await sees(
            pilot,
            "Физика · Ньютонның екінші заңы",
            "7Б · Гүлнар Сейітқызы · Қарасу тірек мектебі",
            "■ Жазылып жатыр: 12 мин",
        )


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("good", "▲ Связь хорошая."),
        ("poor", "▽ Связь слабая."),
        ("sound-only", "▽ Связь слабая: изображение уменьшено, звук сохранён."),
        ("lost", "✕ Связи нет."),
        ("alone", "· Этот компьютер не подключён к опорной школе."),
    ],
)
async def test_the_link_is_a_word_and_no_number(daemon: FakeDaemon, state: LinkState, text: str) -> None:
    async with shown(a_screen(daemon.socket, "ru")) as pilot:
        await opened(pilot, daemon, Link(state), a_lesson())
        await sees(pilot, text)


@pytest.mark.parametrize(
    ("projector", "text"),
    [
        ("absent", "▽ Проекторда сабақ беті ашылмаған"),
        ("idle", "· Проектор дайын."),
        ("playing", "▲ Проектор сабақты көрсетіп тұр."),
        ("frozen", "▽ Проектордағы бейне тоқтап қалды."),
        ("muted", "✕ Проекторда дыбыс жоқ"),
    ],
)
async def test_what_is_wrong_at_the_projector_is_said(daemon: FakeDaemon, projector: str, text: str) -> None:
    showing = Showing("stream", projector)  # type: ignore[arg-type] # one of its words
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, showing, a_lesson())
        await sees(pilot, text)


@pytest.mark.parametrize(
    ("sight", "text"),
    [
        ("black", "▽ Тірек мектептен қара бейне келіп тұр."),
        ("frozen", "▽ Тірек мектептің бейнесі тоқтап қалды."),
        ("silent", "✕ Тірек мектептен дыбыс естілмейді."),
        ("still", "· Тірек мектептің бейнесі көптен бері өзгермеген."),
    ],
)
async def test_what_is_wrong_with_what_the_hub_sends_is_said(
    daemon: FakeDaemon, sight: str, text: str
) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, a_lesson(sight=sight))
        await sees(pilot, text)


async def test_the_longest_names_push_nothing_off_the_screen(daemon: FakeDaemon) -> None:
    long = "Қосымша білім беру бағдарламасы бойынша кеңейтілген тақырып аты"
    lesson = a_lesson(
        "lost",
        subject=long,
        topic=long,
        teacher=long,
        hub=long,
        away=25.0,
        offer=Offer("x", long, "2026-11-19", 43),
        recorded=Recorded("stopped", 60, "disk-error"),
        hand=TEN,
        questions=3,
    )
    for language in LANGUAGES:
        async with shown(a_screen(daemon.socket, language)) as pilot:
            app = await opened(pilot, daemon, Link("sound-only"), lesson)
            asked = page_of(app).count("lesson-questions", 3)
            await sees(pilot, asked)


async def test_what_stands_on_a_console_without_signs_can_be_read(daemon: FakeDaemon) -> None:
    plain = skin_of("utf-8", "linux", True)
    async with shown(a_screen(daemon.socket, "ru", skin=plain)) as pilot:
        app = await opened(pilot, daemon, STATES["behind"])
        await sees(pilot, "< -0:45 от эфира", "# Идёт запись")
        text = "\n".join(screen_text(app))
    assert all(letter.isascii() or letter.isalpha() for letter in text)


async def test_a_lesson_that_ends_elsewhere_ends_on_this_screen(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        daemon.tell(Lesson())
        await sees(pilot, "No lesson is running.")
        await pilot.press("escape")
        await until(pilot, lambda: page_of(app).place == "today")
    assert daemon.orders == []


# What she does.


@pytest.mark.parametrize(
    ("name", "key", "order"),
    [
        ("live", "space", Pause()),
        ("behind", "space", Pause()),
        ("paused", "space", GoOn()),
        ("playing", "space", Pause()),
        ("playing-held", "space", GoOn()),
        ("live", "b", Pause()),
        ("paused", "и", GoOn()),
        ("live", "pageup", Skip(-30)),
        ("behind", "pagedown", Skip(30)),
        ("behind", "left", Skip(-10)),
        ("behind", "right", Skip(10)),
        ("live", "f6", RaiseHand(True)),
        ("hand", "f6", RaiseHand(False)),
        ("behind", "f8", BackToLive()),
        ("paused", "f8", BackToLive()),
        ("playing-back", "f8", BackToLive()),
        ("lost-offer", "f8", Play("lesson-7")),
        ("lost-offer", "enter", Play("lesson-7")),
        ("offered", "enter", Play("lesson-7")),
        ("choosing", "enter", StartLesson("7Б 2026-11-26 10:00", "fizika")),
        ("unrecorded", "f3", Record(True)),
    ],
)
async def test_a_key_gives_its_order(daemon: FakeDaemon, name: str, key: str, order: Command) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, STATES[name])
        await pilot.press(key)
        await until(pilot, lambda: daemon.orders == [order])


async def test_f3_is_not_promised_while_the_hub_is_away(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, daemon, a_lesson("lost", away=40.0, recorded=Recorded()))
        await sees(pilot, "from the hub school for 40 seconds.")
        assert not reads(app, "F3 records it")


async def test_the_stream_is_chosen_by_arrows_and_the_lesson_then_runs(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await opened(pilot, daemon, STATES["choosing"])
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.orders == [StartLesson("7Б 2026-11-26 10:00", "himia")])
        daemon.tell(a_lesson(stream="himia"))
        await sees(pilot, "● Live")
        await pilot.press("pageup")
        await until(pilot, lambda: daemon.ordered(Skip) == [Skip(-30)])


async def test_stopping_the_recording_is_asked_once_and_enter_keeps_it(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await opened(pilot, daemon, a_lesson())
        await pilot.press("f3")
        await sees(pilot, "Stop recording this lesson?")
        await pilot.press("enter")
        await sees(pilot, "● Live")
        assert daemon.orders == []
        await pilot.press("f3")
        await sees(pilot, "Stop recording this lesson?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: daemon.orders == [Record(False)])


async def test_leaving_is_asked_and_enter_stays(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        await pilot.press("escape")
        await sees(pilot, "The lesson goes on being recorded.")
        await pilot.press("enter")
        await until(pilot, lambda: page_of(app).place == "lesson")
        await pilot.press("escape")
        await sees(pilot, "Look at Today")
        await pilot.press("down", "enter")
        await until(pilot, lambda: page_of(app).place == "today")
        assert daemon.orders == []
        await pilot.press("down")
        app.go("lesson")
        await sees(pilot, "● Live")
        await pilot.press("escape")
        await sees(pilot, "End the lesson here")
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: page_of(app).place == "today")
    assert daemon.orders == [LeaveLesson()]


async def test_a_ready_made_question_needs_no_letter(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, a_lesson())
        await pilot.press("f7")
        await sees(pilot, "Қайталап жіберіңізші.")
        await pilot.press("down", "enter")
        await sees(pilot, "Сұрақ тірек мектепке жіберілуде.")
    assert daemon.orders == [AskQuestion("Бізде дыбыс жоқ.")]


async def test_a_question_of_her_own_is_typed_in_kazakh(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, Link("lost"), a_lesson())
        await pilot.press("f7")
        await sees(pilot, "Сұрақ жазу")
        await pilot.press("up", *["down"] * 7, "enter")
        await pilot.press(*"Күш ", *"неге", "?", "enter")
        await sees(pilot, "байланыс болған бойда жіберіледі")
    assert daemon.orders == [AskQuestion("Күш неге?")]


async def test_a_hand_raised_without_a_link_is_said_to_wait(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, daemon, Link("lost"), a_lesson("lost", away=5.0))
        await pilot.press("f6")
        await sees(pilot, begin_of(page_of(app).say("lesson-hand-waits")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "command", "refusal"),
    [
        ("space", Pause, Unable("not-recorded")),
        ("space", Pause, Unable("nothing-shown")),
        ("f6", RaiseHand, Unable("no-lesson")),
        ("f6", RaiseHand, Unable("no-stream")),
        ("f6", RaiseHand, Unable("too-many-questions")),
        ("f6", RaiseHand, Unable("disk-full")),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_sentence(
    daemon: FakeDaemon, key: str, command: type[Command], refusal: Unable, language: str
) -> None:
    daemon.knobs.refuses[command] = refusal
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        await pilot.press(key)
        await sees(pilot, begin_of(page_of(app).say(f"refused-{refusal.key}")))


# With the mouse.


async def test_what_is_clicked_does_what_it_is_about(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, STATES["hand"])
        await pilot.click("#state")
        await until(pilot, lambda: daemon.orders == [Pause()])
        await pilot.click("#talk")
        await until(pilot, lambda: daemon.orders == [Pause(), RaiseHand(False)])
        await pilot.click("#more-question")
        await sees(pilot, page_of(app).say("lesson-ask"))


async def test_what_the_footer_has_no_room_for_can_be_clicked_above_it(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, STATES["unrecorded"])
        await sees(pilot, "F7 Сұрақ қою F8 Жазбадан F3 Жазу")
        await pilot.click("#more-record")
        await until(pilot, lambda: daemon.orders == [Record(True)])
        daemon.tell(STATES["behind"])
        await sees(pilot, "F7 Сұрақ қою F3 Жазуды тоқтату")


async def test_a_click_in_the_bar_goes_to_that_place(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, STATES["playing"])
        bar = page_of(app).query_one("#reel")
        await sees(pilot, "1:02 █", "░ 43:00")
        left, right = len("1:02 "), bar.size.width - len(" 43:00")
        await pilot.click("#reel", offset=((left + right) // 2, 0))
        await until(pilot, lambda: len(daemon.orders) == 1)
    (skip,) = daemon.ordered(Skip)
    assert abs(62 + skip.seconds - 2580 / 2) < 2580 / (right - left)


async def test_of_a_live_lesson_the_bar_is_full_and_its_beginning_can_be_clicked(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        assert reads(app, "█ 12:34")
        await pilot.click("#reel", offset=(len("12:34 "), 0))
        await until(pilot, lambda: len(daemon.orders) == 1)
    (skip,) = daemon.ordered(Skip)
    assert skip.seconds < -740
