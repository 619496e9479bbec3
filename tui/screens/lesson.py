"""Lesson: who teaches, what is shown and how far behind the hub; recording, link, projector, hand."""

from collections.abc import Awaitable, Callable
from datetime import date
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
from tui import lesson as lessons
from tui.keys import Key
from tui.page import Page
from tui.widgets.line import Line
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
MORE = (QUESTION, LIVE, RECORD)


def _skips(seconds: float) -> Callable[["LessonPage"], Awaitable[bool]]:
    """Return a method that goes so many seconds back or on."""
    return lambda page: page.order(Skip(seconds))


class LessonPage(Page):
    """The lesson that runs."""

    HEADING = "lesson"
    KEYS: ClassVar[tuple[Key, ...]] = (
        PAUSE,
        HAND,
        ROLL,
        ENTER,
        LIVE,
        QUESTION,
        RECORD,
        Key("pageup", "key-far-back", "far_back", shown=False),
        Key("pagedown", "key-far-on", "far_on", shown=False),
        Key("left", "key-bit-back", "bit_back", shown=False),
        Key("right", "key-bit-on", "bit_on", shown=False),
    )
    AUTO_FOCUS: ClassVar[str | None] = ""  # the list of streams has the keys only while one is to be chosen
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Lesson, Link, Showing, Day)
    DEFAULT_CSS = """
    LessonPage #body > Line { padding: 0 2; }
    LessonPage #body > #subject { margin-top: 1; max-height: 2; text-style: bold; }
    LessonPage #body > #who { max-height: 2; }
    LessonPage #body > #state { margin-top: 1; padding: 1 2; background: $ground-panel; text-style: bold; }
    LessonPage #body > #next { max-height: 4; }
    LessonPage #streams { margin: 0 1; }
    LessonPage #reel { margin: 1 2; }
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
        for name in ("recording", "link", "sight", "projector", "talk"):
            yield Line(name)
        with Horizontal(id="more"):  # what the footer has no room for, so that it can be clicked
            for key in MORE:
                yield Line(f"more-{key.action}")

    def on_mount(self) -> None:
        """Show what is true, and how long the hand is up."""
        super().on_mount()
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
        lesson = self.world.lesson
        others = {
            "pause": lessons.is_held(lesson),
            "hand": bool(lesson.hand),
            "enter": lessons.entering(lesson) == "play",
            "live": not lessons.is_off_live(lesson),
            "record": lesson.recorded.state == "recording",
        }
        return key.also[0] if others.get(key.action) else key.word

    # What is shown ------------------------------------------------------------------------

    def show(self, world: World) -> None:
        """Write the lesson."""
        lesson = world.lesson
        between = f" {self.sign('between')} "
        about = lessons.about(lesson, between)
        unnamed = lessons.unnamed(lesson)
        self.put("subject", about or (self.say(unnamed) if unnamed else ""))
        self.put("who", between.join(filter(None, lessons.who(lesson))))
        ink = lessons.INK[lesson.state]
        self.put("state", (f"{self.sign(lessons.sign_of(lesson))} {self._state(lesson)}", ink))
        self._write("next", (self._next(lesson), "text"))
        self._streams(lesson)
        self.query_one("#reel", Reel).put(lessons.place(lesson))
        self._write("recording", self._recording(lesson))
        self._write("link", self._link(world.link))
        sign, said, shade = lessons.sight(lesson)
        self._write("sight", (f"{self.sign(sign)} {self.say(said)}" if said else "", shade))
        self._write("projector", self._projector(world.showing))
        self._talk(lesson)
        below = [*self.keys_shown(), *(() if lessons.has_hub(lesson) else (QUESTION, RECORD))]
        for key in MORE:
            words = "" if key in below else f"{key.key.upper()} {self.say(self.word_of(key))}"
            self._write(f"more-{key.action}", (words, "muted"))

    def _write(self, line_id: str, part: tuple[str, str]) -> None:
        """Write a line, or take it away: what is not so needs no sentence."""
        self.query_one(f"#{line_id}", Line).display = bool(part[0])
        self.put(line_id, part)

    def _state(self, lesson: Lesson) -> str:
        duration = self.host.words.duration
        if lesson.state == "lost":
            return self.count("lesson-lost", round(lesson.away))
        if lesson.page:
            return self.say(lessons.page_word(lesson), page=lesson.page, pages=lesson.pages)
        if lesson.state == "playing":
            word = "lesson-playing-held" if lesson.paused else "lesson-playing"
            return self.say(word, at=duration(lesson.position), length=duration(lesson.length))
        if lesson.state in ("behind", "paused"):
            return self.say("lesson-" + lesson.state, behind=duration(lesson.behind))
        return self.say("lesson-" + lesson.state)

    def _next(self, lesson: Lesson) -> str:
        word, offer = lessons.next_word(lesson), lesson.offer
        if not word:
            return ""
        if offer is None:
            return self.say(word)
        return self.say(word, title=offer.title, day=self._day(offer.day), minutes=offer.minutes)

    def _day(self, day: str) -> str:
        try:
            return self.host.words.day(date.fromisoformat(day))
        except ValueError:
            return day

    def _streams(self, lesson: Lesson) -> None:
        rows = self.query_one("#streams", Rows)
        before, rows.display = rows.display, lesson.state == "choosing"
        if rows.display:
            rows.fill([Row(stream, ((stream, "text"),)) for stream in lesson.choices])
            rows.styles.height = max(1, min(len(lesson.choices), MOST_CHOICES))
            rows.focus()
        elif before:
            self.set_focus(None)

    def _recording(self, lesson: Lesson) -> tuple[str, str]:
        sign, word, ink = lessons.recording(lesson)
        minutes = int(lesson.recorded.seconds // 60)
        said = word and self.host.words.told(word, {"minutes": minutes}, "lesson-stopped")
        return (f"{self.sign(sign)} {said}" if said else ""), ink

    def _link(self, link: Link | None) -> tuple[str, str]:
        if link is None:
            return "", "muted"
        said = self.say("lesson-link-" + link.state)
        return f"{self.sign(link.state)} {said}", lessons.LINK_INK[link.state]

    def _projector(self, showing: Showing) -> tuple[str, str]:
        sign, ink = lessons.PROJECTOR[showing.projector]
        return f"{self.sign(sign)} {self.say('lesson-projector-' + showing.projector)}", ink

    def _talk(self, lesson: Lesson) -> None:
        minutes = lessons.minutes_up(lesson, self.host.time.timestamp())
        word = "lesson-hand-minutes" if minutes else "lesson-hand"
        hand = f"{self.sign('hand')} {self.say(word, minutes=minutes)} " if lesson.hand else ""
        asked = self.count("lesson-questions", lesson.questions) if lesson.questions else ""
        self.query_one("#talk", Line).display = bool(hand or asked)
        self.put("talk", (hand, "accent"), (asked and f"{self.sign('here')} {asked}", "info"))

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
        doing = {"state": "pause", "next": "enter", "recording": "record", "link": "health", "talk": "hand"}
        name = (event.widget.id if event.widget else "") or ""
        if name in doing:
            self.action_press(doing[name])
        elif name.startswith("more-"):
            self.action_press(name.removeprefix("more-"))

    def _skip_by(self, seconds: float) -> None:
        self.run_worker(self.order(Skip(seconds)), group="skip")
