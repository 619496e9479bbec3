"""Whether the class is seen and heard: lamps on every page, switches and sentences on the lesson's."""

import asyncio

import pytest
from msgspec import structs
from rich.cells import cell_len
from textual.pilot import Pilot

from edge.api import Unable
from edge.contract.notices import Link, Notice, Offer, Recorded, Settings
from edge.contract.talkback import Answered, Capture, SwitchCapture, Told
from tests.tui.class_daemon import SEEN, a_class
from tests.tui.fake_daemon import FakeDaemon, a_day
from tests.tui.lessons import LANGUAGES, TEN, a_lesson
from tests.tui.screens import a_screen, app_of, at, reads, screen_text, sees, shown, until
from tui.app import PLACES, TirekApp
from tui.capture import EYE, floor, lamps, only_listens, troubles
from tui.skin import skin_of

LONG = "Бұл ұзын сұрақтың жауабы: " + "күш массаға және үдеуге тура пропорционал, " * 6
DISK_FULL = Recorded("stopped", 60, "disk-full")
LAMPS: dict[str, tuple[Capture, tuple[str, str, str]]] = {
    "both": (SEEN, ("● көрінеді ● естіледі", "● виден ● слышен", "● seen ● heard")),
    "seen": (Capture("sent", "off"), ("● көрінеді ▲", "● виден ▲", "● seen ▲")),
    "heard": (Capture("denied", "sent"), ("● естіледі ▲", "● слышен ▲", "● heard ▲")),
    "muted": (
        Capture("sent", "on", muted=True),
        ("● көрінеді ▽ дыбысы өшірулі", "● виден ▽ звук выключен", "● seen ▽ muted"),
    ),
    "neither": (
        Capture("on", "on"),
        ("○ көрінбейді, естілмейді", "○ не виден, не слышен", "○ not seen, not heard"),
    ),
    "recorded": (
        structs.replace(SEEN, recorded=True),
        ("● естіледі ■ жазылуда", "● слышен ■ идёт запись", "● heard ■ recorded"),
    ),
}


async def opened(pilot: Pilot[int], daemon: FakeDaemon, *notices: Notice, place: str = "lesson") -> TirekApp:
    """Open a page on what is true."""
    app = app_of(pilot)
    for notice in notices:
        daemon.tell(notice)
    await until(pilot, lambda: app.world.day is not None)
    app.go(place, *([a_day().due] if place == "roll" else []))
    await until(pilot, lambda: at(app) == place and all(app.world.newest(type(n)) == n for n in notices))
    await pilot.pause()
    return app


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LAMPS)
async def test_a_lamp_tells_who_sees_and_hears_the_class(
    daemon: FakeDaemon, name: str, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        await opened(pilot, daemon, LAMPS[name][0])
        await sees(pilot, LAMPS[name][1][LANGUAGES.index(language)])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", PLACES)
async def test_the_lamps_stand_whole_on_every_page(daemon: FakeDaemon, place: str, language: str) -> None:
    longest = max(LAMPS.values(), key=lambda each: cell_len(each[1][0]))[0]
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, Link("poor"), structs.replace(longest, recorded=True), place=place)
        lit = [app.words.say(lamp.word) for lamp in lamps(structs.replace(longest, recorded=True))]
        await until(pilot, lambda: all(word in screen_text(app)[0] for word in lit))
        assert "10:1" in screen_text(app)[0]
        assert app.words.say("link-poor") in screen_text(app)[0]


async def test_a_lamp_that_nobody_vouches_for_is_not_lit(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, SEEN)
        await sees(pilot, "● көрінеді")
        await daemon.close()
        await until(pilot, lambda: at(app) == "away")
        assert not reads(app, "көрінеді")


async def test_without_a_word_of_the_daemon_there_is_no_lamp(daemon: FakeDaemon) -> None:
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        assert not reads(app, "көрін")
        assert not reads(app, "F4 микрофон")


async def test_a_click_on_a_dark_lamp_opens_the_lesson_where_both_are_turned_on(daemon: FakeDaemon) -> None:
    dark = Capture("off", "off", camera_on=False, microphone_on=False)
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, dark, place="health")
        await pilot.click(offset=(screen_text(app)[0].index("көрінбейді"), 0))
        await until(pilot, lambda: at(app) == "lesson")
        assert daemon.orders == []


@pytest.mark.parametrize("skin", ["unicode", "ascii"])
@pytest.mark.parametrize("key", ["f4", "f5"])
async def test_one_key_turns_it_off_and_what_stands_there_is_what_the_daemon_says(
    daemon: FakeDaemon, key: str, skin: str
) -> None:
    a_class(daemon)
    daemon.knobs.gates[SwitchCapture] = asyncio.Event()
    plain = skin_of("utf-8", "linux", True) if skin == "ascii" else None
    lit, dark = ("*", "x") if plain else ("●", "✕")
    names = {"f4": ("F4 microphone", "the class is heard"), "f5": ("F5 camera", "the class is seen")}
    name, word = names[key]
    async with shown(a_screen(daemon.socket, "en", skin=plain)) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        await sees(pilot, f"{name} {lit} {word}")
        await pilot.press(key)
        await until(pilot, lambda: len(daemon.orders) == 1)
        assert reads(app, f"{name} {lit} {word}")  # it was pressed, and nothing is known yet
        daemon.knobs.gates[SwitchCapture].set()
        await sees(pilot, f"{name} {dark} switched off")
        await pilot.press(key)
        await sees(pilot, f"{name} {lit} {word}")
    field = "microphone" if key == "f4" else "camera"
    assert daemon.orders == [SwitchCapture(**{field: on}) for on in (False, True)]


async def test_what_is_switched_off_is_not_said_to_be_off_when_that_was_refused(daemon: FakeDaemon) -> None:
    a_class(daemon)
    daemon.knobs.refuses[SwitchCapture] = Unable("disk-full")
    async with shown(a_screen(daemon.socket, "en")) as pilot:
        await opened(pilot, daemon, a_lesson())
        await pilot.press("f5")
        await sees(pilot, "There is no room on the disk.", "● the class is seen", "● seen")


async def test_microphone_and_camera_can_be_clicked(daemon: FakeDaemon) -> None:
    a_class(daemon)
    async with shown(a_screen(daemon.socket)) as pilot:
        await opened(pilot, daemon, a_lesson())
        await pilot.click("#microphone")
        await sees(pilot, "F4 микрофон ✕ өшірулі")
        await pilot.click("#camera")
        await sees(pilot, "F5 камера ✕ өшірулі", "○ көрінбейді, естілмейді")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", EYE)
async def test_each_state_of_camera_and_microphone_is_said_with_what_to_do(
    daemon: FakeDaemon, state: str, language: str
) -> None:
    captures = [
        Capture(camera=state, microphone=state, camera_on=state != "off", microphone_on=state != "off"),  # type: ignore[arg-type] # one of its words
        Capture(camera=state, microphone="sent"),  # type: ignore[arg-type] # one of its words
        Capture(camera="sent", microphone=state),  # type: ignore[arg-type] # one of its words
    ]
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, structs.replace(daemon.now(Settings), hub="Қарасу"), a_lesson())
        for capture in captures:
            daemon.tell(capture)
            await sees(pilot, *[app.words.say(word) for word in troubles(capture)])
            await until(pilot, lambda capture=capture: app.world.capture == capture)  # type: ignore[misc] # bound here
            said = [app.words.say(f"eye-{o}-{s}") for o, s in _eyes(capture)]
            await sees(pilot, *said)
            assert all(len(line.rstrip()) <= 80 for line in screen_text(app))


def _eyes(capture: Capture) -> list[tuple[str, str]]:
    camera = "closed" if capture.camera == "off" and capture.camera_on else capture.camera
    microphone = "closed" if capture.microphone == "off" and capture.microphone_on else capture.microphone
    return [("camera", camera), ("microphone", microphone)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("capture", "words"),
    [
        (Capture("sent", "on", floor="Құмсай"), ["class-floor"]),
        (Capture("sent", "on", floor="Құмсай", muted=True), ["class-floor", "class-muted"]),
        (Capture("sent", "on", muted=True), ["class-muted"]),
        (Capture("sent", "sent", floor="Ақжар", mine=True), ["class-floor-mine"]),
        (Capture("sent", "off", microphone_on=False, floor="Ақжар", mine=True), ["class-floor-mine-off"]),
        (Capture("sent", "on", floor="Ақжар", mine=True, muted=True), ["class-floor-mine-muted"]),
        (Capture("sent", "missing", floor="Ақжар", mine=True), ["class-floor-mine-unheard"]),
        (SEEN, []),
    ],
)
async def test_who_has_the_floor_is_said(
    daemon: FakeDaemon, capture: Capture, words: list[str], language: str
) -> None:
    assert [lamp.word for lamp in floor(capture)] == words
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, a_lesson(), capture)
        await sees(pilot, *[app.words.say(word, name="Құмсай") for word in words])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_class_that_is_given_the_floor_is_told_on_any_page(daemon: FakeDaemon, language: str) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, SEEN, place="lab")
        daemon.tell(structs.replace(SEEN, floor="Ақжар", mine=True))
        await sees(pilot, app.words.say("class-floor-came"))
        daemon.tell(structs.replace(SEEN, muted=True))
        await sees(pilot, app.words.say("class-floor-went"), app.words.say("class-muted"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_node_that_was_not_enrolled_says_that_it_only_listens(
    daemon: FakeDaemon, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, a_lesson(), Link("good"), Capture())
        await sees(pilot, app.words.say("class-only-listens"))
        daemon.tell(structs.replace(daemon.now(Settings), hub="Қарасу"))
        await sees(pilot, app.words.say("class-absent"))


@pytest.mark.parametrize(
    ("stream", "link", "hub", "expected"),
    [
        ("lesson", Link("good"), "", True),
        ("lesson", Link("good"), "Қарасу", False),
        ("lesson", Link("alone"), "", False),
        ("lesson", None, "", False),
        ("", Link("good"), "", False),
    ],
)
def test_only_who_follows_a_hub_that_does_not_know_it_only_listens(
    stream: str, link: Link | None, hub: str, expected: bool
) -> None:
    assert only_listens(a_lesson(stream=stream), link, Settings("kk", hub=hub)) is expected


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_answer_is_told_at_once_and_can_be_read_whole(daemon: FakeDaemon, language: str) -> None:
    mine = Told("Күш неге?", LONG, TEN + 595_000, mine=True)
    other = Told("Үдеу деген не?", "Жылдамдықтың өзгеруі.", TEN)
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, a_lesson(), SEEN)
        daemon.tell(Answered((mine, other)))
        await sees(pilot, app.words.say("answers-came"), f"↓ {app.words.say('answers-newest')} Бұл ұзын")
        await pilot.press("down")
        await until(pilot, lambda: at(app) == "answers")
        text = " ".join(" ".join(screen_text(app)).split())
        assert " ".join(LONG.split()) in text
        said = [app.words.say("answers-mine"), app.words.say("answers-other")]
        await sees(pilot, *said, "10:09", "10:00", "Күш неге?", "Жылдамдықтың өзгеруі.")
        assert text.index(LONG.split(".")[0][:20]) < text.index("Жылдамдықтың өзгеруі.")  # the newest first
        await pilot.press("escape")
        await until(pilot, lambda: at(app) == "lesson")
        await pilot.click("#answer")
        await until(pilot, lambda: at(app) == "answers")


async def test_an_old_answer_is_no_news_when_the_screen_is_opened(daemon: FakeDaemon) -> None:
    daemon.tell(Answered((Told("Күш неге?", "F = ma", TEN),)))
    async with shown(a_screen(daemon.socket)) as pilot:
        app = await opened(pilot, daemon, a_lesson())
        await sees(pilot, "↓ Жауап: F = ma")
        assert not reads(app, app.words.say("answers-came"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_nothing_was_answered_the_page_says_so(daemon: FakeDaemon, language: str) -> None:
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, a_lesson(), place="answers")
        await sees(pilot, app.words.say("answers-none"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_that_can_be_wrong_at_once_pushes_nothing_off_the_screen(
    daemon: FakeDaemon, language: str
) -> None:
    long = "Қосымша білім беру бағдарламасы бойынша кеңейтілген тақырып аты"
    offer = Offer("x", long, "2026-11-19", 43)
    lesson = a_lesson("lost", subject=long, topic=long, teacher=long, hub=long, away=25.0, offer=offer)
    lesson = structs.replace(lesson, sight="black", hand=TEN, questions=3, recorded=DISK_FULL)
    capture = Capture("denied", "denied", floor=long, muted=True)
    answered = Answered((Told("Неге?", LONG, TEN),))
    hub = structs.replace(daemon.now(Settings), hub="Қарасу")
    async with shown(a_screen(daemon.socket, language)) as pilot:
        app = await opened(pilot, daemon, hub, Link("sound-only"), capture, answered, lesson)
        await sees(pilot, app.words.say("class-both-denied"), app.words.say("answers-newest"))
        await sees(pilot, app.words.say("lesson-sight-black"), app.words.count("lesson-questions", 3), "F11")
        assert len(screen_text(app)) == 24


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_help_of_the_lesson_names_the_keys_of_microphone_and_camera(
    daemon: FakeDaemon, language: str
) -> None:
    async with shown(a_screen(daemon.socket, language), height=80) as pilot:
        app = await opened(pilot, daemon, a_lesson(), SEEN)
        await pilot.press("f1")
        await until(pilot, lambda: at(app) == "help")
        words = ("key-microphone-off", "key-camera-on", "key-answers", "how-class-said", "how-quick-said")
        await sees(pilot, *[app.words.say(word) for word in words])
