"""The experiment that runs: what belongs to it of all that is measured, and when it is over (core).

By `time` everything is kept; of `event`s what each channel showed when a person said so, with what she
entered; a `gated` run waits until a channel does something, and its time begins then.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from devices.driver import Sample
from devices.gate import Watch
from devices.template import MAX_SECONDS, Entry, Template, Wanted
from edge.contract.notices import Bound, Channel, Device, Run
from edge.lab.chunks import Piece
from edge.lab.correcting import bound_to

MAX_MARKS = 999  # of one run: nobody finds her way among more
MAX_WAITING = 100_000  # samples that wait for the disk: ten seconds of the fastest eight instruments
MICRO = 1_000_000
LONGEST_WAIT = 1800.0  # seconds until a gated run that does not begin is given up
PLUGGED = ("ready", "stale")  # states of a device that measures, or will again
STEPPED = 500  # milliseconds that a clock may go wrong before it is noted what it shows

Correct = Callable[[float], float]
Note = Callable[[int, Sample], None]


class Missing(Exception):
    """Nothing here measures a quantity in the unit that an experiment wants; what there is instead."""

    def __init__(self, quantity: str, unit: str, found: Sequence[str]) -> None:
        super().__init__(f"needs {quantity} in {unit}, found {', '.join(found) or 'nothing'}")
        self.quantity = quantity
        self.unit = unit
        self.found = found


class NotNow(Exception):
    """A moment cannot be marked, or no mark taken back; `reason` is a word key: waits, value-needed,
    value-beyond, no-value, nothing-marked."""

    def __init__(self, reason: str, quantity: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.quantity = quantity


class Mark(NamedTuple):
    """A moment in microseconds since the run began, and what was entered."""

    at: int
    value: float | None = None


class Anchor(NamedTuple):
    """A moment in microseconds since the run began, and the milliseconds since 1970 that it was then."""

    at: int
    wall: int


class Batch(NamedTuple):
    """What is to be written."""

    pieces: dict[int, Piece]
    marks: list[Mark]
    anchors: list[Anchor]
    withdrawn: Sequence[Mark] = ()  # that were taken back

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.pieces or self.marks or self.anchors or self.withdrawn)


class Scene(NamedTuple):
    """Where a run has its place: the lesson, and the second of which recording."""

    lesson: str = ""
    recording: str = ""
    second: float = 0.0


class Beginning(Struct, frozen=True):
    """What is known of a run when it begins."""

    id: str
    experiment: str
    template: Template
    wall: int  # milliseconds since 1970
    group: int
    scene: Scene
    bound: tuple[Bound, ...]
    simulated: bool = False  # some of it


def bind(template: Template, devices: Sequence[Device], first: str = "") -> tuple[Bound, ...]:
    """Return which channels an experiment measures with: real before simulated, if no device is named to be
    the first; raise Missing."""
    plugged = [each for each in devices if each.state in PLUGGED]
    plugged.sort(key=lambda each: (each.id != first, each.simulated))
    offered = [(each.id, channel) for each in plugged for channel in each.channels]
    found: list[Bound] = []
    for want in template.wants:
        taken = next(_fitting(want, offered, found), None)
        if taken is None:
            there = sorted({f"{channel.quantity} [{channel.unit}]" for _, channel in offered})
            raise Missing(want.quantity, want.unit, there)
        found.append(taken)
    return tuple(found)


def lacking(template: Template, devices: Sequence[Device]) -> tuple[bool, ...]:
    """Return of each channel that an experiment wants whether nothing here can measure it."""
    found: list[Bound] = []
    offered = [(each.id, one) for each in devices if each.state in PLUGGED for one in each.channels]
    lacks = []
    for want in template.wants:
        taken = next(_fitting(want, offered, found), None)
        lacks.append(taken is None)
        found += [taken] if taken is not None else []
    return tuple(lacks)


def _fitting(want: Wanted, offered: Iterable[tuple[str, Channel]], taken: Sequence[Bound]) -> Iterator[Bound]:
    """Yield what can measure it and is not taken yet, in this unit or one that can be made of it."""
    used = {(each.device, each.channel) for each in taken}
    for device, channel in offered:
        if channel.quantity == want.quantity and (device, channel.name) not in used:
            made = bound_to(device, channel, want.unit)
            if made is not None:
                yield made


class Active:
    """A run while it is recorded."""

    def __init__(
        self, beginning: Beginning, now: float, seconds: float = 0.0, true: Sequence[Correct] = ()
    ) -> None:
        self.beginning = beginning
        self.samples = 0
        self.lost = 0  # samples for which there was no more room: the disk was too slow
        template, bound = beginning.template, beginning.bound
        self._seconds = min(each for each in (template.seconds, seconds, MAX_SECONDS) if each > 0)
        self._is_longest = self._seconds == MAX_SECONDS
        self._started = self._began = now
        self._true = true  # of each channel, for conditions
        self._of: dict[str, dict[str, int]] = {}
        for number, each in enumerate(bound):
            self._of.setdefault(each.device, {})[each.channel] = number
        self._symbols = [want.name for want in template.wants]
        self._last = [-1] * len(bound)
        self._count = 0  # of samples of the first channel
        self._pieces: dict[int, Piece] = {}
        self._marks: list[Mark] = []
        self._standing: list[Mark] = []  # all that count
        self._withdrawn: list[Mark] = []
        self._anchors: list[Anchor] = []
        self._anchor: Anchor | None = None
        self._opening = Watch(template.begins) if template.begins else None
        self._closing = Watch(template.ends) if template.ends else None
        self._is_closed = False
        self._next = None if template.entry is None else template.entry.first  # what will be entered
        self._waiting = 0  # samples
        notes: dict[str, Note] = {"time": self._keep, "event": self._pass_over, "gated": self._wait}
        self._note = notes[template.mode]

    # What comes ----------------------------------------------------------------------------------------

    def take(self, device: str, samples: Iterable[Sample]) -> None:
        """Keep what belongs to it of what a device measured."""
        numbers = self._of.get(device)
        if numbers is None:
            return
        for each in samples:
            number = numbers.get(each.channel)
            if number is not None and each.at >= self._began and not self._is_closed:
                self._note(number, each)

    def mark(self, now: float, value: float | None = None, shown: Sequence[Sample | None] = ()) -> None:
        """Mark a moment; in an experiment of events with what was entered and what each channel shows.

        Raise NotNow.
        """
        if self.waits:
            raise NotNow("waits")
        at = int(self.seconds(now) * MICRO)
        entry = self.beginning.template.entry
        if entry is not None:
            at = self._event(entry, value, shown, at)
        mark = Mark(at, value if entry else None)
        self._marks.append(mark)
        self._standing.append(mark)

    def take_back(self) -> None:
        """Let the last mark count no more; raise NotNow."""
        if not self._standing:
            raise NotNow("nothing-marked")
        mark = self._standing.pop()
        self._withdrawn.append(mark)
        self._next = mark.value

    def look_at(self, now: float, wall: int) -> None:
        """Note what the clock on the wall shows, first and whenever it was set."""
        it = self._anchor
        if self.waits or (
            it is not None and abs(wall - it.wall - 1000 * (self.seconds(now) - it.at / MICRO)) < STEPPED
        ):
            return
        at = 0 if it is None else int(self.seconds(now) * MICRO)
        self._anchor = Anchor(at, wall - (round(1000 * self.seconds(now)) if it is None else 0))
        self._anchors.append(self._anchor)

    def close(self) -> None:
        """Take no more samples: what came so far is all."""
        self._is_closed = True

    def collected(self) -> Batch:
        """Return what is to be written, once."""
        batch = Batch(self._pieces, self._marks, self._anchors, self._withdrawn)
        self._pieces, self._marks, self._anchors, self._withdrawn, self._waiting = {}, [], [], [], 0
        return batch

    # What is told --------------------------------------------------------------------------------------

    def measured(self, device: str, samples: Iterable[Sample]) -> Iterator[tuple[int, float, float]]:
        """Yield what belongs to it of what a device measured: the channel's number, seconds, true value."""
        numbers = self._of.get(device, {})
        for each in samples:
            number = numbers.get(each.channel)
            if number is not None and not self.waits and each.at >= self._began and not each.flag:
                true = self._true[number](each.raw) if self._true else each.raw
                yield number, each.at - self._began, true

    @property
    def marks(self) -> int:
        """Return how many marks count."""
        return len(self._standing)

    @property
    def waits(self) -> bool:
        """Whether it has not begun yet."""
        return self._opening is not None

    def seconds(self, now: float) -> float:
        """Return how long it has run."""
        return 0.0 if self.waits else max(0.0, now - self._began)

    def is_over(self, now: float) -> bool:
        """Tell whether it ends by itself now."""
        most = self.beginning.template.count
        counted = self.marks if self.beginning.template.entry else self._count
        if self.waits:
            return now - self._started >= LONGEST_WAIT
        return self._is_closed or (0 < most <= counted) or self.seconds(now) >= self._seconds

    def reason(self, now: float) -> str:
        """Return why it ends by itself, if the experiment does not say so."""
        if self.waits:
            return "never-began"
        return "longest" if self._is_longest and self.seconds(now) >= self._seconds else ""

    def notice(self, now: float) -> Run:
        """Return it as a screen is told."""
        it = self.beginning
        return Run(
            "running",
            it.id,
            it.experiment,
            self.began,
            round(self.seconds(now), 1),
            self.samples,
            self.marks,
            it.group,
            it.bound,
            simulated=it.simulated,
            waits=self.waits,
            offered=self._next,
            lesson=it.scene.lesson,
            recording=it.scene.recording,
            second=it.scene.second,
            lost=self.lost,
        )

    @property
    def began(self) -> int:
        """Return when it began, in milliseconds since 1970."""
        return self.beginning.wall + round(1000 * (self._began - self._started))

    # The three modes -----------------------------------------------------------------------------------

    def _keep(self, number: int, sample: Sample) -> None:
        if self._waiting >= MAX_WAITING:
            self.lost += 1
            return
        moment, last = int((sample.at - self._began) * MICRO), self._last[number]
        self._last[number] = moment = moment if moment > last else last + 1  # each of two that came together
        self._put(number, moment, sample)
        if number == 0:
            self._count += 1
            self._is_closed = self._count == self.beginning.template.count
        closing = self._closing
        if closing is not None and self._symbols[number] == closing.channel:
            self._is_closed = self._is_closed or self._sees(closing, number, sample)

    def _pass_over(self, number: int, sample: Sample) -> None:
        """Between events nothing is kept."""

    def _wait(self, number: int, sample: Sample) -> None:
        opening, ends = self._opening, self.beginning.template.ends
        assert opening is not None, "this waits no more"
        if self._symbols[number] != opening.channel or not self._sees(opening, number, sample):
            return
        self._opening, self._began, self._note = None, sample.at, self._keep
        if ends is not None and ends.channel == opening.channel:
            self._closing = Watch(ends, opening.rest)
        self._keep(number, sample)

    def _sees(self, watch: Watch, number: int, sample: Sample) -> bool:
        """A value that is out of range begins and ends nothing."""
        true = self._true[number](sample.raw) if self._true else sample.raw
        return not sample.flag and watch.sees(sample.at, true)

    def _event(self, entry: Entry, value: float | None, shown: Sequence[Sample | None], at: int) -> int:
        if value is None:
            raise NotNow("value-needed")
        if not entry.low <= value <= entry.high:
            raise NotNow("value-beyond")
        known = [sample for sample in shown if sample is not None]
        if len(known) < len(self.beginning.bound):
            missing = next((n for n, sample in enumerate(shown) if sample is None), 0)
            raise NotNow("no-value", self.beginning.bound[missing].quantity)
        at = max(at, *(last + 1 for last in self._last))
        for number, sample in enumerate(known):
            self._last[number] = at
            self._put(number, at, sample)
        self._next = min(entry.high, max(entry.low, round(value + entry.step, 9)))
        return at

    def _put(self, number: int, moment: int, sample: Sample) -> None:
        piece = self._pieces.get(number)
        if piece is None:
            piece = self._pieces[number] = Piece([], [], [])
        piece.ats.append(moment)
        piece.values.append(sample.raw)
        piece.beyond.append(1 if sample.flag else 0)
        self._waiting += 1
        self.samples += 1
