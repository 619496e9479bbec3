"""Backups of a journal on its own disk: made at night, checked, and put back when the journal is damaged.

They are no cure for a disk that dies: a node's facts are at its hub as well, and come back from there. They
are for what the hub does not have yet, and for hubs. Keys of names are not in them (sync/names.py).

Each has a number, one more than the newest before it, and that is their order: the date in a name is for
people, and comes from a clock that may have stood at 1970 that night, or at 2040. The number stands behind
the date: releases before it, which one may go back to, sort by the name.
"""

import os
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sync import durable
from sync.clock import Moment
from sync.errors import JournalError, RenewedTooOften
from sync.names import ASIDE
from sync.soundness import BUSY, Verdict, is_empty, look, look_at_facts
from sync.tables import Here

FOLDER = "backup"  # in the state folder
NAMES = "names.db"  # in that folder: the keys of names, kept by sync/names.py
PREFIX, SUFFIX, DRAFT = "journal-", ".db", ".draft"
NUMBER = re.compile(rf"-([0-9]+){SUFFIX}$")  # earlier releases gave none: those are older, and sort by date
SECRET, PRIVATE = 0o600, 0o700
KEEP = 7  # backups: who comes after a week's holiday finds one from before it
MOST_BYTES = 2 << 30  # of all backups together; a region's year is 160 MB
ROOM = 1.2  # times the journal that must be free: the log that waits to be put into it comes on top
LEAVE = 64 << 20  # bytes that a backup leaves to registers and the rest
BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a file


class BackupFailed(JournalError):
    """No backup was made; the sentence says why."""


class Backups:
    """The backups of one node."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER

    def list(self) -> list[Path]:
        """Return the backups there are, newest first."""
        return sorted(self.folder.glob(f"{PREFIX}*{SUFFIX}"), key=_rank, reverse=True)

    def make(self, journal: Path, stamp: str, leave: int = LEAVE) -> Path:
        """Copy a journal that may be in use; return the backup when it is on the disk, and was looked at.

        `stamp` tells people when that was. Raise BackupFailed.
        """
        number = max((_rank(each)[0] for each in self.list()), default=0) + 1
        draft = self.folder / f"{PREFIX}{stamp}-{number:06}{DRAFT}"
        path = draft.with_suffix(SUFFIX)
        try:
            self._begin(journal, draft, leave)
            _copy(journal, draft)
            for verdict in (look(draft), look_at_facts(draft)):
                if verdict.fault:
                    raise BackupFailed(f"the backup of {journal} is damaged: {verdict.fault}")
            durable.adopt(draft, path, SECRET)
        except (OSError, sqlite3.Error) as exc:
            raise BackupFailed(f"no backup of {journal}: {exc}") from exc
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        with suppress(OSError):  # what is too old goes the next night
            self._rotate()
        return path

    def newest_good(self) -> Path | None:
        """Return the newest backup that is whole."""
        return next((each for each in self.list() if look(each) == Verdict() and not is_empty(each)), None)

    def _begin(self, journal: Path, draft: Path, leave: int) -> None:
        self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        for old in self.folder.glob(f"*{DRAFT}*"):  # of a run that was killed
            old.unlink()
        needed = int(_size(journal) * ROOM) + leave
        while _free(self.folder) < needed and len(self.list()) > 1:
            self.list()[-1].unlink()
        if _free(self.folder) < needed:
            lacking = (needed - _free(self.folder)) >> 20
            raise BackupFailed(f"no backup of {journal}: the disk lacks {lacking + 1} MiB for it")
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, SECRET))

    def _rotate(self) -> None:
        size = 0
        for number, each in enumerate(self.list()):
            size += each.stat().st_size
            if number and (number >= KEEP or size > MOST_BYTES):
                each.unlink()


def set_aside(path: Path, stamp: str) -> Path:
    """Put a damaged file, and what SQLite keeps beside it, where nobody uses it; return where that is."""
    folder = path.parent / f"{ASIDE}{stamp}"
    number = 0
    while any((folder / (path.name + end)).exists() for end in BESIDE):
        number += 1
        folder = path.parent / f"{ASIDE}{stamp}-{number}"
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    for end in reversed(BESIDE):  # the file itself last: until then it is damaged, and looked at again
        old = path.with_name(path.name + end)
        if old.exists():
            durable.move(old, folder / old.name)
    return folder / path.name


def put_back(backup: Path, path: Path) -> Path:
    """Make a copy of a backup the file that is used; raise OSError."""
    draft = copied(backup, path)
    durable.adopt(draft, path, SECRET)
    return path


def put_journal_back(backup: Path, path: Path, moment: Moment) -> None:
    """The same with a journal, which goes on under a new incarnation; raise OSError, sqlite3.Error.

    The numbers after its end were given before, to facts that others hold; they come back from there.
    """
    draft = copied(backup, path)
    with closing(sqlite3.connect(draft, timeout=BUSY, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with suppress(RenewedTooOften):  # then the exchange finds out, and does it (sync/forks.py)
            Here(db).renew(moment)
        db.execute("COMMIT")
    durable.adopt(draft, path, SECRET)


def copied(backup: Path, path: Path) -> Path:
    """Copy a file beside another one, as a draft of it."""
    draft = path.with_name(f".{path.name}.restored")
    draft.unlink(missing_ok=True)
    shutil.copyfile(backup, draft)
    return draft


def _rank(backup: Path) -> tuple[int, str]:
    found = NUMBER.search(backup.name)
    return int(found[1]) if found else 0, backup.name


def _copy(journal: Path, draft: Path) -> None:
    with closing(sqlite3.connect(journal, timeout=BUSY, isolation_level=None)) as db:
        db.execute("VACUUM INTO ?", (str(draft),))


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, path.with_name(path.name + "-wal")) if each.exists())


def _free(folder: Path) -> int:
    free = os.statvfs(folder)
    return free.f_bavail * free.f_frsize
