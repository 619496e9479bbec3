"""Recordings heal by themselves: what was lost on the way is fetched from the parent when the link is free.

A lesson that is here and at the parent is here afterwards as it is there, to the last byte. For each lesson:
which frames make up the parent's file (its sheet), which of them are in any file here, a draft with those in
their places, the missing ones fetched into it, the sums of both files compared, and the draft takes the place
of what was here. Cut off anywhere, the old file plays, and what came does not come again. A parent that is
not whole itself gives what it has; when its file becomes another one, ours is healed again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edge.content import swap
from edge.content.aside import Aside, Stopped
from edge.content.cases import Cases
from edge.content.catalogue import OVER, Catalogue
from edge.content.download import Changed, Gone, NoRoom, Odd
from edge.content.hub import HubAway, HubDoor
from edge.content.listing import Own
from edge.content.mender import Another, Damaged, Here, Mender, stem
from edge.content.mending import Mending, Unlike
from edge.content.outcome import Made, settle, spans_of
from edge.content.pace import Purse
from edge.content.planned import planned
from edge.content.verdicts import Verdicts
from edge.content.wanted import TooMany
from edge.media import repair
from edge.media.pull import Parent
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.repair import Group, Span

FATES = 200  # newest recordings whose fate is asked about: a month of lessons
PAUSES = (
    15.0,
    60.0,
    300.0,
    1800.0,
)  # seconds between looks after a lesson; the parent finishes its file first
FRESH = 5.0  # seconds that the parent's list is believed
WAIT = 5.0  # seconds between looks whether the link is free
TRIES = (1.0, 5.0, 15.0, 60.0)  # seconds between tries after a link was lost, or with a full disk
SHOWN = 30.0  # seconds until it is looked again whether somebody still watches what is to be replaced
LIBRARY = "library"
FOLDER = "healing"  # below it

log = logging.getLogger(__name__)


class Bringer(Protocol):
    """Who knows the parent's list, and fetches recordings as they are."""

    catalogue: Catalogue

    async def want(self, ident: str) -> None:
        """Fetch it."""

    async def leave(self, ident: str) -> None:
        """Leave it at the parent."""


class InUse(Exception):
    """Somebody watches what is to be replaced."""


class Healing:
    """One part of the node: run it under `keep`; `in_use` tells what is being shown or served."""

    def __init__(
        self,
        store: Store,
        door: HubDoor,
        bringer: Bringer,
        state: Path,
        purse: Purse,
        in_use: Callable[[str], bool],
    ) -> None:
        self._store, self._door, self._bringer, self._purse = store, door, bringer, purse
        self._in_use = in_use
        self._folder = state / LIBRARY / FOLDER
        self._cases = Cases(state / LIBRARY)
        self._verdicts = Verdicts(store, self._cases)
        self._recordings = Own(store)  # asked for every few seconds of a lesson: only what is new is read
        self._mender = Mender(store.place, self._folder, Aside(self._may), self._paid, self._tell)
        self._is_ready = False
        self._asked = float("-inf")  # when the parent's list was asked for last
        self._looks = 0  # since the last lesson ended
        self._failures = 0
        self.woken = asyncio.Event()
        self.waits = ""  # why nothing is fetched although something is missing
        self.until = ""  # … and until when, HH:MM
        self.current = ""  # the recording of the parent that is being fetched
        self.share = 0.0  # of what was missing
        self.healed = 0  # recordings since the start

    @property
    def fetched(self) -> int:
        """Bytes of frames that came since the start."""
        return self._mender.fetched

    def ended(self) -> None:
        """A recording was finished here: look soon."""
        self._looks = 0
        self.woken.set()

    async def run(self) -> None:
        """Heal what can be healed until cancelled."""
        if not self._is_ready:
            await asyncio.to_thread(self._load)
            self._is_ready = True
        while True:
            self.woken.clear()
            pause = await self._turn()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.woken.wait()

    async def _turn(self) -> float:
        """Do what can be done now; return how long to pause then."""
        try:
            await self._look()
        except Stopped:
            said = self._purse.allowance()
            return self._waiting(said.why, WAIT, said.until)
        except InUse:
            return self._waiting("shown", SHOWN)
        except HubAway as exc:
            return self._failing("link", exc)
        except (NoRoom, OSError) as exc:
            return self._failing("disk", exc)
        finally:
            self.current, self.share = "", 0.0
        self._failures = 0
        pause = PAUSES[min(self._looks, len(PAUSES) - 1)]
        self._looks += 1
        return self._waiting("", pause)

    async def _look(self) -> None:
        own = await asyncio.to_thread(self._own)
        if not self._open(own) and not self._is_unknown(own):
            return
        if not self._door.address:
            return
        await self._paid(0)
        async with self._door.open() as parent:
            await self._ask(parent)
            own = await asyncio.to_thread(self._own)
            await asyncio.to_thread(self._verdicts.note_gone, self._bringer.catalogue.recordings)
            groups = self._open(own)
            free = [each for each in groups if not any(self._in_use(span.id) for span in each.ours)]
            for group in free:
                self.waits = self.until = ""
                await self._heal(parent, group, own)
        await asyncio.to_thread(self._sweep)
        if len(free) < len(groups):
            raise InUse

    async def _ask(self, parent: Parent) -> None:
        """Ask for the parent's list, unless that was a moment ago."""
        now = asyncio.get_running_loop().time()
        if now - self._asked > FRESH:
            await self._bringer.catalogue.refresh(parent)
            self._asked = now

    async def _heal(self, parent: Parent, group: Group, own: list[Recording]) -> None:
        """Bring what is here of one lesson to what the parent has."""
        equal = {each.digest for each in group.theirs}
        names = {each.id for each in group.ours if each.digest not in equal}
        here = Here([each for each in own if each.id in names], self._store.place.folder)
        await self._mender.collect(here)
        found = [made for span in group.lacking if (made := await self._made(parent, span, group, here))]
        useful = settle(found, here.recordings, here.pool).places
        await self._keep_ours([made for made in found if made.theirs.id not in useful])
        mended: list[tuple[Made, Mending]] = []
        try:
            for made in found:
                mending = await self._mended(parent, made, here) if made.theirs.id in useful else None
                mended += [(made, mending)] if mending is not None else []
            if mended:
                await self._put_in_place(mended, here)
        finally:
            for _, mending in mended:
                mending.close()

    async def _made(self, parent: Parent, span: Span, group: Group, here: Here) -> Made | None:
        """Return what a file of the parent is made of, None if it is of no use to us."""
        theirs = self._bringer.catalogue.get(span.id)
        if theirs is None or not self._cases.is_open(span.id, span.digest):
            return None
        ours = [each.id for each in group.ours]
        await asyncio.to_thread(self._cases.open, theirs.id, theirs.digest, ours)
        try:
            sheet = await self._mender.sheet(parent, theirs)
        except (Gone, Odd) as exc:
            await self._refused(theirs, exc)
            return None
        index = sheet.form.index
        common = sum(here.pool.common(number, index) for number in range(len(here.paths)))
        if not common and not repair.is_within(span, group.ours):
            await asyncio.to_thread(self._cases.done, theirs.id)  # of another lesson
            return None
        return Made(theirs, sheet)

    async def _mended(self, parent: Parent, made: Made, here: Here) -> Mending | None:
        """Return a draft that is the parent's file to the last byte; None if that cannot be."""
        theirs = made.theirs
        self.current, self.share = theirs.id, 0.0
        alone = self._cases.is_alone(theirs.id)
        try:
            await asyncio.to_thread(self._cases.tried, theirs.id, 1)  # what comes may be the end of us
            try:
                mending = await self._mender.begin(theirs, made.sheet, None if alone else here)
            finally:
                await asyncio.to_thread(self._cases.tried, theirs.id, -1)
            await self._filled(parent, theirs, mending)
        except (Gone, Odd, Damaged, Unlike) as exc:
            await self._refused(theirs, exc)
            return None
        return mending

    async def _filled(self, parent: Parent, theirs: Recording, mending: Mending) -> None:
        is_filled = False
        try:
            await self._mender.fill(parent, theirs, mending)
            is_filled = True
        finally:
            if not is_filled:
                mending.close()

    async def _put_in_place(self, mended: list[tuple[Made, Mending]], here: Here) -> None:
        """Let the drafts take the places of what is here, unless that would lose something."""
        settled = settle([made for made, _ in mended], here.recordings, here.pool)
        await self._keep_ours([made for made, _ in mended if made.theirs.id not in settled.places])
        mended = [each for each in mended if each[0].theirs.id in settled.places]
        if any(map(self._in_use, here.ids)):
            raise InUse
        if not mended or not await asyncio.to_thread(self._are_here, here.ids):
            return  # somebody deleted one of them
        plan = await asyncio.to_thread(planned, self._store.place, mended, settled, here.pool)
        await asyncio.to_thread(swap.commit, self._store, self._folder, plan)
        for made, _ in mended:
            await asyncio.to_thread(self._cases.done, made.theirs.id)
            await self._bringer.leave(made.theirs.id)
        self.healed += len(plan.healed)
        for each in plan.healed:
            log.info(
                "recording healed id=%s from=%s seconds=%.1f missing=%.1f whole=%s",
                *(each.recording.id, each.recording.source),
                *(each.recording.healed, each.recording.missing, each.recording.whole),
            )

    async def _refused(self, theirs: Recording, exc: Exception) -> None:
        """Take note why it did not come; after a few times it is tried no more."""
        log.warning("recording not healed id=%s reason=%r", theirs.id, str(exc))
        if isinstance(exc, Gone):
            await asyncio.to_thread(self._cases.failed, theirs.id, "gone")
        elif isinstance(exc, Unlike):
            with suppress(TooMany):
                await self._bringer.want(theirs.id)
            await asyncio.to_thread(self._cases.done, theirs.id)
        elif isinstance(exc, Damaged):
            await asyncio.to_thread(self._cases.tried, theirs.id, 1, "damaged", isinstance(exc, Another))
        else:
            await asyncio.to_thread(self._cases.tried, theirs.id, 1, "refused")
        if isinstance(exc, Changed | Gone):
            self._asked = float("-inf")
        await asyncio.to_thread(self._verdicts.note_failed, theirs.id)

    async def _keep_ours(self, found: list[Made]) -> None:
        """What is here has more than what would take its place."""
        for made in found:
            log.info("recording kept: the parent lacks some of it id=%s", made.theirs.id)
            await asyncio.to_thread(self._cases.done, made.theirs.id)

    def _open(self, own: Iterable[Recording]) -> list[Group]:
        """Return the lessons of which the parent has something that is not here."""
        theirs = spans_of(each for each in self._bringer.catalogue.recordings if each.digest)
        return [
            group
            for group in repair.groups(theirs, spans_of(own))
            if any(self._cases.is_open(each.id, each.digest) for each in group.lacking)
        ]

    def _is_unknown(self, own: Sequence[Recording]) -> bool:
        """Tell whether the parent may have something of which its list says nothing yet."""
        there = {each.digest for each in self._bringer.catalogue.recordings}
        settled = {ident for case in self._cases.all() if case.state != "open" for ident in case.ours}
        return any(
            (each.source and not each.whole) or (each.digest not in there and each.id not in settled)
            for each in own[:FATES]
        )

    def _may(self) -> bool:
        return self._purse.allowance().rate > 0

    async def _paid(self, size: int) -> None:
        """Wait until what came is paid for; raise Stopped."""
        if not self._may():
            raise Stopped
        if size:
            await asyncio.sleep(self._purse.owed(size, asyncio.get_running_loop().time()))

    def _tell(self, share: float) -> None:
        self.share = share

    def _waiting(self, waits: str, pause: float, until: str = "") -> float:
        self.waits, self.until = waits, until
        return pause

    def _failing(self, waits: str, exc: Exception) -> float:
        if not self._failures:
            log.info("healing waits for=%s reason=%r", waits, str(exc))
        pause = TRIES[min(self._failures, len(TRIES) - 1)]
        self._failures += 1
        return self._waiting(waits, pause)

    # In threads

    def _load(self) -> None:
        self._cases.load()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store.place.prepare()
        for ident in swap.resume(self._store, self._folder):
            log.info("recording healed after a restart id=%s", ident)

    def _own(self) -> list[Recording]:
        found = [each for each in self._recordings.all() if each.state in OVER]
        return sorted(found, key=lambda each: (each.started, each.part), reverse=True)

    def _are_here(self, idents: Sequence[str]) -> bool:
        return all(self._store.get(each) is not None for each in idents)

    def _sweep(self) -> None:
        """Remove what is left of what nobody heals any more."""
        wanted = {span.id for group in self._open(self._own()) for span in group.lacking}
        kept = {stem(each) for each in self._bringer.catalogue.recordings if each.id in wanted}
        swap.sweep(self._store.place, self._folder, kept)
