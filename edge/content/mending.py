"""One recording of the parent, built here: first all that this node has, at its place, then what is missing.

The draft has its final size from the beginning, with zeros where frames are missing. What is still missing is
found by looking at every frame's sum, so nothing has to be written down on the way, and after a power cut or
a kill only what was on its way comes again. Blocks; for threads.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from os import pread
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from edge.media.packet import Kind
from edge.media.record.containers import container_of
from edge.media.record.digest import digest_of
from edge.media.record.durable import NEW, BlockFile
from edge.media.record.index import IndexEntry
from edge.media.record.pairing import as_received
from edge.media.record.pieces import Piece
from edge.media.record.place import Place
from edge.media.record.sheet import Sheet
from edge.media.record.trouble import NoTemplate, media_fault
from edge.media.repair import Pool, Spot

DRAFT = ".draft"
SYNCED = 1 << 20  # bytes between two syncs: 4 s of a link of 2 Mbit/s come again after a power cut

SPILL = 16 << 20  # bytes: a quarter of a second of an old disk

GoOn = Callable[[], None]


class Unlike(Exception):
    """The file that these frames make here is none that the parent can have."""


class Mending:
    """One draft. One thread at a time."""

    def __init__(self, place: Place, folder: Path, ident: str, sheet: Sheet) -> None:
        self.sheet = sheet
        self.path = folder / f"{ident}{DRAFT}.{container_of(sheet.form.index.header.codecs)}"
        self.missing: list[tuple[int, IndexEntry]] = []  # with the byte where each begins
        self.lacking = 0  # bytes of the frames that were missing when the draft was begun or found
        self._place = place
        self._spots: list[Piece] = []
        self._file: BlockFile | None = None
        self._unsynced = 0
        self._turn = threading.Lock()  # who waited for a write may be cancelled while it goes on

    def begin(self, pool: Pool, files: Sequence[Path], go_on: GoOn) -> None:
        """Build the draft if it is not there, and find what is missing; raises OSError, Unlike."""
        try:
            self._ready(pool, files, go_on)
        except (media_fault(), NoTemplate, AssertionError) as exc:
            if isinstance(exc, OSError):
                raise
            raise Unlike(f"{self.path.name}: {exc}") from exc
        self._file = self._place.disk.blocks(self.path, self.path.stat().st_size)
        self.lacking = sum(entry.length for _, entry in self.missing)

    def put(self, at: int, entry: IndexEntry, stored: bytes) -> bool:
        """Write a frame at its place if it is the one that is meant; raises OSError."""
        codec = self.sheet.form.index.header.codecs[entry.kind]
        if crc32(as_received(codec, stored)) != entry.crc32:
            return False
        self._write(at, stored)
        return True

    def put_between(self, piece: Piece, content: bytes) -> None:
        """Write what stands between frames: only the sum of the whole file tells whether it is right."""
        self._write(piece.at, content)

    @property
    def has_its_size(self) -> bool:
        """The file has as many bytes as the parent's."""
        return self.path.stat().st_size == self.sheet.size

    @property
    def places(self) -> list[Piece]:
        """Where the frames are, in the file's order."""
        return sorted(self._spots, key=lambda each: each.at)

    def is_equal(self, go_on: GoOn) -> bool:
        """Sync, and tell whether it is the parent's file to the last byte; raises OSError."""
        self.sync()
        return self.has_its_size and digest_of(self.path, go_on) == self.sheet.digest

    def sync(self) -> None:
        """Let what came outlive a power cut; raises OSError."""
        with self._turn:
            self._sync()

    def close(self) -> None:
        """Close the file; what is there stays."""
        with self._turn:
            if self._file is not None:
                self._file.close()
                self._file = None

    def discard(self) -> None:
        """Leave nothing of it; raises OSError."""
        self.close()
        self._place.disk.remove(self.path)

    def _write(self, at: int, content: bytes) -> None:
        with self._turn:
            if self._file is None:
                return  # nobody waits for it any more
            self._file.write(at, content)
            self._unsynced += len(content)
            if self._unsynced >= SYNCED:
                self._sync()

    def _sync(self) -> None:
        if self._file is not None and self._unsynced:
            self._file.sync()
        self._unsynced = 0

    def _ready(self, pool: Pool, files: Sequence[Path], go_on: GoOn) -> None:
        if self.path.exists():
            try:
                self._survey(go_on)
            except (Unlike, media_fault()):  # the disk did not keep what it was given
                self._place.disk.remove(self.path)
            else:
                return
        self._build(pool, files, go_on)
        self._survey(go_on)

    def _build(self, pool: Pool, paths: Sequence[Path], go_on: GoOn) -> None:
        from edge.media.record import canonical  # with FFmpeg, when something is to be healed

        self._place.check(self.sheet.size)
        draft = self.path.with_name(self.path.name + NEW)
        files: list[BinaryIO] = []
        try:
            files += [path.open("rb") for path in paths]

            def stored(entry: IndexEntry) -> bytes:
                self._spill(draft, entry.length)
                spot = pool.find(entry)
                if spot is None:
                    return canonical.blank(entry)
                return pread(files[spot.file].fileno(), entry.length, spot.at)

            canonical.write(draft, self.sheet.form, stored, go_on)
            self._place.sync(draft)
            self._place.disk.replace(draft, self.path)
        finally:
            for file in files:
                file.close()
            with suppress(OSError):
                self._place.disk.remove(draft)

    def _spill(self, draft: Path, size: int) -> None:
        """Let no more than SPILL wait for the disk: a lesson that is recorded syncs every two seconds."""
        self._unsynced += size
        if self._unsynced >= SPILL:
            self._unsynced = 0
            self._place.sync(draft)

    def _survey(self, go_on: GoOn) -> None:
        from edge.media.record import canonical

        waiting: dict[Kind, list[IndexEntry]] = {"video": [], "audio": []}
        for each in reversed(self.sheet.form.index.entries):
            waiting[each.kind].append(each)
        self.missing, self._spots = [], []
        for found in canonical.frames(self.path, go_on):
            entry = waiting[found.kind].pop() if waiting[found.kind] else None
            if entry is None or entry.length != len(found.stored):
                raise Unlike(f"{self.path.name}: a frame at {found.at} that is not in the sheet")
            self._spots.append(Piece(found.at, entry.length))
            if not found.stored.strip(b"\0") or crc32(as_received(found.codec, found.stored)) != entry.crc32:
                self.missing.append((found.at, entry))
        if any(waiting.values()):
            raise Unlike(f"{self.path.name}: frames of the sheet are not in the file")


def collect(pool: Pool, path: Path, go_on: GoOn) -> None:
    """Take note of every frame of a file; raises OSError. Of a file that cannot be read there is nothing."""
    from edge.media.record import canonical

    number = pool.begin()
    try:
        for found in canonical.frames(path, go_on):
            frame = as_received(found.codec, found.stored)
            pool.add(found.kind, len(frame), crc32(frame), Spot(number, found.at))
    except media_fault() as exc:
        if isinstance(exc, OSError):
            raise
