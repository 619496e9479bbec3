"""The runs that are kept, for who asks: listed, drawn, analysed, written as files (shell)."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from devices.experiments import experiments, with_own
from edge.api import Desks, Unable
from edge.contract import commands
from edge.contract.answers import Analysis, Curve, Experiments, Made
from edge.contract.notices import Device
from edge.lab.analyst import MOST_POINTS, Analyst, Then
from edge.lab.failures import StoreFailed
from edge.lab.files import Exporter
from edge.lab.listing import listed
from edge.lab.store import Kept, Store
from edge.sticks import carried

LISTED = 20  # runs

T = TypeVar("T")
A = TypeVarTuple("A")

log = logging.getLogger(__name__)


class Archive:
    """Reads in threads, each with the file opened anew: who records is not disturbed."""

    def __init__(
        self, state: Path, store: Store, then: Then, devices: Callable[[], tuple[Device, ...]]
    ) -> None:
        self.own = state / "experiments"  # a school's own templates
        self._store = store
        self._devices = devices
        self._analyst = Analyst(store, then)
        self._exporter = Exporter(state / "exports", store, then)

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {
            commands.ListExperiments: self._list,
            commands.ReadCurve: self._curve,
            commands.ReadAnalysis: self._analysis,
            commands.ExportExperiment: self._export,
        }

    async def _list(self, _: commands.ListExperiments) -> Experiments:
        kept: list[Kept] = []
        if self._store.path.exists():
            with suppress(StoreFailed):  # what can be measured is told all the same
                kept = await asyncio.to_thread(self._store.recent, LISTED)
        templates, wrong = await asyncio.to_thread(with_own, self.own)
        own = frozenset(name for name, each in templates.items() if experiments().get(name) is not each)
        return listed(templates, own, wrong, self._devices(), kept)

    async def _curve(self, command: commands.ReadCurve) -> Curve:
        kept = await self._found(command.run)
        keys = [(each.device, each.channel) for each in kept.bound]
        if (command.device, command.channel) not in keys:
            raise Unable("not-found")
        number = keys.index((command.device, command.channel))
        return await self._read(self._analyst.curve, kept, number, _points(command.points))

    async def _analysis(self, command: commands.ReadAnalysis) -> Analysis:
        kept = await self._found(command.run)
        try:
            return await self._read(
                self._analyst.analysis, kept, command.x, command.y, _points(command.points)
            )
        except KeyError as exc:
            raise Unable("not-found") from exc

    async def _export(self, command: commands.ExportExperiment) -> Made:
        kept = await self._found(command.run)
        path = await self._read(self._exporter.write, kept, command.lang or "kk")
        path = await asyncio.to_thread(carried, path)
        log.info("experiment exported run=%s path=%s", command.run, path)
        return Made(str(path), path.stat().st_size)

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


def _points(asked: int) -> int:
    return max(2, min(asked, MOST_POINTS))
