"""Modbus probes: which register holds what (core). A probe is a profile: devices/profiles/modbus/*.toml."""

import math
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from devices.driver import Channel
from devices.drivers.modbus_frames import MAX_COUNT, Asked
from devices.drivers.tables import ProfileWrong, parsed

Holds = Literal["u16", "i16", "u32", "i32", "f32"]
Register = Annotated[int, Meta(ge=0, le=0xFFFF)]
Address = Annotated[int, Meta(ge=1, le=247)]

CODE = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "f32": "f"}
FASTEST = 20.0  # readings a second of one row: a request and its answer take thirty milliseconds at 9600 baud
LARGEST_SLAVE = 247


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One channel of a probe, and the registers that hold it."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}\Z")]
    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*\Z")]
    unit: str
    low: float
    high: float
    register: Register  # as it is on the wire, from 0
    decimals: int = 1
    rate: Annotated[float, Meta(ge=0.001, le=FASTEST)] = 1.0  # readings a second
    holds: Holds = "u16"
    low_first: bool = False  # of two registers, the first has the low half
    scale: float = 1.0
    shift: float = 0.0  # added after scaling
    accuracy: float | None = None  # ±, of its maker's data sheet
    none: int | None = None  # what it holds while nothing can be measured, as unsigned bits

    @property
    def step(self) -> float | None:
        """Return the least difference that its registers can hold."""
        return None if self.holds == "f32" else abs(self.scale)

    @property
    def size(self) -> int:
        """How many registers."""
        return 2 if self.holds.endswith("32") else 1

    def value(self, registers: Sequence[int]) -> float | None:
        """Return what its registers say; None if they say that there is nothing."""
        words = registers[::-1] if self.low_first else registers
        bits = struct.pack(f">{self.size}H", *words)
        if self.none is not None and int.from_bytes(bits, "big") == self.none:
            return None
        raw: float
        (raw,) = struct.unpack(f">{CODE[self.holds]}", bits)
        if not math.isfinite(raw):
            return None
        value = raw * self.scale + self.shift
        return (
            round(value, 9) if self.holds != "f32" else value
        )  # 215 * 0.1 is 21.5 and not 21.500000000000004

    def registers(self, value: float) -> tuple[int, ...]:
        """Return what its registers say of a value."""
        raw = (value - self.shift) / self.scale
        bits = struct.pack(f">{CODE[self.holds]}", raw if self.holds == "f32" else round(raw))
        words: tuple[int, ...] = struct.unpack(f">{self.size}H", bits)
        return words[::-1] if self.low_first else words


class Probe(Struct, frozen=True, forbid_unknown_fields=True):
    """A probe's table."""

    title: str
    rows: Annotated[tuple[Row, ...], Meta(min_length=1, max_length=32)] = field(name="channel")
    function: Literal[3, 4] = 3
    slave: Address = 1  # as it comes from the factory
    bauds: tuple[int, ...] = (9600,)
    patience: Annotated[float, Meta(ge=0.05, le=2)] = 0.3  # seconds for an answer


class Placed(Struct, frozen=True):
    """A probe on a bus."""

    slave: int
    probe: Probe

    def channel(self, row: Row) -> Channel:
        """Return a channel of it; its name says which slave."""
        name = f"{row.name}-{self.slave}"
        numbers = (row.decimals, row.rate, row.accuracy, row.step, FASTEST)
        return Channel(name, row.quantity, row.unit, row.low, row.high, *numbers)


class Block(Struct, frozen=True):
    """Registers that are read at once, and the channels in them."""

    placed: Placed
    rows: tuple[Row, ...]

    @property
    def asked(self) -> Asked:
        """The request."""
        first, last = self.rows[0], self.rows[-1]
        count = last.register + last.size - first.register
        return Asked(self.placed.slave, self.placed.probe.function, first.register, count)

    @property
    def every(self) -> float:
        """Seconds between two readings."""
        return 1.0 / self.rows[0].rate

    def channels(self) -> Iterator[Channel]:
        """Yield the channels."""
        return (self.placed.channel(row) for row in self.rows)

    def apart(self) -> list["Block"]:
        """Return a block for each channel: a slave that refuses one register refuses the whole request."""
        return [Block(self.placed, (row,)) for row in self.rows]


def parse(text: str, name: str) -> Probe:
    """Return the probe of a file's text; raise ProfileWrong."""
    probe = parsed(text, name, Probe)
    if len({row.name for row in probe.rows}) < len(probe.rows):
        raise ProfileWrong(f"profile {name}: two channels have one name")
    return probe


def blocks(placed: Placed) -> list[Block]:
    """Return the fewest requests: registers side by side that are wanted equally often are read together."""
    rows = sorted(placed.probe.rows, key=lambda row: (row.rate, row.register))
    cuts = [0, *(n for n, (one, next_) in enumerate(pairwise(rows), 1) if not _joins(one, next_)), len(rows)]
    joined = [rows[begin:end] for begin, end in pairwise(cuts)]
    return [Block(placed, tuple(part)) for run in joined for part in _fitting(run)]


def _joins(one: Row, next_: Row) -> bool:
    return one.rate == next_.rate and one.register + one.size == next_.register


def _fitting(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    most = MAX_COUNT // 2  # rows of two registers
    return (rows[begin : begin + most] for begin in range(0, len(rows), most))
