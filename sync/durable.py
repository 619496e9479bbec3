"""Small files that survive a power cut."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
PIECE = 1 << 20  # bytes written at once


def save(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file: after a power cut either the old or the new one is there, whole."""
    draft = _draft(path, content, mode)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def create(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Make a file that is not there yet, whole; false, and nothing changed, if somebody was faster."""
    draft = _draft(path, content, mode)
    try:
        os.link(draft, path)  # unlike a rename it never replaces
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync(path.parent)
    return True


def adopt(draft: Path, path: Path, mode: int) -> None:
    """Give a file that somebody else has written its name: after a power cut it is there whole, or not."""
    descriptor = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    move(draft, path)


def move(old: Path, new: Path) -> None:
    """Give a file another name, in the same folder or another; durably."""
    old.replace(new)
    for folder in {new.parent, old.parent}:
        sync(folder)


def destroy(path: Path) -> None:
    """Overwrite a file and remove it: a disk that keeps old blocks is beyond this."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        left = os.fstat(descriptor).st_size
        while left > 0:
            left -= os.write(descriptor, bytes(min(left, PIECE)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()
    sync(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for the same out of a folder."""
    descriptor = os.open(folder, FOLDER)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by nobody else
    draft = Path(name)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def sync(path: Path) -> None:
    """Return once what stands in a folder is on the disk; raises OSError."""
    descriptor = os.open(path, FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
