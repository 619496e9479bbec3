"""Satellite receivers: NMEA 0183 (core).

`$GPRMC,…*5F`: a sentence without the right sum is none. Position, height and speed are told only while the
receiver says that it has a fix; until then it is `no-fix`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import xor
from typing import NamedTuple

from devices.driver import Channel, Driver, Heard, Sample, sampled
from devices.drivers.lines_forms import NUMBER
from devices.drivers.lines_whole import WholeLines

MAX_SENTENCE = 128  # bytes; the standard allows 82, some receivers say more
PROOF = 2  # sentences with a right sum: one in 256 pieces of noise has one by chance
MOST = 10.0  # sentences of a kind a second, of the fastest; accuracies are u-blox's, under an open sky
KNOT = 1852 / 3600  # metres a second
TALKERS = frozenset({"GP", "GN", "GL", "GA", "GB", "BD", "GQ"})

CHANNELS = (
    Channel("latitude", "latitude", "deg", -90, 90, 6, accuracy=2.3e-5, max_rate=MOST),  # 2.5 m
    Channel("longitude", "longitude", "deg", -180, 180, 6, accuracy=4e-5, max_rate=MOST),  # at 55 degrees
    Channel("altitude", "altitude", "m", -500, 9000, 1, resolution=0.1, max_rate=MOST),
    Channel("satellites", "satellites", "1", 0, 64, 0, resolution=1, max_rate=MOST),
    Channel("precision", "precision", "1", 0, 50, 1, max_rate=MOST),  # HDOP: below 2 is good
    Channel("speed", "speed", "m/s", 0, 500, 2, accuracy=0.05, max_rate=MOST),
    Channel("course", "direction", "deg", 0, 360, 1, accuracy=0.3, max_rate=MOST),
)


class Field(NamedTuple):
    """A channel and where a sentence has it."""

    channel: str
    place: int
    read: Callable[[Sequence[str], int], float | None]


def _number(fields: Sequence[str], place: int) -> float | None:
    text = fields[place] if place < len(fields) else ""
    return float(text) if NUMBER.fullmatch(text) else None


def _degrees(fields: Sequence[str], place: int) -> float | None:
    """Degrees and minutes run into one, and the half of the globe after them."""
    packed, half = _number(fields, place), fields[place + 1] if place + 1 < len(fields) else ""
    if packed is None or half not in ("N", "S", "E", "W"):
        return None
    degrees = packed // 100
    value = degrees + (packed - 100 * degrees) / 60
    return -value if half in ("S", "W") else value


def _knots(fields: Sequence[str], place: int) -> float | None:
    number = _number(fields, place)
    return None if number is None else number * KNOT


FIELDS: Mapping[str, Sequence[Field]] = {
    "GGA": (
        Field("latitude", 2, _degrees),
        Field("longitude", 4, _degrees),
        Field("altitude", 9, _number),
        Field("satellites", 7, _number),
        Field("precision", 8, _number),
    ),
    "RMC": (Field("speed", 7, _knots), Field("course", 8, _number)),
}
PLACE_OF_RMC = (Field("latitude", 3, _degrees), Field("longitude", 5, _degrees))  # for those that say no GGA
ALWAYS = frozenset({"satellites"})  # told without a fix too
FIXED: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "GGA": lambda fields: fields[6:7] not in ([], [""], ["0"]),
    "RMC": lambda fields: fields[2:3] == ["A"],
}


class Nmea(Driver):
    """A connection to a receiver; it is only listened to."""

    bauds = (9600, 4800, 38_400, 115_200)
    usb = frozenset({(0x1546, product) for product in (0x01A5, 0x01A6, 0x01A7, 0x01A8, 0x01A9)})  # u-blox

    def __init__(self) -> None:
        self.channels = CHANNELS
        self.refused = 0
        self.troubles: dict[str, str] = {}
        self._of = {each.name: each for each in CHANNELS}
        self._lines = WholeLines(MAX_SENTENCE, b"\n\r")
        self._broken = 0
        self._good = 0
        self._says_gga = False

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard = [sample for line in self._lines.cut(piece) for sample in self._read(line, at)]
        self.refused = self._broken + self._lines.overlong
        return [*heard]

    def missed(self) -> None:
        """Bytes were lost here: leave out the line that they were in."""
        self._lines.missed()

    def stop(self) -> bytes:
        """Return nothing: it moves nothing."""
        return b""

    def _read(self, line: bytes, at: float) -> list[Sample]:
        sentence = opened(line)
        if sentence is None:
            self._broken += 1
            self._good = 0
            return []
        head, *_ = fields = sentence.split(",")
        self._good += head[:2] in TALKERS
        if self._good >= PROOF and not self.identity:
            self.identity = "GNSS receiver"
        kind = head[2:]
        return list(self._measured(kind, fields, at)) if kind in FIELDS and head[:2] in TALKERS else []

    def _measured(self, kind: str, fields: Sequence[str], at: float) -> Iterator[Sample]:
        is_fixed = FIXED[kind](fields)
        self._says_gga = self._says_gga or kind == "GGA"
        wanted = FIELDS[kind] if self._says_gga else (*PLACE_OF_RMC, *FIELDS[kind])
        for each in wanted:
            value = each.read(fields, each.place)
            if value is not None and (is_fixed or each.channel in ALWAYS):
                self.troubles.pop(each.channel, None)
                yield sampled(self._of[each.channel], at, value)
            elif not is_fixed:
                self.troubles[each.channel] = "no-fix"


def opened(line: bytes) -> str | None:
    """Return what is between `$` and `*`, if the sum after it is right."""
    begin, star = line.rfind(b"$"), len(line) - 3
    if begin < 0 or star <= begin or line[star] != ord("*"):
        return None
    body = line[begin + 1 : star]
    try:
        told = int(line[star + 1 :], 16)
        return body.decode("ascii") if reduce(xor, body, 0) == told else None
    except ValueError:
        return None


def closed(sentence: str) -> bytes:
    """Return a sentence as it is sent."""
    return f"${sentence}*{reduce(xor, sentence.encode(), 0):02X}\r\n".encode()
