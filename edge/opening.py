"""How a node comes to its journal: looked at first, put right if it is damaged, and without it if need be.

Where it cannot be opened, because the disk is full, read-only or away, the node runs on a folder in memory,
from a copy of what can be read. A lesson is relayed and shown; nothing is recorded, and no register is taken.
"""

import logging
import os
import shutil
import sqlite3
import tempfile
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from msgspec import Struct, structs

from edge import mending
from edge.config import Config
from edge.errors import JournalFailed, TirekError
from edge.journal import Journal
from sync import soundness
from sync.errors import JournalError, WriterFailed
from sync.joining.identity import KEY_FILE, PARENT_FILE, load_or_create
from sync.ledger import FILE, Ledger
from sync.soundness import check_form

MOST_COPIED = 64 << 20  # bytes of a journal that are copied into memory: a school's of ten years
SCRATCH = "tirek-only-lessons-"  # and the daemon's number
LEAST = 1 << 20  # bytes: with less free a disk is full

Trouble = Literal["", "read-only", "disk-full", "journal-broken"]
T = TypeVar("T")

log = logging.getLogger(__name__)


class Opened(Struct, frozen=True):
    """What a node runs on; with trouble it is in memory, and nothing is kept.

    `disk` is the state folder where it usually is: whether the class is seen and heard stands there, and a
    camera that was switched off does not open because a disk cannot be written.
    """

    config: Config
    journal: Journal
    disk: Path
    trouble: Trouble = ""


class Sealed(Ledger):
    """A journal that takes nothing: what it said would be forgotten."""

    def write(self, job: Any, *, vital: bool = False, facts: int = 1) -> Future[Any]:
        """Refuse it."""
        refused: Future[Any] = Future()
        refused.set_exception(WriterFailed("the disk of this computer cannot be written"))
        return refused


def opened(config: Config) -> Opened:
    """Return the journal of a node, whatever state its disk is in; raise TirekError if nothing helps."""
    try:
        return Opened(config, usual(config), Path(config.state))
    except (OSError, TirekError) as exc:
        return in_memory(config, exc)


def usual(config: Config) -> Journal:
    """Return the journal in the state folder; raise OSError, TirekError."""
    state = Path(config.state)
    state.mkdir(parents=True, exist_ok=True)
    mending.look_after(state)
    try:
        return Journal(state, config.school)
    except JournalFailed as exc:
        failure = exc.__cause__
        if failure is None or FILE not in str(failure) or not soundness.is_damage(failure.__cause__):
            raise
        mending.mend(state, str(failure))  # what looking at the pages did not find, or had no time for
        return Journal(state, config.school)


def trouble_of(state: Path) -> Trouble:
    """Return why nothing can be written."""
    there = next((each for each in (state, *state.parents) if each.is_dir()), Path("/"))
    try:
        found = os.statvfs(there)
    except OSError:
        return "journal-broken"
    if found.f_flag & os.ST_RDONLY:
        return "read-only"
    return "disk-full" if found.f_bavail * found.f_frsize < LEAST else "journal-broken"


def in_memory(config: Config, cause: Exception) -> Opened:
    """Return a node's journal as far as it can be read, on a folder that ends with the daemon."""
    trouble = trouble_of(Path(config.state))
    log.error("only lessons: the state folder cannot be used trouble=%s reason=%r", trouble, str(cause))
    try:
        scratch = _scratch()
        (scratch / "journal").mkdir(mode=0o700)
        _copy(Path(config.state) / "journal", scratch / "journal")
        _be_somebody(scratch / "journal")
        Journal(scratch, config.school).close()  # its tables, if there was nothing to be copied
        journal = Journal(scratch, config.school, Sealed)
    except OSError as exc:
        raise TirekError(f"neither {config.state} nor memory can be written: {exc}") from exc
    library = structs.replace(config.library, fetch=False, missed=False, share=False)
    changed = structs.replace(
        config, state=str(scratch), socket=_socket(config), record=False, vision=False, library=library
    )
    return Opened(changed, journal, Path(config.state), trouble)


def forget(opened: Opened) -> None:
    """Remove what was in memory."""
    if opened.trouble:
        shutil.rmtree(opened.config.state, ignore_errors=True)


def _memory() -> Path:
    """Return a folder that is in memory, if there is one."""
    wanted = (os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0], "/dev/shm", tempfile.gettempdir())
    usable = (each for each in wanted if each and os.access(each, os.W_OK | os.X_OK))
    return Path(next(usable, "/tmp"))


def _scratch() -> Path:
    """Make an empty folder there; what a daemon left that was killed goes."""
    memory = _memory()
    for old in memory.glob(f"{SCRATCH}*"):
        if not _is_alive(old.name.removeprefix(SCRATCH).partition("-")[0]):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-", dir=memory))


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


def _copy(journal: Path, to: Path) -> None:
    """Copy what can be read: as after a power cut, so that SQLite makes of it what it can. No names' keys."""
    for name in (KEY_FILE, PARENT_FILE, FILE, FILE + "-wal"):
        with suppress(OSError):
            if (journal / name).stat().st_size <= MOST_COPIED:
                shutil.copyfile(journal / name, to / name)
                (to / name).chmod(0o600)
    if soundness.look(to / FILE).fault or _is_newer(to / FILE):
        for end in ("", "-wal"):
            (to / (FILE + end)).unlink(missing_ok=True)


def _is_newer(journal: Path) -> bool:
    try:
        with closing(sqlite3.connect(journal)) as db:
            check_form(db, journal)
    except (JournalError, sqlite3.Error):
        return True
    return False


def _be_somebody(folder: Path) -> None:
    """Have a key: of a node whose own is damaged one that no hub knows, and no hub is asked."""
    try:
        load_or_create(folder)
    except JournalError:
        for name in (KEY_FILE, PARENT_FILE):
            (folder / name).unlink(missing_ok=True)
        load_or_create(folder)


def _socket(config: Config) -> str:
    """Return where the screen finds us: where it looks, if that can be."""
    usual = config.screen_socket
    return str(usual) if os.access(usual.parent, os.W_OK) else ""
