"""A hub that has a lesson, a classroom that has some of it, and what heals the classroom's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from edge.content.healing import Healing
from edge.content.hub import HubDoor
from edge.content.pace import Pace
from edge.hubs import Hubs
from edge.media.packet import Frame, Kind
from edge.media.record.durable import Disk
from edge.media.record.finish import finish_all
from edge.media.record.fit import Clock
from edge.media.record.inbox import Losses
from edge.media.record.place import Place
from edge.media.record.recording import Recording
from edge.media.record.store import FOLDER, Store
from edge.media.record.writer import Writer
from sync.budget import Allowance
from tests.content.hubs import FAST, Room
from tests.media.lessons import SOUND_LATER, TICK, ZERO, Lesson, captured

MOMENT = datetime(2026, 11, 22, 4, 45, tzinfo=UTC)
CLOCKS: dict[Kind, Clock] = {
    "video": Clock(-ZERO["video"] / 90_000, ZERO["video"]),
    "audio": Clock(SOUND_LATER - ZERO["audio"] / 48_000, ZERO["audio"]),
}

Keep = Callable[[Frame], bool]


def everything(frame: Frame) -> bool:
    """Lose nothing."""
    return True


def written(
    state: Path, given: Lesson, keep: Keep = everything, later: int = 0, disk: Disk | None = None
) -> list[Recording]:
    """Record those frames of a lesson that are kept, counted by a clock of our own; oldest first.

    What is missing between the first and the last of them is noted as lost.
    """
    place = Place(state / FOLDER, disk or Disk(), 0)
    place.prepare()
    kept = [frame for frame in given.frames if keep(frame)]
    first = captured(kept[0]) if kept else 0.0
    writer = Writer(place, "lesson", given.tracks, lambda: MOMENT + timedelta(seconds=round(first)))
    clocks = {kind: replace(clock, offset=clock.offset - later) for kind, clock in CLOCKS.items()}
    due = first
    for frame in kept:
        while captured(frame) >= due:
            writer.tick(due, clocks)
            due += TICK
        writer.frame(_moved(frame, later))
    inside = [frame for frame in given.frames if captured(kept[0]) < captured(frame) < captured(kept[-1])]
    if lost := [frame for frame in inside if not keep(frame)]:
        writer.losses(Losses(Counter(frame.kind for frame in lost), 0))
    finish_all(place, writer.close(), lambda: False)
    return Store(state, reserve=0).list()[::-1]


def _moved(frame: Frame, seconds: int) -> Frame:
    rate = 90_000 if frame.kind == "video" else 48_000
    return replace(frame, timestamp=frame.timestamp + seconds * rate, arrival=captured(frame))


class Purse:
    """A budget that a test opens and closes."""

    def __init__(self, rate: int = FAST) -> None:
        self.rate = rate
        self._pace = Pace(FAST)

    def allowance(self) -> Allowance:
        """Return what may be fetched now."""
        return Allowance(self.rate, "" if self.rate else "lesson")

    def owed(self, size: int, now: float) -> float:
        """Let everything pass."""
        return self._pace.owed(size, now)


class Ward:
    """A classroom whose recordings heal."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.purse = Purse()
        self.shown: set[str] = set()
        self.healing = self._made()

    def again(self) -> None:
        """Start anew, as after a power cut."""
        self.healing = self._made()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Healing]:
        """Run what heals."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.healing.run())
            listing = tasks.create_task(self.room.fetcher.run())
            try:
                yield self.healing
            finally:
                running.cancel()
                listing.cancel()

    def relisted(self) -> int:
        """Let the hub's list be asked for, as every hour; return how many recordings were healed."""
        self.room.fetcher.look(0.0)
        return self.healing.healed

    def _made(self) -> Healing:
        room = self.room
        door = HubDoor(room.config, room.journal, Hubs("room", lambda: None))
        return Healing(room.store, door, room.fetcher, room.state, self.purse, self.shown.__contains__)

    @property
    def recordings(self) -> list[Recording]:
        """Return what is here, oldest first."""
        return self.room.store.list()[::-1]

    def media(self, recording: Recording) -> bytes:
        """Return a file's bytes."""
        return recording.path(self.room.store.place.folder).read_bytes()

    @property
    def drafts(self) -> list[str]:
        """Return what lies in the folder of what is being healed."""
        return sorted(path.name for path in (self.room.state / "library" / "healing").glob("*"))


def nudged(healing: Healing, look: Callable[[], object]) -> Callable[[], object]:
    """Let it look again without a pause, each time that is asked whether something is true."""

    def asked() -> object:
        healing.woken.set()
        return look()

    return asked


def media_of(state: Path, recordings: Iterable[Recording]) -> list[bytes]:
    """Return the files of a hub."""
    return [each.path(state / FOLDER).read_bytes() for each in recordings]
