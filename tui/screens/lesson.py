"""Lesson: who teaches, what is shown, who sees and hears this class; recording, link, projector, hand."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from edge.contract.commands import (
    AskQuestion,
    BackToLive,
    GoOn,
    LeaveLesson,
    Pause,
    Play,
    RaiseHand,
    Record,
    Skip,
    StartLesson,
)
from edge.contract.notices import Day, Lesson, Link, Notice, Showing
from edge.contract.talkback import Answered, Capture, QuickCheck, SwitchCapture
from tui import lesson as lessons
from tui.keys import Key, name_of
from tui.page import Page
from tui.telling import Telling
from tui.widgets.line import Line, Part
from tui.widgets.presence import Presence
from tui.widgets.reel import Reel
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

MOST_CHOICES = 6  # of streams that are seen at once; more are scrolled
RENEW = 10.0  # seconds: the minutes of a hand pass without a notice
READY_MADE = ("repeat", "no-sound", "no-picture", "slower", "larger", "task", "finished")

PAUSE = Key("space,b,и", "key-pause", "pause", also=("key-continue",))  # a clicker's "b", on both layouts
HAND = Key("f6", "key-hand", "hand", also=("key-hand-down",))
ROLL = Key("f2", "key-roll", "roll")
ENTER = Key("enter", "key-choose", "enter", shown=False, also=("key-offer",))
LIVE = Key("f8", "key-live", "live", shown=False, also=("key-recorded",))
QUESTION = Key("f7", "key-question", "question", shown=False)
RECORD = Key("f3", "key-record", "record", shown=False, also=("key-record-off",))
QUICK = Key("f11", "quick", "quick", shown=False)
MORE = (QUESTION, LIVE, RECORD, QUICK)
MICROPHONE = Key("f4", "key-microphone-off", "microphone", shown=False, also=("key-microphone-on",))
CAMERA = Key("f5", "key-camera-off", "camera", shown=False, also=("key-camera-on",))
ANSWERS = Key("down", "key-answers", "answers", shown=False)
ROOMY = ("answer", "check", "sight")  # lines for which the others move together
# What a line does that is clicked.
CLICKED = {
    "microphone": "microphone",
    "camera": "camera",
    "state": "pause",
    "next": "enter",
    "recording": "record",
    "link": "health",
    "talk": "hand",
    "answer": "answers",
    "check": "quick",
}


def _skips(seconds: float) -> Callable[["LessonPage"], Awaitable[bool]]:
    """Return a method that goes so many seconds back or on."""
    return lambda page: page.order(Skip(seconds))


class LessonPage(Page):
    """The lesson that runs."""

    HEADING = "lesson"
    KEYS: ClassVar[tuple[Key, ...]] = (
        *(PAUSE, HAND, ROLL, ENTER, LIVE, QUESTION, ANSWERS, RECORD),
        *(MICROPHONE, CAMERA, QUICK),
        Key("pageup", "key-far-back", "far_back", shown=False),
        Key("pagedown", "key-far-on", "far_on", shown=False),
        Key("left", "key-bit-back", "bit_back", shown=False),
        Key("right", "key-bit-on", "bit_on", shown=False),
    )
    AUTO_FOCUS: ClassVar[str | None] = ""  # the list of streams has the keys only while one is to be chosen
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Lesson, Link, Showing, Day, Capture, Answered, QuickCheck)
    DEFAULT_CSS = """
    LessonPage #body > Line { padding: 0 2; }
    LessonPage #body > #subject { margin-top: 1; max-height: 2; text-style: bold; }
    LessonPage #body > #who { max-height: 2; }
    LessonPage #body > #state { margin-top: 1; padding: 1 2; background: $ground-panel; text-style: bold; }
    LessonPage #body > #next { max-height: 4; }
    LessonPage #streams { margin: 0 1; }
    LessonPage #reel { margin: 1 2; }
    LessonPage #body.tight > #subject { margin-top: 0; }
    LessonPage #body.tight > #who { max-height: 1; }
    LessonPage #body.tight > #state { padding: 0 2; }
    LessonPage #body.tight > #next { max-height: 3; }
    LessonPage #body.tight > #reel { margin: 0 2; }
    LessonPage #body > #answer { max-height: 2; }
    LessonPage #more { dock: bottom; height: 1; padding: 0 1; background: $ground-surface; }
    LessonPage #more > Line { width: auto; padding: 0 1; }
    """

    def body(self) -> ComposeResult:
        """Yield who teaches, the state, what comes next, and a line for each thing that may go wrong."""
        yield Line("subject")
        yield Line("who", classes="muted")
        yield Line("state")
        yield Line("next")
        yield Rows(Column(10, grows=1), id="streams")
        yield Reel(self._skip_by, id="reel")
        for name in ("check", "recording", "link", "sight", "projector"):
            yield Line(name)
        yield Presence({"microphone": MICROPHONE.key.upper(), "camera": CAMERA.key.upper()})
        yield Line("talk")
        yield Line("answer")
        with Horizontal(id="more"):  # what the footer has no room for, so that it can be clicked
            for key in MORE:
                yield Line(f"more-{key.action}")

    def stand(self) -> None:
        """Show anew how long the hand is up."""
        self.set_interval(RENEW, self.renew)

    def keys_shown(self) -> list[Key]:
        """Return the keys that do something now, three at most, Esc and help."""
        lesson = self.world.lesson if self.is_running else Lesson()
        first = PAUSE if lesson.state in lessons.HOLDABLE else LIVE
        mine = [ENTER if lessons.entering(lesson) else first]
        mine += [HAND] if lessons.has_hub(lesson) else []
        mine.append(LIVE if lessons.is_off_live(lesson) else ROLL)
        return [*mine, *super().keys_shown()[3:]]

    def word_of(self, key: Key) -> str:
        """Return what a key does now."""
        lesson, capture = self.world.lesson, self.world.capture
        others = {
            "pause": lessons.is_held(lesson),
            "hand": bool(lesson.hand),
            "enter": lessons.entering(lesson) == "play",
            "live": not lessons.is_off_live(lesson),
            "record": lesson.recorded.state == "recording",
            "microphone": capture is not None and not capture.microphone_on,
            "camera": capture is not None and not capture.camera_on,
        }
        return key.also[0] if others.get(key.action) else key.word

    # What is shown ------------------------------------------------------------------------

    def show(self, world: World) -> None:
        """Write the lesson."""
        lesson, telling = world.lesson, Telling(self.host.words, self.sign)
        between = f" {self.sign('between')} "
        unnamed = lessons.unnamed(lesson)
        self.put("subject", lessons.about(lesson, between) or (self.say(unnamed) if unnamed else ""))
        self.put("who", between.join(filter(None, lessons.who(lesson))))
        self.put("state", telling.state(lesson))
        self._write("next", telling.next(lesson))
        self._streams(lesson)
        self.query_one("#reel", Reel).put(lessons.place(lesson))
        self._write("check", self._check(world.quick))
        self._write("recording", telling.recording(lesson))
        self._write("link", telling.link(world.link))
        self._write("sight", telling.sight(lesson))
        self._write("projector", telling.projector(world.showing))
        self._write("talk", *telling.talk(lesson, self.host.time.timestamp()))
        moved = self.query_one(Presence).put(world, telling)
        key = name_of(ANSWERS.key, "", self.host.skin.plain)
        self._write("answer", *telling.answer(world.answered, key))
        self._more(lesson)
        moved = moved or any(self.query_one(f"#{name}").display for name in ROOMY)
        self.query_one("#body").set_class(moved, "tight")

    def _write(self, line_id: str, *parts: Part) -> None:
        """Write a line, or take it away: what is not so needs no sentence."""
        said = [part for part in parts if part[0]]
        self.query_one(f"#{line_id}", Line).display = bool(said)
        self.put(line_id, *said)

    def _check(self, check: QuickCheck) -> tuple[str, str]:
        waits = check.stage in ("asked", "reading", "counting")
        return f"{self.sign('hand')} {self.say('lesson-quick')}" if waits else "", "accent"

    def _more(self, lesson: Lesson) -> None:
        """Write the keys that the footer has no room for."""
        below = [*self.keys_shown(), *(() if lessons.has_hub(lesson) else (QUESTION, RECORD))]
        below += [] if lessons.is_running(lesson) else [QUICK]
        for key in MORE:
            words = "" if key in below else f"{key.key.upper()} {self.say(self.word_of(key))}"
            self._write(f"more-{key.action}", (words, "muted"))

    def _streams(self, lesson: Lesson) -> None:
        rows = self.query_one("#streams", Rows)
        before, rows.display = rows.display, lesson.state == "choosing"
        if rows.display:
            rows.fill([Row(stream, ((stream, "text"),)) for stream in lesson.choices])
            rows.styles.height = max(1, min(len(lesson.choices), MOST_CHOICES))
            rows.focus()
        elif before:
            self.set_focus(None)

    # What she does ------------------------------------------------------------------------

    async def do_pause(self) -> None:
        """Hold the picture, or let it go on."""
        await self.order(GoOn() if lessons.is_held(self.world.lesson) else Pause())

    async def do_enter(self) -> None:
        """Take the chosen stream, or show the recording that is offered."""
        lesson = self.world.lesson
        doing = lessons.entering(lesson)
        if doing == "choose":
            await self.order(StartLesson(lesson.lesson, self.query_one("#streams", Rows).selected))
        elif doing == "play" and lesson.offer is not None:
            await self.order(Play(lesson.offer.item))

    async def do_live(self) -> None:
        """Go back to the hub, or from it to a recording: the offered one, or one of the library."""
        lesson = self.world.lesson
        if lessons.is_off_live(lesson):
            await self.order(BackToLive())
        elif lesson.offer is not None:
            await self.order(Play(lesson.offer.item))
        else:
            self.host.go("library")

    async def do_hand(self) -> None:
        """Raise the hand, or take it down."""
        up = not self.world.lesson.hand
        if await self.order(RaiseHand(up)) and up and not lessons.is_sent_at_once(self.world.link):
            self.tell("lesson-hand-waits", "poor")

    async def do_question(self) -> None:
        """Ask what is often asked without a letter typed, or anything."""
        ready = [(key, self.say("question-" + key)) for key in READY_MADE]
        own = ("own", self.say("question-own"))
        chosen = await self.choose(self.say("lesson-ask"), (*ready, own), typed="own")
        text = dict(ready).get(chosen, chosen)
        if text and await self.order(AskQuestion(text)):
            if lessons.is_sent_at_once(self.world.link):
                self.tell("lesson-question-sent")
            else:
                self.tell("lesson-question-waits", "poor")

    async def do_microphone(self) -> None:
        """Turn the class's microphone off for certain, or on again."""
        capture = self.world.capture
        await self.order(SwitchCapture(microphone=not (capture and capture.microphone_on)))

    async def do_camera(self) -> None:
        """Turn the class's camera off for certain, or on again."""
        capture = self.world.capture
        await self.order(SwitchCapture(camera=not (capture and capture.camera_on)))

    def do_quick(self) -> None:
        """Open the quick check that runs, or the prepared ones."""
        self.host.go("prepared" if self.world.quick.stage == "none" else "quick")

    def do_answers(self) -> None:
        """Read what the hub teacher answered, all of it."""
        if self.world.answered.answers:
            self.host.go("answers")

    async def do_record(self) -> None:
        """Record; to stop that, ask first."""
        if self.world.lesson.recorded.state != "recording":
            await self.order(Record(True))
            return
        yes, no = self.say("lesson-record-stop"), self.say("lesson-record-on")
        if await self.confirm(self.say("lesson-record-ask"), yes, no):
            await self.order(Record(False))

    do_far_back, do_far_on = _skips(-30), _skips(30)
    do_bit_back, do_bit_on = _skips(-10), _skips(10)

    async def do_back(self) -> None:
        """Ask what is meant: to look at something else, or to be done with the lesson here."""
        lesson = self.world.lesson
        if lesson.state == "none":
            self.host.back()
            return
        options = [(key, self.say(lessons.leaving(lesson, key))) for key in ("stay", "today", "leave")]
        chosen = await self.choose(self.say(lessons.leaving(lesson, "ask")), options)
        if chosen == "today" or (chosen == "leave" and await self.order(LeaveLesson())):
            self.host.back()

    @on(Rows.Chosen)
    def choose_row(self) -> None:
        """Take a stream that is clicked twice."""
        self.action_press("enter")

    def on_click(self, event: events.Click) -> None:
        """Do what the line is about that is clicked."""
        name = (event.widget.id if event.widget else "") or ""
        if name in CLICKED:
            self.action_press(CLICKED[name])
        elif name.startswith("more-"):
            self.action_press(name.removeprefix("more-"))

    def _skip_by(self, seconds: float) -> None:
        self.run_worker(self.order(Skip(seconds)), group="skip")
