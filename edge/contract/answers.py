"""Answers to commands."""

from typing import Literal

from msgspec import Struct

from edge.contract.notices import Blanks, Health, Library

ItemState = Literal["here", "growing", "coming", "tonight", "hub", "failed"]
Kind = Literal[
    "recording", "video", "audio", "picture", "document", "book", "pages", "archive", "checks", "other"
]  # a recording of a lesson, or what a hub has published


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
    others: tuple[dict[int, str], ...] = ()  # in a conflict: the marks of the registers that do not count


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
    kind: Kind = "recording"
    lang: str = ""  # of what was published: kk, ru, en, …
    grade: str = ""
    name: str = ""  # of the file that was published
    media_type: str = ""
    pinned: bool = False  # stays on this disk until a person says otherwise
    healed: float = 0.0  # seconds that were missing, and came from the hub afterwards
    missing: float = 0.0  # seconds that stay missing
    complete: float = 1.0  # the share of its time that is here, from 0 to 1
    unhealed: str = ""  # why it cannot be healed, a word key: gone, damaged, refused


class Found(Answer, frozen=True, omit_defaults=True):
    """Items, newest first, what there is to choose from, and how many there would be without a bound."""

    items: tuple[Item, ...] = ()
    subjects: tuple[str, ...] = ()
    total: int = 0
    kinds: tuple[Kind, ...] = ()
    langs: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()


class Chapter(Struct, frozen=True, omit_defaults=True):
    """A place in a recording."""

    at: float  # seconds
    title: str = ""
    kind: Literal["start", "question", "mark", "experiment", "slide", "gap"] = "mark"
    picture: str = ""  # the path of a small one of it, at the node's door for people


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


class Want(Struct, frozen=True, omit_defaults=True):
    """One thing that an experiment measures."""

    quantity: str
    unit: str  # UCUM
    shown: dict[str, str] = {}  # the unit as people write it, by language
    lacks: bool = False  # nothing that is plugged in measures it, in this unit or one that can be converted


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
    wants: tuple[Want, ...] = ()


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


class LiveStream(Struct, frozen=True, omit_defaults=True):
    """One stream at this node, and what is done with it."""

    name: str
    live: bool = False
    viewers: int = 0
    bitrate: int = 0  # bits a second
    recording: str = "off"  # off, recording, stopped
    reason: str = ""  # a word key of why it stopped


class Status(Answer, frozen=True, omit_defaults=True):
    """How the daemon and the node are, for `tirek status`; nobody's name is in it."""

    name: str
    version: str
    node: str
    school: str = ""
    hub: str = ""  # the address of the hub this node was enrolled with
    release: str = ""  # of the installation; "" where it was not installed from a bundle
    uptime: float = 0.0  # seconds since the daemon's start
    memory: int = 0  # bytes that it has in memory
    streams: tuple[LiveStream, ...] = ()
    trouble: str = ""  # a word key of why nothing can be kept since the daemon's start
    lesson: str = ""  # that runs: class and subject, or its stream
    stage: str = ""  # waiting, choosing, live, behind, paused, lost, playing
    health: Health = Health()
    devices: dict[str, int] = {}  # how many are ready, gone, …
    stopped: bool = False  # everything that moves is kept stopped
    library: Library = Library()


class PreparedQuestion(Struct, frozen=True, omit_defaults=True):
    """One question of a prepared set."""

    number: int  # within its set, from 1
    text: str
    choices: tuple[str, ...]


class PreparedSet(Struct, frozen=True, omit_defaults=True):
    """One prepared set of quick checks that is on this disk."""

    item: str  # of the library
    title: str
    subject: str = ""
    questions: tuple[PreparedQuestion, ...] = ()


class Checks(Answer, frozen=True, omit_defaults=True):
    """The prepared checks that can be asked here."""

    sets: tuple[PreparedSet, ...] = ()
