"""A disk that loses its cache when the power fails.

It writes to a real folder and keeps a log of every write, cut, sync and rename. `after_power_cut` plays the
log up to any point as the worst disk would leave it: what was synced is there; of what was not, every write
may be there, missing, zero, torn in the middle or garbage, and every name may be the old one.
"""

import os
from pathlib import Path
from random import Random
from typing import Literal

from msgspec import Struct

from edge.media.record.durable import BlockFile, Disk, DiskFile

SECTOR = 512


class Step(Struct, frozen=True):
    """One thing that was asked of the disk, or a note of the test."""

    what: Literal["create", "write", "cut", "sync", "names", "replace", "remove", "note"]
    name: str = ""
    content: bytes = b""
    at: int = 0
    other: str = ""
    note: float = 0.0


class Log(list[Step]):
    """Everything that was asked of the disk, in order."""

    def note(self, value: float) -> None:
        """Remember how far the test was."""
        self.append(Step("note", note=value))


class LoggedFile(DiskFile):
    """A file that notes what is done to it."""

    def __init__(self, log: Log, path: Path, flags: int, content: bytes | None = None) -> None:
        super().__init__(path, flags)
        self._log = log
        self._foreign = content is not None  # libav wrote it: only the whole content is known

    def write(self, chunk: bytes) -> None:
        """Append."""
        self._log.append(Step("write", self.path.name, chunk, self.size))
        super().write(chunk)

    def sync(self) -> None:
        """Sync."""
        if self._foreign:
            self._log.append(Step("write", self.path.name, self.path.read_bytes(), 0))
        super().sync()
        self._log.append(Step("sync", self.path.name))

    def cut(self, size: int) -> None:
        """Cut and sync."""
        self._log.append(Step("cut", self.path.name, at=size))
        super().cut(size)
        self._log.append(Step("sync", self.path.name))


class LoggedBlocks(BlockFile):
    """A file whose pieces come in any order, and that notes them."""

    def __init__(self, log: Log, path: Path, size: int) -> None:
        super().__init__(path, size)
        self._log, self._name = log, path.name

    def write(self, at: int, piece: bytes) -> None:
        """Put a piece in its place."""
        self._log.append(Step("write", self._name, piece, at))
        super().write(at, piece)

    def sync(self) -> None:
        """Sync."""
        super().sync()
        self._log.append(Step("sync", self._name))


class LoggedDisk(Disk):
    """A disk that notes what it is asked."""

    def __init__(self) -> None:
        self.log = Log()

    def create(self, path: Path) -> DiskFile:
        """Create."""
        file = LoggedFile(self.log, path, os.O_CREAT | os.O_EXCL)
        self.log.append(Step("create", path.name))
        return file

    def reopen(self, path: Path) -> DiskFile:
        """Open a file that libav wrote."""
        self.log.append(Step("create", path.name))
        return LoggedFile(self.log, path, 0, content=b"")

    def blocks(self, path: Path, size: int) -> BlockFile:
        """Open a file of a known size; one that is new has only zeros."""
        if not path.exists():
            self.log.append(Step("create", path.name))
            self.log.append(Step("write", path.name, bytes(size), 0))
        return LoggedBlocks(self.log, path, size)

    def sync_folder(self, folder: Path) -> None:
        """Sync names."""
        super().sync_folder(folder)
        self.log.append(Step("names"))

    def replace(self, draft: Path, path: Path) -> None:
        """Rename and sync."""
        self.log.append(Step("replace", draft.name, other=path.name))
        super().replace(draft, path)

    def remove(self, path: Path) -> None:
        """Remove."""
        if path.exists():
            self.log.append(Step("remove", path.name))
        super().remove(path)


class _File:
    """A file's bytes: those that are safe, and what was done to them since."""

    def __init__(self) -> None:
        self.safe = b""
        self.doubtful: list[Step] = []

    def sync(self) -> None:
        for step in self.doubtful:
            self.safe = _applied(self.safe, step)
        self.doubtful = []

    def left(self, chance: Random) -> bytes:
        content = self.safe
        for step in self.doubtful:
            content = _applied(content, _damaged(step, chance))
        return content


class _Folder:
    """The names that are safe, and those that are only known to the cache."""

    def __init__(self) -> None:
        self.names: dict[str, _File] = {}
        self.safe: dict[str, _File] = {}

    def create(self, step: Step) -> None:
        self.names[step.name] = _File()

    def change(self, step: Step) -> None:
        self.names[step.name].doubtful.append(step)

    def sync(self, step: Step) -> None:
        self.names[step.name].sync()

    def sync_names(self, _: Step) -> None:
        self.safe = dict(self.names)

    def replace(self, step: Step) -> None:
        self.names[step.other] = self.names.pop(step.name)

    def remove(self, step: Step) -> None:
        self.names.pop(step.name, None)


def after_power_cut(log: list[Step], folder: Path, chance: Random) -> None:
    """Fill a folder with what these steps leave when the power fails right after them."""
    kept = _Folder()
    doing = {
        "create": kept.create,
        "write": kept.change,
        "cut": kept.change,
        "sync": kept.sync,
        "names": kept.sync_names,
        "replace": kept.replace,
        "remove": kept.remove,
    }
    for step in log:
        if step.what in doing:
            doing[step.what](step)
    for name in sorted(kept.names.keys() | kept.safe.keys()):
        file = chance.choice((kept.names.get(name), kept.safe.get(name)))
        if file is not None:
            (folder / name).write_bytes(file.left(chance))


def _applied(content: bytes, step: Step) -> bytes:
    if step.what == "cut":
        return content[: step.at]
    return content[: step.at].ljust(step.at, b"\0") + step.content + content[step.at + len(step.content) :]


def _damaged(step: Step, chance: Random) -> Step:
    size = len(step.content)
    torn = min(size, SECTOR * chance.randrange(size // SECTOR + 1))
    kept = chance.choice(
        (
            step.content,
            b"",
            bytes(size),
            step.content[:torn],
            step.content[:torn] + bytes(size - torn),
            bytes(torn) + step.content[torn:],
            step.content[:torn] + chance.randbytes(size - torn),
        )
    )
    return Step(step.what, step.name, kept, step.at)
