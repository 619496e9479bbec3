"""A run as a table that a Russian or Kazakh Excel opens by double click (core).

A byte order mark, semicolons, CRLF, and a comma in numbers: with a point, Excel makes dates of them. Above
the table stands what was measured, when and with what; each moment is a row; marks are numbered. A channel
that is calibrated, or converted from another unit, has two columns: what is true, and what it showed.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from devices.calibration import Calibration
from devices.template import Derived, Entry
from devices.units import shown
from edge.contract.notices import Bound
from edge.lab.active import MICRO, Mark
from edge.lab.chunks import Row
from edge.lab.correcting import corrected
from sync.export.sheets import FORMULA

MARK = -1  # in the place of a channel's number
# For the words, which may hold a point, until the points of numbers have become commas.
BEYOND, TAKEN_BACK = "\0", "\1"

Words = Mapping[str, str]


class About(Struct, frozen=True):
    """What stands above the table, and what its columns are."""

    title: str  # of the experiment, in the language of the words
    began: datetime  # local
    seconds: float
    group: int
    lesson: str
    bound: tuple[Bound, ...]
    simulated: bool
    calibrations: tuple[Calibration | None, ...] = ()  # of each channel, as it counted then
    entry: Entry | None = None
    derived: tuple[Derived, ...] = ()
    clock: tuple[tuple[float, datetime], ...] = ()  # when the clock was set: second and what it showed then
    place: tuple[str, float] = ("", 0.0)  # recording and second of it
    withdrawn: frozenset[int] = frozenset()  # moments of events that were taken back
    lost: int = 0  # samples that the disk was too slow for
    is_long: bool = False  # too long for what is computed

    @property
    def measured(self) -> Sequence[tuple[Bound, Calibration | None]]:
        """Return each channel with the calibration that counted for it."""
        return list(zip(self.bound, self.calibrations or (None,) * len(self.bound), strict=True))


class _Echo:
    """A file for csv.writer that gives back what it is to write."""

    def write(self, text: str) -> str:
        return text


def table(
    about: About,
    batches: Iterable[list[Row]],
    marks: Sequence[Mark],
    computed: Mapping[int, Sequence[float]],
    speech: tuple[Words, str],
) -> Iterator[bytes]:
    """Yield the file, many lines at once; `computed` are the derived columns by moment."""
    words, lang = speech
    line = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n").writerow
    yield b"\xef\xbb\xbf"
    for cells in (*_head(about, words, lang), [], _columns(about, words, lang)):
        yield _encoded(line([_harmless(cell) for cell in cells]))
    lines = Lines(about, computed)
    numbered = [(mark.at, MARK, float(number), 0) for number, mark in enumerate(marks, 1)]
    lines.entered = {mark.at: mark.value for mark in marks if mark.value is not None}
    lines.withdrawn = about.withdrawn
    for rows in _with(numbered, batches):
        text = "".join(lines.of(rows)).replace(".", ",")
        yield _encoded(text.replace(BEYOND, words["beyond"]).replace(TAKEN_BACK, words["taken-back"]))


class Lines:
    """Makes lines of rows: this is where a long export spends its time."""

    def __init__(self, about: About, computed: Mapping[int, Sequence[float]]) -> None:
        self.entered: Mapping[int, float] = {}
        self.withdrawn: frozenset[int] = frozenset()
        self._places: list[int] = []  # of each channel's first cell
        self._true: list[Callable[[float], float] | None] = []
        width = 0
        for each, calibration in about.measured:
            self._places.append(width)
            self._true.append(corrected(each, calibration))
            width += 2 if self._true[-1] else 1
        self._entry = width if about.entry else -1
        self._first = width = width + (1 if about.entry else 0)
        self._width = width + len(about.derived) + 2
        self._computed = computed

    def of(self, rows: Sequence[Row]) -> Iterator[str]:
        """Yield a line for each moment."""
        places, true, last = self._places, self._true, self._width - 1
        cells = [""] * self._width
        moment = rows[0][0]
        for at, channel, value, beyond in rows:
            if at != moment:
                yield self._line(moment, cells)
                moment, cells = at, [""] * self._width
            if channel == MARK:
                cells[-2] = f"{value:.0f}"
                continue
            place, correct = places[channel], true[channel]
            if correct is not None:
                cells[place + 1] = f"{value:.10g}"
                value = correct(value)
            cells[place] = f"{value:.10g}"
            if beyond:
                cells[last] = BEYOND
        yield self._line(moment, cells)

    def _line(self, at: int, cells: list[str]) -> str:
        if self._entry >= 0 and at in self.entered:
            cells[self._entry] = f"{self.entered[at]:.10g}"
        if at in self.withdrawn:
            cells[-1] = TAKEN_BACK
        for place, value in enumerate(self._computed.get(at, ()), self._first):
            cells[place] = f"{value:.10g}" if value == value else ""  # NaN: it has no value here
        return f"{at / MICRO:.10g};{';'.join(cells)}\r\n"


def _with(marks: Sequence[Row], batches: Iterable[list[Row]]) -> Iterator[list[Row]]:
    """Yield the rows with the marks among them."""
    done = 0
    for rows in batches:
        due = done
        while due < len(marks) and marks[due][0] <= rows[-1][0]:
            due += 1
        yield sorted([*marks[done:due], *rows]) if due > done else rows
        done = due
    if done < len(marks):
        yield list(marks[done:])


def _head(about: About, words: Words, lang: str) -> Iterator[list[str]]:
    yield [words["experiment"], about.title]
    yield [words["began"], f"{about.began:%Y-%m-%d %H:%M:%S}"]
    yield [words["lasted"], number(round(about.seconds, 1))]
    yield [words["group"], str(about.group)]
    if about.lesson:
        yield [words["lesson"], about.lesson]
    if about.place[0]:
        yield [words["recording"], about.place[0], number(round(about.place[1], 1))]
    for each, calibration in about.measured:
        yield [words["measured"], _quantity(each, words, lang), each.device, each.channel]
        yield from _quality(each, words, lang)
        if calibration is not None:
            yield [words["calibration"], calibration.id, calibration.day, calibration.by]
    for second, moment in about.clock:
        yield [words["clock-set"], number(round(second, 1)), f"{moment:%Y-%m-%d %H:%M:%S}"]
    yield from _warnings(about, words)


def _quality(each: Bound, words: Words, lang: str) -> Iterator[list[str]]:
    """Yield how good the instrument is, as far as its maker says."""
    unit = shown(each.unit).get(lang, each.unit)
    if each.accuracy is not None:
        yield [words["accuracy"], f"± {number(each.accuracy)}", unit]
    if each.resolution is not None:
        yield [words["resolution"], number(each.resolution), unit]


def _warnings(about: About, words: Words) -> Iterator[list[str]]:
    if about.simulated:
        yield [words["warning"], words["simulated"]]
    if about.lost:
        yield [words["warning"], words["lost"], str(about.lost)]
    if about.is_long:
        yield [words["warning"], words["not-computed"]]


def _columns(about: About, words: Words, lang: str) -> list[str]:
    cells = [words["time"]]
    for each, calibration in about.measured:
        cells.append(_quantity(each, words, lang))
        if corrected(each, calibration):
            shown_as = _named(each.quantity, each.own or each.unit, words, lang)
            cells.append(f"{shown_as} ({words['raw']})")
    if about.entry is not None:
        cells.append(_named(about.entry.quantity, about.entry.unit, words, lang))
    for derived in about.derived:
        cells.append(_with_unit(str(getattr(derived.title, lang)), derived.unit, lang))
    return [*cells, words["mark"], words["flag"]]


def _quantity(each: Bound, words: Words, lang: str) -> str:
    return _named(each.quantity, each.unit, words, lang)


def _named(quantity: str, unit: str, words: Words, lang: str) -> str:
    return _with_unit(words.get(f"quantity-{quantity}", quantity), unit, lang)


def _with_unit(name: str, unit: str, lang: str) -> str:
    written = shown(unit).get(lang, unit)
    return f"{name}, {written}" if written else name


def number(value: float) -> str:
    """Return a number with all its digits and a comma."""
    return f"{value:.10g}".replace(".", ",")


def _harmless(cell: str) -> str:
    """Nothing in a cell is ever a formula."""
    return "'" + cell if cell.lstrip().startswith(FORMULA) else cell


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
