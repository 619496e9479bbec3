"""What the pages of the laboratory have in common: the experiment that runs, its marks, its files."""

from edge.contract.answers import Experiment, Experiments, Made
from edge.contract.commands import ExportExperiment, ListExperiments, MarkMoment, TakeBackMark
from tui.instruments import Naming
from tui.keys import Key
from tui.page import Page

MOST_RUNS = 9  # to choose from: what a screen holds
EXPORT = Key("f6", "key-export", "export")


class Measuring(Page):
    """A page on which moments are marked, or values entered, while an experiment runs."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Experiment] = {}
        self._made = ""  # the path of the file that was written last

    def word_of(self, key: Key) -> str:
        """Return what a key does now."""
        enters = key.action == "mark" and self._records and self._enters
        return "key-enter-value" if enters else super().word_of(key)

    async def do_mark(self) -> None:
        """Mark this moment, or enter what was read off; it is told when it is on the disk."""
        experiment, run = self._known.get(self.world.run.experiment), self.world.run
        if experiment is None or experiment.entry is None:
            await self.order(MarkMoment())
            return
        from tui.screens.entry import EntryPage

        self.host.opened()
        offered = experiment.entry.low if run.offered is None else run.offered
        value: float | None = await self.app.push_screen_wait(EntryPage(experiment.entry, offered, run.bound))
        if value is not None:
            await self.order(MarkMoment(value))

    async def do_take_back(self) -> None:
        """Let the last mark, or the last row, count no more."""
        if await self.order(TakeBackMark()):
            self.tell("lab-taken-back")

    async def do_export(self) -> None:
        """Write a run as a file: the one that is looked at, or one that is chosen."""
        run = self._looked_at() or await self._choose_run("lab-which-run")
        if not run:
            return
        lang = self.host.words.language
        made = await self.ask(ExportExperiment(run, lang), Made)  # type: ignore[arg-type]  # one of three
        if made is not None:
            self._made = made.path
            self._written()

    def _looked_at(self) -> str:
        """Return the run that is exported without a question."""
        return self.world.run.id if self._records else ""

    def _written(self) -> None:
        """Say where the file is."""
        self.renew()

    async def _choose_run(self, question: str) -> str:
        listed = await self._list()
        if listed is None:
            return ""
        if not listed.runs:
            self.tell("lab-no-runs", "poor")
            return ""
        past = [(run, self._known.get(run.experiment)) for run in listed.runs[:MOST_RUNS]]
        options = [(run.id, self._naming.past(run, experiment)) for run, experiment in past]
        return await self.choose(self.host.words.say(question), options)

    async def _list(self) -> Experiments | None:
        listed = await self.ask(ListExperiments(), Experiments)
        if listed is not None:
            self._known = {each.id: each for each in listed.experiments}
            self._again()
        return listed

    @property
    def _naming(self) -> Naming:
        return Naming(self.host.words)

    @property
    def _records(self) -> bool:
        return self.is_running and self.world.run.state == "running"

    @property
    def _enters(self) -> bool:
        experiment = self._known.get(self.world.run.experiment)
        return experiment is not None and experiment.entry is not None

    def _again(self) -> None:
        if self.query("#run"):  # an answer may come when the page was left
            self.renew()
