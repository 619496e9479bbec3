"""Matroska and WebM structure (RFC 8794, RFC 9559): enough to write a header and to check clusters."""

from collections.abc import Iterator
from struct import pack

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, TIMESTAMP_SCALE = 0x18538067, 0x1549A966, 0x2AD7B1
TRACKS, TRACK_ENTRY, TRACK_NUMBER, TRACK_UID, TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83
CODEC_ID, CODEC_PRIVATE = 0x86, 0x63A2
VIDEO, WIDTH, HEIGHT = 0xE0, 0xB0, 0xBA
AUDIO, SAMPLING, CHANNELS = 0xE1, 0xB5, 0x9F
CLUSTER, TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
CUES, SEEK_HEAD, TAGS, VOID, CRC = 0x1C53BB6B, 0x114D9B74, 0x1254C367, 0xEC, 0xBF
SEGMENT_CHILDREN = frozenset((INFO, TRACKS, CLUSTER, CUES, SEEK_HEAD, TAGS, VOID, CRC))

UNKNOWN = -1  # the size of an element that ends where its parent ends
MAX_HEAD = 12  # bytes of an element's id and size


class BadElement(ValueError):
    """Not an element here."""


def element(ident: int, *parts: bytes) -> bytes:
    """Return an element with these children or bytes."""
    body = b"".join(parts)
    return ident.to_bytes((ident.bit_length() + 7) // 8, "big") + (len(body) | 1 << 56).to_bytes(8) + body


def number(ident: int, value: int) -> bytes:
    """Return an unsigned integer element."""
    return element(ident, value.to_bytes(8))


def real(ident: int, value: float) -> bytes:
    """Return a float element."""
    return element(ident, pack(">d", value))


def head(content: bytes, at: int = 0) -> tuple[int, int, int]:
    """Return (id, size of the body or UNKNOWN, length of the head) of the element that starts here."""
    ident, first = _varint(content, at, 4, keep=True)
    size, second = _varint(content, at + first, 8, keep=False)
    unknown = size == (1 << 7 * second) - 1
    return ident, UNKNOWN if unknown else size, first + second


def children(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start, end) of the bodies of the elements that fill these bytes exactly; BadElement."""
    at = 0
    while at < len(content):
        ident, size, length = head(content, at)
        end = at + length + size
        if size == UNKNOWN or end > len(content):
            raise BadElement(f"element {ident:x} at {at} leaves its parent")
        yield ident, at + length, end
        at = end


def block(body: bytes) -> tuple[int, int]:
    """Return (track number, start of the frame) of the body of an unlaced block."""
    track, length = _varint(body, 0, 8, keep=False)
    if len(body) < length + 3 or body[length + 2] & 0x06:
        raise BadElement("a block too short or with lacing")
    return track, length + 3


def _varint(content: bytes, at: int, limit: int, keep: bool) -> tuple[int, int]:
    if at >= len(content) or not content[at]:
        raise BadElement(f"no element at {at}")
    length = 9 - content[at].bit_length()
    if length > limit or at + length > len(content):
        raise BadElement(f"no element at {at}")
    value = int.from_bytes(content[at : at + length])
    return value if keep else value & ~(1 << 7 * length), length
