"""The messages of LEGO's SPIKE Prime hubs, after LEGO's documentation of the protocol (core).

A frame has no checksum, so a message is taken only if all of it makes sense: a number of a kind, sizes that
fit exactly, ports and values that exist. One device message that does not leaves out the whole notification.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from zlib import crc32

from msgspec import Struct

from devices.driver import Channel

INFO, INFO_SAID = 0, 1
UPLOAD, UPLOAD_SAID = 12, 13
CHUNK, CHUNK_SAID = 16, 17
FLOW, FLOW_SAID, FLOW_TOLD = 30, 31, 32
CONSOLE = 33
NOTIFY, NOTIFY_SAID = 40, 41
DEVICES = 60
CLEAR, CLEAR_SAID = 70, 71
SAID = (UPLOAD_SAID, CHUNK_SAID, FLOW_SAID, NOTIFY_SAID, CLEAR_SAID)
ACKNOWLEDGED = 0
START, STOP = 0, 1
SLOTS = 20  # for programs, on a hub
MAX_CONSOLE = 256
PORTS = "abcdef"
MOTORS = (0x30, 0x31, 0x41)
WHITE = 10  # the last of the colours that a sensor can tell apart
NOTHING = -1  # no colour, and nothing within reach of a distance sensor
INFORMATION = struct.Struct("<BBHBBHHHHH")
KILO = 1000


class Reading(Struct, frozen=True):
    """What one channel shows."""

    channel: Channel
    value: float


class Hub(Struct, frozen=True):
    """What a hub says that it is."""

    firmware: str
    chunk: int  # bytes of a file that it takes at once


class Notification(Struct, frozen=True):
    """What a hub says of itself and of what is plugged into it."""

    readings: Sequence[Reading] = ()
    battery: float | None = None  # from 0 to 1


def info() -> bytes:
    """Ask who it is."""
    return bytes((INFO,))


def notify(milliseconds: int) -> bytes:
    """Ask for notifications."""
    return struct.pack("<BH", NOTIFY, milliseconds)


def clear(slot: int) -> bytes:
    """Ask it to forget the program of a slot."""
    return bytes((CLEAR, slot))


def upload(slot: int, program: bytes) -> bytes:
    """Say which program comes."""
    return struct.pack("<B", UPLOAD) + b"program.py\0" + struct.pack("<BI", slot, checksum(program))


def chunk(running: int, part: bytes) -> bytes:
    """Bring a part of a program; `running` is the checksum up to its end."""
    return struct.pack("<BIH", CHUNK, running, len(part)) + part


def flow(action: int, slot: int) -> bytes:
    """Start or stop the program of a slot."""
    return bytes((FLOW, action, slot))


def checksum(data: bytes, seed: int = 0) -> int:
    """Return the CRC-32 of data, filled up with zeros to a multiple of four bytes."""
    return crc32(data + bytes(-len(data) % 4), seed)


def hub(message: bytes) -> Hub | None:
    """Return what an answer to `info` says; None for no SPIKE Prime hub, or nonsense."""
    if len(message) != 1 + INFORMATION.size:
        return None
    *_, major, minor, build, packet, largest, part, group = INFORMATION.unpack(message[1:])
    if group != 0 or not 0 < part <= largest or not packet:
        return None
    return Hub(f"{major}.{minor}.{build}", part)


def console(message: bytes) -> str | None:
    """Return what a program printed; None for nonsense."""
    text, end, rest = message[1:].partition(b"\0")
    if not end or rest.strip(b"\0") or len(text) >= MAX_CONSOLE:
        return None
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def notification(message: bytes) -> Notification | None:
    """Return what a hub says of its devices; None for nonsense."""
    if len(message) < 3 or len(message) - 3 != struct.unpack_from("<H", message, 1)[0]:
        return None
    readings: list[Reading] = []
    battery = None
    try:
        for kind, values in _devices(message[3:]):
            if kind == 0:
                battery = _within(values[0], 0, 100) / 100
            else:
                readings += ROWS[kind].read(values)
    except _Nonsense:
        return None
    return Notification(readings, battery)


class _Nonsense(Exception):
    """A device message that no hub would send."""


class _Row(Struct, frozen=True):
    """One kind of device message."""

    layout: struct.Struct
    read: Callable[[Sequence[int]], list[Reading]]


def _devices(payload: bytes) -> Iterator[tuple[int, Sequence[int]]]:
    at = 0
    while at < len(payload):
        row = ROWS.get(payload[at])
        if row is None or at + 1 + row.layout.size > len(payload):
            raise _Nonsense
        yield payload[at], row.layout.unpack_from(payload, at + 1)
        at += 1 + row.layout.size


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise _Nonsense
    return value


def _port(number: int) -> str:
    return PORTS[_within(number, 0, len(PORTS) - 1)]


def _position(values: Sequence[int]) -> list[Reading]:
    for face in values[:2]:
        _within(face, 0, 5)
    angles = [Reading(row, value / 10) for row, value in zip(ANGLES, values[2:5], strict=True)]
    pulls = [Reading(row, value / KILO) for row, value in zip(PULLS, values[5:8], strict=True)]
    return angles + pulls


def _motor(values: Sequence[int]) -> list[Reading]:
    port, kind, absolute, power, speed, position = values
    if kind not in MOTORS:
        raise _Nonsense
    _within(absolute, -180, 180)
    _within(power, -10_000, 10_000)
    angle = _row(f"angle-{_port(port)}", "angle", "deg", (-360_000, 360_000), 3.0)
    turns = _row(f"speed-{_port(port)}", "speed", "%", (-100, 100))
    return [Reading(angle, float(position)), Reading(turns, float(speed))]


def _force(values: Sequence[int]) -> list[Reading]:
    port, measured, pressed = values
    _within(pressed, 0, 1)
    row = _row(f"force-{_port(port)}", "force", "%", (0, 100))
    return [Reading(row, _within(measured, 0, 100))]


def _colour(values: Sequence[int]) -> list[Reading]:
    port, colour, *raw = values
    _within(colour, NOTHING, WHITE)
    return [
        Reading(_row(f"{name}-{_port(port)}", name, "1", (0, 1023)), _within(value, 0, 4095))
        for name, value in zip(("red", "green", "blue"), raw, strict=True)
    ]


def _distance(values: Sequence[int]) -> list[Reading]:
    port, measured = values
    row = _row(f"distance-{_port(port)}", "distance", "mm", (40, 2000), 20.0)
    return [] if measured == NOTHING else [Reading(row, _within(measured, 0, 5000))]


def _shown(_: Sequence[int]) -> list[Reading]:
    return []  # what is on its display is no measurement


RATE = 20.0  # notifications a second


def _row(
    name: str, quantity: str, unit: str, within: tuple[float, float], accuracy: float | None = None
) -> Channel:
    """Return a row of what tells whole numbers; accuracies are those of LEGO's technical sheets."""
    return Channel(name, quantity, unit, *within, 0, RATE, accuracy, 1.0, RATE)


ANGLES = [
    Channel(name, "angle", "deg", -180, 180, 1, RATE, None, 0.1, RATE) for name in ("yaw", "pitch", "roll")
]
PULLS = [Channel(f"pull-{axis}", "acceleration", "[g]", -8, 8, 2, RATE, None, 0.001, RATE) for axis in "xyz"]
ROWS: Mapping[int, _Row] = {
    0: _Row(struct.Struct("<B"), _shown),
    1: _Row(struct.Struct("<BB9h"), _position),
    2: _Row(struct.Struct("<25B"), _shown),
    10: _Row(struct.Struct("<BBhhbi"), _motor),
    11: _Row(struct.Struct("<BBB"), _force),
    12: _Row(struct.Struct("<BbHHH"), _colour),
    13: _Row(struct.Struct("<Bh"), _distance),
    14: _Row(struct.Struct("<B9B"), _shown),
}
