"""Robots: programs are run, actuators are set, and both are stopped; everything is stopped at once.

A screen that moves a device holds it (edge/lab/lease.py). When it is not heard any more the device is
stopped. Stopping asks for nothing and waits for nothing; what everybody may do is stop. A program that was
started by a button of the robot itself is nobody's: it is stopped only while everything is. That everything
is stopped outlives the daemon (edge/lab/latch.py).
"""

import asyncio
import logging
from contextlib import suppress
from math import inf

from devices.errors import ActuatorUnknown, ProgramUnknown
from edge.api import Desks, Unable
from edge.contract import commands
from edge.contract.answers import Done
from edge.lab.bench import Bench, Gone, NotNow
from edge.lab.latch import Latch
from edge.lab.lease import LEASE, PERIOD, Held, Leases, Orders

STARTS = 15.0  # seconds from the order until a robot says that it runs: SPIKE's program is brought first

# Seconds between looks while nothing is moved here: LEASE less this is how long the loop may stand still
# before an order, which is refused where nobody looks.
REST = 0.5
KEPT = 0.5  # seconds that an answer waits for the disk

log = logging.getLogger(__name__)


class Robots:
    """What moves; a part to be kept running."""

    def __init__(self, bench: Bench, latch: Latch) -> None:
        self._bench = bench
        self._latch = latch
        self._leases = Leases()
        self._orders = Orders()
        self._looked = -inf  # when leases were looked at: nothing is set in motion while nobody does
        self._stir = asyncio.Event()
        self._programs: dict[str, float] = {}  # robots that run one, and until when it is believed unseen
        bench.holder_of = lambda device: self._leases.holder(device) or ""
        bench.latched = latch.newest

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {
            commands.RunProgram: self._run_program,
            commands.DriveActuator: self._drive_actuator,
            commands.StillHere: self._still_here,
            commands.StopDevice: self._stop_device,
            commands.StopEverything: self._stop_everything,
            commands.AllowMotion: self._allow_motion,
        }

    async def run(self) -> None:
        """Send what waits, and stop what nobody holds any more; while nobody looks nothing moves."""
        try:
            while True:
                self._stir.clear()
                self.look(self._bench.clock())
                await self._pause()
        finally:
            self._looked = -inf
            self._let_go_of_all()
            self._bench.stop_all()

    async def _pause(self) -> None:
        if self._leases.is_empty and not (
            self._programs or self._orders.is_waiting or self._must_keep_stopped
        ):
            with suppress(TimeoutError):
                async with asyncio.timeout(REST):
                    await self._stir.wait()
        else:
            await asyncio.sleep(PERIOD)

    @property
    def _must_keep_stopped(self) -> bool:
        return self._bench.stopped and not self._bench.is_empty

    def look(self, now: float) -> None:
        """Do what is due now."""
        self._looked = now
        for device in self._leases.take_over(now):
            log.warning("lease over: device stopped id=%s", device)
            with suppress(Gone):
                self._stop(device)
        self._end_programs(now)
        self._keep_stopped()
        for device, actuator, value in self._orders.due(now):
            try:
                self._bench.drive(device, actuator, value)
            except (Gone, NotNow, ActuatorUnknown) as exc:
                self._orders.drop(device, actuator)
                log.warning("actuator not driven device=%s actuator=%s reason=%r", device, actuator, str(exc))

    async def _run_program(self, command: commands.RunProgram) -> Done:
        self._hold(command.device, command.by)
        try:
            self._bench.start(command.device, command.program)
        except (ProgramUnknown, NotNow, Gone) as exc:
            log.warning("program refused device=%s reason=%r", command.device, str(exc))
            raise self._refused(command.device, exc) from exc
        self._programs[command.device] = self._bench.clock() + STARTS
        log.info("program run device=%s program=%s by=%s", command.device, command.program, command.by)
        return Done()

    async def _drive_actuator(self, command: commands.DriveActuator) -> Done:
        device, value = command.device, command.value
        self._hold(device, command.by)
        try:
            row = self._bench.actuator(device, command.actuator)
            if not row.low <= value <= row.high:  # also when it is no number
                self._let_go(device)
                raise Unable("beyond-range", low=f"{row.low:g}", high=f"{row.high:g}")
            if self._orders.put(device, command.actuator, value, self._bench.clock()):
                self._bench.drive(device, command.actuator, value)
        except (ActuatorUnknown, NotNow, Gone) as exc:
            self._orders.drop(device, command.actuator)
            log.warning("actuator refused device=%s reason=%r", device, str(exc))
            raise self._refused(device, exc) from exc
        log.info("driven device=%s actuator=%s value=%g by=%s", device, command.actuator, value, command.by)
        return Done()

    async def _still_here(self, command: commands.StillHere) -> Done:
        self._leases.renew(command.by, self._bench.clock(), self._moves)
        return Done()

    async def _stop_device(self, command: commands.StopDevice) -> Done:
        try:
            self._stop(command.device)
        except Gone as exc:
            raise Unable("not-found") from exc
        self._leases.release(command.device)
        if not self._bench.is_plugged(command.device):
            raise Unable("gone")  # nobody told it to stop
        self._bench.tell()
        log.info("device stopped id=%s by=%s", command.device, command.by)
        return Done()

    async def _stop_everything(self, command: commands.StopEverything) -> Done:
        self._latch.close(command.by, self._bench.wall())
        self._stir.set()
        self._bench.latched = self._latch.newest
        try:
            self._bench.stop_all()
        finally:  # a driver with a fault does not keep this from being true for all, and for good
            self._let_go_of_all()
            self._bench.tell()
            log.warning("everything stopped by=%s", command.by)
            await self._keep_latch()
        return Done()

    async def _allow_motion(self, command: commands.AllowMotion) -> Done:
        self._latch.release()
        self._bench.trust_absent()
        self._bench.latched = self._latch.newest
        self._bench.tell()
        log.info("motion allowed by=%s", command.by)
        await self._keep_latch()
        return Done()

    async def _keep_latch(self) -> None:
        """Answer when it is on the disk; a disk that hangs is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(KEPT):
                await self._latch.keep()

    def _hold(self, device: str, by: str) -> None:
        if self._bench.stopped:
            raise Unable("stopped")
        if not self._bench.is_plugged(device):
            raise Unable("gone")
        if self._bench.is_doubted(device):
            raise Unable("unstopped")
        now = self._bench.clock()
        is_watched = self._bench.is_up and now - self._looked <= LEASE
        if self._bench.is_stopping(device) or not is_watched:
            raise Unable("not-now")
        try:
            self._leases.take(device, by, now)
        except Held as exc:
            raise Unable("held", holder=exc.holder) from exc
        self._stir.set()

    def _refused(self, device: str, fault: Exception) -> Unable:
        """Return the refusal of an order."""
        self._let_go(device)
        if isinstance(fault, ProgramUnknown | ActuatorUnknown):
            return Unable("not-found")
        return Unable("not-now" if isinstance(fault, NotNow) else "gone")

    def _let_go(self, device: str) -> None:
        """Who moves nothing holds nothing."""
        if not self._moves(device):
            self._leases.release(device)

    def _let_go_of_all(self) -> None:
        for device in {*self._programs, *self._orders.devices()}:
            self._bench.doubt(device)
        self._leases.release_all()
        self._orders.forget_all()
        self._programs.clear()

    def _stop(self, device: str) -> None:
        if device in self._programs or self._orders.driven(device):
            self._bench.doubt(device)  # for good reason only if it is gone, and cannot be told
        self._orders.forget(device)
        self._programs.pop(device, None)
        self._bench.stop(device)

    def _keep_stopped(self) -> None:
        """Stop the robots that say that they run while everything is stopped, and no other one.

        Who is told already is insisted upon, and not told twenty times a second.
        """
        for device in self._bench.moving if self._bench.stopped else ():
            if not self._bench.is_stopping(device):
                log.warning("moves while everything is stopped id=%s", device)
                self._bench.stop(device)

    def _end_programs(self, now: float) -> None:
        """Forget the programs that are over: the robot said so, or never that they began."""
        for device, until in list(self._programs.items()):
            if self._bench.running(device):
                self._programs[device] = now
            elif now >= until:
                del self._programs[device]

    def _moves(self, device: str) -> bool:
        """Tell whether something of a device that a screen holds is not at rest yet."""
        if device in self._programs:
            return True
        driven = self._orders.driven(device)
        try:
            rows = {name: self._bench.actuator(device, name) for name in driven}
        except (Gone, ActuatorUnknown):
            return False
        return any(rows[name].stays or value != rows[name].rest for name, value in driven.items())
