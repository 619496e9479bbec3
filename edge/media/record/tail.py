"""A recording's file read while it grows: whole segments, from the key frame at or before a moment.

The file stays open, so that it can be read to its end even when the finished one takes its name.
"""

import threading
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from edge.media.record import ebml, mp4
from edge.media.record.segments import PROBE, Head, Start, mp4_head, mp4_start, webm_head, webm_start

MAX_HEAD = 1 << 20  # bytes before the first segment: it has a few hundred
MAX_MOOF = 16 << 20  # bytes, as in fragments.py
PIECE = 262_144  # bytes of one read: what is in memory of a file for each who watches it


class Finished(Exception):
    """The file is the finished one: it can be sought in, and is fetched as it is."""


class Damaged(OSError):
    """What is there is no recording of ours, or has become shorter."""


class Segment(Struct, frozen=True):
    """A whole segment in the file."""

    start: int
    end: int


class Tail:
    """One reader of one file. Every call reads the disk; raises OSError.

    Whoever waits for a call in a thread may be cancelled while it goes on: `close` waits for it.
    """

    def __init__(self, path: Path, since: float) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._opened: BinaryIO | None = None
        self._is_closed = False
        self._is_mp4 = path.suffix == ".mp4"
        self._since = since
        self._head: Head | None = None
        self._head_end = 0
        self._whole = 0  # the end of the last whole segment
        self._sent = 0
        self._begun = False

    def close(self) -> None:
        """Close the file; nothing may follow."""
        with self._turn:
            self._is_closed = True
            if self._opened is not None:
                self._opened.close()

    def head(self) -> Head | None:
        """Return what the file is, None while that is not on the disk; raise Finished, Damaged."""
        with self._turn:
            return self._find_out()

    def piece(self) -> bytes:
        """Return what comes next, b"" where nothing whole is there yet; `head` must have been returned."""
        with self._turn:
            return self._next()

    @property
    def _file(self) -> BinaryIO:
        if self._is_closed:
            raise Damaged(f"{self._path}: closed")
        if self._opened is None:
            self._opened = self._path.open("rb")
        return self._opened

    def _find_out(self) -> Head | None:
        if self._head is None and (end := self._find_head()):
            content = self._read(0, end)
            try:
                self._head = mp4_head(content) if self._is_mp4 else webm_head(content)
            except (mp4.BadBox, ebml.BadElement, KeyError, IndexError) as exc:
                raise Damaged(f"{self._path}: {exc}") from exc
            self._head_end = self._whole = end
            if self._head.finished:
                raise Finished
        return self._head

    def _next(self) -> bytes:
        head = self._head
        assert head is not None
        if not self._begun and self._sent < self._head_end:
            return self._take(self._head_end)
        if not self._begun:
            found = self._segments()
            if not found:
                return b""
            self._sent, self._begun = self._first(found, head).start, True
        if self._sent == self._whole:
            self._segments()
        return self._take(self._whole)

    def _take(self, end: int) -> bytes:
        size = min(PIECE, end - self._sent)
        content = self._read(self._sent, size)
        if len(content) < size:
            raise Damaged(f"{self._path}: ends at {self._sent + len(content)} of {end}")
        self._sent += size
        return content

    def _first(self, found: list[Segment], head: Head) -> Segment:
        """Return the last that begins with a key frame and not too late, else the first with a key frame."""
        low, high = 0, len(found)  # the first segment that begins too late
        while low < high:
            middle = (low + high) // 2
            at = self._start(found[middle], head).at
            low, high = (middle + 1, high) if at is None or at <= self._since else (low, middle)
        keys = (each for each in reversed(found[: max(low, 1)]) if self._start(each, head).key)
        return next(keys, found[0])

    def _start(self, segment: Segment, head: Head) -> Start:
        if not self._is_mp4:
            return webm_start(self._read(segment.start, min(PROBE, segment.end - segment.start)), head)
        size = mp4.head(self._read(segment.start, mp4.MAX_HEAD))[1]
        return mp4_start(self._read(segment.start, size), head)

    def _segments(self) -> list[Segment]:
        """Return the whole segments behind those that are known."""
        size, found = self._file.seek(0, 2), list[Segment]()
        while (end := self._end_of(self._whole, size)) is not None:
            found.append(Segment(self._whole, end))
            self._whole = end
        return found

    def _end_of(self, at: int, size: int) -> int | None:
        """Return the end of the segment here, None while it is not whole; it has what stands before it."""
        while (box := self._box(at)) is not None:
            is_last, end = box
            if end > size:
                return None
            at = end
            if is_last:
                return at
        return None

    def _find_head(self) -> int:
        """Return where the first segment begins, 0 while that cannot be told."""
        size, at = self._file.seek(0, 2), 0
        while at < min(size, MAX_HEAD):
            content = self._read(at, mp4.MAX_HEAD)
            try:
                kind, length = _mp4_box(content) if self._is_mp4 else _webm_element(content)
            except (mp4.BadBox, ebml.BadElement):
                return 0
            if kind == ebml.CLUSTER:
                return at
            at += length
            if kind == b"moov":
                return at if at <= size else 0
        return 0

    def _box(self, at: int) -> tuple[bool, int] | None:
        """Return whether what begins here ends a segment, and where it ends."""
        content = self._read(at, mp4.MAX_HEAD)
        try:
            kind, length = _mp4_box(content) if self._is_mp4 else _webm_element(content)
        except (mp4.BadBox, ebml.BadElement):
            return None
        if kind == b"moof" and length > MAX_MOOF:
            return None
        return kind in (b"mdat", ebml.CLUSTER), at + length

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)


def _mp4_box(content: bytes) -> tuple[bytes, int]:
    kind, size, _ = mp4.head(content)
    return kind, size


def _webm_element(content: bytes) -> tuple[int, int]:
    """Return an element's id and size; of the segment, which ends with the file, that of its head."""
    ident, size, length = ebml.head(content)
    return ident, length if ident == ebml.SEGMENT else length + size
