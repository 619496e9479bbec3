"""The experiment that runs: what belongs to it of all that is measured, and when it is over (core)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from devices.driver import Sample
from devices.template import MAX_SECONDS, Template
from edge.contract.notices import Bound, Device, Run

MAX_MARKS = 999  # of one run: nobody finds her way among more
MICRO = 1_000_000

Row = tuple[
    int, int, float, int
]  # microseconds since it began, number of the channel, value, 1 if out of range
Key = tuple[str, str]  # device, channel


class Missing(Exception):
    """Nothing here measures a quantity in the unit that an experiment wants."""

    def __init__(self, quantity: str, unit: str) -> None:
        super().__init__(f"{quantity} in {unit}")
        self.quantity = quantity
        self.unit = unit


def bind(template: Template, devices: Sequence[Device]) -> tuple[Bound, ...]:
    """Return which channels an experiment measures with: real before simulated; raise Missing."""
    plugged = sorted((each for each in devices if each.state != "gone"), key=lambda each: each.simulated)
    offered = [Bound(ch.quantity, each.id, ch.name, ch.unit) for each in plugged for ch in each.channels]
    found = []
    for want in template.wants:
        fitting = (each for each in offered if (each.quantity, each.unit) == (want.quantity, want.unit))
        first = next(fitting, None)
        if first is None:
            raise Missing(want.quantity, want.unit)
        found.append(first)
    return tuple(found)


class Beginning(Struct, frozen=True):
    """What is known of a run when it begins."""

    id: str
    experiment: str
    wall: int  # milliseconds since 1970
    group: int
    lesson: str
    bound: tuple[Bound, ...]
    simulated: bool  # some of it


class Active:
    """A run while it is recorded."""

    def __init__(self, beginning: Beginning, seconds: int, now: float) -> None:
        self.beginning = beginning
        self.samples = 0
        self.marks = 0
        self._seconds = seconds  # after which it ends by itself; 0: when it is stopped
        self._began = now
        self._number = {(each.device, each.channel): n for n, each in enumerate(beginning.bound)}
        self._last = [-1] * len(beginning.bound)

    def rows(self, device: str, samples: Iterable[Sample]) -> list[Row]:
        """Return what is to be kept of what a device measured."""
        kept = []
        for each in samples:
            number = self._number.get((device, each.channel))
            if number is not None and each.at >= self._began:
                kept.append((self._moment(number, each.at), number, each.raw, int(each.flag != "")))
        self.samples += len(kept)
        return kept

    def mark(self, now: float) -> int:
        """Count a mark; return its place in microseconds since the run began."""
        self.marks += 1
        return int(self.seconds(now) * MICRO)

    def seconds(self, now: float) -> float:
        """Return how long it has run."""
        return max(0.0, now - self._began)

    def is_over(self, now: float) -> bool:
        """Tell whether it ends by itself now."""
        return self.seconds(now) >= (self._seconds or MAX_SECONDS)

    @property
    def reason(self) -> str:
        """Return why it ends by itself, if the experiment does not say so."""
        return "" if self._seconds else "longest"

    def notice(self, now: float) -> Run:
        """Return it as a screen is told."""
        it, seconds = self.beginning, round(self.seconds(now), 1)
        return Run(
            "running", it.id, it.experiment, it.wall, seconds, self.samples, self.marks, it.group, it.bound,
            simulated=it.simulated,
        )  # fmt: skip

    def _moment(self, number: int, at: float) -> int:
        """Two samples that came together are a microsecond apart: each is kept."""
        self._last[number] = max(self._last[number] + 1, int((at - self._began) * MICRO))
        return self._last[number]
