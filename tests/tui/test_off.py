"""One key that turns the class's camera and microphone off: on every page, and never on again."""

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from msgspec import structs
from textual.pilot import Pilot
from textual.widgets import Input

from edge.api import Unable
from edge.contract.answers import Entry
from edge.contract.commands import StopEverything
from edge.contract.notices import Settings
from edge.contract.talkback import Capture, SwitchCapture
from tests.tui.checks import in_a_lesson
from tests.tui.class_daemon import SEEN, a_check, a_class
from tests.tui.fake_daemon import FakeDaemon, a_day
from tests.tui.lessons import LANGUAGES, a_lesson
from tests.tui.screens import a_screen, app_of, at, reads, screen_text, sees, shown, until
from tui import screens
from tui.app import COVERS, PLACES, TirekApp, page_class
from tui.keys import OFF, STOP, name_of
from tui.page import Page
from tui.screens.chapters import ChaptersPage
from tui.screens.choice import Choice
from tui.screens.entry import EntryPage
from tui.screens.technician import JoinPage, PinPage, TechnicianPage

BOTH_OFF = SwitchCapture(camera=False, microphone=False)
KEY = name_of(OFF, "")
# Pages that have no name to be opened by: they are laid over another one that waits for what they answer.
LAID: dict[str, Callable[[], Page]] = {
    "chapters": lambda: ChaptersPage("?", (("0", "басы"), ("1", "соңы"))),
    "choice": lambda: Choice("?", (("no", "жоқ"), ("yes", "иә"))),
    "entry": lambda: EntryPage(Entry("volume", "mL", 1, 0, 60), 20, ()),
    "pin": PinPage,
    "technician": lambda: TechnicianPage("key"),
    "join": lambda: JoinPage("key"),
}


def _pages() -> Iterator[type[Page]]:
    for module in iter_modules(screens.__path__):
        for found in vars(import_module(f"tui.screens.{module.name}")).values():
            if isinstance(found, type) and issubclass(found, Page) and found is not Page:
                yield found


def test_these_are_all_pages_that_there_are() -> None:
    named = {page_class(place) for place in (*PLACES, *COVERS)}
    laid = {type(make()) for make in LAID.values()}
    assert {page for page in _pages() if page.__module__.startswith("tui.screens.")} == named | laid


@pytest.mark.parametrize("page", {page.__name__: page for page in _pages()}.values())
def test_no_page_has_another_use_for_the_key(page: type[Page]) -> None:
    assert OFF not in {each for key in page.KEYS for each in key.key.split(",")}
    assert OFF not in STOP


def head(app: TirekApp) -> str:
    """Return the first line of the page, "" before there is one."""
    return next(iter(screen_text(app)), "")


def begins(app: TirekApp, word: str, sign: str) -> str:
    """Return what stands whole on the first line of what passes by itself."""
    return f"{sign} {app.words.say(word).partition('.')[0]}."


async def opened(pilot: Pilot[int], place: str) -> TirekApp:
    """Open any page in a lesson in which the class is seen and heard."""
    app = app_of(pilot)
    await until(pilot, lambda: app.world.capture == SEEN and app.world.day is not None)
    if place in LAID:
        app.push_screen(LAID[place]())
        await until(pilot, lambda: at(app) == "" and any(screen_text(app)))
    else:
        app.go(place, *([a_day().due] if place == "roll" else []))
        await until(pilot, lambda: at(app) == place)
    await pilot.pause()
    return app


@pytest.mark.parametrize("place", [*PLACES, *LAID])
async def test_one_key_turns_both_off_from_every_page_and_stands_beside_the_lamp(
    daemon: FakeDaemon, place: str
) -> None:
    a_class(daemon)
    daemon.tell(a_lesson())
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, place)
        await until(pilot, lambda: f"{KEY} өшіру ● көрінеді ● естіледі" in head(app))
        before = app.screen
        await pilot.press(OFF)
        await sees(pilot, "○ көрінбейді, естілмейді", begins(app, "class-off", "▲"))
        assert daemon.ordered(SwitchCapture) == [BOTH_OFF]
        assert f"{KEY} " not in head(app)
        assert app.screen is before


async def test_it_does_so_on_the_check_that_opened_by_itself(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "ru")) as pilot:
        app = await in_a_lesson(pilot, daemon)
        daemon.tell(a_check())
        await until(pilot, lambda: at(app) == "quick")
        await pilot.press(OFF)
        await sees(pilot, "○ не виден, не слышен")
        assert daemon.ordered(SwitchCapture) == [BOTH_OFF]


async def test_it_does_so_while_something_is_typed_and_takes_no_letter_of_it(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await in_a_lesson(pilot, daemon)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("end")
        await sees(pilot, app.words.say("question-own"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("a", "b", OFF, "c")
        await sees(pilot, "○ not seen, not heard")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "abc"


async def test_it_does_so_in_the_first_run_and_before_there_is_anything_to_see(daemon: FakeDaemon) -> None:
    a_class(daemon)
    daemon.tell(structs.replace(daemon.now(Settings), welcomed=False))
    async with shown(a_screen(daemon.socket)) as pilot:
        await until(pilot, lambda: at(app_of(pilot)) == "welcome")
        await pilot.press(OFF)
        await until(pilot, lambda: daemon.ordered(SwitchCapture) == [BOTH_OFF])


async def test_it_does_so_although_the_window_is_too_small(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket), 40, 10) as pilot:
        await until(pilot, lambda: at(app_of(pilot)) == "small")
        await pilot.press(OFF)
        await until(pilot, lambda: daemon.ordered(SwitchCapture) == [BOTH_OFF])


async def test_pressed_twice_it_stays_off_and_the_keys_of_the_lesson_turn_each_on_again(
    daemon: FakeDaemon,
) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await in_a_lesson(pilot, daemon)
        await pilot.press(OFF, OFF)
        await sees(pilot, "F4 microphone ✕ switched off", "F5 camera ✕ switched off")
        await until(pilot, lambda: daemon.ordered(SwitchCapture) == [BOTH_OFF, BOTH_OFF])
        await pilot.press("f4")
        await sees(pilot, "F4 microphone ● the class is heard", "F5 camera ✕ switched off")
    assert not daemon.ordered(StopEverything)


async def test_what_nobody_needs_yet_is_turned_off_before_the_lesson_begins(daemon: FakeDaemon) -> None:
    a_class(daemon, Capture("off", "off"))
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = app_of(pilot)
        await sees(pilot, "○ not seen, not heard")
        assert f"{KEY} " not in head(app)
        await pilot.press(OFF)
        await until(pilot, lambda: bool(app.world.capture and not app.world.capture.camera_on))
        await sees(pilot, begins(app, "class-off", "▲"))


# What is said of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_that_it_is_off_is_said_only_when_the_daemon_says_so(daemon: FakeDaemon, language: str) -> None:
    a_class(daemon)
    gate = daemon.knobs.gates[SwitchCapture] = asyncio.Event()
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, "library")
        await pilot.press(OFF)
        await until(pilot, lambda: bool(daemon.ordered(SwitchCapture)))
        assert not reads(app, begins(app, "class-off", "▲"))
        assert app.words.say("lamp-heard") in head(app)
        gate.set()
        await sees(pilot, begins(app, "class-off", "▲"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("why", "said", "sign"),
    [("gone", "class-off-failed", "✕"), ("disk-full", "class-off-forgotten", "▽")],
)
async def test_what_could_not_be_turned_off_or_kept_is_said_with_what_to_do(
    daemon: FakeDaemon, why: str, said: str, sign: str, language: str
) -> None:
    a_class(daemon)
    daemon.knobs.refuses[SwitchCapture] = Unable(why)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, "roll")
        await pilot.press(OFF)
        await sees(pilot, begins(app, said, sign))


async def test_an_order_that_nobody_answers_is_said_before_anybody_trusts_it(daemon: FakeDaemon) -> None:
    a_class(daemon)
    daemon.knobs.gates[SwitchCapture] = asyncio.Event()  # the daemon hangs
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = await opened(pilot, "lab")
        await pilot.press(OFF)
        await sees(pilot, begins(app, "class-off-failed", "✕"))
        daemon.knobs.gates[SwitchCapture].set()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_off_while_a_slow_disk_has_not_kept_it_yet_is_not_said_to_be_on(
    daemon: FakeDaemon, language: str
) -> None:
    a_class(daemon)
    gate = daemon.knobs.gates[SwitchCapture] = asyncio.Event()  # the disk takes longer than a person waits
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, "lab")
        await pilot.press(OFF)
        await until(pilot, lambda: bool(daemon.ordered(SwitchCapture)))
        daemon.tell(Capture("off", "off", camera_on=False, microphone_on=False))
        await sees(pilot, begins(app, "class-off-forgotten", "▽"))
        assert not reads(app, begins(app, "class-off-failed", "✕"))
        gate.set()


async def test_without_a_daemon_it_is_said_too(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        app = app_of(pilot)
        await sees(pilot, "Today")
        await daemon.close()
        await until(pilot, lambda: at(app) == "away")
        await pilot.press(OFF)
        await sees(pilot, begins(app, "class-off-failed", "✕"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_help_names_the_key_on_every_page(daemon: FakeDaemon, language: str) -> None:
    async with shown(a_screen(daemon.socket, language), height=80) as pilot:
        app = await opened_help(pilot)
        await sees(pilot, f"{KEY} {app.words.say('key-class-off')}", app.words.say("how-class-said"))
        assert KEY in app.words.say("how-class-said")


async def opened_help(pilot: Pilot[int]) -> TirekApp:
    """Open the help of Today."""
    app = app_of(pilot)
    await until(pilot, lambda: app.world.day is not None)
    app.go("help")
    await until(pilot, lambda: at(app) == "help")
    return app


# The lamp ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["көрінеді", "естіледі", KEY, "өшіру"])
@pytest.mark.parametrize("place", ["health", "quick", "choice"])
async def test_a_click_on_a_lamp_that_is_lit_turns_off(daemon: FakeDaemon, place: str, target: str) -> None:
    a_class(daemon)
    daemon.tell(a_lesson())
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, place)
        await until(pilot, lambda: "естіледі" in head(app))
        await pilot.click(offset=(head(app).index(target), 0))
        await sees(pilot, "○ көрінбейді, естілмейді")
        assert daemon.ordered(SwitchCapture) == [BOTH_OFF]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", PLACES)
async def test_where_there_is_little_room_the_key_itself_still_stands_there(
    daemon: FakeDaemon, place: str, language: str
) -> None:
    daemon.tell(Capture("sent", "on", muted=True, recorded=True))
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: app.world.capture is not None and app.world.day is not None)
        app.go(place, *([a_day().due] if place == "roll" else []))
        await until(pilot, lambda: at(app) == place)
        lit = [app.words.say(f"lamp-{lamp}") for lamp in ("seen", "muted", "recorded")]
        await until(pilot, lambda: all(word in head(app) for word in (f"{KEY} ", "10:1", *lit)))
        assert head(app).index(KEY) < head(app).index(lit[0])
