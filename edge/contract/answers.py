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


class Experiment(Struct, frozen=True, omit_defaults=True):
    """One experiment that can be made."""

    id: str
    title: dict[str, str]  # by language
    quantities: tuple[str, ...]
    hint: dict[str, str] = {}  # what to do, by language
    seconds: int = 0  # 0: until it is stopped
    ready: bool = False  # every quantity has a device


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


class Experiments(Answer, frozen=True, omit_defaults=True):
    """What can be measured, and what was, newest first."""

    experiments: tuple[Experiment, ...] = ()
    runs: tuple[PastRun, ...] = ()


class Curve(Answer, frozen=True, omit_defaults=True):
    """Seconds since the run began and values, equally long; marks are seconds."""

    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    marks: tuple[float, ...] = ()


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
