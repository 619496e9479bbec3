"""Robots: programs are run, actuators are set, and both are stopped; everything is stopped at once.

A screen that moves a device holds it (edge/lab/lease.py). When it is not heard any more the device is
stopped. Stopping asks for nothing and waits for nothing; what everybody may do is stop. A program that was
started by a button of the robot itself is nobody's: it is stopped only while everything is.
"""

import asyncio
import logging
from contextlib import suppress

from devices.errors import ActuatorUnknown, ProgramUnknown
from edge.api import Desks, Unable
from edge.contract import commands
from edge.contract.answers import Done
from edge.lab.bench import Bench, Gone, NotNow
from edge.lab.lease import PERIOD, Held, Leases, Orders

STARTS = 15.0  # seconds from the order until a robot says that it runs: SPIKE's program is brought first

log = logging.getLogger(__name__)


class Robots:
    """What moves; a part to be kept running."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._leases = Leases()
        self._orders = Orders()
        self._programs: dict[str, float] = {}  # robots that run one, and until when it is believed unseen
        bench.holder_of = lambda device: self._leases.holder(device) or ""

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
        """Send what waits, and stop what nobody holds any more."""
        while True:
            self.look(self._bench.clock())
            await asyncio.sleep(PERIOD)

    def look(self, now: float) -> None:
        """Do what is due now."""
        for device in self._leases.take_over(now):
            log.warning("lease over: device stopped id=%s", device)
            with suppress(Gone):
                self._stop(device)
        self._end_programs(now)
        if self._bench.stopped and self._bench.is_moving:
            self._bench.stop_all()
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
        log.info("device stopped id=%s", command.device)
        return Done()

    async def _stop_everything(self, _: commands.StopEverything) -> Done:
        self._bench.stopped = True
        self._bench.stop_all()
        self._leases.release_all()
        self._orders.forget_all()
        self._programs.clear()
        self._bench.tell()
        log.warning("everything stopped")
        return Done()

    async def _allow_motion(self, _: commands.AllowMotion) -> Done:
        self._bench.stopped = False
        self._bench.tell()
        log.info("motion allowed")
        return Done()

    def _hold(self, device: str, by: str) -> None:
        if self._bench.stopped:
            raise Unable("stopped")
        if not self._bench.is_plugged(device):
            raise Unable("gone")
        try:
            self._leases.take(device, by, self._bench.clock())
        except Held as exc:
            raise Unable("held", holder=exc.holder) from exc

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

    def _stop(self, device: str) -> None:
        self._orders.forget(device)
        self._programs.pop(device, None)
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
