"""What an experiment shows: its view as a chart, and what is found, in words with units."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from edge.contract.answers import Analysis, Column, Finding, Number
from edge.contract.commands import ReadAnalysis
from edge.contract.notices import Notice, Run
from tui.keys import Key
from tui.measuring import EXPORT, Measuring
from tui.plot import wide_enough
from tui.widgets import rows as table
from tui.widgets.chart import Across, Chart, Picture
from tui.widgets.line import Line, Part
from tui.widgets.rows import Row, Rows
from tui.world import World

AGAIN = 1.0  # seconds between two looks at a run that goes on
MOST_FOUND = 5  # numbers that are seen at once
UNTOLD = ("away", "not-found", "disk-error", "disk-full")  # what cannot be read stays as it is
COLUMNS = (table.Column(10, grows=1), table.Column(20, right=True), table.Column(13, right=True))
TIME = "t"
SHORT = 10.0  # seconds: an axis of minutes has no labels for less


class ResultsPage(Measuring):
    """One run: two of its columns, and what was found in them."""

    HEADING = "results"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("f5", "key-mark", "mark", also=("key-export", "key-enter-value")),
        Key("f3", "key-take-back", "take_back", shown=False),
        Key("f6", "key-export", "export", shown=False),
        Key("right,f7", "key-next-view", "next"),
        Key("left", "key-view-before", "before", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Run,)
    DEFAULT_CSS = f"""
    ResultsPage #run {{ height: 1; padding: 0 1; background: $ground-surface; }}
    ResultsPage #axes {{ height: 1; padding: 0 1; }}
    ResultsPage #chart {{ height: 1fr; }}
    ResultsPage #found {{ height: auto; max-height: {MOST_FOUND}; }}
    ResultsPage #said {{ height: auto; max-height: 2; padding: 0 1; background: $ground-surface; }}
    """

    def __init__(self, run: str = "") -> None:
        super().__init__()
        self._run = run  # the one that is looked at; "" for the one that runs, or the last
        self._view = ("", "")  # x and y; empty: the first of the experiment
        self._found: Analysis | None = None
        self._told: tuple[str, int, int, str] | None = None  # what the analysis is of
        self._called = ""

    def body(self) -> ComposeResult:
        """Yield the run, the axes, the chart, the numbers, and one sentence."""
        yield Line("run")
        yield Line("axes")
        yield Chart(lambda: self._naming, "chart")
        yield Rows(*COLUMNS, id="found")
        yield Line("said")

    def stand(self) -> None:
        """Ask what the run is called, and look at it again while it goes on."""
        self.query_one("#found").focus()
        self.run_worker(self._ask_name(), group="name")
        self.set_interval(AGAIN, self._look)
        self._look()

    def keys_shown(self) -> list[Key]:
        """Return the keys of now: a moment is marked while something runs, a file is written after."""
        shown = super().keys_shown()
        return shown if self._records else [EXPORT if key.action == "mark" else key for key in shown]

    def show(self, world: World) -> None:
        """Draw what was found."""
        self._run_line(world.run)
        found = self._found
        rows = self.query_one("#found", Rows)
        if found is None or not found.xs:
            self.put("axes", "")
            rows.fill([])
            self.query_one("#chart", Chart).draw(Picture())
            self.put("said", self._advice(world.run))
            return
        across, up = self._column(found, found.x), self._column(found, found.y)
        self.put("axes", *self._axes(across, up))
        rows.fill([self._row(finding, number) for finding in found.findings for number in finding.numbers])
        rows.styles.height = min(MOST_FOUND, max(1, sum(len(each.numbers) for each in found.findings)))
        self.query_one("#chart", Chart).draw(self._picture(found, across, up))
        self.put("said", self._advice(world.run))

    @on(Rows.Moved, "#found")
    def look_at(self) -> None:
        """Show the columns in which the selected number was found."""
        finding = self._selected()
        if finding is not None:
            self._change((finding.x, finding.y))

    # Keys ------------------------------------------------------------------------------------------

    def do_next(self) -> None:
        """Show the next view."""
        self._turn(1)

    def do_before(self) -> None:
        """Show the view before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        found = self._found
        if found is None:
            return
        views = _views(found)
        at = views.index((found.x, found.y)) if (found.x, found.y) in views else 0
        self._change(views[(at + by) % len(views)])

    def _change(self, view: tuple[str, str]) -> None:
        self._view, self._told = view, None
        self._look()

    # What is asked ---------------------------------------------------------------------------------

    def _looked_at(self) -> str:
        return self._run or self.world.run.id

    def _written(self) -> None:
        self.tell("lab-file", path=self._made)

    async def _ask_name(self) -> None:
        listed = await self._list()
        past = next((each for each in listed.runs if each.id == self._run), None) if listed else None
        if past is not None:
            self._called = self._naming.past(past, self._known.get(past.experiment))
            self._again()

    def _look(self) -> None:
        """Ask anew when there is more of the run, or another view is wanted."""
        run, wanted = self.world.run, self._looked_at()
        state = (wanted, run.samples, run.marks, run.state) if wanted == run.id else (wanted, 0, 0, "")
        if wanted and state != self._told:
            if self._told is not None and self._told[0] != wanted:
                self._view, self._found = ("", ""), None
            self._told = state
            self.run_worker(self._fetch(wanted), group="analysis", exclusive=True)

    async def _fetch(self, run: str) -> None:
        x, y = self._view
        found = await self.ask(ReadAnalysis(run, x, y), Analysis, UNTOLD)
        if found is not None and run == self._looked_at():
            self._found = found
            self._again()

    # What is shown ---------------------------------------------------------------------------------

    def _run_line(self, run: Run) -> None:
        if self._run and self._run != run.id:
            self.put("run", (self._called, "accent"))
            return
        if not run.id:
            self.put("run", (self.say("results-none"), "muted"))
            return
        title = self._naming.title(self._known.get(run.experiment))
        parts: list[Part] = [(f"{title}  {self.host.words.duration(run.seconds)}  ", "accent")]
        if self._records:
            parts.insert(0, (f"{self.sign('recording')} {self.say('lab-running')}  ", "ok"))
        parts.append(f"{self.say('lab-group', number=run.group)}  ")
        if self._found is not None:
            parts.append(self.count("results-rows", self._found.rows))
        if run.simulated:
            parts.append((f"  {self.say('lab-simulated')}", "accent"))
        self.put("run", *parts)

    def _axes(self, across: Column, up: Column) -> list[Part]:
        naming = self._naming
        return [(naming.axis(up), "info"), (f"  ({naming.axis(across)})", "muted")]

    def _row(self, finding: Finding, number: Number) -> Row:
        meaning, value = self._naming.found(number)
        name = f"{finding.kind} {finding.x} {finding.y} {number.name}"
        cells = (
            (meaning, "text"),
            (f"{number.name} = {value}", "ok"),
            (self._naming.fits(finding.r2), "muted"),
        )
        return Row(name, cells)

    def _picture(self, found: Analysis, across: Column, up: Column) -> Picture:
        points = list(zip(found.xs, found.ys, strict=True))
        finding = self._drawn(found)
        laid = finding.curve if finding else ()
        unit = self._naming.written(up)
        if found.x == TIME and max(found.xs) > SHORT:
            return Picture(points, (0.0, wide_enough(max(found.xs))), (), unit, up.decimals, laid=laid)
        span = (min(found.xs), max(found.xs))
        return Picture(
            points, span, (), unit, up.decimals, Across(self._naming.written(across), across.decimals), laid
        )

    def _drawn(self, found: Analysis) -> Finding | None:
        """Return the curve that belongs to the axes: the selected one, if it does."""
        here = [each for each in found.findings if (each.x, each.y) == (found.x, found.y) and each.curve]
        selected = self._selected()
        return selected if selected in here else next(iter(here), None)

    def _selected(self) -> Finding | None:
        selected = self.query_one("#found", Rows).selected
        every = self._found.findings if self._found else ()
        return next((each for each in every if selected.startswith(f"{each.kind} {each.x} {each.y} ")), None)

    def _column(self, found: Analysis, name: str) -> Column:
        return next(each for each in found.columns if each.name == name)

    def _advice(self, run: Run) -> str:
        if self._run and self._run != run.id:
            return ""
        if run.state == "running":
            return self.say("lab-waits") if run.waits else self._naming.hint(self._known.get(run.experiment))
        return "" if self._found else self.say("results-nothing")


def _views(found: Analysis) -> list[tuple[str, str]]:
    """Return what can be shown: the views of the experiment, then every other column over the first's x."""
    views = list(found.views)
    x = views[0][0] if views else TIME
    shown = {y for _, y in views} | {x}
    return [*views, *((x, each.name) for each in found.columns if each.name not in shown)]
