"""Robots: programs are run and stopped; everything is stopped at once, and stays so until somebody allows it.

A program goes on only while a screen is attached. Stopping asks for nothing and waits for nothing.
"""

import asyncio
import logging
from collections.abc import Callable

from devices.errors import ProgramUnknown
from edge.api import Desks, Unable
from edge.contract import commands
from edge.contract.answers import Done
from edge.lab.bench import Bench, Gone
from edge.lab.lease import Lease

LOOK = 0.25  # seconds between two looks at who looks

log = logging.getLogger(__name__)


class Robots:
    """What moves; a part to be kept running."""

    def __init__(self, bench: Bench, someone_looks: Callable[[], bool]) -> None:
        self._bench = bench
        self._someone_looks = someone_looks
        self._lease = Lease()

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {
            commands.RunProgram: self._run_program,
            commands.StopDevice: self._stop_device,
            commands.StopEverything: self._stop_everything,
            commands.AllowMotion: self._allow_motion,
        }

    async def run(self) -> None:
        """Stop what moves when nobody looks any more."""
        was_over = True
        while True:
            is_over = self.is_unseen(self._bench.clock())
            if is_over and not was_over:
                log.info("nobody looks")
            if (is_over and not was_over) or (self._bench.is_moving and (is_over or self._bench.stopped)):
                self._bench.stop_all()
            was_over = is_over
            await asyncio.sleep(LOOK)

    def is_unseen(self, now: float) -> bool:
        """Tell whether nobody has looked for longer than robots may move unseen."""
        if self._someone_looks():
            self._lease.renew(now)
        return self._lease.is_over(now)

    async def _run_program(self, command: commands.RunProgram) -> Done:
        if self._bench.stopped:
            raise Unable("stopped")
        if self.is_unseen(self._bench.clock()):
            raise Unable("nobody-looks")
        try:
            self._bench.start(command.device, command.program)
        except Gone as exc:
            raise Unable("gone") from exc
        except ProgramUnknown as exc:
            raise Unable("not-found") from exc
        log.info("program run device=%s program=%s", command.device, command.program)
        return Done()

    async def _stop_device(self, command: commands.StopDevice) -> Done:
        try:
            self._bench.stop(command.device)
        except Gone as exc:
            raise Unable("not-found") from exc
        log.info("device stopped id=%s", command.device)
        return Done()

    async def _stop_everything(self, _: commands.StopEverything) -> Done:
        self._bench.stopped = True
        self._bench.stop_all()
        self._bench.tell()
        log.warning("everything stopped")
        return Done()

    async def _allow_motion(self, _: commands.AllowMotion) -> Done:
        self._bench.stopped = False
        self._bench.tell()
        log.info("motion allowed")
        return Done()
