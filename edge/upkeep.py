"""What is done every night, the daemon up or down: look at what is kept, back it up, look at recordings.

It deletes nothing that the daemon keeps: making room is the daemon's (edge/content/housekeeping.py), and so
is forgetting names (edge/retention.py). What goes here is older backups, and tables that were exported.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec import Struct, field

from edge.config import Config
from edge.media.record.store import Store
from sync import durable, soundness
from sync.backups import NAMES, BackupFailed, Backups
from sync.errors import JournalError
from sync.ledger import FILE
from sync.names import Names

RESULT, VERIFIED = "upkeep.json", "verified.json"
MOST_VERIFIED = 24  # recordings a night: a day of a school with three rooms, and as much again
VERIFYING = 600.0  # seconds for all of them: the reading of 30 GB from a slow disk
AGAIN = 60 * 86_400  # seconds after which a recording is looked at again: disks rot slowly; a clock may jump
EXPORTS_KEPT = 30 * 86_400  # seconds that tables of experiments stay in `exports`: they can be made again
OVER = ("done", "interrupted")
STAMP = "%Y%m%dT%H%M%SZ"

log = logging.getLogger(__name__)


class Upkeep(Struct, omit_defaults=True):
    """How the last night ended; fields only grow."""

    at: int = 0  # milliseconds since 1970, by this computer's clock
    journal: str = ""  # what is wrong with it
    names: str = ""
    backup: int = 0  # when the newest good backup was made
    backup_bytes: int = 0
    failed: str = ""  # why there is no new one
    verified: int = 0  # recordings that were looked at
    damaged: list[str] = field(default_factory=list)  # those that are not what was recorded, with why
    removed: int = 0  # exported tables
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nobody has to look at anything."""
        return not (self.journal or self.names or self.failed or self.damaged)


class Looked(Struct, omit_defaults=True):
    """When a recording was looked at, and what was found."""

    at: int  # seconds since 1970
    fault: str = ""


def load(state: Path) -> Upkeep:
    """Return how the last night ended; an empty one if there was none."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode((state / RESULT).read_bytes(), type=Upkeep)
    return Upkeep()


def keep_up(config: Config, now: float) -> Upkeep:
    """Do all of it; raise OSError where not even the result can be written."""
    state, began = Path(config.state), time.monotonic()
    before = load(state)
    night = Upkeep(at=round(now * 1000), backup=before.backup, backup_bytes=before.backup_bytes)
    _journal(state, config.limits.disk_reserve << 20, night, now)
    _names(state, night)
    night.verified, night.damaged = _recordings(Store(state), state, now)
    night.removed = _exports(state / "exports", now)
    night.seconds = round(time.monotonic() - began, 1)
    durable.save(state / RESULT, msgspec.json.format(msgspec.json.encode(night)) + b"\n")
    return night


def _journal(state: Path, leave: int, night: Upkeep, now: float) -> None:
    """Look at the journal, and back it up if it is whole: a damaged one is put right at the next start."""
    journal, backups = state / "journal" / FILE, Backups(state)
    if not journal.exists():
        return
    night.journal = soundness.look(journal).fault or soundness.look_at_facts(journal).fault
    if night.journal:
        night.failed = "the journal is damaged"
        return
    try:
        made = backups.make(journal, time.strftime(STAMP, time.gmtime(now)), leave)
        night.backup, night.backup_bytes = night.at, made.stat().st_size
    except (BackupFailed, OSError) as exc:  # the rest of the night's work is done all the same
        night.failed = str(exc)


def _names(state: Path, night: Upkeep) -> None:
    path = state / "journal" / NAMES
    night.names = soundness.look(path).fault
    if night.names or not path.exists():
        return
    try:
        with closing(Names(path, Backups(state).folder / NAMES)) as names:
            names.back_up()
    except JournalError as exc:
        night.failed = night.failed or str(exc)


def _recordings(store: Store, state: Path, now: float) -> tuple[int, list[str]]:
    """Look at some recordings, those nobody looked at first; return how many, and all that are damaged."""
    there = [each for each in store.list() if each.state in OVER]
    known = {ident: each for ident, each in _looked(state).items() if any(r.id == ident for r in there)}
    due = [each for each in there if each.id not in known or abs(now - known[each.id].at) > AGAIN]
    due.sort(key=lambda it: (known[it.id].at if it.id in known else 0, it.started))
    until, count = time.monotonic() + VERIFYING, 0
    for recording in due[:MOST_VERIFIED]:
        if time.monotonic() > until:
            break
        path = store.path_of(recording.id)
        if path is None:
            known[recording.id] = Looked(round(now), "its file is gone")
        else:
            known[recording.id] = Looked(round(now), _fault(path))
        count += 1
    with suppress(OSError):  # looked at again the next night
        durable.save(state / VERIFIED, msgspec.json.encode(known))
    return count, [f"{ident}: {each.fault}" for ident, each in known.items() if each.fault]


def _fault(path: Path) -> str:
    """Return what a disk did to a file; not what was missing from the beginning.

    Frames are compared with their checksums and not decoded: that finds what a disk does, in a tenth of
    the time.
    """
    from edge.media.record.verify import verify  # with FFmpeg, for recordings that were not looked at yet

    verdict = verify(path, decode=False)
    if verdict.unreadable:
        return f"the file cannot be read: {verdict.unreadable}"
    if verdict.altered:
        return "its SHA-256 is not the one that was noted"
    foreign = sum(each.foreign for each in verdict.tracks.values())
    return f"{foreign} frames are not those that were recorded" if foreign else ""


def _looked(state: Path) -> dict[str, Looked]:
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode((state / VERIFIED).read_bytes(), type=dict[str, Looked])
    return {}


def _exports(folder: Path, now: float) -> int:
    count = 0
    for each in _files(folder):
        with suppress(OSError):
            if each.stat().st_mtime < now - EXPORTS_KEPT:
                each.unlink()
                count += 1
    return count


def _files(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (each for each in sorted(folder.iterdir()) if each.is_file() and not each.is_symlink())
