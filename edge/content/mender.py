"""Makes one recording of the parent here, from what is here and what is fetched, and compares the sums."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from edge.content.aside import Aside
from edge.content.download import NoRoom, Odd
from edge.content.frames import believed, read_pieces, read_sheet
from edge.content.mending import Mending, Unlike, collect
from edge.media.pull import Parent
from edge.media.record.pieces import between, cut
from edge.media.record.place import Place
from edge.media.record.recording import Recording
from edge.media.record.sheet import Sheet
from edge.media.repair import BATCH, Pool, batches, lots, pieces_of
from sync import durable

STEM = 16  # letters of a digest: drafts of another file have other names

Paid = Callable[[int], Awaitable[None]]


class Damaged(Exception):
    """All came, and it is not the file that the parent says it has."""


class Another(Damaged):
    """Every frame looks right: something of what is here only looks like one of the parent's."""


class Here:
    """What is here of one lesson."""

    def __init__(self, recordings: Sequence[Recording], folder: Path) -> None:
        self.recordings = list(recordings)
        self.paths = [each.path(folder) for each in recordings]
        self.pool = Pool()

    @property
    def ids(self) -> list[str]:
        """Return their names."""
        return [each.id for each in self.recordings]


class Mender:
    """Works in its thread and over one session with the parent. `told` gets the share that is there."""

    def __init__(
        self, place: Place, folder: Path, aside: Aside, paid: Paid, told: Callable[[float], None]
    ) -> None:
        self._place, self._folder = place, folder
        self._aside, self._paid, self._told = aside, paid, told
        self.fetched = 0  # bytes of frames since the start

    async def collect(self, here: Here) -> None:
        """Find every frame that is here; raises OSError, Stopped."""

        def read(go_on: Callable[[], None]) -> None:
            for path in here.paths:
                collect(here.pool, path, go_on)

        await self._aside.do(read)

    async def sheet(self, parent: Parent, theirs: Recording) -> Sheet:
        """Return what the parent's file is made of; raises HubAway, Gone, Odd, Stopped."""
        path = self._folder / f"{stem(theirs)}.sheet"
        wire = await asyncio.to_thread(_kept, path)
        if wire is None:
            wire = await read_sheet(parent, theirs, self._paid)
            await asyncio.to_thread(_keep, path, wire)
        try:
            return await self._aside.do(lambda go_on: believed(wire, theirs))
        except Odd:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    async def begin(self, theirs: Recording, sheet: Sheet, here: Here | None) -> Mending:
        """Return a draft with everything in it that is here; raises NoRoom, Unlike, Stopped."""
        mending = Mending(self._place, self._folder, stem(theirs), sheet)
        pool, paths = (here.pool, here.paths) if here else (Pool(), [])
        try:
            await self._aside.do(lambda go_on: mending.begin(pool, paths, go_on))
        except OSError as exc:
            raise NoRoom(str(exc)) from exc
        return mending

    async def fill(self, parent: Parent, theirs: Recording, mending: Mending) -> None:
        """Fetch what is missing; raises HubAway, Gone, Odd, NoRoom, Stopped, Damaged, Unlike."""
        whole, got = max(1, mending.lacking), 0
        for lot in batches(mending.missing):
            frames = iter(lot)
            async for stored in read_pieces(parent, theirs, pieces_of(lot), self._paid):
                at, entry = next(frames)
                if not await _written(mending.put, at, entry, stored):
                    raise Damaged(f"{theirs.id}: a frame at {at} is not the one that was asked for")
                got += len(stored)
                self.fetched += len(stored)
                self._told(got / whole)
        if await self._is_equal(mending):
            return
        # Another version of the muxer may write other tables around the same frames.
        await self._fetch_between(parent, theirs, mending)
        if not await self._is_equal(mending):
            await asyncio.to_thread(mending.discard)
            raise Another(f"{theirs.id}: all frames are here, and the file is another one")

    async def _fetch_between(self, parent: Parent, theirs: Recording, mending: Mending) -> None:
        if not mending.has_its_size:
            from edge.media.record.canonical import muxer

            raise Unlike(f"{theirs.id}: {mending.sheet.muxer} has other places for its frames than {muxer()}")
        wanted = cut(between(mending.places, mending.sheet.size), BATCH)
        for lot in lots(wanted):
            there = iter(lot)
            async for content in read_pieces(parent, theirs, lot, self._paid):
                await _written(mending.put_between, next(there), content)

    async def _is_equal(self, mending: Mending) -> bool:
        try:
            return await self._aside.do(mending.is_equal)
        except OSError as exc:
            raise NoRoom(str(exc)) from exc


def stem(theirs: Recording) -> str:
    """Return how the names of all that is fetched of a file begin."""
    return f"{theirs.id}.{theirs.digest[:STEM]}"


async def _written(act: Callable[..., object], *what: object) -> object:
    try:
        return await asyncio.to_thread(act, *what)
    except OSError as exc:
        raise NoRoom(str(exc)) from exc


def _kept(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _keep(path: Path, wire: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.save(path, wire)
