"""The journal of a node, opened: who it is, what it wrote, whose names it can read, and its hub.

The daemon and the commands of a technician open the same files, side by side.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from msgspec import Struct

from edge.errors import JournalFailed
from sync.backups import FOLDER as BACKUP
from sync.backups import NAMES
from sync.client import ParentRefuses, Uplink
from sync.errors import DiskFull, JournalError
from sync.joining.identity import PARENT_FILE, Identity, Parent, load_or_create, load_parent
from sync.joining.tls import HubMismatch, NodeUnknown, client_context
from sync.ledger import Ledger, computer
from sync.names import Names

LOOK = 1.0  # seconds between looks for what other processes did: a command of a technician, an enrolment
KEEP_ALIVE = 300.0  # seconds a connection to the hub is kept: five exchanges that have nothing to say
PRIVATE = 0o700  # the journal tells of children: nobody else on this computer reads it

Version = tuple[int, int, int]

log = logging.getLogger(__name__)


class Journal:
    """The files below `journal` in the state folder; close it when done."""

    def __init__(self, state: Path, school: str = "", kind: type[Ledger] = Ledger) -> None:
        self.folder = state / "journal"
        self._school = school
        self._parent: Parent | None = None
        self._parent_version: Version | None = None
        try:
            self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            self.identity: Identity = load_or_create(self.folder)
            self.ledger = kind(self.folder, self.identity.node)
            self.names = Names(self.folder / NAMES, state / BACKUP / NAMES)
        except (JournalError, OSError) as exc:
            raise JournalFailed(f"the journal in {self.folder} cannot be opened: {exc}") from exc

    @property
    def parent(self) -> Parent | None:
        """The hub this node was enrolled with; raises JournalFailed.

        Asked for at each piece of a download, so it is read and checked only where it has changed.
        """
        version = _version(self.folder / PARENT_FILE)
        if version is None or version != self._parent_version:
            try:
                self._parent = load_parent(self.folder)
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            self._parent_version = version
        return self._parent

    @property
    def school(self) -> str:
        """The school of this node: what its hub calls it, else what the configuration does."""
        parent = self.parent
        return parent.school if parent else self._school

    def time(self) -> datetime:
        """Return the time of day as the journal knows it: this computer's clock may have a dead battery."""
        return datetime.fromtimestamp(self.ledger.now() / 1000, UTC)

    def close(self) -> None:
        """Commit what waits and close the files."""
        self.ledger.close()
        self.names.close()


class Contact(Struct):
    """How the last tries to reach the hub ended."""

    reached: int = 0  # milliseconds since 1970, by our clock, when the hub was last even with us
    failed: str = ""  # why the last try came to nothing: silent, unknown, other, disk
    tries: int = 0  # that ended, one way or the other


class Upstream:
    """The way of a node's facts to its hub, from the enrolment on; two parts to be kept running."""

    def __init__(self, journal: Journal, joined: Callable[[], None], trouble: str = "") -> None:
        self._journal = journal
        self._trouble = trouble  # why nothing can be kept since the start, for the hub to hear
        self._joined = joined  # called when this node got a hub, or another one
        self._following: asyncio.Timeout | None = None
        self.wake = asyncio.Event()
        self.contact = Contact()

    async def follow(self) -> None:
        """Keep this node and its hub even until the hub is out of reach or another one."""
        journal = self._journal
        while (parent := journal.parent) is None:
            self.wake.clear()
            await self.wake.wait()
        connector = aiohttp.TCPConnector(
            ssl=client_context(journal.identity, parent), limit=1, keepalive_timeout=KEEP_ALIVE
        )
        uplink = Uplink(journal.ledger, journal.names, parent, computer, self._reached, self._trouble)
        try:
            async with aiohttp.ClientSession(connector=connector) as http, asyncio.timeout(None) as following:
                self._following = following
                await uplink.run(http, self.wake)
        except TimeoutError:
            log.info("hub changed")
        except JournalError as exc:
            self.contact = Contact(self.contact.reached, _cause(exc), self.contact.tries + 1)
            raise JournalFailed(str(exc)) from exc
        finally:
            self._following = None

    def _reached(self) -> None:
        self.contact = Contact(self._journal.ledger.now(), "", self.contact.tries + 1)

    async def watch(self) -> None:
        """Wake the exchange when there is something new, whatever process wrote it."""
        parent, newest = self._journal.parent, -1
        while True:
            if self._journal.parent != parent:
                parent = self._journal.parent
                self._change_hub()
            if self._journal.ledger.newest() != newest:
                newest = self._journal.ledger.newest()
                self.wake.set()
            await asyncio.sleep(LOOK)

    def _change_hub(self) -> None:
        if self._following is not None:
            self._following.reschedule(asyncio.get_running_loop().time())
        self.wake.set()
        self._joined()


def _version(path: Path) -> Version | None:
    """Return what tells one file of this name from the next; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _cause(exc: JournalError) -> str:
    causes = {NodeUnknown: "unknown", ParentRefuses: "unknown", HubMismatch: "other", DiskFull: "disk"}
    return next((word for kind, word in causes.items() if isinstance(exc, kind)), "silent")
