"""The instruments that are known here, and the file that keeps them: state/lab/devices.json."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from edge.lab.known import Book, Record, decoded, encoded
from sync import durable

FILE = "devices.json"

log = logging.getLogger(__name__)


class Memory:
    """The book as it is now, and its file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.book = Book()
        self.changed = asyncio.Event()
        self._turn = asyncio.Lock()  # of those who write
        self._kept: Book | None = None  # as it is on the disk; None before it was read

    async def load(self) -> None:
        """Read the file, once."""
        if self._kept is None:
            self.book = self._kept = await asyncio.to_thread(read, self.path)

    def write(self, book: Book) -> None:
        """Take a new book; `keep` brings it to the disk."""
        if book is not self.book:
            self.book = book
            self.changed.set()

    def note(self, record: Record) -> None:
        """Remember an instrument."""
        self.write(self.book.noted(record))

    async def keep(self) -> None:
        """Bring the book to the disk; where that cannot be done it is tried again by the next call."""
        async with self._turn:
            book = self.book
            if book is not self._kept and await asyncio.to_thread(_save, self.path, book):
                self._kept = book


def read(path: Path) -> Book:
    """Return what is remembered; nothing where there is no file, or one that cannot be read."""
    try:
        return checked(path)
    except (OSError, ValueError) as exc:
        log.error("known devices cannot be read: put aside path=%s reason=%r", path, str(exc))
        with suppress(OSError):
            path.rename(path.with_name(f"broken-{FILE}"))
        return Book()


def checked(path: Path) -> Book:
    """Return what is remembered, nothing where there is no file; raise OSError, ValueError."""
    try:
        return decoded(path.read_bytes())
    except FileNotFoundError:
        return Book()


def _save(path: Path, book: Book) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(path, encoded(book), 0o640)
    except OSError as exc:
        log.error("known devices cannot be kept path=%s reason=%r", path, str(exc))
        return False
    return True
