"""A piece of the disk kept for registers: when everything else has filled it, the class can still be marked.

A file of zeros holds the place. It is given up when a register finds the disk full, and made again as soon
as there is room. Anything but a register is refused before the disk is so full that the file is needed.
"""

import os
from pathlib import Path

SIZE = 8 << 20  # bytes: a school's registers of three years, or a checkpoint of the journal's log
SLACK = 4 << 20  # bytes beyond the reserve that must be free for anything but a register


class Reserve:
    """The reserved piece of the disk that holds a folder."""

    def __init__(self, folder: Path, size: int = SIZE, slack: int = SLACK) -> None:
        self._file = folder / "reserve"
        self._folder = folder
        self._size, self._slack = size, slack

    def refill(self) -> None:
        """Take the place if it is not taken and there is room for it and more."""
        if self.is_held or self._free() < self._size + self._slack:
            return
        try:
            self._fill()
        except OSError:  # somebody else was quicker to fill the disk, or it is read-only: later then
            self.release()

    def release(self) -> bool:
        """Give the place to whoever writes next; true if there was any to give."""
        try:
            self._file.unlink()
        except OSError:
            return False
        return True

    @property
    def is_held(self) -> bool:
        """Whether the whole place is taken."""
        try:
            return self._file.stat().st_size >= self._size
        except OSError:
            return False

    @property
    def is_low(self) -> bool:
        """Whether only registers may still write."""
        needed = self._slack if self.is_held else self._size + self._slack
        return self._free() < needed

    def _fill(self) -> None:
        fd = os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
        finally:
            os.close(fd)

    def _free(self) -> int:
        try:
            free = os.statvfs(self._folder)
        except OSError:  # the disk is in trouble, not full: writing shall say which
            return self._size + self._slack
        return free.f_bavail * free.f_frsize
