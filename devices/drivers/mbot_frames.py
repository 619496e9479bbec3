"""The frames of Makeblock's boards (core).

To the board `ff 55 length index action device …`. From it `ff 55 index type value 0d 0a`, `ff 55 0d 0a` for
done, and a line `Version: 06.01.107` when it has booted. There is no checksum: the end of a frame is looked
at, and who asks knows which index can come.
"""

import math
import re
import struct
from collections.abc import Iterator

from msgspec import Struct

HEAD, END = b"\xff\x55", b"\r\n"
GET, RUN, RESET = 1, 2, 4
MAX_TEXT = 32  # bytes of a version, and of a line between frames; the longest known has 18
SHORTEST = 4  # bytes: a frame that says done
TEXT = 4  # the type that has a length before it
SIZES = {1: 1, 2: 4}  # bytes of a value by its type: byte, float
BOOTED = re.compile(rb"Version: (\w{2}\.\w{2}\.\w{3})\r?")
VERSION_TEXT = re.compile(r"\w{2}\.\w{2}\.\w{3}", re.ASCII)
VERSION = bytes((*HEAD, 4, 0, GET, 0, 0))
STOP = bytes((*HEAD, 2, 0, RESET))
PAD = bytes(
    52
)  # fills whatever frame the board waits for the end of: its buffer has 52 (measured, 06.01.106)


class Answer(Struct, frozen=True):
    """One frame, or the line that a board says after it has booted."""

    index: int = -1
    value: float | None = None
    version: str | None = None
    was_booted: bool = False
    is_ok: bool = False


def get(index: int, question: bytes) -> bytes:
    """Return the question for a sensor."""
    return HEAD + bytes((2 + len(question), index, GET)) + question


def run(device: int, values: bytes) -> bytes:
    """Return the order to something that moves or shines."""
    return HEAD + bytes((3 + len(values), 0, RUN, device)) + values


class Frames:
    """Finds frames in bytes that come in any pieces; what is none is counted once a stretch."""

    def __init__(self) -> None:
        self.refused = 0
        self._begun = b""
        self._text = b""  # between frames
        self._is_junk = False  # this stretch is counted

    def cut(self, piece: bytes) -> Iterator[Answer]:
        """Yield the frames that these bytes complete."""
        self._begun += piece
        while self._begun:
            size = _size(self._begun)
            if size is None:
                return
            frame, self._begun = self._begun[: size or 1], self._begun[size or 1 :]
            answer = _read(frame) if size else self._between(frame)
            if answer is None:
                if size:  # looked like one: look again behind its first byte
                    self._begun = frame[1:] + self._begun
                    self._junk()
                continue
            self._text, self._is_junk = b"", False
            yield answer

    def missed(self) -> None:
        """Bytes were lost here: what has begun is no frame."""
        self._begun = self._text = b""
        self._is_junk = False
        self._junk()

    def _between(self, byte: bytes) -> Answer | None:
        if byte == b"\n":
            found = BOOTED.fullmatch(self._text)
            if self._text.strip() and not found:
                self._junk()
            self._text, self._is_junk = b"", False
            return Answer(version=found[1].decode(), was_booted=True) if found else None
        if byte == HEAD[:1] or len(self._text) == MAX_TEXT:
            self._junk()
            self._text = b""
        self._text += byte
        return None

    def _junk(self) -> None:
        self.refused += not self._is_junk
        self._is_junk = True


def _size(begun: bytes) -> int | None:
    """Return how long the frame is that begins here; 0 for no frame, None while that is not known."""
    if not HEAD.startswith(begun[:2]):
        return 0
    if len(begun) < SHORTEST:
        return None
    if begun[2:4] == END:
        return SHORTEST
    kind = begun[3]
    if kind == TEXT:
        if len(begun) == SHORTEST:
            return None
        size = 5 + begun[4] + 2 if begun[4] <= MAX_TEXT else 0
    else:
        size = 4 + SIZES[kind] + 2 if kind in SIZES else 0
    return size if len(begun) >= size else None


def _read(frame: bytes) -> Answer | None:
    """Return what a frame says; None for what only looked like one."""
    if not frame.endswith(END):
        return None
    if len(frame) == SHORTEST:
        return Answer(is_ok=True)
    index, kind, body = frame[2], frame[3], frame[4:-2]
    if kind == TEXT:
        text = body[1:].decode("ascii", "replace")
        return Answer(index, version=text) if VERSION_TEXT.fullmatch(text) else None
    value = float(struct.unpack({1: "<B", 2: "<f"}[kind], body)[0])
    return Answer(index, value) if math.isfinite(value) else None
