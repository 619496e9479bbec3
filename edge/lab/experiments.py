"""Experiments: chosen, begun, marked, ended, looked at, exported. What is measured is on the disk soon after.

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
from devices.experiments import experiments
from devices.template import Template
from edge.api import Desks, Unable
from edge.board import Board
from edge.contract import commands
from edge.contract.answers import Curve, Done, Experiments, Made
from edge.contract.notices import Said
from edge.journal import Journal
from edge.lab.active import MAX_MARKS, MICRO, Active, Beginning, Missing, Row, bind
from edge.lab.bench import Bench
from edge.lab.files import Exporter
from edge.lab.listing import listed, told
from edge.lab.notes import Notes
from edge.lab.store import Kept, Store, StoreFailed

FLUSH = 0.2  # seconds between two commits: with a slow one, half a second is lost by a kill at the most
MAX_WAITING = 100_000  # samples that wait for the disk: ten seconds of the fastest eight instruments
MOST_POINTS = 2000  # of a curve: more than a screen has columns
LISTED = 20  # runs

T = TypeVar("T")
A = TypeVarTuple("A")
Over = Literal["done", "stopped"]

log = logging.getLogger(__name__)


class Laboratory:
    """The experiments of this node; a part to be kept running, and to be closed at the end."""

    def __init__(
        self, state: Path, journal: Journal, board: Board, bench: Bench, lesson: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._board = board
        self._bench = bench
        self._lesson = lesson
        self._store = Store(state / "lab")
        self._exporter = Exporter(state / "exports", self._store)
        self._notes = Notes(journal, self._store)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="lab")
        self._turn = asyncio.Lock()  # of those who begin and end runs
        self._going = asyncio.Event()
        self._active: Active | None = None
        self._rows: list[Row] = []
        self._marks: list[int] = []
        bench.sink = self._measured

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {
            commands.ListExperiments: self._list,
            commands.StartExperiment: self._start,
            commands.StopExperiment: self._stop,
            commands.MarkMoment: self._mark,
            commands.ReadCurve: self._curve,
            commands.ExportExperiment: self._export,
        }

    async def run(self) -> None:
        """Tell the last run, note what a crash left, then write what is measured."""
        if self._active is None and self._store.path.exists():
            with suppress(StoreFailed):  # a disk in trouble; whoever begins an experiment is told
                await self._recover()
        while True:
            await self._going.wait()
            while self._active is not None:
                await self._turn_over(self._active)
                await asyncio.sleep(FLUSH)
            self._going.clear()

    def close(self) -> None:
        """Keep what waits of a run, which ends here."""
        active, now = self._active, self._bench.clock()
        self._active = None
        if active is not None:
            run = active.beginning.id
            with suppress(StoreFailed):
                self._writer.submit(self._store.add, run, self._rows, self._marks).result()
                self._writer.submit(
                    self._store.end, run, "stopped", "interrupted", active.seconds(now)
                ).result()
        self._writer.shutdown()
        self._store.close()

    async def _turn_over(self, active: Active) -> None:
        with suppress(StoreFailed):  # it has ended, and says so
            await self._flush(active)
            if active.is_over(self._bench.clock()):
                await self._end(active, "done", active.reason)
            elif self._active is active:
                self._board.tell(active.notice(self._bench.clock()))

    # What screens ask for ------------------------------------------------------------------------------

    async def _list(self, _: commands.ListExperiments) -> Experiments:
        kept: list[Kept] = []
        if self._store.path.exists():
            with suppress(StoreFailed):  # what can be measured is told all the same
                kept = await asyncio.to_thread(self._store.recent, LISTED)
        return listed(experiments(), self._bench.devices(), kept)

    async def _start(self, command: commands.StartExperiment) -> Done:
        template = experiments().get(command.experiment)
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
            self._rows, self._marks = [], []
            self._active = Active(beginning, template.seconds, self._bench.clock())
        self._board.tell(self._active.notice(self._bench.clock()))
        self._going.set()
        log.info("experiment begun run=%s experiment=%s", beginning.id, beginning.experiment)
        return Done()

    async def _stop(self, _: commands.StopExperiment) -> Done:
        active = self._running()
        with suppress(StoreFailed):  # it has ended, and says why
            await self._flush(active)
            await self._end(active, "done", "")
        return Done()

    async def _mark(self, _: commands.MarkMoment) -> Done:
        active = self._running()
        if active.marks >= MAX_MARKS:
            raise Unable("too-many-marks")
        self._marks.append(active.mark(self._bench.clock()))
        try:
            await self._flush(active)
        except StoreFailed as exc:
            raise Unable(exc.reason) from exc
        self._board.tell(active.notice(self._bench.clock()))
        return Done()

    async def _curve(self, command: commands.ReadCurve) -> Curve:
        kept = await self._found(command.run)
        keys = [(each.device, each.channel) for each in kept.bound]
        if (command.device, command.channel) not in keys:
            raise Unable("not-found")
        channel = keys.index((command.device, command.channel))
        points = max(2, min(command.points, MOST_POINTS))
        curve = await self._read(self._store.curve, command.run, channel, points)
        marks = await self._read(self._store.marks, command.run)
        times, values = tuple(at / MICRO for at, _ in curve), tuple(value for _, value in curve)
        return Curve(times, values, tuple(at / MICRO for at in marks))

    async def _export(self, command: commands.ExportExperiment) -> Made:
        kept = await self._found(command.run)
        path = await self._read(self._exporter.write, kept, command.lang or "kk")
        log.info("experiment exported run=%s path=%s", command.run, path)
        return Made(str(path), path.stat().st_size)

    # Recording -----------------------------------------------------------------------------------------

    def _measured(self, device: str, samples: list[Sample]) -> None:
        if self._active is not None and len(self._rows) < MAX_WAITING:
            self._rows += self._active.rows(device, samples)

    async def _flush(self, active: Active) -> None:
        """Write what waits; raise StoreFailed after ending the run."""
        rows, self._rows = self._rows, []
        marks, self._marks = self._marks, []
        if not rows and not marks:
            return
        try:
            await self._written(self._store.add, active.beginning.id, rows, marks)
        except StoreFailed as exc:
            log.warning("recording stopped run=%s reason=%r", active.beginning.id, str(exc))
            await self._end(active, "stopped", exc.reason)
            raise

    async def _end(self, active: Active, state: Over, reason: str) -> None:
        async with self._turn:
            if self._active is not active:
                return
            self._active = None
        seconds = round(active.seconds(self._bench.clock()), 1)
        notice = structs.replace(active.notice(0.0), state=state, seconds=seconds, reason=reason)
        with suppress(StoreFailed):  # the next start ends it with what it has
            await self._written(self._store.end, active.beginning.id, state, reason, seconds)
        self._board.tell(notice)
        if state == "stopped":
            self._board.tell(Said(f"experiment-{reason}", severity="bad"))
        log.info("experiment ended run=%s state=%s reason=%s", notice.id, state, reason)
        with suppress(StoreFailed):
            await self._written(self._notes.settle)

    def _beginning(self, command: commands.StartExperiment, template: Template) -> Beginning:
        devices = self._bench.devices()
        try:
            bound = bind(template, devices)
        except Missing as exc:
            raise Unable("quantity-missing", quantity=exc.quantity, unit=exc.unit) from exc
        used = {each.device for each in bound}
        return Beginning(
            secrets.token_hex(8),
            command.experiment,
            self._journal.ledger.now(),
            command.group,
            self._lesson(),
            bound,
            any(each.simulated for each in devices if each.id in used),
        )

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

    async def _found(self, run: str) -> Kept:
        kept = await self._read(self._store.find, run) if self._store.path.exists() else None
        if kept is None:
            raise Unable("not-found")
        return kept

    async def _read(self, read: Callable[[*A], T], *given: *A) -> T:
        try:
            return await asyncio.to_thread(read, *given)
        except StoreFailed as exc:
            raise Unable(exc.reason) from exc

    async def _written(self, write: Callable[[*A], T], *given: *A) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, write, *given)
