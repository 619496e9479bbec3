"""A pack as a folder on a stick: written so that half of one is never taken for a whole one.

Everything is written into a hidden folder, synced, and that is renamed. `outside` is entered for each touch
of the stick by name: who runs `sudo tirek pack` may read it where the owner of the state folder may not.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from edge.packs.manifest import FILE, MAX_FILE, File, Manifest, PackRefused, Signed, read
from sync import durable

PIECE = 1 << 20  # bytes read and written at once
PART = ".part"  # ends the name of a folder that is not whole
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe put there keeps nobody waiting

Outside = Callable[[], AbstractContextManager[None]]


class Draft:
    """A pack while it is made; every call may raise OSError."""

    def __init__(self, place: Path, name: str, outside: Outside) -> None:
        self._outside = outside
        self._final = place / name
        self._folder = place / f".{name}{PART}"
        with outside():
            self._folder.mkdir()

    def put(self, name: str, pieces: Iterable[bytes]) -> File:
        """Write one file, and return its line of the manifest."""
        path = self._folder / name
        with self._outside():
            path.parent.mkdir(exist_ok=True)
            descriptor = os.open(path, NEW, 0o644)
        digest, size = sha256(), 0
        with open(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(descriptor)
        return File(name, size, digest.hexdigest())

    def finish(self, signed: Signed) -> Path:
        """Make it a pack, and return where it is."""
        self.put(FILE, [msgspec.json.encode(signed)])
        with self._outside():
            for folder in (*(each for each in self._folder.iterdir() if each.is_dir()), self._folder):
                durable.sync(folder)
            self._folder.rename(self._final)
            durable.sync(self._final)  # a name that FAT has just given leads to nothing before this
            durable.sync(self._final.parent)
        return self._final

    def discard(self) -> None:
        """Leave nothing of it."""
        with self._outside(), suppress(OSError):
            shutil.rmtree(self._folder)


class Pack:
    """A pack on a stick; nothing in it is believed before its signature and its sums are right."""

    def __init__(self, folder: Path, outside: Outside) -> None:
        self.folder = folder
        self._outside = outside

    def manifest(self) -> tuple[Manifest, Signed]:
        """Return what it says of itself; raise PackRefused."""
        content = bytearray()
        with self._opened(FILE) as file:
            while len(content) <= MAX_FILE and (piece := file.read(PIECE)):
                content += piece
        if len(content) > MAX_FILE:
            raise PackRefused(f"its {FILE} is larger than {MAX_FILE >> 20} MiB")
        return read(bytes(content))

    def pieces(self, of: File) -> Iterator[bytes]:
        """Yield a file; raise PackRefused before the end where it is not what the manifest says."""
        digest, size = sha256(), 0
        with self._opened(of.name) as file:
            while piece := file.read(PIECE):
                size += len(piece)
                digest.update(piece)
                if size > of.size:
                    break
                yield piece
        if size != of.size:
            raise PackRefused(f"{of.name} was not copied whole: copy the pack again")
        if digest.hexdigest() != of.sha256:
            raise PackRefused(f"{of.name} was changed, or the stick is failing")

    def _opened(self, name: str) -> "_Reading":
        try:
            with self._outside():
                descriptor = os.open(self.folder / name, OLD)
        except FileNotFoundError as exc:
            raise PackRefused(f"{name} is missing: copy the pack again") from exc
        except OSError as exc:
            raise PackRefused(f"{name} cannot be read: {exc.strerror}") from exc
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise PackRefused(f"{name} is not a file")
        return _Reading(descriptor)


class _Reading:
    """A file that is read; what the stick refuses is said of the pack."""

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "rb", buffering=0)  # noqa: SIM115 # it is closed by `with`

    def __enter__(self) -> "_Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, most: int) -> bytes:
        """Return up to so many bytes; raise PackRefused."""
        try:
            return self._file.read(most) or b""
        except OSError as exc:
            raise PackRefused(f"the stick cannot be read: {exc.strerror}") from exc


def packs_in(place: Path, outside: Outside) -> list[Path]:
    """Return the packs of a folder, oldest first, or the folder itself if it is one; raises OSError."""
    with outside():
        if (place / FILE).exists():
            return [place]
        found = [each for each in place.iterdir() if not each.name.startswith(".") and (each / FILE).exists()]
    return sorted(found, key=lambda each: each.name.rsplit("-", 2)[1:])


def halves_in(place: Path, outside: Outside) -> list[str]:
    """Return the names of packs that were cut off while they were made."""
    with outside():
        return sorted(each.name for each in place.iterdir() if each.name.endswith(PART))
