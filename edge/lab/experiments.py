"""Experiments: begun, marked, ended. What is measured is on the disk soon after.

Samples wait at most `FLUSH` before one thread writes them; the answer to a mark comes when it is written.
When the disk refuses, recording stops and says why; what is shown live, and stopping, need no disk.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar, TypeVarTuple

from msgspec import structs

from devices.driver import Sample
from devices.experiments import with_own
from devices.template import Template
from edge.api import Desks, Unable
from edge.board import Board
from edge.contract import commands
from edge.contract.answers import Done
from edge.contract.notices import Bound, Said
from edge.journal import Journal
from edge.lab.active import MAX_MARKS, Active, Beginning, Missing, NotNow, Scene, bind
from edge.lab.archive import Archive
from edge.lab.bench import Bench
from edge.lab.calibrating import Calibrating
from edge.lab.calibrations import Calibrations
from edge.lab.correcting import corrected
from edge.lab.failures import StoreFailed
from edge.lab.listing import told
from edge.lab.notes import Notes
from edge.lab.store import Store

FLUSH = 0.2  # seconds between two commits: with a slow one, half a second is lost by a kill at the most
LOOKS = 5  # commits between two looks at the clock on the wall

T = TypeVar("T")
A = TypeVarTuple("A")
Over = Literal["done", "stopped"]
Where = Callable[[], Scene]
Tap = Callable[[Active, str, list[Sample]], None]

log = logging.getLogger(__name__)


class Laboratory:
    """The experiments of this node; a part to be kept running, and to be closed at the end."""

    def __init__(self, state: Path, journal: Journal, board: Board, bench: Bench, where: Where) -> None:
        self._journal = journal
        self._board = board
        self._bench = bench
        self._where = where
        self._store = Store(state / "lab")
        self._calibrations = Calibrations(state / "lab")
        self._archive = Archive(state, self._store, self._calibrations.named, bench.devices)
        self._calibrating = Calibrating(self._calibrations, bench.devices)
        self._notes = Notes(journal, self._store)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="lab")
        self._turn = asyncio.Lock()  # of those who begin and end runs
        self._going = asyncio.Event()
        self._active: Active | None = None
        self.tap: Tap = lambda _active, _device, _samples: None  # who shows curves elsewhere
        bench.sink = self._measured
        bench.corrects = self._calibrations.corrected

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {
            commands.StartExperiment: self._start,
            commands.StopExperiment: self._stop,
            commands.MarkMoment: self._mark,
            commands.TakeBackMark: self._take_back,
            **self._archive.desks(),
            **self._calibrating.desks(),
        }

    async def run(self) -> None:
        """Tell the last run, note what a crash left, then write what is measured."""
        if self._active is None and self._store.path.exists():
            with suppress(StoreFailed):  # a disk in trouble; whoever begins an experiment is told
                await self._recover()
        while True:
            await self._going.wait()
            turn = 0
            while self._active is not None:
                if turn % LOOKS == 0:
                    self._active.look_at(self._bench.clock(), self._journal.ledger.now())
                turn += 1
                await self._turn_over(self._active)
                await asyncio.sleep(FLUSH)
            self._going.clear()

    def close(self) -> None:
        """Keep what waits of a run, which ends here."""
        active, now = self._active, self._bench.clock()
        self._active = None
        if active is not None:
            run = active.beginning.id
            ending = (run, "stopped", "interrupted", active.seconds(now), active.lost)
            with suppress(StoreFailed):
                self._writer.submit(self._store.add, run, active.collected()).result()
                self._writer.submit(self._store.end, *ending).result()
        self._writer.shutdown()
        self._store.close()

    async def _turn_over(self, active: Active) -> None:
        with suppress(StoreFailed):  # it has ended, and says so
            await self._flush(active)
            now = self._bench.clock()
            if active.is_over(now):
                reason = active.reason(now)
                active.close()
                await self._flush(active)  # what came while the disk wrote
                await self._end(active, "stopped" if active.waits else "done", reason)
            elif self._active is active:
                self._board.tell(active.notice(now))

    # What screens ask for ------------------------------------------------------------------------------

    async def _start(self, command: commands.StartExperiment) -> Done:
        templates, _ = await asyncio.to_thread(with_own, self._archive.own)
        template = templates.get(command.experiment)
        if template is None:
            raise Unable("not-found")
        async with self._turn:
            if self._active is not None:
                raise Unable("experiment-running")
            beginning = self._beginning(command, template)
            try:
                await self._written(self._store.settle)
                await self._written(self._store.begin, beginning)
            except StoreFailed as exc:
                raise Unable(exc.reason) from exc
            true = [self._true(each) for each in beginning.bound]
            self._active = Active(beginning, self._bench.clock(), command.seconds, true)
        self._board.tell(self._active.notice(self._bench.clock()))
        self._going.set()
        log.info("experiment begun run=%s experiment=%s", beginning.id, beginning.experiment)
        return Done()

    async def _stop(self, _: commands.StopExperiment) -> Done:
        active = self._running()
        active.close()
        with suppress(StoreFailed):  # it has ended, and says why
            await self._flush(active)
            await self._end(active, "done", "")
        return Done()

    async def _mark(self, command: commands.MarkMoment) -> Done:
        active = self._running()
        if active.marks >= MAX_MARKS:
            raise Unable("too-many-marks")
        shown = [self._bench.newest(each.device, each.channel) for each in active.beginning.bound]
        return await self._noted(active, lambda: active.mark(self._bench.clock(), command.value, shown))

    async def _take_back(self, _: commands.TakeBackMark) -> Done:
        active = self._running()
        return await self._noted(active, active.take_back)

    async def _noted(self, active: Active, note: Callable[[], None]) -> Done:
        """Note something, and answer when it is written."""
        try:
            note()
            await self._flush(active)
        except NotNow as exc:
            raise Unable(exc.reason, **({"quantity": exc.quantity} if exc.quantity else {})) from exc
        except StoreFailed as exc:
            raise Unable(exc.reason) from exc
        self._board.tell(active.notice(self._bench.clock()))
        return Done()

    # Recording -----------------------------------------------------------------------------------------

    def _measured(self, device: str, samples: list[Sample]) -> None:
        if self._active is not None:
            self._active.take(device, samples)
            self.tap(self._active, device, samples)

    async def _flush(self, active: Active) -> None:
        """Write what waits; raise StoreFailed after ending the run."""
        batch = active.collected()
        if batch.is_empty:
            return
        try:
            await self._written(self._store.add, active.beginning.id, batch)
        except StoreFailed as exc:
            log.warning("recording stopped run=%s reason=%r", active.beginning.id, str(exc))
            await self._end(active, "stopped", exc.reason)
            raise

    async def _end(self, active: Active, state: Over, reason: str) -> None:
        async with self._turn:
            if self._active is not active:
                return
            self._active = None
        now = self._bench.clock()
        seconds = round(active.seconds(now), 1)
        notice = structs.replace(active.notice(now), state=state, seconds=seconds, reason=reason, waits=False)
        with suppress(StoreFailed):  # the next start ends it with what it has
            await self._written(self._store.end, notice.id, state, reason, seconds, active.lost)
        self._board.tell(notice)
        if state == "stopped":
            self._board.tell(Said(f"experiment-{reason}", severity="bad"))
        log.info("experiment ended run=%s state=%s reason=%s lost=%d", notice.id, state, reason, active.lost)
        with suppress(StoreFailed):
            await self._written(self._notes.settle)

    def _beginning(self, command: commands.StartExperiment, template: Template) -> Beginning:
        devices = self._bench.devices()
        try:
            bound = bind(template, devices, command.device)
        except Missing as exc:
            found = ", ".join(exc.found)
            raise Unable("quantity-missing", quantity=exc.quantity, unit=exc.unit, found=found) from exc
        used = {each.device for each in bound}
        return Beginning(
            secrets.token_hex(8),
            command.experiment,
            template,
            self._journal.ledger.now(),
            command.group,
            self._where(),
            tuple(map(self._calibrations.bound, bound)),
            any(each.simulated for each in devices if each.id in used),
        )

    def _true(self, it: Bound) -> Callable[[float], float]:
        return corrected(it, self._calibrations.named(it.calibration)) or float

    async def _recover(self) -> None:
        await self._written(self._store.settle)
        last = await asyncio.to_thread(self._store.recent, 1)
        if last and self._active is None:
            self._board.tell(told(last[0]))
        await self._written(self._notes.settle)

    def _running(self) -> Active:
        if self._active is None:
            raise Unable("not-running")
        return self._active

    async def _written(self, write: Callable[[*A], T], *given: *A) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, write, *given)
