"""An experiment: what it measures, when, what is computed of it, and what people call all that (core).

It is bound to quantities and not to devices: whatever measures a temperature serves a cooling curve. Every
column has a symbol, by which expressions, fits and views know it; `t` are the seconds since it began.
"""

import math
import tomllib
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from devices.errors import TemplateWrong
from devices.expression import Expression, ExpressionWrong
from devices.fits import NAMES, Kind

MAX_SECONDS = 43_200  # twelve hours: a night's evaporation; longer ones are started again
MAX_COUNT = 1_000_000  # samples of a channel, or events: beyond it nobody counts
MAX_CHANNELS = 8  # a school's interfaces have eight sockets at the most
MAX_COLUMNS = 8  # that are computed: what a person finds her way among
MAX_SIZE = 65_536  # bytes of a file: the longest of ours has 3,000
TIME = "t"

Mode = Literal["time", "event", "gated"]
Text = Annotated[str, Meta(min_length=1, max_length=120)]
Symbol = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,11}\Z")]
Quantity = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,31}\Z")]
Unit = Annotated[str, Meta(min_length=1, max_length=16)]
Formula = Annotated[str, Meta(min_length=1, max_length=200)]
Decimals = Annotated[int, Meta(ge=0, le=6)]


class Worded(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in three languages."""

    kk: Text
    ru: Text
    en: Text


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity that is measured, and the unit that its device must have."""

    name: Symbol
    quantity: Quantity
    unit: Unit


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person reads off and enters at each event."""

    name: Symbol
    quantity: Quantity
    unit: Unit
    first: float  # what is offered first
    step: float  # how far an arrow goes; the sign is the way in which the next event is expected
    low: float = 0.0
    high: float = 10_000.0
    decimals: Decimals = 0


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What a channel does when something begins or ends; exactly one of the four."""

    channel: Symbol
    above: float | None = None
    below: float | None = None
    rises: float | None = None  # by so much from where it rested
    falls: float | None = None


class Derived(Struct, frozen=True, forbid_unknown_fields=True):
    """A column that is computed whenever it is looked at."""

    name: Symbol
    title: Worded
    unit: Unit
    formula: Formula
    decimals: Decimals = 1


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """A number with a meaning, computed of the numbers of a fit."""

    name: Symbol
    title: Worded
    unit: Unit
    formula: Formula
    decimals: Decimals = 1


class Fit(Struct, frozen=True, forbid_unknown_fields=True):
    """What is found in two columns: a curve laid through them, or a place of theirs."""

    kind: Kind
    y: Symbol
    results: Annotated[tuple[Result, ...], Meta(min_length=1, max_length=4)] = field(name="result")
    x: Symbol = TIME


class View(Struct, frozen=True, forbid_unknown_fields=True):
    """What is on the axes of a chart."""

    y: Symbol
    x: Symbol = TIME


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """One experiment."""

    mode: Mode  # everything from start to stop; a row whenever a person says so; or between two conditions
    title: Worded
    hint: Worded  # what to do, in a sentence
    wants: Annotated[tuple[Wanted, ...], Meta(min_length=1, max_length=MAX_CHANNELS)] = field(name="channel")
    views: Annotated[tuple[View, ...], Meta(min_length=1, max_length=MAX_COLUMNS)] = field(name="view")
    order: int = 100  # in the list
    seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)] = 0  # after which it ends; 0: when it is stopped
    count: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = 0  # of samples of the first channel, or of events
    entry: Entry | None = None
    begins: Condition | None = None
    ends: Condition | None = None
    derived: Annotated[tuple[Derived, ...], Meta(max_length=MAX_COLUMNS)] = ()
    fits: Annotated[tuple[Fit, ...], Meta(max_length=MAX_COLUMNS)] = field(name="fit", default=())


def parse(text: str, name: str) -> Template:
    """Return the experiment of a file's text; raise TemplateWrong, which says where."""
    if len(text) > MAX_SIZE:
        raise TemplateWrong(f"experiment {name}: longer than {MAX_SIZE} letters")
    try:
        template = msgspec.convert(tomllib.loads(text), Template)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as exc:
        raise TemplateWrong(f"experiment {name}: {exc}") from exc
    fault = next(_faults(template), "")
    if fault:
        raise TemplateWrong(f"experiment {name}: {fault}")
    return template


def _faults(it: Template) -> Iterator[str]:
    yield from _mode_faults(it)
    measured = [want.name for want in it.wants]
    entered = [it.entry.name] if it.entry else []
    names = [TIME, *measured, *entered]
    every = [*names, *(derived.name for derived in it.derived)]
    yield from (f"two columns are called `{each}`" for each in every if every.count(each) > 1)
    for derived in it.derived:
        yield from _formula_faults(f"derived `{derived.name}`", derived.formula, names)
        names.append(derived.name)
    for key, condition in (("begins", it.begins), ("ends", it.ends)):
        if condition is not None:
            yield from _condition_faults(key, condition, measured)
    pairs: tuple[View | Fit, ...] = (*it.views, *it.fits)
    axes = [axis for each in pairs for axis in (each.x, each.y)]
    yield from (f"no column is called `{axis}`" for axis in axes if axis not in names)
    for fit in it.fits:
        for result in fit.results:
            yield from _formula_faults(f"result `{result.name}`", result.formula, NAMES[fit.kind])


def _mode_faults(it: Template) -> Iterator[str]:
    if (it.mode == "event") != (it.entry is not None):
        yield "mode `event` has an `entry`, and the others have none"
    if (it.mode == "gated") != (it.begins is not None):
        yield "mode `gated` says how it `begins`, and the others do not"
    if it.mode == "event" and it.ends is not None:
        yield "mode `event` ends by `seconds` or `count`"
    entry = it.entry
    if entry and not (entry.step and math.isfinite(entry.step) and entry.low <= entry.first <= entry.high):
        yield "`entry` has a `step`, and its `first` is between `low` and `high`"


def _condition_faults(key: str, it: Condition, measured: Sequence[str]) -> Iterator[str]:
    if it.channel not in measured:
        yield f"`{key}` speaks of no channel: `{it.channel}`"
    said = [each for each in (it.above, it.below, it.rises, it.falls) if each is not None]
    if len(said) != 1:
        yield f"`{key}` has one of `above`, `below`, `rises`, `falls`"
    if any(each is not None and not each > 0 for each in (it.rises, it.falls)):
        yield f"`{key}` rises or falls by more than nothing"


def _formula_faults(of: str, formula: str, names: Sequence[str]) -> Iterator[str]:
    try:
        Expression(formula, names)
    except ExpressionWrong as exc:
        yield f"{of}: {exc}"
