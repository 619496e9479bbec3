"""Whether a file of SQLite is what was written into it: its pages, and of a journal every fact's hash.

A damaged file is told from a disk that is full, read-only or away: the first is set aside, the others heal.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from sync import chain
from sync.errors import JournalBroken, JournalNewer
from sync.streams import StreamName

FOR_EVER = float("inf")
# What a release can read. A change of the tables that the one before could not read writes a higher number
# into the file (`user_version`, in its own transaction), and comes only after a release that can read it.
FORM = 1
BUSY = 15.0  # seconds to wait for another process that writes
AGAIN = 0.01  # seconds to the next interrupt: one that comes before a statement has begun is lost
# What a disk answers that has lost or garbled what was written; a full or a read-only one answers otherwise.
DAMAGE = (
    *("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ"),
    *("SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA"),
)


class Verdict(Struct, frozen=True):
    """What is wrong with a file, "" for nothing; `whole` if all of it was looked at."""

    fault: str = ""
    whole: bool = True


def look(path: Path, seconds: float = FOR_EVER) -> Verdict:
    """Look at every page of a file, for so long at most; a disk that does not let us is no fault of it."""
    if not path.exists():
        return Verdict()
    try:
        with closing(sqlite3.connect(path, timeout=BUSY)) as db, _within(seconds, db):
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as exc:
        return Verdict(str(exc)) if is_damage(exc) else Verdict(whole=False)
    return Verdict() if found == "ok" else Verdict(_line(found))


@contextmanager
def _within(seconds: float, db: sqlite3.Connection) -> Iterator[None]:
    """Interrupt what a connection does when its time is over; a progress handler is asked too seldom here."""
    if seconds == FOR_EVER:
        yield
        return
    ended = threading.Event()
    watching = threading.Thread(target=_interrupt, args=(db, seconds, ended))
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()  # who interrupts a closed connection fails


def _interrupt(db: sqlite3.Connection, seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds):
        db.interrupt()
        seconds = AGAIN


def is_damage(exc: BaseException | None) -> bool:
    """Tell whether an error of SQLite says that the file itself is damaged."""
    return getattr(exc, "sqlite_errorname", "").startswith(DAMAGE)


def check_form(db: sqlite3.Connection, path: Path, reads: int = FORM) -> None:
    """Raise JournalNewer if who reads up to this form cannot read a journal, JournalBroken if nobody can."""
    try:
        (form,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as exc:
        raise JournalBroken(f"{path} is no journal of ours: {exc}") from exc
    if form > reads:
        raise JournalNewer(f"{path} is of a newer release: it has form {form}, and only {reads} can be read")


def look_at_facts(path: Path) -> Verdict:
    """Compare every fact of a journal with its hash: what a page check cannot see."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as db:
            db.execute("BEGIN")  # one state of the journal, whatever is written meanwhile
            return Verdict(next(_broken(db), ""))
    except sqlite3.Error as exc:
        return Verdict(str(exc)) if is_damage(exc) else Verdict(whole=False)


def is_empty(path: Path) -> bool:
    """Tell whether a file is surely no journal: gone, or without its tables."""
    if not path.exists():
        return True
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=BUSY)) as db:
        query = "SELECT count(*) FROM sqlite_master WHERE name IN ('stream', 'event', 'here')"
        return bool(db.execute(query).fetchone() != (3,))
    return False


def _broken(db: sqlite3.Connection) -> Iterator[str]:
    streams = db.execute("SELECT id, node, incarnation, class, school, head, chain FROM stream").fetchall()
    for number, *name, head, kept in streams:
        stream = str(StreamName(*name))
        running, last = chain.genesis(stream), 0
        query = "SELECT seq, chain, hlc, kind, body FROM event WHERE stream = ? ORDER BY seq"
        for last, (seq, hash_, *fact) in enumerate(db.execute(query, (number,)), 1):
            running = chain.link(running, *fact)
            if (seq, hash_) != (last, running):
                yield f"{stream}: fact {last} is missing, or is not what was written"
                break
        if (head, kept) != (last, running):
            yield f"{stream}: ends at {last}, not at {head}"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
