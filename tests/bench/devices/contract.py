"""What the processes of these measurements say to each other, beside the orders of every bench."""

from msgspec import Struct

RATE = 1000  # lines a second of each instrument
SCALE = 1000  # a line's number is its value, times this


class WriterPlan(Struct, frozen=True):
    """How to start what plays some instruments that print lines."""

    devices: int
    seconds: int  # that it can print at the most
    quantities: int = 1  # in a line


class Ends(Struct, frozen=True):
    """Where its ports are."""

    paths: list[str]


class Wrote(Struct, frozen=True):
    """What it has printed: when so many lines of each instrument had left."""

    stamps: list[tuple[int, float]]


class ReaderPlan(Struct, frozen=True):
    """How to start a reader; it keeps in `folder` what came."""

    way: str
    paths: list[str]
    folder: str
    lines: int  # that can come of each
    quantities: int = 1


class Used(Struct, frozen=True):
    """What a process used since it was told to begin."""

    cpu: float  # seconds
    count: int = 0  # lines or samples


class BusPlan(Struct, frozen=True):
    """How to start a master on a Modbus line."""

    way: str
    path: str
    slaves: list[int]
    pace: float  # readings a second, of each slave


class Polled(Struct, frozen=True):
    """What a master got since it was told to begin."""

    cpu: float  # seconds
    requests: int
    readings: dict[int, int]  # by slave


class BoardPlan(Struct, frozen=True):
    """How to start what reads a board with Firmata."""

    way: str
    path: str
    rate: int  # samples a second


class ExportPlan(Struct, frozen=True):
    """How to start what exports runs of a laboratory."""

    folder: str


class Exported(Struct, frozen=True):
    """A run as a file."""

    seconds: float
    size: int  # bytes
    lines: int
    memory: float  # MB of the process at the most, so far


class Event(Struct, frozen=True):
    """Something that a reader of a board noticed."""

    at: float  # monotonic seconds
    what: str  # "opens" the port, "sample": its first, "switch": it was told to


class Noticed(Struct, frozen=True):
    """All that it noticed since it was last asked."""

    events: list[Event]
