"""Today: the lessons of the day, the one due now selected; Enter starts it."""

from datetime import date
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult

from edge.contract.commands import Play, StartLesson
from edge.contract.notices import Day, Health, Lesson, Link, Notice, PlannedLesson
from tui import timetable
from tui.keys import Key
from tui.page import Page
from tui.theme import INK_OF
from tui.timetable import Selection
from tui.widgets.cells import fit
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

COLUMNS = (
    Column(11),  # 09:00–09:45
    Column(16, grows=1),  # subject
    Column(6),  # class
    Column(18, grows=1),  # the hub school
    Column(17),  # state: its sign and its word
    Column(1),  # the register's tick
)
STATE_INK = {"live": "ok", "running": "ok", "recorded": "info", "missing": "muted", "cancelled": "muted"}
LINK_INK = {"good": "ok", "poor": "accent", "sound-only": "accent", "lost": "bad", "alone": "muted"}


class TodayPage(Page):
    """The timetable of today."""

    HEADING = "today"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-start", "start", also=("key-recording", "key-go-on")),
        Key("f2", "key-roll", "roll"),
        Key("f3", "key-library", "library"),
        Key("f4", "key-lab", "lab"),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Day, Lesson, Link, Health)
    DEFAULT_CSS = """
    TodayPage #date { padding: 0 1; height: 1; }
    TodayPage #empty { padding: 1 2; }
    TodayPage #detail { padding: 0 1; height: 2; background: $ground-surface; }
    TodayPage #status { padding: 0 1; height: auto; max-height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.ready = False
        self._selection = Selection()

    def body(self) -> ComposeResult:
        """Yield the date, the lessons, what is known of the selected one, and the status line."""
        yield Line("date", classes="muted")
        yield Line("empty")
        yield Rows(*COLUMNS, id="lessons")
        yield Line("detail")
        yield Line("status")

    def hold(self, event: events.Key) -> bool:
        """Drop what was typed before there was anything to see."""
        return not self.ready and event.key != "escape"

    def keys_shown(self) -> list[Key]:
        """Return the four keys and help: there is nowhere to go back to."""
        return [key for key in super().keys_shown() if key.action != "back"]

    def word_of(self, key: Key) -> str:
        """Return what Enter does with the selected lesson."""
        if key.action != "start":
            return key.word
        return {"offer": "key-recording", "running": "key-go-on"}.get(self._entering(), key.word)

    def show(self, world: World) -> None:
        """Write the day."""
        day = world.day
        self.query_one("#lessons").display = bool(day and day.lessons)
        self.query_one("#empty").display = not (day and day.lessons)
        if day is None:
            self.put("empty", self.say("connecting"))
            return
        self._selection = timetable.selected(day, self._follow())
        rows = self.query_one("#lessons", Rows)
        rows.fill([self._row(lesson) for lesson in day.lessons], self._selection.lesson)
        more = f"  {self.sign('poor')} {self.count('today-more', day.more)}" if day.more else ""
        self.put("date", self.host.words.date(date.fromisoformat(day.date)), (more, "accent"))
        self.put("empty", self.say("today-empty"))
        self._detail()
        self._status(world)
        if not self.ready:
            rows.focus()
            self.begin()

    @on(Rows.Moved)
    def follow(self) -> None:
        """Tell of the lesson that is selected now."""
        self.renew()

    @on(Rows.Chosen)
    def choose_row(self) -> None:
        """Start a lesson that is clicked twice."""
        self.action_press("start")

    async def do_start(self) -> None:
        """Start the selected lesson, go to the one that runs, or show the recording."""
        lesson, how = self._lesson(), self._entering()
        if how == "cancelled":
            self.tell("lesson-cancelled", "poor")
        elif how == "running":
            self.host.go("lesson")
        elif how == "offer" and lesson is not None:
            await self._offer(lesson)
        elif await self.order(StartLesson(lesson.id if lesson else "")):
            self.host.go("lesson")

    def do_roll(self) -> None:
        """Open the register of the selected lesson."""
        if lesson := self._follow().lesson:
            self.host.go("roll", lesson)
        else:
            self.tell("today-empty", "poor")

    def do_library(self) -> None:
        """Open the library."""
        self.host.go("library")

    def do_lab(self) -> None:
        """Open the lab."""
        self.host.go("lab")

    def do_back(self) -> None:
        """Select the lesson that is due again."""
        self._selection = Selection()
        self.renew()

    async def _offer(self, lesson: PlannedLesson) -> None:
        options = (("play", self.say("offer-play")), ("start", self.say("offer-start")))
        chosen = await self.choose(self.say("offer-recording", subject=lesson.subject), options)
        if chosen == "play" and await self.order(Play(lesson.recording)):
            self.host.go("lesson")
        if chosen == "start" and await self.order(StartLesson(lesson.id)):
            self.host.go("lesson")

    def _follow(self) -> Selection:
        """Return the selection: where the row is, though the page was not told yet that it moved there."""
        before = self._selection
        row = self.query_one("#lessons", Rows).selected if before.lesson else ""
        if row and row != before.lesson:
            self._selection = Selection(row, True, before.date)
        return self._selection

    def _lesson(self) -> PlannedLesson | None:
        return timetable.lesson_of(self.world.day, self._follow().lesson)

    def _entering(self) -> timetable.Entering:
        return timetable.entering(self._lesson(), self.world.lesson, self.world.link)

    def _row(self, lesson: PlannedLesson) -> Row:
        ink = STATE_INK.get(lesson.state, "text")
        word = f"{self.sign(lesson.state)} {self.say('state-' + lesson.state)}"
        tick = {"signed": "tick", "draft": "draft"}.get(lesson.register)
        cells = (
            (f"{lesson.starts}–{lesson.ends}", "text"),
            (lesson.subject, "text"),
            (lesson.class_, "text"),
            (lesson.hub, "muted"),
            (word, ink),
            (self.sign(tick) if tick else "", "ok"),
        )
        return Row(lesson.id, cells)

    def _detail(self) -> None:
        lesson = self._lesson()
        if lesson is None:
            self.put("detail")
            return
        parts = (lesson.topic, lesson.teacher, lesson.room and self.say("room", room=lesson.room))
        told = f" {self.sign('between')} ".join(filter(None, parts)) or lesson.subject
        told = fit(told, self.size.width - 2, more=self.sign("more"))  # one line: what is below it counts
        self.put("detail", told, "\n", (self.say("register-" + lesson.register), "muted"))

    def _status(self, world: World) -> None:
        parts: list[Part] = []
        if world.link is not None:
            state = world.link.state
            parts += [(f"{self.sign(state)} {self.say('today-link-' + state)}", LINK_INK[state]), "  "]
        disk = timetable.light(world.health, "disk")
        if disk is not None and disk.state in ("poor", "bad"):
            said = self.host.words.told(disk.said, disk.blanks)
            parts += [(f"{self.sign(disk.state)} {said}", INK_OF[disk.state]), "  "]
        elif disk is not None:
            parts += [(f"{self.sign('good')} {self.say('today-disk')}", "ok"), "  "]
        if world.health is not None and world.health.registers:
            parts.append((self.count("today-waiting", world.health.registers), "text"))
        self.put("status", *parts)

    def on_click(self, event: events.Click) -> None:
        """Open sync and health where the status line is clicked."""
        if event.widget is self.query_one("#status"):
            self.action_press("health")
