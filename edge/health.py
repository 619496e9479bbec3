"""How the node is, in what a teacher can act on: lights, what waits to be sent, when the hub was reached."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import msgspec
from msgspec import Struct

from edge import lights, mending, upkeep
from edge.api import Desks
from edge.board import Board, TooManyReaders
from edge.config import Config
from edge.contract.answers import Done
from edge.contract.commands import TrySync
from edge.contract.notices import Devices, Health
from edge.errors import JournalFailed
from edge.journal import Journal, Upstream
from edge.lights import Hub, Kept, Space, Supply
from edge.media.record.store import Store
from edge.mending import Mended
from edge.upkeep import Upkeep
from sync import durable, tables, tree
from sync.errors import JournalError

PERIOD = 2.0  # seconds between looks
TRYING = 20.0  # seconds a try may take until nobody waits for it any more
SAVE = 600_000  # milliseconds: how far behind the file may be of when the hub was last reached
USUAL_RATE = 12_500_000  # bytes a minute: 1.5 Mbit/s of picture, and sound
RECENT = timedelta(days=30)  # recordings of this time tell how large recordings are here
REREAD = 20.0  # seconds between looks at what the night found
TOLD = 7 * 86_400_000  # milliseconds for which it is told that something was put right
RATED = 600.0  # seconds between looks at them
MAX_SUPPLIES = 16  # a laptop has three
SYSFS = Path("/sys/class/power_supply")
FILE = "health.json"
REGISTERS = ("register", "correction")


class Waiting(Struct, frozen=True):
    """How many facts of this node and those below it the parent does not hold."""

    registers: int
    others: int


class Around(Struct, frozen=True):
    """What is around the journal: other parts, and the computer."""

    wakes: tuple[Callable[[], object], ...] = ()  # what else tries at once when a person asks for it
    supplies: Path = SYSFS
    trouble: str = ""  # why nothing can be kept since the daemon's start


class _Kept(Struct):
    reached: int = 0


class HealthWatch:
    """One part of the screen's side of a node: run it under `keep`."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        upstream: Upstream,
        store: Store,
        board: Board,
        around: Around,
    ) -> None:
        self._config = config
        self._around = around
        self._journal = journal
        self._upstream = upstream
        self._store = store
        self._board = board
        self._path = Path(config.state) / FILE
        self.told: Health | None = None  # None until it was looked
        self._reached = self._saved = last_reached(self._path)
        self._rate, self._rated = USUAL_RATE, float("-inf")
        self._night, self._mended, self._read = Upkeep(), Mended(), float("-inf")
        self._order = (
            -1,
            0.0,
        )  # how many tries had ended when another was asked for, and until when it counts

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {TrySync: self._try}

    async def run(self) -> None:
        """Keep the notice true until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(PERIOD)

    async def look(self) -> None:
        """Look at everything, and tell; raises JournalFailed."""
        loop = asyncio.get_running_loop()
        try:
            told = await asyncio.to_thread(self._look, loop.time(), await self._devices())
        except JournalError as exc:
            raise JournalFailed(str(exc)) from exc
        self.told = told
        self._board.tell(told)

    async def _try(self, order: TrySync) -> Done:
        self._order = (self._upstream.contact.tries, asyncio.get_running_loop().time() + TRYING)
        self._upstream.wake.set()
        for wake in self._around.wakes:
            wake()
        await self.look()
        return Done()

    async def _devices(self) -> Devices | None:
        """Return what the lab told of its devices."""
        with suppress(TooManyReaders), self._board.read() as reader:
            return next((each for each in await reader.take(0.0) if isinstance(each, Devices)), None)
        return None

    def _look(self, now: float, devices: Devices | None) -> Health:
        contact, ms = self._upstream.contact, self._journal.ledger.now()
        self._remember(min(contact.reached, ms))
        joined = self._journal.parent is not None
        is_root = not joined and self._config.parent is None and bool(self._config.listen_nodes)
        waiting = Waiting(0, 0) if is_root else self._journal.ledger.read(self._waiting)
        space = self._space(now)
        tries, until = self._order
        return Health(
            lights=(
                lights.hub(
                    Hub(joined, is_root, waiting.registers + waiting.others, self._reached, contact.failed),
                    ms,
                ),
                lights.disk(space, self._kept(now)),
                lights.devices(devices),
                lights.power(supplies(self._around.supplies)),
            ),
            registers=waiting.registers,
            others=waiting.others,
            reached=self._reached,
            trying=joined and contact.tries == tries and now < until,
            minutes_free=space.minutes,
            backup=self._night.backup,
        )

    def _waiting(self, db: Connection) -> Waiting:
        return waiting(db, self._journal.identity.node)

    def _remember(self, reached: int) -> None:
        """Keep when the hub was reached, so that it is known after a power cut; not at every contact."""
        self._reached = max(self._reached, reached)
        if self._reached - self._saved > SAVE:
            with suppress(OSError):  # a full disk: it is told all the same
                durable.save(self._path, msgspec.json.encode(_Kept(self._reached)))
                self._saved = self._reached

    def _kept(self, now: float) -> Kept:
        """Return what last night found, and what was put right."""
        if now - self._read > REREAD:
            self._read = now
            state = Path(self._config.state)
            self._night, self._mended = upkeep.load(state), mending.mended(state)
        night, ago = self._night, time.time() * 1000 - self._mended.at
        damaged = bool(night.journal or night.names) and not self._mended.answers(night)
        return Kept(self._around.trouble, damaged, abs(ago) < TOLD)

    def _space(self, now: float) -> Space:
        if now - self._rated > RATED:
            self._rate, self._rated = measured_rate(self._store), now
        folder = self._store.place.folder
        folder = folder if folder.is_dir() else Path(self._config.state)
        try:
            free = self._store.place.disk.room(folder) - self._store.place.reserve
            return Space(free, self._rate, bool(os.statvfs(folder).f_flag & os.ST_RDONLY))
        except OSError:
            return Space(0, self._rate, read_only=True)


def measured_rate(store: Store) -> int:
    """Return how many bytes a minute of a recording has here."""
    recent = store.list(datetime.now(UTC) - RECENT)
    long = [each for each in recent if each.seconds > 60 and each.bytes > 0]
    minutes = sum(each.seconds for each in long) / 60
    return round(sum(each.bytes for each in long) / minutes) if minutes else USUAL_RATE


def waiting(db: Connection, me: str) -> Waiting:
    """Return how many facts the parent does not hold yet."""
    ours = tree.below(db, me)
    left = {True: 0, False: 0}
    for name, held in tables.held(db).items():
        if name.node in ours and name.flow.up:
            left[name.class_ in REGISTERS] += max(0, held.seq - held.acked)
    return Waiting(left[True], left[False])


def supplies(root: Path) -> list[Supply]:
    """Return the computer's power supplies; not the batteries of mice and keyboards."""
    try:
        folders = sorted(root.iterdir())[:MAX_SUPPLIES]
    except OSError:
        return []
    return [_supply(each) for each in folders if _read(each / "scope") != "Device"]


def _supply(folder: Path) -> Supply:
    online, percent = _read(folder / "online"), _read(folder / "capacity")
    return Supply(
        _read(folder / "type"),
        online != "0" if online else None,
        min(100, int(percent)) if percent.isascii() and percent.isdecimal() else None,
        _read(folder / "status"),
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(64).decode(errors="replace").strip()
    except OSError:
        return ""


def last_reached(path: Path) -> int:
    """Return when the hub was reached, by the file that says so; 0 for never, or not known."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode(path.read_bytes(), type=_Kept).reached
    return 0
