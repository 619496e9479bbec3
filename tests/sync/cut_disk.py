"""A disk that can lose power under Python's own `sqlite3`, without root: it knows what was synced.

Every file has a safe state and the writes since; every name has a safe file (or none) and the ones since.
What a cut leaves is the safe state and any part of the rest: a write may be there, be lost, or be torn at
sectors, and none waits for another. Stricter than most file systems, which keep at least some order.

A sync makes a file's writes safe, and its name. The first sync of a journal makes all names in its folder
safe, because SQLite then syncs the folder too, in the same way as when it deletes "for good".
"""

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from os.path import realpath
from pathlib import Path, PurePosixPath
from random import Random
from threading import RLock
from types import TracebackType
from typing import Self

from tests.sync.vfs_shim import shim

SECTOR = 512  # what a disk writes whole; SQLite assumes no more
TORN = 0.3  # of the writes that did not survive whole: how many are there in part

CUTS = int(os.environ.get("POWER_CUTS", "150"))  # each with its own seed; a soak asks for thousands

Image = dict[str, bytes]  # by the path below the disk's folder


class File:
    """What of one file is safe, and what was done to it since: (offset, bytes) or (new size, None)."""

    def __init__(self, safe: bytes = b"") -> None:
        self._safe = bytearray(safe)
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        """Make safe what is pending."""
        for place, written in self.pending:
            _apply(self._safe, place, written)
        self.pending.clear()

    def after_cut(self, random: Random) -> bytes:
        """Return what a cut could leave of it."""
        left, luck = bytearray(self._safe), random.random()
        for place, written in self.pending:
            if random.random() < luck:
                _apply(left, place, written)
            elif written and random.random() < TORN:
                _tear(left, place, written, random)
        return bytes(left)


class CutDisk:
    """The disk below a folder. Within its context every `sqlite3.connect` to a path there is on it."""

    def __init__(self, folder: Path) -> None:
        self.steps = 0  # writes, truncations, syncs, creations and deletions so far
        self._root = Path(realpath(folder))
        self._lock = RLock()  # a database may be written by one thread and cut by another
        self._names: dict[str, list[File | None]] = {}  # the safe one first, the present one last
        self._awaited, self._countdown, self._then = "", 0, _nothing

    def __enter__(self) -> Self:
        for path in self._root.rglob("*"):
            if path.is_file():
                self._names[path.relative_to(self._root).as_posix()] = [File(path.read_bytes())]
        shim().watch(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        shim().forget(self)

    def before(self, what: str, number: int, then: Callable[[], None]) -> None:
        """Call `then`, which may cut but not touch SQLite, right before such a step and in its thread.

        `what` is a pattern of "NAME VERB": "*" any step, "* sync" any sync, "*.db write" in a checkpoint.
        """
        self._awaited, self._countdown, self._then = what, number, then

    def cut(self, random: Random) -> Image:
        """Return what could be found if the power went out now; the disk itself goes on."""
        with self._lock:
            found = {name: random.choice(files) for name, files in sorted(self._names.items())}
            return {name: file.after_cut(random) for name, file in found.items() if file is not None}

    def open(self, path: str, new_journal: bool) -> "OpenFile | None":
        """Return an opened file of this disk, None for one that lies elsewhere."""
        if not Path(path).is_relative_to(self._root):
            return None
        name = Path(path).relative_to(self._root).as_posix()
        with self._lock:
            files = self._names.setdefault(name, [None])
            file = files[-1]
            if file is None:
                self.step(name, "create")
                file = File()
                files.append(file)
        return OpenFile(self, name, file, new_journal)

    def delete(self, path: str, for_good: bool) -> None:
        """Forget the name of a file; for good: so that no cut brings it back."""
        if not Path(path).is_relative_to(self._root):
            return
        name = Path(path).relative_to(self._root).as_posix()
        with self._lock:
            self.step(name, "delete")
            if self._names.get(name, [None])[-1] is not None:
                self._names[name].append(None)
            if for_good:
                self.sync_names(beside=name)

    def sync_name(self, name: str, file: File) -> None:
        """Make safe that this file has this name, if it still has."""
        if self._names[name][-1] is file:
            self._names[name] = [file]

    def sync_names(self, beside: str) -> None:
        """Make safe what a folder lists."""
        folder = PurePosixPath(beside).parent
        for name, files in self._names.items():
            if PurePosixPath(name).parent == folder:
                del files[:-1]

    def step(self, name: str, verb: str) -> None:
        """Count a step; before it is taken, call who waits for it."""
        self.steps += 1
        if self._countdown and fnmatchcase(f"{name} {verb}", self._awaited):
            self._countdown -= 1
            if self._countdown == 0:
                self._then()

    @property
    def lock(self) -> RLock:
        """Return what is held while a step is taken."""
        return self._lock


class OpenFile:
    """A file as one connection holds it."""

    def __init__(self, disk: CutDisk, name: str, file: File, new_journal: bool) -> None:
        self._disk, self._name, self._file, self._new_journal = disk, name, file, new_journal

    def write(self, offset: int, written: bytes) -> None:
        """Note a write."""
        with self._disk.lock:
            self._disk.step(self._name, "write")
            self._file.pending.append((offset, written))

    def truncate(self, size: int) -> None:
        """Note a truncation."""
        with self._disk.lock:
            self._disk.step(self._name, "truncate")
            self._file.pending.append((size, None))

    def sync(self) -> None:
        """Make safe what was written; with the first sync of a journal, all names in its folder."""
        with self._disk.lock:
            self._disk.step(self._name, "sync")
            self._file.sync()
            self._disk.sync_name(self._name, self._file)
            if self._new_journal:
                self._disk.sync_names(beside=self._name)
                self._new_journal = False


def save(image: Image, folder: Path) -> None:
    """Write what a cut left into a folder, as a computer finds it when it starts again."""
    for name, content in image.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _apply(content: bytearray, place: int, written: bytes | None) -> None:
    if written is None:
        del content[place:]
        return
    content.extend(bytes(max(0, place - len(content))))
    content[place : place + len(written)] = written


def _tear(content: bytearray, offset: int, written: bytes, random: Random) -> None:
    """Write some of the sectors. The file grows all the same: its size and its content are two writes."""
    content.extend(bytes(max(0, offset + len(written) - len(content))))
    start = 0
    while start < len(written):
        end = min(len(written), start + SECTOR - (offset + start) % SECTOR)
        if random.random() < 0.5:
            content[offset + start : offset + end] = written[start:end]
        start = end


def _nothing() -> None: ...
