"""Brings recordings from the parent, one at a time, as the budget of the link allows, to the last byte.

What is wanted and what has come of it are on the disk, so a cut of the link or of the power costs one block
at the most. A file is compared with its index, frame by frame, before it is called here. What a parent says
costs nothing if it is wrong: every size is bounded, nobody is followed elsewhere, and a name becomes a path
only when it is a recording's name.
"""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from edge.content import arrival
from edge.content.arrival import Damaged
from edge.content.catalogue import Catalogue
from edge.content.download import Changed, Download, Gone, NoRoom, Odd
from edge.content.draft import Draft
from edge.content.hub import HubAway, HubDoor
from edge.content.pace import Purse
from edge.content.turn import Turn
from edge.content.wanted import Want, Wanted
from edge.media.pull import Parent
from edge.media.record.recording import Recording
from edge.media.record.store import Store

LISTED = 3600.0  # seconds until the parent's list is asked for again: 2 kB with TLS if nothing is new
ASKED = 30.0  # … when somebody looks at the library
WAIT = 5.0  # seconds between looks whether the lesson is over
OUT = 60.0  # … whether school is out
PAUSES = (1.0, 5.0, 15.0, 60.0)  # seconds between tries after a link was lost, or with a full disk
MAX_INDEX = 1 << 28  # bytes of an index: the frames of 50 hours
SMALL = 1 << 20  # bytes: more than the index of a recording has that is itself small
FOLDER = "library"
COMING = "coming"  # below it

log = logging.getLogger(__name__)


class Stopped(Exception):
    """A lesson has begun, or the recording is wanted no more."""


class Fetcher:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        store: Store,
        door: HubDoor,
        state: Path,
        purse: Purse,
        turn: Turn | None = None,
    ) -> None:
        self._store = store
        self._door = door
        self._purse = purse
        self._link = turn or Turn()
        self._folder = state / FOLDER / COMING
        self._drafts: dict[str, tuple[Draft, Draft]] = {}
        self._listed = float("-inf")
        self._failures = 0
        self._loaded = asyncio.Event()
        self.woken = asyncio.Event()
        self.catalogue = Catalogue(state / FOLDER)
        self.wanted = Wanted(state / FOLDER)
        self.arrived = 0  # recordings that came since the start
        self.waits = ""  # why nothing is fetched although something is wanted: a word key
        self.current = ""  # the recording that is being fetched
        self.share = 0.0  # of it, from 0 to 1

    async def want(self, ident: str) -> None:
        """Fetch a recording of the parent, when no lesson runs; raises TooMany, OSError."""
        await self._loaded.wait()
        await asyncio.to_thread(self.wanted.add, ident)
        self.woken.set()

    async def want_missed(self, idents: list[str]) -> None:
        """Fetch these when school is out; raises OSError."""
        await self._loaded.wait()
        await asyncio.to_thread(self.wanted.add_missed, idents)
        self.woken.set()

    async def leave(self, ident: str) -> None:
        """Leave it at the parent; raises OSError."""
        await self._loaded.wait()
        await asyncio.to_thread(self.wanted.remove, ident)
        self.woken.set()

    def look(self, after: float = ASKED) -> None:
        """Somebody looks at the library: let the parent's list be no older than that."""
        if asyncio.get_running_loop().time() - self._listed > after:
            self._listed = float("-inf")
            self.woken.set()

    async def run(self) -> None:
        """Fetch what is wanted until cancelled."""
        if not self._loaded.is_set():
            await asyncio.to_thread(self._load)
            self._loaded.set()
        try:
            while True:
                self.woken.clear()
                pause = await self._turn()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.woken.wait()
        finally:
            self._close(list(self._drafts))

    async def _turn(self) -> float:
        """Do what can be done now; return how long to pause then."""
        await asyncio.to_thread(self._sweep)
        if self._next() is None and not self._is_stale():
            return self._waiting("", LISTED if self.wanted.next() is None else OUT)
        why = self._may_not()
        if why and (why == "lesson" or not self._is_stale()):  # the list itself is small
            return self._waiting(why, WAIT)
        if not self._door.address:
            return self._waiting("link", PAUSES[-1])
        try:
            await self._work()
        except Stopped:
            why = self._may_not()
            return self._waiting(why, WAIT if why else 0.0)
        except HubAway as exc:
            return self._failing("link", exc)
        except (NoRoom, OSError) as exc:
            return self._failing("disk", exc)
        except Odd as exc:
            return self._failing("", exc)
        finally:
            self.current, self.share = "", 0.0
        self._failures = 0
        return self._waiting("", LISTED if self.wanted.next() is None else OUT)

    async def _work(self) -> None:
        async with self._door.open() as parent:
            if self._is_stale():
                await self.catalogue.refresh(parent)
                self._listed = asyncio.get_running_loop().time()
            while (want := self._next()) is not None:
                async with self._link.taken:
                    self.waits = ""
                    self._go_on(want.id)
                    await self._bring(parent, want.id)

    async def _bring(self, parent: Parent, ident: str) -> None:
        recording = self.catalogue.get(ident)
        if recording is None:
            return await self._give_up(ident, "gone")
        self.current = ident
        try:
            if await asyncio.to_thread(self._is_here, recording):
                return await self._came(ident)
            await self._download(parent, recording)
            await asyncio.to_thread(self.wanted.tried, ident, "damaged")
            await asyncio.to_thread(arrival.check, self._store, self._folder, recording)
            self._close([ident])
            await asyncio.to_thread(arrival.place, self._store, self._folder, recording)
            return await self._came(ident)
        except Gone:
            return await self._give_up(ident, "gone")
        except Damaged as exc:
            log.warning("fetched recording damaged reason=%r", str(exc))
            await asyncio.to_thread(self._discard, ident)
            self._listed = float("-inf")
        except Odd as exc:
            await asyncio.to_thread(self.wanted.tried, ident, "refused")
            if isinstance(exc, Changed):
                await asyncio.to_thread(self._discard, ident)
                self._listed = float("-inf")
            raise

    async def _download(self, parent: Parent, recording: Recording) -> None:
        media, index = await asyncio.to_thread(self._opened, recording)
        self._check_room(recording, media)

        def go_on() -> None:
            self._go_on(recording.id)
            self.share = min(1.0, media.have / recording.bytes)

        go_on()
        download = Download(parent, self._purse, go_on)
        # No frame is smaller than what the index says of it, but for those of silence.
        most = min(MAX_INDEX, recording.bytes + SMALL)
        await download.run(f"/recordings/{recording.id}/index", index, most)
        await download.run(f"/recordings/{recording.id}", media, recording.bytes)
        if media.have != recording.bytes:
            raise Changed(f"{recording.id}: {media.have} bytes, listed with {recording.bytes}")

    def _check_room(self, recording: Recording, media: Draft) -> None:
        """Begin nothing that would leave the node's own recordings no room."""
        try:
            self._store.place.check(recording.bytes - media.have)
        except OSError as exc:
            raise NoRoom(str(exc)) from exc

    async def _came(self, ident: str) -> None:
        await asyncio.to_thread(self.wanted.remove, ident)
        await asyncio.to_thread(self._sweep)
        self.arrived += 1
        log.info("recording fetched id=%s", ident)

    async def _give_up(self, ident: str, reason: str) -> None:
        await asyncio.to_thread(self.wanted.failed, ident, reason)
        log.warning("recording not fetched id=%s reason=%s", ident, reason)

    def _go_on(self, ident: str) -> None:
        if self._may_not() or ident not in self.wanted:
            raise Stopped

    def _may_not(self) -> str:
        """Return why nothing may be fetched now, "" if it may."""
        may = self._purse.allowance()
        return "" if may.rate > 0 else may.why or "link"

    def _next(self) -> Want | None:
        return self.wanted.next(self._link.is_out())

    def _is_stale(self) -> bool:
        return asyncio.get_running_loop().time() - self._listed > LISTED

    def _waiting(self, waits: str, pause: float) -> float:
        self.waits = waits if self._next() is not None else ""
        return pause

    def _failing(self, waits: str, exc: Exception) -> float:
        if not self._failures:
            log.info("fetching waits for=%s reason=%r", waits or "another try", str(exc))
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        return self._waiting(waits, pause)

    # In threads

    def _load(self) -> None:
        self.wanted.load()
        self.catalogue.load()
        self._store.place.prepare()
        for want in self.wanted.all():
            recording = self.catalogue.get(want.id)
            if recording is not None and self._is_here(recording):
                self.wanted.remove(want.id)

    def _is_here(self, recording: Recording) -> bool:
        """Tell whether it is here, once what an earlier run began to move is moved."""
        ours = arrival.here_as(self._store, recording)
        if ours is None:
            return False
        if not arrival.is_complete(self._store, ours):
            arrival.place(self._store, self._folder, recording)
        return arrival.is_complete(self._store, ours)

    def _opened(self, recording: Recording) -> tuple[Draft, Draft]:
        if recording.id not in self._drafts:
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = arrival.draft_paths(self._folder, recording)
            media, index = (Draft(self._store.place, path) for path in paths)
            try:
                media.open()
                index.open()
            except OSError as exc:
                raise NoRoom(str(exc)) from exc
            self._drafts[recording.id] = media, index
        return self._drafts[recording.id]

    def _discard(self, ident: str) -> None:
        for draft in self._drafts.pop(ident, ()):
            draft.discard()

    def _close(self, idents: list[str]) -> None:
        for ident in idents:
            for draft in self._drafts.pop(ident, ()):
                draft.close()

    def _sweep(self) -> None:
        """Remove what is left of recordings that are wanted no more."""
        self._close([ident for ident in self._drafts if ident not in self.wanted])
        for path in self._folder.glob("*"):
            if path.name.partition(".")[0] not in self.wanted:
                path.unlink(missing_ok=True)
