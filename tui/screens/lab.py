"""The lab: sensors, the selected one's value large, its curve; an experiment is begun, marked, ended."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from edge.contract.answers import Curve, Experiments, Want
from edge.contract.commands import ReadCurve, StartExperiment, StopExperiment
from edge.contract.notices import Devices, Notice, Reading, Run
from tui.instruments import NOTHING, remark
from tui.keys import Key
from tui.measuring import EXPORT, Measuring
from tui.trace import Probe, Trace, doubtful, is_bound, is_plugged, lacks, probes
from tui.widgets.chart import Chart, Picture
from tui.widgets.digits import HEIGHT, Digits
from tui.widgets.line import Line, Part
from tui.widgets.rows import Column, Row, Rows
from tui.world import World

MOST_GROUPS = 9  # of pupils in a class: two or three each
COLUMNS = (
    Column(10, grows=1),  # the sensor, or which of its quantities
    Column(11, right=True),  # value and unit
    Column(10),  # the state: its sign and its word
)
STATE = {
    "ready": ("live", "ok"),
    "stale": ("poor", "accent"),
    "gone": ("bad", "bad"),
    "busy": ("busy", "accent"),
}
UNTOLD = ("away", "not-found", "disk-error", "disk-full")  # a curve that cannot be read stays as it is
MISSING = "quantity-missing"
RESULTS = Key("f4", "key-results", "results")


class LabPage(Measuring):
    """Sensors and experiments."""

    HEADING = "lab"
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("enter", "key-measure", "toggle", also=("key-end",)),
        Key("f5", "key-mark", "mark", also=("key-export", "key-enter-value")),
        Key("f4", "key-results", "results", shown=False),
        Key("f3", "key-take-back", "take_back", shown=False),
        Key("f6", "key-export", "export", shown=False),
        Key("f7", "key-next-sensor", "next", shown=False),
        Key("f8", "key-robots", "robots", also=("key-results",)),
        Key("f11", "key-devices", "devices", shown=False),
        Key("left", "key-group-before", "group_before", shown=False),
        Key("right", "key-group-after", "group_after", shown=False),
    )
    LISTENS: ClassVar[tuple[type[Notice], ...]] = (Devices, Reading, Run)
    DEFAULT_CSS = f"""
    LabPage #run {{ height: 1; padding: 0 1; background: $ground-surface; }}
    LabPage #top {{ height: {HEIGHT + 1}; padding-top: 1; }}
    LabPage #value {{ width: 34; }}
    LabPage #sensors {{ height: {HEIGHT}; }}
    LabPage #chart {{ height: 1fr; }}
    LabPage #said {{ height: 2; padding: 0 1; background: $ground-surface; }}
    """

    def __init__(self) -> None:
        super().__init__()
        self._group = 1
        self._trace = Trace(0)
        self._of = ""  # the channel of the trace
        self._seen = ""  # the run that went on while somebody looked
        self._before = Run()  # as it was shown last

    def body(self) -> ComposeResult:
        """Yield the run, the value and the sensors, one sentence, and the chart."""
        yield Line("run")
        with Horizontal(id="top"):
            yield Digits("value")
            yield Rows(*COLUMNS, id="sensors")
        yield Line("said")
        yield Chart(lambda: self._naming, "chart")

    def stand(self) -> None:
        """Ask what the experiments are called."""
        self.query_one("#sensors").focus()
        self.run_worker(self._list(), group="experiments")

    def on_screen_suspend(self) -> None:
        """Fetch what is measured while another page is in front, afterwards."""
        self._of = "" if self._trace.run else self._of

    def word_of(self, key: Key) -> str:
        """Return what a key does now."""
        return "key-end" if key.action == "toggle" and self._records else super().word_of(key)

    def keys_shown(self) -> list[Key]:
        """Return the keys of now: a moment is marked while something runs, a file is written after."""
        shown = super().keys_shown()
        if self.is_running and self.world.run.id:
            shown = [RESULTS if key.action == "robots" else key for key in shown]
        return shown if self._records else [EXPORT if key.action == "mark" else key for key in shown]

    def show(self, world: World) -> None:
        """Write what is measured now."""
        found = probes(world.devices)
        rows = self.query_one("#sensors", Rows)
        rows.fill([self._row(probe) for probe in found])
        probe = next((each for each in found if each.id == rows.selected), None)
        self._follow(world, probe)
        self._run_line(world.run)
        self._draw(probe)
        self.put("said", *self._said(world, probe))

    @on(Rows.Moved)
    def look(self) -> None:
        """Show another channel."""
        self.renew()

    # Keys ------------------------------------------------------------------------------------------

    async def do_toggle(self) -> None:
        """End the experiment that runs, or choose one and begin it."""
        if self._records:
            await self.order(StopExperiment())
        elif not probes(self.world.devices):
            self.tell("lab-none", "poor")
        elif (listed := await self._list()) is not None:
            await self._begin(listed)

    async def do_results(self) -> None:
        """Show what was found: in the run that goes on or was the last, or in one that is chosen."""
        if self.world.run.id:
            self.host.go("results")
        elif run := await self._choose_run("lab-which-results"):
            self.host.go("results", run)

    def do_next(self) -> None:
        """Look at the next channel."""
        rows, found = self.query_one("#sensors", Rows), probes(self.world.devices)
        if found:
            rows.select(found[(rows.at + 1) % len(found)].id)
            self.renew()

    def do_robots(self) -> None:
        """Open the robots."""
        self.host.go("robots")

    def do_devices(self) -> None:
        """Open everything that is plugged in."""
        self.host.go("devices")

    def do_group_before(self) -> None:
        """Measure for the group before."""
        self._group = max(1, self._group - 1)
        self.renew()

    def do_group_after(self) -> None:
        """Measure for the next group."""
        self._group = self._group % MOST_GROUPS + 1
        self.renew()

    def on_click(self, event: events.Click) -> None:
        """Go on to the next group where the group is clicked."""
        if event.widget is self.query_one("#run") and not self._records:
            self.action_press("group_after")

    async def _begin(self, listed: Experiments) -> None:
        missing = {each.id: lacks(each) for each in listed.experiments}
        able = sorted(listed.experiments, key=lambda each: bool(missing[each.id]))
        options = [(each.id, self._naming.offer(each, missing[each.id])) for each in able]
        chosen = await self.choose(self.say("lab-which"), options)
        if not chosen:
            return
        if missing[chosen]:
            self._needs(missing[chosen])
        elif await self.order(StartExperiment(chosen, self._group, self._device()), (MISSING,)):
            self._made = ""
        elif self.refused == MISSING:
            await self._say_what_lacks(chosen)

    async def _say_what_lacks(self, experiment: str) -> None:
        """Say it of an experiment whose instrument was pulled out meanwhile."""
        why, listed = self.why, await self._list()
        wants = [lacks(each) for each in listed.experiments if each.id == experiment] if listed else []
        if any(wants):
            self._needs(wants[0])
        else:
            self.host.tell(why, "bad")

    def _needs(self, wants: Sequence[Want]) -> None:
        """Say what an experiment needs, and what there is instead, with units: centimetres are no metres."""
        naming = self._naming
        plugged = [probe.channel for probe in probes(self.world.devices) if is_plugged(probe)]
        found = sorted({naming.measured(each.quantity, each.shown, each.unit) for each in plugged})
        needs = [naming.measured(each.quantity, each.shown, each.unit) for each in wants]
        nothing = self.say("lab-nothing-plugged")
        self.tell("lab-needs", "poor", quantity="; ".join(needs), found="; ".join(found) or nothing)

    def _device(self) -> str:
        """Return the instrument that is selected: it is taken first."""
        selected = self.query_one("#sensors", Rows).selected
        return next((each.device.id for each in probes(self.world.devices) if each.id == selected), "")

    # What is shown ---------------------------------------------------------------------------------

    def _follow(self, world: World, probe: Probe | None) -> None:
        """Keep the curve of the selected channel going; begin another where that is another one."""
        run, before, self._before = world.run, self._before, world.run
        self._seen = run.id if run.state == "running" else self._seen
        if probe is None:
            return
        reading = world.reading(probe.device.id, probe.channel.name)
        stays = run.id != "" and run.id == self._seen
        wanted = run.id if stays and is_bound(run.bound, probe) and not self._enters else ""
        zero = run.began if wanted else 0  # another one when what a run waits for has happened
        if (self._of, self._trace.run, self._trace.zero) != (probe.id, wanted, zero):
            self._of = probe.id
            self._trace = Trace(zero, wanted)
            self._load(probe)
        elif wanted and (run.marks, run.state) != (before.marks, before.state):
            self._load(probe)
        if reading is not None and (run.state == "running" or not wanted):
            self._trace.add(reading.at, reading.value)

    def _load(self, probe: Probe) -> None:
        if self._trace.run:
            self.run_worker(self._fetch(self._trace, probe), group="curve", exclusive=True)

    async def _fetch(self, trace: Trace, probe: Probe) -> None:
        kept = await self.ask(ReadCurve(trace.run, probe.device.id, probe.channel.name), Curve, UNTOLD)
        if kept is not None and trace is self._trace:
            trace.fill(list(zip(kept.times, kept.values, strict=True)), kept.marks)
            self._again()

    def _run_line(self, run: Run) -> None:
        if run.state != "running":
            asked = len(doubtful(self.world.devices))
            told = f"  {self.sign('poor')} {self.count('lab-doubtful', asked)}" if asked else ""
            self.put("run", self.say("lab-group", number=self._group), (told, "accent"))
            return
        title = self._naming.title(self._known.get(run.experiment))
        parts: list[Part] = [
            (f"{self.sign('recording')} {self.say('lab-waiting' if run.waits else 'lab-running')}  ", "ok"),
            (f"{title}  {self.host.words.duration(run.seconds)}  ", "accent"),
            f"{self.say('lab-group', number=run.group)}  ",
            self.count("results-rows" if self._enters else "lab-marks", run.marks),
        ]
        if run.lost:
            parts.append((f"  {self.count('lab-lost', run.lost)}", "bad"))
        if run.simulated:
            parts.append((f"  {self.say('lab-simulated')}", "accent"))
        self.put("run", *parts)

    def _row(self, probe: Probe) -> Row:
        naming, state = self._naming, probe.device.state
        reading = self.world.reading(probe.device.id, probe.channel.name)
        value = f"{naming.value(reading, probe.channel)} {naming.unit(probe.channel)}"
        sign, ink = STATE[state]
        word = f"{self.sign(sign)} {self.say('sensor-' + state)}"
        return Row(probe.id, ((naming.probe(probe), "text"), (value, "text"), (word, ink)))

    def _draw(self, probe: Probe | None) -> None:
        digits, chart = self.query_one("#value", Digits), self.query_one("#chart", Chart)
        if probe is None:
            digits.put(NOTHING, "", "muted")
            chart.draw(Picture())
            return
        reading = self.world.reading(probe.device.id, probe.channel.name)
        ink = "muted" if reading is None or reading.value is None else "bad" if reading.flag else "ok"
        unit = self._naming.unit(probe.channel)
        digits.put(self._naming.value(reading, probe.channel), unit, ink)
        points, times = self._trace.shown(reading.at if reading else 0)
        chart.draw(Picture(points, times, self._trace.marks, unit, probe.channel.decimals))

    def _said(self, world: World, probe: Probe | None) -> list[Part]:
        if probe is None:
            return [(self.say("lab-none"), "muted")]
        sensor = self._naming.device(probe.device)
        simulated = f" {self.sign('between')} {self.say('lab-simulated')}" if probe.device.simulated else ""
        reading = world.reading(probe.device.id, probe.channel.name)
        if reading is not None and reading.trouble:
            trouble = self.host.words.told(f"trouble-{reading.trouble}", {}, "trouble-no-number")
            return [(f"{sensor}{simulated}", "accent"), "\n", (trouble, "accent")]
        plight = remark(probe, reading)
        said = (self.say(plight[0], sensor=sensor), plight[1]) if plight else self._advice(world.run)
        return [(f"{sensor}{simulated}", "accent"), "\n", said]

    def _advice(self, run: Run) -> tuple[str, str]:
        if run.state == "running":
            return self.say("lab-waits") if run.waits else self._naming.hint(
                self._known.get(run.experiment)
            ), "text"
        if self._made:
            return self.say("lab-file", path=self._made), "text"
        if run.state == "stopped" and run.id == self._seen:
            return self.host.words.told(f"lab-stopped-{run.reason}", {}, "lab-stopped-interrupted"), "bad"
        if run.state == "done" and run.id == self._seen:
            return self.count("lab-done", run.samples), "ok"
        return self.say("lab-ready"), "muted"
