"""The index beside a recording: one line of JSON, then one fixed-size record for each frame.

Records are written and synced before the frames they name, so the index never knows less than the file.
A later repair compares indexes and fetches what is missing; a torn tail is recognised and left out.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Literal
from zlib import crc32

import msgspec
from msgspec import Struct

from edge.media.packet import Codec, Frame, Kind

Aligned = Literal["sender-reports", "arrival"]

MAX_HEADER = 65_536  # a header is a few hundred bytes; more is not an index
RECORD = Layout("<BQII")  # kind and key flag, timestamp, length, CRC-32 of the frame
CHECK = Layout("<H")  # low half of the record's own CRC-32: tells a record from zeros and garbage
SIZE = RECORD.size + CHECK.size
KINDS: tuple[Kind, ...] = ("video", "audio")
KEY = 0x80


class BadIndex(ValueError):
    """Not an index, or one whose header is damaged."""


class IndexHeader(Struct, frozen=True):
    """What a reader needs to place the frames on one time line."""

    id: str
    stream: str
    started: str  # UTC, of the recording's time zero
    codecs: dict[Kind, Codec]
    ssrc: dict[Kind, int]
    rates: dict[Kind, int]
    zero: dict[Kind, int]  # the extended RTP timestamp of each track at time zero: the A/V offset
    aligned: Aligned  # what the A/V offset rests on
    version: int = 1


class IndexEntry(Struct, frozen=True, gc=False):
    """One frame."""

    kind: Kind
    timestamp: int  # extended RTP timestamp
    length: int
    crc32: int
    key: bool


class Index(Struct, frozen=True):
    """A whole index as read back."""

    header: IndexHeader
    entries: list[IndexEntry]
    torn: int = 0  # bytes behind the last good record


def entry_of(frame: Frame) -> IndexEntry:
    """Return the entry that names this frame."""
    return IndexEntry(frame.kind, frame.timestamp, len(frame.data), crc32(frame.data), frame.key)


def encode_header(header: IndexHeader) -> bytes:
    """Return the first line of an index."""
    return msgspec.json.encode(header) + b"\n"


def encode(entry: IndexEntry) -> bytes:
    """Return one record."""
    flags = KINDS.index(entry.kind) | (KEY if entry.key else 0)
    record = RECORD.pack(flags, entry.timestamp, entry.length, entry.crc32)
    return record + CHECK.pack(crc32(record) & 0xFFFF)


def decode(content: bytes) -> Index:
    """Read an index up to its first damaged record."""
    header, begin = decode_header(content)
    entries = list(records(memoryview(content)[begin:]))
    return Index(header, entries, len(content) - begin - len(entries) * SIZE)


def decode_header(content: bytes) -> tuple[IndexHeader, int]:
    """Return the header and where the records begin; raises BadIndex."""
    end = content.find(b"\n", 0, MAX_HEADER)
    if end < 0:
        raise BadIndex(f"no header line in {len(content)} bytes")
    try:
        return msgspec.json.decode(content[:end], type=IndexHeader), end + 1
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadIndex(f"header: {error}") from error


def records(content: bytes | memoryview) -> Iterator[IndexEntry]:
    """Yield the entries up to the first damaged record."""
    for start in range(0, len(content) - SIZE + 1, SIZE):
        record = content[start : start + RECORD.size]
        (check,) = CHECK.unpack_from(content, start + RECORD.size)
        flags, timestamp, length, crc = RECORD.unpack(record)
        if check != crc32(record) & 0xFFFF or flags & ~KEY >= len(KINDS):
            return
        yield IndexEntry(KINDS[flags & ~KEY], timestamp, length, crc, bool(flags & KEY))
