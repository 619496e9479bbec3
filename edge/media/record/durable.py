"""Files that survive a power cut: what was synced stays, what is renamed is whole."""

import os
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY
NEW = ".new"  # ends the name of a file that is not whole yet; start-up removes such files


class DiskFile:
    """One growing file, written by one thread."""

    def __init__(self, path: Path, flags: int = os.O_CREAT | os.O_EXCL) -> None:
        self.path = path
        self._fd = os.open(path, flags | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.size = os.fstat(self._fd).st_size

    def write(self, chunk: bytes) -> None:
        """Append all of the chunk; after an error only a part of it may be there (see `cut`)."""
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self.size += len(chunk)

    def sync(self) -> None:
        """Return when everything written will outlive a power cut."""
        os.fdatasync(self._fd)

    def cut(self, size: int) -> None:
        """Drop everything behind `size` bytes, durably."""
        os.ftruncate(self._fd, size)
        self.size = size
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class BlockFile:
    """A file of a known size whose pieces come in any order; what is not there yet takes no room."""

    def __init__(self, path: Path, size: int) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        if os.fstat(self._fd).st_size != size:
            os.ftruncate(self._fd, size)

    @property
    def is_gone(self) -> bool:
        """True when somebody has removed the file."""
        return os.fstat(self._fd).st_nlink == 0

    def read(self, at: int, most: int) -> bytes:
        """Return up to so many bytes from a place on."""
        return os.pread(self._fd, most, at)

    def write(self, at: int, piece: bytes) -> None:
        """Put a piece in its place."""
        rest = memoryview(piece)
        while rest:
            written = os.pwrite(self._fd, rest, at)
            rest, at = rest[written:], at + written

    def sync(self) -> None:
        """Return when everything written will outlive a power cut."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Disk:
    """The file system as recordings see it. Tests put a disk here that loses its cache."""

    def create(self, path: Path) -> DiskFile:
        """Create a file that must not exist yet; its name is durable after `sync_folder`."""
        return DiskFile(path)

    def reopen(self, path: Path) -> DiskFile:
        """Open an existing file for cutting and appending."""
        return DiskFile(path, flags=0)

    def blocks(self, path: Path, size: int) -> BlockFile:
        """Open a file of so many bytes, made if it is not there."""
        return BlockFile(path, size)

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in the folder will outlive a power cut."""
        fd = os.open(folder, FOLDER)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def save(self, path: Path, content: bytes) -> None:
        """Replace a small file: after a power cut either the old or the new one is there, whole."""
        draft = path.with_name(path.name + NEW)
        draft.unlink(missing_ok=True)
        file = self.create(draft)
        try:
            file.write(content)
            file.sync()
        finally:
            file.close()
        self.replace(draft, path)

    def replace(self, draft: Path, path: Path) -> None:
        """Give a synced file its final name, durably."""
        draft.replace(path)
        self.sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        path.unlink(missing_ok=True)

    def room(self, folder: Path) -> int:
        """Return how many bytes may still be written there."""
        free = os.statvfs(folder)
        return free.f_bavail * free.f_frsize
