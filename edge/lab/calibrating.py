"""Calibrating: a person says what a channel shows and what is true (shell)."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from devices.calibration import Calibration, CalibrationWrong
from edge.api import Desks, Unable
from edge.contract import commands
from edge.contract.answers import Done
from edge.contract.notices import Device
from edge.lab.calibrations import Calibrations
from edge.lab.failures import StoreFailed

MOST_LETTERS = 80  # of the name of who calibrates

log = logging.getLogger(__name__)


class Calibrating:
    """The desk; a run that is recorded keeps the calibration with which it began."""

    def __init__(self, calibrations: Calibrations, devices: Callable[[], tuple[Device, ...]]) -> None:
        self._calibrations = calibrations
        self._devices = devices
        self._turn = asyncio.Lock()

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {commands.Calibrate: self._calibrate}

    async def _calibrate(self, command: commands.Calibrate) -> Done:
        known = {(each.id, channel.name) for each in self._devices() for channel in each.channels}
        if (command.device, command.channel) not in known:
            raise Unable("not-found")
        made = Calibration("", _today(), command.by[:MOST_LETTERS], command.points, command.terms)
        try:
            made.check()
            async with self._turn:
                kept = await asyncio.to_thread(self._calibrations.add, command.device, command.channel, made)
        except CalibrationWrong as exc:
            raise Unable("calibration-wrong", reason=str(exc)) from exc
        except StoreFailed as exc:
            raise Unable(exc.reason) from exc
        log.info(
            "channel calibrated device=%s channel=%s calibration=%s by=%r",
            *(command.device, command.channel, kept.id, made.by),
        )
        return Done()


def _today() -> str:
    return datetime.now().astimezone().date().isoformat()
