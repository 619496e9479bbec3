"""What a finished recording is made of, as nodes tell each other: all but the frames themselves (core).

A line of JSON, then the frames in the file's order as columns, compressed: flags, steps of the timestamps,
lengths and checksums, each spread into planes of bytes, of which only the checksums do not shrink.
"""

import re
import zlib
from collections.abc import Sequence
from struct import pack, unpack

import msgspec
from msgspec import Struct

from edge.media.packet import Kind
from edge.media.record.index import KEY, KINDS, Index, IndexEntry, IndexHeader
from edge.media.record.marks import Shift
from edge.media.record.times import ordered, sound

MAX_LINE = 65_536  # bytes: a thousand shifts and a picture's parameter sets
MAX_FRAMES = 2_000_000  # seven hours of pictures and sound
MAX_FRAME = 4 << 20  # bytes, as the receiving side has it (codec/assembly.py)
COLUMN = 4  # bytes of a step, a length, a checksum
MAX_WIRE = MAX_LINE + MAX_FRAMES * 8  # bytes on the link
LEVEL = 6  # of zlib: 9 takes three times as long for one percent
MAX_SIDE = 16_384  # pixels
CONFIG = re.compile(r"([0-9a-f]{2}){0,8192}")  # SPS and PPS take some dozens of bytes


class BadSheet(ValueError):
    """Not a sheet, or one that contradicts itself."""


class Look(Struct, frozen=True):
    """What a file's head says of its picture."""

    width: int
    height: int
    config: str = ""  # H.264: the AVCDecoderConfigurationRecord, in hexadecimal


class Form(Struct, frozen=True):
    """All that decides a file's bytes besides the frames."""

    index: Index
    shifts: Sequence[Shift] = ()
    picture: Look | None = None


class Sheet(Struct, frozen=True):
    """A form, and the file that it makes."""

    form: Form
    digest: str  # SHA-256 of the file
    size: int
    muxer: str


class _Line(Struct, frozen=True):
    header: IndexHeader
    shifts: list[Shift]
    picture: Look | None
    digest: str
    size: int
    muxer: str
    count: int


def encode(sheet: Sheet) -> bytes:
    """Return a sheet as it travels."""
    form = sheet.form
    entries = ordered(form.index, form.shifts)
    line = _Line(
        form.index.header,
        list(form.shifts),
        form.picture,
        sheet.digest,
        sheet.size,
        sheet.muxer,
        len(entries),
    )
    flags = bytes(KINDS.index(each.kind) | (KEY if each.key else 0) for each in entries)
    numbers = (_steps(form.index.header, entries), [e.length for e in entries], [e.crc32 for e in entries])
    columns = flags + b"".join(_planes(pack(f"<{len(entries)}I", *column)) for column in numbers)
    return msgspec.json.encode(line) + b"\n" + zlib.compress(columns, LEVEL)


def decode(wire: bytes) -> Sheet:
    """Read a sheet, which is somebody's claim; raises BadSheet."""
    end = wire.find(b"\n", 0, MAX_LINE)
    try:
        line = msgspec.json.decode(wire[: max(end, 0)], type=_Line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BadSheet(f"no line of a sheet: {wire[:80]!r}") from exc
    _check(line)
    columns = _inflated(wire[end + 1 :], line.count * (1 + 3 * COLUMN))
    index = Index(line.header, _entries(line.header, columns, line.count))
    _check_entries(line, index.entries)
    return Sheet(Form(index, line.shifts, line.picture), line.digest, line.size, line.muxer)


def _steps(header: IndexHeader, entries: Sequence[IndexEntry]) -> list[int]:
    last = dict(header.zero)
    steps = []
    for each in entries:
        steps.append((each.timestamp - last[each.kind]) & 0xFFFFFFFF)
        last[each.kind] = each.timestamp
    return steps


def _entries(header: IndexHeader, columns: bytes, count: int) -> list[IndexEntry]:
    flags = columns[:count]
    starts = [count + COLUMN * count * number for number in range(3)]
    steps, lengths, sums = (unpack(f"<{count}I", _joined(columns[at : at + COLUMN * count])) for at in starts)
    last = dict(header.zero)
    entries = []
    try:
        for flag, step, length, crc in zip(flags, steps, lengths, sums, strict=True):
            kind = KINDS[flag & ~KEY]
            last[kind] += step if step < 1 << 31 else step - (1 << 32)  # the first may lie before time zero
            entries.append(IndexEntry(kind, last[kind], length, crc, bool(flag & KEY)))
    except (IndexError, KeyError) as exc:
        raise BadSheet(f"a frame of no track: {exc}") from exc
    return entries


def _check(line: _Line) -> None:
    header = line.header
    kinds = header.codecs.keys()
    if not kinds or not kinds == header.zero.keys() == header.rates.keys() or not sound(header.rates):
        raise BadSheet(f"tracks that do not fit: {header.codecs} {header.rates}")
    if any((kind == "audio") != (codec == "opus") for kind, codec in header.codecs.items()):
        raise BadSheet(f"codecs that do not fit: {header.codecs}")
    if not 0 < line.count <= MAX_FRAMES or len(line.digest) != 64 or line.size <= 0:
        raise BadSheet(f"{line.count} frames, {line.size} bytes, digest {line.digest[:80]!r}")
    if ("video" in kinds) != (line.picture is not None):
        raise BadSheet("a picture without its description")
    if line.picture is not None and not _is_sane(line.picture):
        raise BadSheet(f"a picture of {line.picture.width} x {line.picture.height}")


def _is_sane(picture: Look) -> bool:
    sides = 0 < picture.width <= MAX_SIDE and 0 < picture.height <= MAX_SIDE
    return (
        sides
        and all(letter in "0123456789abcdef" for letter in picture.config)
        and not len(picture.config) % 2
    )


def _check_entries(line: _Line, entries: Sequence[IndexEntry]) -> None:
    if not all(0 < each.length <= MAX_FRAME for each in entries):
        raise BadSheet("a frame of no bytes, or of too many")
    if sum(each.length for each in entries) >= line.size:
        raise BadSheet(f"more bytes of frames than the file has: {line.size}")
    last: dict[Kind, int] = {}
    for each in entries:
        if each.timestamp <= last.get(each.kind, each.timestamp - 1):
            raise BadSheet(f"{each.kind} goes back to {each.timestamp}")
        last[each.kind] = each.timestamp
    if last.keys() != line.header.codecs.keys():
        raise BadSheet("a track without frames")


def _inflated(wire: bytes, size: int) -> bytes:
    unzip = zlib.decompressobj()
    try:
        columns = unzip.decompress(wire, size + 1)
    except zlib.error as exc:
        raise BadSheet(f"columns: {exc}") from exc
    if len(columns) != size or not unzip.eof:
        raise BadSheet(f"columns of {len(columns)} bytes, not {size}")
    return columns


def _planes(column: bytes) -> bytes:
    return b"".join(column[at::COLUMN] for at in range(COLUMN))


def _joined(planes: bytes) -> bytes:
    column, count = bytearray(len(planes)), len(planes) // COLUMN
    for at in range(COLUMN):
        column[at::COLUMN] = planes[at * count : (at + 1) * count]
    return bytes(column)
