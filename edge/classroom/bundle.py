"""One file for the technician: what a remote helper asks for first, without a child's name or a secret."""

import asyncio
import io
import os
import platform
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from sqlite3 import Connection

import aiohttp
import ifaddr
import msgspec

from devices.quality import brief
from edge import VERSION, logs
from edge.api import Desks, Unable
from edge.board import Board, TooManyReaders
from edge.config import SECRET, Config
from edge.contract import wire
from edge.contract.answers import Details, Made
from edge.contract.commands import MakeBundle, ReadDetails
from edge.contract.notices import (
    Device,
    Devices,
    Health,
    Library,
    Link,
    MediaCheck,
    Notice,
    Run,
    Settings,
    Showing,
)
from edge.health import waiting
from edge.journal import Journal
from edge.media.record.store import Store
from edge.sticks import carried
from sync import durable, rosters, tables
from sync.clock import utc
from sync.errors import JournalError

FOLDER = "support"
MOST_KEPT = 5  # reports: the last one counts
HIDDEN = "***"
TOLD = (Devices, Health, Library, Link, MediaCheck, Run, Settings, Showing)  # notices that name nobody
PROC = Path("/proc")
FACTS = """SELECT stream.class, event.kind, count(*) FROM event JOIN stream ON stream.id = event.stream
  GROUP BY stream.class, event.kind ORDER BY stream.class, event.kind"""

Files = dict[str, str]


class Support:
    """One part of the screen's side of a node; `check` raises unless a technician has unlocked the screen."""

    def __init__(
        self, config: Config, journal: Journal, store: Store, board: Board, check: Callable[[str], None]
    ) -> None:
        self._config = config
        self._journal = journal
        self._store = store
        self._board = board
        self._check = check
        self._folder = Path(config.state) / FOLDER

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {MakeBundle: self._make, ReadDetails: self._details}

    async def _make(self, order: MakeBundle) -> Made:
        notices = await self._told()
        try:
            return await asyncio.to_thread(self._write, notices)
        except OSError as exc:
            raise Unable("disk-full") from exc
        except (JournalError, sqlite3.Error) as exc:
            raise Unable("journal-broken") from exc

    async def _details(self, order: ReadDetails) -> Details:
        self._check(order.unlocked)
        told = await self._told()
        plugged = [each for kind in told if isinstance(kind, Devices) for each in kind.devices]
        return Details((*await asyncio.to_thread(self._rows), *map(_of_device, plugged)))

    async def _told(self) -> list[Notice]:
        with suppress(TooManyReaders), self._board.read() as reader:
            return [each for each in await reader.take(0.0) if isinstance(each, TOLD)]
        return []

    # In threads

    def _write(self, notices: list[Notice]) -> Made:
        hidden = [*_secrets(self._config), *names_in(self._journal)]
        files = {name: scrubbed(text, hidden) for name, text in self._files(notices).items()}
        content = zipped(files)
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = self._folder / f"tirek-{self._journal.identity.node[:8]}-{stamp}.zip"
        durable.save(path, content)
        for old in sorted(self._folder.glob("tirek-*.zip"))[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
        return Made(str(carried(path)), len(content))

    def _files(self, notices: list[Notice]) -> Files:
        return {
            "versions.json": _json(versions()),
            "config.json": _json(redacted(msgspec.to_builtins(self._config))),
            "node.json": _json(dict(self._rows())),
            "machine.json": _json(machine(Path(self._config.state))),
            "journal.json": _json(counted(self._journal)),
            "recordings.json": _json(msgspec.to_builtins(self._store.list())),
            "now.json": _json([msgspec.to_builtins(each) for each in notices]),
            "log.txt": "\n".join(logs.RING.lines()) + "\n",
        }

    def _rows(self) -> tuple[tuple[str, str], ...]:
        journal, me = self._journal, self._journal.identity
        parent = journal.parent

        def left(db: Connection) -> str:
            found = waiting(db, me.node)
            return f"{found.registers} registers, {found.others} other facts"

        rows = (
            ("version", f"{VERSION}, contract {wire.CONTRACT}"),
            ("name", self._config.name),
            ("node", me.node),
            ("fingerprint", me.fingerprint),
            ("school", journal.school or "-"),
            ("hub", f"{parent.address} {parent.node}" if parent else self._config.parent or "-"),
            ("waiting", journal.ledger.read(left)),
            ("clock", f"{utc(journal.ledger.now())}, this computer {utc(time.time_ns() // 1_000_000)}"),
            ("pages", ", ".join(self._config.listen)),
            ("nodes", ", ".join(self._config.listen_nodes) or "-"),
            *(("address", each) for each in addresses()),
            ("state", self._config.state),
            *((name, str(value)) for name, value in machine(Path(self._config.state)).items()),
        )
        return tuple((name, scrubbed(value, _secrets(self._config))) for name, value in rows)


def _of_device(it: Device) -> tuple[str, str]:
    """Return how an instrument is, and how good."""
    channels = ", ".join(map(brief, it.channels))
    what = " ".join(filter(None, (it.driver, it.profile)))
    return "device", "; ".join(filter(None, (it.label or it.id, it.state, what, it.place, channels)))


def counted(journal: Journal) -> dict[str, object]:
    """Return how many facts of which kind there are, and how far the hub has them; not what they say."""
    db = journal.ledger.reader()
    try:
        facts = [[*row] for row in db.execute(FACTS)]
        held = {str(name): [each.seq, each.acked] for name, each in tables.held(db).items()}
    finally:
        db.close()
    return {"facts": facts, "streams, held here and at the hub": held}


def names_in(journal: Journal) -> list[str]:
    """Return the names that can be read here; none of them is written anywhere, this is to make sure."""
    names: set[str] = set()
    try:
        for school in journal.ledger.read(rosters.schools):
            pupils = journal.ledger.read(partial(rosters.pupils, school=school)).values()
            sealed = {each.pupil: each.sealed for each in pupils if each.sealed}
            for text in journal.names.open_all(sealed).values():
                names |= _forms(rosters.called(text).name)
    except JournalError:  # then there is none to be told either
        return []
    return sorted(names, key=len, reverse=True)


def zipped(files: Mapping[str, str]) -> bytes:
    """Return the files as one archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def redacted(value: object) -> object:
    """Return a configuration without its secrets."""
    if isinstance(value, dict):
        return {key: HIDDEN if key in SECRET and each else redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(each) for each in value]
    return value


def scrubbed(text: str, hidden: Iterable[str]) -> str:
    """Return a text in which none of these is left."""
    for each in hidden:
        text = text.replace(each, HIDDEN)
    return text


def versions() -> dict[str, str]:
    """Return what this node is made of."""
    return {
        "tirek": VERSION,
        "contract": str(wire.CONTRACT),
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "aiohttp": aiohttp.__version__,
        "kernel": platform.release(),
        "machine": platform.machine(),
    }


def machine(state: Path) -> dict[str, str]:
    """Return how the computer is, as far as it says."""
    found = {"uptime": _first(PROC / "uptime"), "load": _first(PROC / "loadavg")}
    for line in _text(PROC / "meminfo").splitlines():
        name, _, value = line.partition(":")
        if name in ("MemTotal", "MemAvailable", "SwapFree"):
            found[name] = value.strip()
    with suppress(OSError):
        disk = os.statvfs(state)
        free, size = (blocks * disk.f_frsize >> 20 for blocks in (disk.f_bavail, disk.f_blocks))
        found["disk free"] = f"{free} of {size} MiB"
        found["files free"] = str(disk.f_favail)
    return found


def addresses() -> list[str]:
    """Return the addresses of this computer on its networks."""
    found = [(card.nice_name, ip.ip) for card in ifaddr.get_adapters() for ip in card.ips]
    return [f"{name} {ip if isinstance(ip, str) else ip[0]}" for name, ip in found]


def _secrets(config: Config) -> list[str]:
    return [config.parent_token] if config.parent_token else []


def _forms(name: str) -> set[str]:
    """Return a name as it may be written: whole, and family and first name in either order."""
    words = name.split()
    return {name, " ".join(words[:2]), " ".join(reversed(words[:2]))} if len(words) > 1 else {name} - {""}


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _first(path: Path) -> str:
    return _text(path).partition("\n")[0]
