"""What the channels of a sketch are: given, or learnt from what it prints (core)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import structs

from devices.driver import Channel, Sample, sampled
from devices.drivers.lines_channels import WIDE, channel_of, is_telling, unit_of
from devices.drivers.lines_forms import Pair, Row

PROOF = 3  # times that a name, or a row of one shape, comes before it is believed
MAX_CHANNELS = 16  # of one sketch; a chart shows four
MAX_MET = 64  # names that came, but not often enough
REPACED = frozenset({3, 10, 100})  # at which sample it is looked how often they come
SLOWEST = 0.01  # samples a second
FASTEST = 1000.0


class Seen:
    """A channel and how often it spoke."""

    __slots__ = ("channel", "count", "first")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.count = 0
        self.first = 0.0


class Learnt:
    """The channels of one connection."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self.channels = tuple(channels)
        self.refused = 0
        self._learns = not channels
        self._table = {each.name: Seen(each) for each in channels}  # by the title as it comes
        self._columns: list[Seen | None] = []
        self._is_confirmed = False  # a row came that fits the columns
        self._met: Counter[str] = Counter()
        self._shape: tuple[bool, ...] = ()  # of the last row that nobody named: which cells are numbers
        self._alike = 0  # how many rows had it, one after the other

    def pair(self, pair: Pair, at: float) -> Sample | None:
        """Return what a name and its value measure, if that name is known."""
        seen = self._table.get(pair.name)
        if seen is None and self._learns and pair.number is not None:
            seen, refused = self._meet(pair)
        else:
            refused = seen is None or pair.number is None
        if seen is not None and pair.unit and unit_of(pair.unit) != seen.channel.unit:
            refused = True
        self.refused += refused
        if seen is None or refused or pair.number is None:
            return None
        return self.sample(seen, pair.number, at)

    def known(self, name: str) -> Seen | None:
        """Return the channel of a name, if it has one."""
        return self._table.get(name)

    def row(self, row: Row, at: float) -> list[Sample]:
        """Return what the cells of a row measure; learn from a header."""
        if not any(number is not None for number in row.numbers):
            self._header(row)
            return []
        if len(row.cells) != len(self._columns) and not self._named(row):
            return []
        self._is_confirmed = True
        return list(self._measured(row, at))

    def _measured(self, row: Row, at: float) -> Iterator[Sample]:
        for seen, number in zip(self._columns, row.numbers, strict=True):
            if seen is not None and number is not None:
                yield self.sample(seen, number, at)
            elif seen is not None:
                self.refused += 1

    def sample(self, seen: Seen, number: float, at: float) -> Sample:
        """Return what a channel shows, and learn how often it does."""
        seen.count += 1
        if seen.count == 1:
            seen.first = at
        elif self._learns and seen.count in REPACED and at > seen.first:
            rate = min(FASTEST, max(SLOWEST, (seen.count - 1) / (at - seen.first)))
            seen.channel = structs.replace(seen.channel, rate=round(rate, 3))
            self._tell()
        return sampled(seen.channel, at, number)

    def _meet(self, pair: Pair) -> tuple[Seen | None, bool]:
        """Return the channel of a new name once it came often enough, and whether the name is refused."""
        channel = channel_of(pair.name, pair.unit)
        if channel is None or len(self._table) >= MAX_CHANNELS:
            return None, True
        if len(self._met) >= MAX_MET:
            self._met.clear()
        self._met[pair.name] += 1
        if self._met[pair.name] < PROOF:
            return None, False
        alike = (seen for seen in self._table.values() if seen.channel.name == channel.name)
        self._table[pair.name] = seen = next(alike, Seen(channel))
        self._tell()
        return seen, False

    def _header(self, row: Row) -> None:
        if not self._learns:
            columns = [self._table.get(title) for title in row.cells]
            if any(columns):
                self._columns = columns
            else:
                self.refused += 1
            return
        channels = [channel for title in row.cells if (channel := channel_of(title)) is not None]
        if len(channels) != len(row.cells) or len(channels) > MAX_CHANNELS or not self._is_header(row):
            self.refused += 1
        elif [each.name for each in channels] != [seen.channel.name for seen in self._columns if seen]:
            names = Counter[str]()
            self._columns = [Seen(_distinct(each, names)) for each in channels]
            self._is_confirmed, self._alike = False, 0
            self._tell()

    def _is_header(self, row: Row) -> bool:
        """A sentence is none: it is cut by spaces, has one cell, or comes amid rows that have names."""
        telling = [is_telling(title) for title in row.cells]
        if row.spaced:
            return all(telling)
        return any(telling) or not self._is_confirmed

    def _named(self, row: Row) -> bool:
        """Name the columns of a row that came without a header, once it is sure that they stay."""
        if not self._learns:
            if len(row.cells) == len(self._table) and not self._columns:
                self._columns = list(self._table.values())
                return True
            self.refused += 1
            return False
        shape = tuple(number is not None for number in row.numbers)
        if self._is_confirmed or (row.spaced and not all(shape)) or sum(shape) > MAX_CHANNELS:
            self.refused += 1
            return False
        self._alike = self._alike + 1 if shape == self._shape else 1
        self._shape = shape
        if self._alike < PROOF:
            return False
        self._columns = [
            Seen(_unnamed(number, shape)) if each else None for number, each in enumerate(shape, 1)
        ]
        self._tell()
        return True

    def _tell(self) -> None:
        every = (seen for seen in (*self._table.values(), *self._columns) if seen is not None)
        self.channels = tuple({seen.channel.name: seen.channel for seen in every}.values())


def _distinct(channel: Channel, names: Counter[str]) -> Channel:
    names[channel.name] += 1
    number = names[channel.name]
    return channel if number == 1 else structs.replace(channel, name=f"{channel.name}-{number}")


def _unnamed(number: int, shape: tuple[bool, ...]) -> Channel:
    name = "value" if len(shape) == 1 else f"value-{number}"
    return Channel(name, "reading", "1", -WIDE, WIDE, 2)
