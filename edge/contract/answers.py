"""Answers to commands."""

from typing import Literal

from msgspec import Struct

from edge.contract.notices import Blanks

ItemState = Literal["here", "growing", "coming", "tonight", "hub", "failed"]


class Answer(Struct, frozen=True, omit_defaults=True):
    """What a command is answered with."""


class Done(Answer, frozen=True, omit_defaults=True):
    """It was done."""


class Refusal(Answer, frozen=True, omit_defaults=True):
    """It was not done: a word key and the blanks of its sentence."""

    refused: str
    blanks: Blanks = {}


class Pupil(Struct, frozen=True, omit_defaults=True):
    """One line of a register; `name` is empty where it cannot be read."""

    number: int
    name: str = ""


class Register(Answer, frozen=True, omit_defaults=True):
    """A lesson's pupils, and the register that counts."""

    lesson: str
    class_: str
    pupils: tuple[Pupil, ...] = ()
    marks: dict[int, str] = {}  # empty before one was taken
    signed: bool = False
    heads: tuple[str, ...] = ()  # what a register that is written now replaces
    conflict: bool = False  # two screens wrote without seeing each other; both are kept
    draft: dict[int, str] = {}  # marked at a screen that has not signed


class Saved(Answer, frozen=True, omit_defaults=True):
    """A register is on the disk."""

    id: str
    strangers: tuple[int, ...] = ()


class Item(Struct, frozen=True, omit_defaults=True):
    """One thing in the library."""

    id: str
    title: str
    subject: str = ""
    topic: str = ""
    class_: str = ""
    day: str = ""  # ISO 8601
    minutes: int = 0
    bytes: int = 0
    state: ItemState = "here"
    share: float = 0.0  # of what is being fetched, from 0 to 1
    whole: bool = True  # nothing of it is missing
    better: bool = False  # the hub has it more whole than this disk; it can be played, and fetched
    reason: str = ""  # a word key, when it failed: gone, damaged, refused


class Found(Answer, frozen=True, omit_defaults=True):
    """Items, newest first, the subjects there are, and how many items there would be without a bound."""

    items: tuple[Item, ...] = ()
    subjects: tuple[str, ...] = ()
    total: int = 0


class Chapter(Struct, frozen=True, omit_defaults=True):
    """A place in a recording."""

    at: float  # seconds
    title: str = ""
    kind: Literal["start", "question", "mark", "experiment", "slide", "gap"] = "mark"


class Chapters(Answer, frozen=True, omit_defaults=True):
    """The chapters of an item, in order."""

    chapters: tuple[Chapter, ...] = ()


class Entry(Struct, frozen=True, omit_defaults=True):
    """What a person reads off and enters at each event."""

    quantity: str
    unit: str
    step: float  # how far an arrow goes
    low: float = 0.0
    high: float = 0.0
    decimals: int = 0
    shown: dict[str, str] = {}  # the unit as people write it, by language


class Experiment(Struct, frozen=True, omit_defaults=True):
    """One experiment that can be made."""

    id: str
    title: dict[str, str]  # by language
    quantities: tuple[str, ...]
    hint: dict[str, str] = {}  # what to do, by language
    seconds: float = 0.0  # 0: until it is stopped
    ready: bool = False  # every quantity has a device
    mode: Literal["time", "event", "gated"] = "time"
    entry: Entry | None = None  # in mode `event`
    own: bool = False  # of this school, not of the product


class PastRun(Struct, frozen=True, omit_defaults=True):
    """A run that is kept."""

    id: str
    experiment: str
    began: int
    seconds: float
    samples: int
    marks: int = 0
    group: int = 1
    simulated: bool = False  # nothing real was measured
    title: dict[str, str] = {}  # of the experiment, by language, as it was then


class Experiments(Answer, frozen=True, omit_defaults=True):
    """What can be measured, and what was, newest first."""

    experiments: tuple[Experiment, ...] = ()
    runs: tuple[PastRun, ...] = ()
    wrong: tuple[str, ...] = ()  # files of this school that are no experiment: which, and why


class Curve(Answer, frozen=True, omit_defaults=True):
    """Seconds since the run began and values, equally long; marks are seconds."""

    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    marks: tuple[float, ...] = ()


class Column(Struct, frozen=True, omit_defaults=True):
    """What can be on an axis."""

    name: str  # its symbol
    unit: str  # UCUM
    quantity: str = ""  # a word key, of what is measured, entered, or the time
    title: dict[str, str] = {}  # by language, of what is computed
    decimals: int = 1
    shown: dict[str, str] = {}  # the unit as people write it, by language


class Number(Struct, frozen=True, omit_defaults=True):
    """One number that was found, with its meaning."""

    name: str  # its symbol
    title: dict[str, str]  # by language
    value: float
    unit: str
    decimals: int = 1
    shown: dict[str, str] = {}


class Finding(Struct, frozen=True, omit_defaults=True):
    """What was found in two columns of a run."""

    kind: Literal["linear", "inverse", "quadratic", "exponential", "peak", "period", "mean"]
    x: str
    y: str
    numbers: tuple[Number, ...] = ()
    r2: float | None = None  # of a curve: 1 is exact
    curve: tuple[tuple[float, float], ...] = ()  # points of it, over the same stretch


class Analysis(Answer, frozen=True, omit_defaults=True):
    """Two columns of a run, equally long, and what was found."""

    x: str
    y: str
    xs: tuple[float, ...] = ()
    ys: tuple[float, ...] = ()
    columns: tuple[Column, ...] = ()  # that can be asked for; time first
    views: tuple[tuple[str, str], ...] = ()  # x and y that belong together, as the experiment says
    findings: tuple[Finding, ...] = ()
    rows: int = 0  # without a bound


class Made(Answer, frozen=True, omit_defaults=True):
    """A file was written; where a person finds it."""

    path: str
    bytes: int = 0


class Unlocked(Answer, frozen=True, omit_defaults=True):
    """The key of the technician's actions."""

    unlocked: str
    seconds: int


class Details(Answer, frozen=True, omit_defaults=True):
    """Names and values in English, for a technician."""

    rows: tuple[tuple[str, str], ...] = ()
