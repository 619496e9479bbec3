"""What becomes of a damaged journal at a start, and of damaged keys of names.

The file is set aside, never deleted; the newest good backup takes its place, or an empty journal; what the
damaged one can still prove comes over, and the hub brings the rest at the next contact. The node keeps its
identity, which is a file of its own. All of it can be done twice: the power may go at any step.
"""

import asyncio
import logging
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from edge import upkeep
from edge.journal import Journal, Upstream
from edge.upkeep import Upkeep
from sync import durable, soundness
from sync.backups import NAMES, Backups, put_back, put_journal_back, set_aside
from sync.errors import JournalError
from sync.joining.identity import load_or_create, load_parent
from sync.ledger import FILE, Ledger, computer
from sync.names import ASIDE
from sync.salvage import salvage

LOOK = 2.0  # seconds for looking at a journal at start: 300 MB; the rest of a larger one is for the night
MENDED = "mended.json"
GLANCE = 1.0  # seconds between looks whether the hub was reached

log = logging.getLogger(__name__)


class Mended(Struct, omit_defaults=True):
    """What was put right last; fields only grow."""

    at: int = 0  # milliseconds since 1970, by this computer's clock
    file: str = ""
    fault: str = ""
    backup: str = ""  # the backup's name; "" for none
    salvaged: int = 0  # facts that the damaged file still proved
    waits: str = ""  # the damaged file, while what is behind its gaps waits for the hub
    night: int = -1  # when the night before it ended, by that clock; -1 in a note of earlier releases

    def answers(self, night: Upkeep) -> bool:
        """Tell whether what a night found was put right; the clock may have been set between the two."""
        return night.at == self.night if self.night >= 0 else night.at <= self.at


def look_after(state: Path) -> None:
    """Put right what is damaged; raise OSError."""
    journal, names = state / "journal" / FILE, state / "journal" / NAMES
    if fault := _fault(state, journal):
        mend(state, fault)
    if names.exists() and (fault := soundness.look(names).fault):
        _mend_names(state, fault)


def mend(state: Path, fault: str) -> None:
    """Set a journal aside, and put the newest backup in its place; raise OSError."""
    journal, now = state / "journal" / FILE, time.time()
    done = Mended(round(now * 1000), FILE, fault, night=upkeep.load(state).at)
    with durable.alone(journal.parent):
        before, stamp = mended(state).waits, time.strftime(upkeep.STAMP, time.gmtime(now))
        if journal.exists():
            done.waits = str(journal.parent / f"{ASIDE}{stamp}" / FILE)
            _note(state, done)
        aside = set_aside(journal, stamp)
        if before and not aside.exists():  # the power went while it was mended
            aside = Path(before)
        backup = Backups(state).newest_good()
        try:
            if backup is not None:
                put_journal_back(backup, journal, computer())
                done.backup = backup.name
        except sqlite3.Error as exc:
            raise OSError(f"{backup} cannot be put back: {exc}") from exc
    _salvage(state, aside, done)
    log.error(
        "damaged journal set aside fault=%r aside=%s backup=%s salvaged=%d",
        *(fault, aside, done.backup or "none", done.salvaged),
    )
    _note(state, done)


def mended(state: Path) -> Mended:
    """Return what was put right last."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode((state / MENDED).read_bytes(), type=Mended)
    return Mended()


class Salvaging:
    """One part of the node: brings over what waited for the hub, once that is even with us."""

    def __init__(self, state: Path, journal: Journal, upstream: Upstream) -> None:
        self._state = state
        self._journal = journal
        self._upstream = upstream

    async def run(self) -> None:
        """Do it if there is something to be done, and then nothing until cancelled."""
        done = mended(self._state)
        while done.waits:
            await asyncio.sleep(GLANCE)
            if self._upstream.contact.reached or self._journal.parent is None:
                await asyncio.to_thread(self._finish, done)
        await asyncio.get_running_loop().create_future()

    def _finish(self, done: Mended) -> None:
        path, me = self._journal.ledger.path, self._journal.identity.node
        count = salvage(Path(done.waits), path, me, rest=True)
        log.warning("salvaged behind a gap facts=%d", count)
        done.salvaged, done.waits = done.salvaged + count, ""
        _note(self._state, done)


def _fault(state: Path, journal: Path) -> str:
    """Return why a journal is to be set aside, "" where that is not certain."""
    night = upkeep.load(state)
    is_suspect = bool(night.journal) and not mended(state).answers(night)
    found = soundness.look(journal, soundness.FOR_EVER if is_suspect else LOOK)
    if found == soundness.Verdict() and is_suspect:
        found = soundness.look_at_facts(journal)
    if found.fault or not found.whole:
        return found.fault
    is_lost = soundness.is_empty(journal) and bool(Backups(state).list())  # a new node has none
    return "it is empty, or gone" if is_lost else ""


def _salvage(state: Path, aside: Path, done: Mended) -> None:
    """Bring over what is still proved; a journal of which that cannot be done goes on without."""
    folder = state / "journal"
    if not aside.exists():
        return
    try:
        is_alone = load_parent(folder) is None  # nobody fills a gap
        me = load_or_create(folder).node
        Ledger(folder, me).close()  # its tables
        done.salvaged = salvage(aside, folder / FILE, me, rest=is_alone)
        done.waits = "" if is_alone else str(aside)
    except (JournalError, sqlite3.Error) as exc:
        log.warning("nothing salvaged reason=%r", str(exc))


def _mend_names(state: Path, fault: str) -> None:
    names, backup, now = state / "journal" / NAMES, Backups(state).folder / NAMES, time.time()
    done = Mended(round(now * 1000), NAMES, fault, night=upkeep.load(state).at)
    with durable.alone(names.parent):
        aside = set_aside(names, time.strftime(upkeep.STAMP, time.gmtime(now)))
        if backup.exists() and not soundness.look(backup).fault:
            put_back(backup, names)
            done.backup = NAMES
    log.error("damaged keys of names set aside fault=%r aside=%s backup=%s", fault, aside, done.backup)
    _note(state, done)


def _note(state: Path, done: Mended) -> None:
    with suppress(OSError):
        durable.save(state / MENDED, msgspec.json.encode(done))
