"""The library's store: each item under its hash, in chunks of 1 MiB that were verified before they count.

Of an item there are `<id>.blob`, as long as the item from the beginning on; `<id>.sums`, the SHA-256 of each
chunk, which the id itself confirms; `<id>.have`, a bit for each chunk that is verified and on the disk, until
all are; and `<id>.json`, what it is. The last one is written last and removed first: without it there is no
item, and what lies there is swept. All calls block.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import BinaryIO

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge.media.record.durable import BlockFile
from edge.media.record.place import Place
from sync.catalogue import CHUNK, ID, SUM, Item, chunk_size, chunks_of, item_id

FOLDER = "content"  # in the state folder
BLOB, SUMS, HAVE, NOTE = ".blob", ".sums", ".have", ".json"
NEW = ".new"  # ends the names of what is copied in and has no id yet
MAX_NOTE = 65_536  # bytes of what is known of an item
SETTLED = 1_000_000_000  # nanoseconds after a change in which another one may look like the same
SYNCED = 16 * CHUNK  # bytes copied between syncs: a disk that has gigabytes to write lets registers wait

Progress = Callable[[int], None]
GoOn = Callable[[], None]


class WrongHash(Exception):
    """A chunk is not the one that the item has at this place."""


class WrongSums(Exception):
    """A list of hashes is not that of the item."""


class Gone(Exception):
    """The item was removed meanwhile."""


class Empty(Exception):
    """There is nothing in a file."""


class Held(Struct, frozen=True, omit_defaults=True):
    """An item of which something is here; what is kept of it."""

    item: Item
    whole: bool = False
    fetched: int = 0  # milliseconds since 1970: when it became whole
    pinned: bool = False  # it was put in here, by its publisher: there may be no other copy


class ChunkStore:
    """All items of a node."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._known: dict[str, tuple[tuple[int, int], Held]] = {}  # by id: which note, and what it says
        self._listed: tuple[int, list[Held]] = (0, [])  # when the folder had changed, and what was there
        self._sound: set[str] = set()  # ids whose chunks were read again since the start

    def items(self) -> list[Held]:
        """Return all of which something is here, by id; reads them only after the folder has changed."""
        try:
            changed = self.place.folder.stat().st_mtime_ns
            known, listed = self._listed
            if changed == known:
                return listed.copy()
            settled = time_ns() - changed > SETTLED
            names = sorted(os.listdir(self.place.folder))
        except FileNotFoundError:
            return []
        idents = [name.removesuffix(NOTE) for name in names if name.endswith(NOTE)]
        found = [each for each in map(self.held, idents) if each is not None]
        self._listed = (changed, found) if settled else (0, [])
        return found.copy()

    def held(self, ident: str) -> Held | None:
        """Return what is known of an item; None if nothing of it is here."""
        if ID.fullmatch(ident) is None:
            return None
        path = self._path(ident, NOTE)
        try:
            found = path.stat()
            note = (found.st_ino, found.st_mtime_ns)  # each new note is another file
            known = self._known.get(ident)
            if known is None or known[0] != note:
                known = note, msgspec.json.decode(path.read_bytes()[:MAX_NOTE], type=Held)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._known.pop(ident, None)
            return None
        self._known[ident] = known
        return known[1] if known[1].item.id == ident else None

    def is_whole(self, ident: str) -> bool:
        """Tell whether every chunk of an item is here and verified."""
        held = self.held(ident)
        return held is not None and held.whole

    def have(self, ident: str) -> frozenset[int]:
        """Return the numbers of the chunks that are here and verified."""
        held = self.held(ident)
        if held is None:
            return frozenset()
        count = chunks_of(held.item.size)
        if held.whole:
            return frozenset(range(count))
        try:
            return frozenset(_marked(self._path(ident, HAVE).read_bytes(), count))
        except FileNotFoundError:  # it has become whole between the two looks, or is gone
            return self.have(ident) if self.is_whole(ident) else frozenset()

    def path_of(self, ident: str) -> Path | None:
        """Return the file of an item, whole or not; None if nothing of it is here."""
        return self._path(ident, BLOB) if self.held(ident) is not None else None

    def sums(self, ident: str) -> bytes | None:
        """Return the hashes of an item's chunks; None if they are not here, or are not right any more."""
        held = self.held(ident)
        if held is None:
            return None
        with suppress(OSError):
            sums = self._path(ident, SUMS).read_bytes()
            return sums if item_id(held.item.size, sums) == ident else None
        return None

    def begin(self, item: Item, sums: bytes, go_on: GoOn = lambda: None) -> "Draft":
        """Open an item to put chunks into it, begun now or earlier; raise WrongSums, OSError.

        After a start all of it that is here is read again, for minutes; `go_on` may raise to stop that.
        """
        if len(sums) != SUM * chunks_of(item.size) or item_id(item.size, sums) != item.id:
            raise WrongSums(f"{len(sums)} bytes of hashes are not those of {item.id}")
        held = self.held(item.id)
        if held is None:
            self._lay_out(item, sums)
            held = Held(item)
            self._note(held)
        elif self.sums(item.id) is None:  # the disk lost them
            self.place.disk.save(self._path(item.id, SUMS), sums)
        draft = Draft(self, held, sums)
        try:
            if item.id not in self._sound:
                draft.verify(go_on)
                self._sound.add(item.id)
        except BaseException:
            draft.close()
            raise
        return draft

    def add(self, file: BinaryIO, item: Item, now: int, progress: Progress = lambda done: None) -> Held:
        """Copy a file in and return the item with its id and size; raise Empty, OSError.

        Of what is here already the newer words are kept.
        """
        self.place.prepare()
        with self._alone():
            self._sweep()
            draft = self.place.folder / f"{os.getpid()}{NEW}"
            try:
                size, sums = self._copy(file, draft, progress)
                item = replace(item, id=item_id(size, sums), size=size)
                if not self.is_whole(item.id):
                    self._put(draft, item, sums)
            finally:
                self.place.disk.remove(draft)
            before = self.held(item.id) or Held(item, fetched=now)
            held = replace(before, item=item, whole=True, pinned=True)
            self._note(held)
            return held

    def remove(self, ident: str) -> None:
        """Leave nothing of an item; who is reading it reads on; raises OSError."""
        if ID.fullmatch(ident) is None:
            return
        self._known.pop(ident, None)
        self._sound.discard(ident)
        for suffix in (NOTE, HAVE, SUMS, BLOB):
            self.place.disk.remove(self._path(ident, suffix))

    def sweep(self) -> None:
        """Remove what a power cut left, unless something is being copied in; raises OSError."""
        if self.place.folder.is_dir():
            with suppress(BlockingIOError), self._alone(fcntl.LOCK_NB):
                self._sweep()

    def finish(self, held: Held, now: int) -> Held:
        """Note that an item is whole now."""
        current = self.held(held.item.id)
        if current is None:
            raise Gone(held.item.id)
        done = replace(current, whole=True, fetched=now)
        self._note(done)
        self.place.disk.remove(self._path(held.item.id, HAVE))
        return done

    def _lay_out(self, item: Item, sums: bytes) -> None:
        """Make the files of an item of which nothing is here."""
        self.place.prepare()
        self.place.check(len(sums))
        disk = self.place.disk
        disk.save(self._path(item.id, SUMS), sums)
        disk.save(self._path(item.id, HAVE), bytes(-(-chunks_of(item.size) // 8)))
        disk.remove(self._path(item.id, BLOB))
        disk.blocks(self._path(item.id, BLOB), item.size).close()
        disk.sync_folder(self.place.folder)

    def _copy(self, file: BinaryIO, draft: Path, progress: Progress) -> tuple[int, bytes]:
        """Copy and hash in one go; return the size and the hashes."""
        sums, size = bytearray(), 0
        copy = self.place.disk.create(draft)
        try:
            while chunk := file.read(CHUNK):
                self.place.check(len(chunk))
                copy.write(chunk)
                sums += sha256(chunk).digest()
                size += len(chunk)
                if size % SYNCED == 0:
                    copy.sync()
                progress(size)
            copy.sync()
        finally:
            copy.close()
        if not size:
            raise Empty
        return size, bytes(sums)

    def _put(self, draft: Path, item: Item, sums: bytes) -> None:
        self.remove(item.id)  # what was begun to be fetched
        self.place.disk.save(self._path(item.id, SUMS), sums)
        self.place.disk.replace(draft, self._path(item.id, BLOB))

    def _note(self, held: Held) -> None:
        self.place.disk.save(self._path(held.item.id, NOTE), msgspec.json.encode(held))

    def _sweep(self) -> None:
        for path in self.place.folder.iterdir():
            ident = path.name.partition(".")[0]
            is_ours = path.suffix in (BLOB, SUMS, HAVE) and ID.fullmatch(ident) is not None
            if path.suffix == NEW or (is_ours and not self._path(ident, NOTE).exists()):
                self.place.disk.remove(path)

    @contextmanager
    def _alone(self, how: int = 0) -> Iterator[None]:
        """Keep other processes of this computer from copying in, or from sweeping, meanwhile."""
        descriptor = os.open(self.place.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | how)
            yield
        finally:
            os.close(descriptor)

    def _path(self, ident: str, suffix: str) -> Path:
        return self.place.folder / (ident + suffix)


class Draft:
    """One item while its chunks come, in any order; one thread at a time. Close it when done."""

    def __init__(self, store: ChunkStore, held: Held, sums: bytes) -> None:
        self.held = held
        self._store = store
        self._sums = sums
        self._count = chunks_of(held.item.size)
        self._have: set[int] = set(store.have(held.item.id))
        if held.whole:
            return
        disk, path = store.place.disk, store.path_of(held.item.id)
        if path is None:
            raise Gone(held.item.id)
        self._blob: BlockFile = disk.blocks(path, held.item.size)
        try:
            self._bits: BlockFile = disk.blocks(path.with_suffix(HAVE), -(-self._count // 8))
        except OSError:
            self._blob.close()
            raise

    def missing(self) -> list[range]:
        """Return the numbers of the chunks that are lacking, in runs."""
        runs: list[range] = []
        for number in range(self._count):
            if number in self._have:
                continue
            if runs and runs[-1].stop == number:
                runs[-1] = range(runs[-1].start, number + 1)
            else:
                runs.append(range(number, number + 1))
        return runs

    @property
    def have(self) -> int:
        """Return how many chunks are here."""
        return len(self._have)

    def put(self, number: int, chunk: bytes) -> None:
        """Put a chunk in its place, durably; raise WrongHash, Gone, OSError."""
        if not self._is_right(number, chunk):
            raise WrongHash(f"chunk {number} of {self.held.item.id}, {len(chunk)} bytes")
        if number in self._have:
            return
        if self._blob.is_gone:
            raise Gone(self.held.item.id)
        self._store.place.check(len(chunk))
        self._blob.write(number * CHUNK, chunk)
        self._blob.sync()  # before the bit: what is marked is there
        self._have.add(number)
        self._mark(number // 8)

    def finish(self, now: int) -> Held:
        """Note that it is whole, and close it; raise Gone, OSError."""
        assert len(self._have) == self._count, "chunks are missing"
        if not self.held.whole:
            if self._blob.is_gone:
                raise Gone(self.held.item.id)
            self.held = self._store.finish(self.held, now)
        self.close()
        return self.held

    def close(self) -> None:
        """Close the files; what is there stays."""
        for name in ("_blob", "_bits"):
            if (file := getattr(self, name, None)) is not None:
                file.close()

    def _is_right(self, number: int, chunk: bytes) -> bool:
        if not 0 <= number < self._count or len(chunk) != chunk_size(self.held.item.size, number):
            return False
        return sha256(chunk).digest() == self._sums[SUM * number : SUM * (number + 1)]

    def _mark(self, byte: int) -> None:
        bits = sum(1 << bit for bit in range(8) if 8 * byte + bit in self._have)
        self._bits.write(byte, bytes([bits]))
        self._bits.sync()

    def verify(self, go_on: GoOn) -> None:
        """Read again what is marked: a disk may have lost what it said it had; raises what `go_on` does."""
        for number in () if self.held.whole else sorted(self._have):
            go_on()
            if not self._is_right(number, self._blob.read(number * CHUNK, CHUNK)):
                self._have.discard(number)
                self._mark(number // 8)


def _marked(bits: bytes, count: int) -> Iterator[int]:
    for number in range(min(count, 8 * len(bits))):
        if bits[number // 8] >> number % 8 & 1:
            yield number
