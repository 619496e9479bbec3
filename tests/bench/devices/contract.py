"""What the processes of these measurements say to each other; what every process may be asked: contract.Order."""

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
    """What it has printed: when so many lines of each instrument had left, and what the kernel did not take."""

    stamps: list[tuple[int, float]]
    refused: int  # bytes


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
    count: int = 0  # lines, samples or requests
    refused: int = 0  # lines that were no reading


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
