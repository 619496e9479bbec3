"""Looks at what the node keeps: its folder, its journal, its last night. To be done as the daemon's user."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct, field, structs

from edge import mending, upkeep
from edge.config import Config
from edge.doctor.facts import Folder, Hub, JournalFacts
from edge.doctor.looking import entry
from edge.health import FILE as HEALTH
from edge.health import USUAL_RATE, Waiting, last_reached, measured_rate, waiting
from edge.media.record.store import Store
from edge.upkeep import Upkeep
from sync import soundness
from sync.clock import ms_of, utc
from sync.errors import JournalError
from sync.joining.identity import KEY_FILE, load_or_create, load_parent
from sync.ledger import FILE, computer

LOOK = 3.0  # seconds for looking at the journal's pages: 400 MB; the rest of a larger one is for the night
COUNTS = """SELECT (SELECT coalesce(max(at), 0) FROM event), (SELECT coalesce(max(event.hlc), 0) FROM stream
  JOIN event ON event.stream = stream.id AND event.seq = stream.head)"""
LATELY = 7 * 86_400_000  # milliseconds for which it is told that something was put right


class Kept(Struct, frozen=True):
    """All that is known of the state folder."""

    folder: Folder | None = None
    journal: JournalFacts = JournalFacts()
    night: Upkeep = field(default_factory=Upkeep)
    hub: Hub = Hub()


def kept(known: Config, now: int) -> Kept:
    """Look at all of it."""
    state = Path(known.state)
    folder = _folder(state)
    if folder is None:
        return Kept()
    if not os.access(state, os.R_OK | os.X_OK):
        return Kept(folder, JournalFacts(was_looked_at=False))
    return Kept(folder, _journal(state, now), upkeep.load(state), _hub(state))


def _folder(state: Path) -> Folder | None:
    found = entry(state)
    if found is None or found.kind != "folder":
        return None
    foreign, rate = [], USUAL_RATE
    with suppress(OSError):
        inside = [entry(path) for path in (*sorted(state.iterdir()), *sorted((state / "journal").glob("*")))]
        foreign = [each.path for each in inside if each is not None and each.owner != found.owner]
        rate = measured_rate(Store(state))
    with suppress(OSError):
        disk = os.statvfs(state)
        free = disk.f_bavail * disk.f_frsize
        is_read_only = bool(disk.f_flag & os.ST_RDONLY)
        known = Folder(found, tuple(foreign), is_read_only, free, rate=rate)
        return structs.replace(known, files_free=disk.f_favail) if disk.f_files else known
    return Folder(found, tuple(foreign))


def _journal(state: Path, now: int) -> JournalFacts:
    path = state / "journal" / FILE
    try:
        born = (path.parent / KEY_FILE).stat().st_mtime
    except PermissionError:
        return JournalFacts(was_looked_at=False)
    except OSError:
        return JournalFacts()
    if not path.exists():
        return JournalFacts(born=round(born * 1000))
    fault = soundness.look(path, LOOK).fault
    counts = None if fault else _counts(path)
    if not fault and counts is None:
        fault = "its tables are not there"
    facts, newest, clock = counts or (0, 0, 0)
    aside, form = _aside(state, now), _form(path)
    return JournalFacts(True, fault, True, facts, round(born * 1000), newest, clock, aside, form)


def _form(path: Path) -> int:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
    return 0


def _counts(path: Path) -> tuple[int, int, int] | None:
    """Return how many facts there are, the time of the newest, and what the journal's clock shows.

    None for a file that has none of our tables; zeros where it may not be asked now.
    """
    moment = computer()
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            facts, newest = db.execute(COUNTS).fetchone()
            here = db.execute("SELECT boot, mono, ms FROM here").fetchone()
    except sqlite3.Error as exc:
        return None if "no such table" in str(exc) else (0, 0, 0)
    is_now = here is not None and here[0] and here[0] == moment.boot
    return facts, ms_of(newest), here[2] + moment.mono - here[1] if is_now else 0


def _aside(state: Path, now: int) -> str:
    done = mending.mended(state)
    if not done.at or now - done.at > LATELY:
        return ""
    return f"{done.file} was damaged and put right on {utc(done.at)}"


def _hub(state: Path) -> Hub:
    """Return what the files say of the way up; the daemon knows more."""
    folder = state / "journal"
    try:
        parent = load_parent(folder)
        me = load_or_create(folder).node if (folder / KEY_FILE).exists() else ""
    except (JournalError, OSError):
        return Hub()
    if parent is None:
        return Hub()
    left = Waiting(0, 0)
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as db:
        left = waiting(db, me)
    return Hub(parent.address, last_reached(state / HEALTH), left.registers, left.others)
