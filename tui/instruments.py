"""How instruments are called and what they show, in the words of one language."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from edge.contract.answers import Column, Entry, Experiment, Number, PastRun, Want
from edge.contract.notices import Channel, Device, Reading
from tui.trace import Probe
from tui.words import Words

NOTHING = "—"  # where there is no value


class Naming:
    """The words for what the daemon calls by keys; what has no word here is shown as the daemon says it."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def device(self, device: Device) -> str:
        """Return what the school calls it."""
        return self._named("device-", device.label) or device.id

    def probe(self, probe: Probe) -> str:
        """Return what is measured: the sensor, or which of its quantities."""
        if len(probe.device.channels) == 1:
            return self.device(probe.device)
        return self.quantity(probe.channel.quantity)

    def quantity(self, quantity: str) -> str:
        """Return what is measured."""
        return self._named("quantity-", quantity)

    def quantities(self, quantities: Sequence[str]) -> str:
        """Return several of them, within a sentence."""
        return ", ".join(self.quantity(each).lower() for each in quantities)

    def program(self, program: str) -> str:
        """Return the name of a robot's program."""
        return self._named("program-", program)

    def message(self, message: str) -> str:
        """Return what a robot says."""
        return self._named("robot-says-", message)

    def unit(self, channel: Channel) -> str:
        """Return a unit as people write it."""
        return channel.shown.get(self._words.language, channel.unit)

    def value(self, reading: Reading | None, channel: Channel) -> str:
        """Return what a channel shows."""
        if reading is None or reading.value is None:
            return NOTHING
        return self._words.number(reading.value, channel.decimals)

    def number(self, value: float, decimals: int) -> str:
        """Return a value beside an axis."""
        return self._words.number(value, decimals)

    def title(self, experiment: Experiment | None) -> str:
        """Return what an experiment is called."""
        return "" if experiment is None else experiment.title.get(self._words.language, experiment.id)

    def hint(self, experiment: Experiment | None) -> str:
        """Return what is to be done in it."""
        return "" if experiment is None else experiment.hint.get(self._words.language, "")

    def column(self, column: Column) -> str:
        """Return what is in a column of a run."""
        return column.title.get(self._words.language) or self.quantity(column.quantity)

    def axis(self, column: Column) -> str:
        """Return a column with its unit, as it stands beside an axis."""
        return self._with_unit(self.column(column), column.shown.get(self._words.language, column.unit))

    def entry(self, entry: Entry) -> str:
        """Return what is to be entered."""
        return self._with_unit(self.quantity(entry.quantity), self.written(entry))

    def written(self, it: Column | Entry | Number) -> str:
        """Return a unit as people write it."""
        return it.shown.get(self._words.language, it.unit)

    def found(self, number: Number) -> tuple[str, str]:
        """Return what a number means, and the number with its unit."""
        meaning = number.title.get(self._words.language, number.name)
        return meaning, f"{self.number(number.value, number.decimals)} {self.written(number)}".strip()

    def fits(self, r2: float | None) -> str:
        """Return how well a curve fits."""
        return "" if r2 is None else self._words.say("results-fits", number=self.number(r2, 4))

    def measured(self, quantity: str, shown: Mapping[str, str], unit: str) -> str:
        """Return what is measured and in which unit, within a sentence."""
        return self._with_unit(self.quantity(quantity).lower(), shown.get(self._words.language, unit))

    def offer(self, experiment: Experiment, lacks: Sequence[Want]) -> str:
        """Return an experiment in a list of those that can be chosen."""
        title = self.title(experiment)
        if not lacks:
            return title
        quantities = self.quantities([each.quantity for each in lacks])
        return self._words.say("lab-option-needs", title=title, quantity=quantities)

    def past(self, run: PastRun, experiment: Experiment | None) -> str:
        """Return a run in a list of those that were made."""
        title = run.title.get(self._words.language) or self.title(experiment) or run.experiment
        time = self._words.duration(run.seconds)
        local = datetime.fromtimestamp(run.began / 1000, UTC).astimezone()
        began = f"{self._words.day(local.date())} {local:%H:%M}"
        said = self._words.say("lab-option-run", title=title, began=began, time=time, group=run.group)
        return f"{said} ({self._words.say('lab-simulated')})" if run.simulated else said

    def moment(self, seconds: float) -> str:
        """Return a place on an axis of time."""
        sign = "−" if seconds < 0 else ""
        return sign + self._words.duration(abs(seconds))

    def _with_unit(self, name: str, unit: str) -> str:
        return f"{name}, {unit}" if unit else name

    def _named(self, prefix: str, key: str) -> str:
        return self._words.say(prefix + key) if key and self._words.has(prefix + key) else key


def remark(probe: Probe, reading: Reading | None) -> tuple[str, str] | None:
    """Return what a teacher has to know of a sensor: the key of a sentence, and its ink."""
    if probe.device.state != "ready":
        return {
            "gone": ("lab-sensor-gone", "bad"),
            "stale": ("lab-sensor-stale", "accent"),
            "busy": ("lab-sensor-busy", "accent"),
        }[probe.device.state]
    return ("lab-sensor-beyond", "accent") if reading is not None and reading.flag else None
