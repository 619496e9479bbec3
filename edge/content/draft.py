"""A file on its way here: what is on the disk of it is known by the sum of each block, whatever was cut off.

Beside the file lies a list: a line that says of which file of the parent it is, then the CRC-32 of each whole
block, written after the block is synced. After a power cut what the list does not confirm is cut off, so at
most one block comes twice. A cut of the link costs nothing.
"""

from contextlib import suppress
from pathlib import Path
from struct import Struct as Layout
from zlib import crc32

import msgspec
from msgspec import Struct

from edge.media.record.durable import DiskFile
from edge.media.record.place import Place

BLOCK = 1 << 20  # bytes: synced and summed together; 4 s of a link of 2 Mbit/s
SUM = Layout("<I")
SUMS = ".sums"
MAX_HEAD = 1024  # bytes of the first line


class Source(Struct, frozen=True):
    """Which file of the parent this is: its version (ETag) and its size."""

    etag: str
    size: int


class TooMuch(Exception):
    """More bytes came than the file has."""


class Draft:
    """One file. All calls block; one thread at a time."""

    def __init__(self, place: Place, path: Path) -> None:
        self.path = path
        self._place = place
        self._sums_path = path.with_name(path.name + SUMS)
        self._file: DiskFile | None = None
        self._sums: DiskFile | None = None
        self._crc = 0
        self.source: Source | None = None
        self.have = 0  # bytes that are on the disk

    def open(self) -> None:
        """Find what an earlier run left, and cut off what is not confirmed; raises OSError."""
        source, sums = self._left()
        if source is None or not self.path.exists():
            self.discard()
            return
        good = _confirmed(self.path, sums, source.size)
        self._file, self._sums = self._place.disk.reopen(self.path), self._place.disk.reopen(self._sums_path)
        self.source, self.have, self._crc = source, min(good * BLOCK, source.size), 0
        self._file.cut(self.have)
        self._sums.cut(len(_head(source)) + good * SUM.size)

    def begin(self, source: Source) -> None:
        """Start anew with this file of the parent; raises OSError."""
        self.discard()
        self._place.disk.remove(self.path)
        self._sums = self._place.disk.create(self._sums_path)
        self._sums.write(_head(source))
        self._sums.sync()
        self._file = self._place.disk.create(self.path)
        self._place.disk.sync_folder(self.path.parent)
        self.source, self.have, self._crc = source, 0, 0

    def add(self, piece: bytes) -> None:
        """Append what came; raises OSError, TooMuch."""
        assert self.source is not None
        if self.have + len(piece) > self.source.size:
            raise TooMuch(f"more than the {self.source.size} bytes of {self.path.name}")
        rest = memoryview(piece)
        while rest:
            part = rest[: BLOCK - self.have % BLOCK]
            self._append(bytes(part))
            rest = rest[len(part) :]

    @property
    def is_whole(self) -> bool:
        """Every byte is on the disk, synced."""
        return self.source is not None and self.have == self.source.size

    def close(self) -> None:
        """Close the files; what is there stays."""
        for file in (self._file, self._sums):
            if file is not None:
                file.close()
        self._file = self._sums = None

    def discard(self) -> None:
        """Leave nothing of it; raises OSError."""
        self.close()
        self.source, self.have = None, 0
        self._place.disk.remove(self._sums_path)
        self._place.disk.remove(self.path)

    def _append(self, part: bytes) -> None:
        assert self._file is not None
        assert self._sums is not None
        assert self.source is not None
        before = self.have
        try:
            self._place.check(len(part))
            self._file.write(part)
        except OSError:
            self._file.cut(before)  # a part of it may be there
            raise
        self.have = before + len(part)
        self._crc = crc32(part, self._crc)
        if self.have % BLOCK == 0 or self.have == self.source.size:
            self._file.sync()
            self._sums.write(SUM.pack(self._crc))
            self._sums.sync()
            self._crc = 0

    def _left(self) -> tuple[Source | None, bytes]:
        try:
            content = self._sums_path.read_bytes()
        except OSError:
            return None, b""
        end = content.find(b"\n", 0, MAX_HEAD)
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            source = msgspec.json.decode(content[: max(end, 0)], type=Source)
            if source.size > 0 and content[: end + 1] == _head(source):
                return source, content[end + 1 :]
        return None, b""


def _head(source: Source) -> bytes:
    return msgspec.json.encode(source) + b"\n"


def _confirmed(path: Path, sums: bytes, size: int) -> int:
    """Return how many blocks from the first on are as their sums say."""
    good = 0
    with path.open("rb") as file:
        for (wanted,) in SUM.iter_unpack(sums[: len(sums) // SUM.size * SUM.size]):
            block = file.read(min(BLOCK, size - good * BLOCK))
            if not block or len(block) < min(BLOCK, size - good * BLOCK) or crc32(block) != wanted:
                return good
            good += 1
    return good
