"""The calibrations of this school's instruments: a file that a person can read, and that only grows (shell).

The newest of a channel counts for what is measured from then on; the older ones stay, for the runs that were
made with them. A file that cannot be read is put aside: values are shown as they come, and the log says why.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from devices.calibration import Calibration
from edge.contract.notices import Bound, Reading
from edge.lab.failures import StoreFailed, reason_of
from sync import durable

FILE = "calibrations.json"
MOST = 5000  # that are kept: twenty instruments, calibrated each week for five years

log = logging.getLogger(__name__)


class Made(Struct, frozen=True, omit_defaults=True):
    """A calibration and the channel that it is of."""

    device: str
    channel: str
    calibration: Calibration


class Calibrations:
    """All of them; read once, written whole at each change."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._all = self._read()
        self._newest = {(each.device, each.channel): each.calibration for each in self._all}
        self._by_id = {each.calibration.id: each.calibration for each in self._all}
        numbers = (id_[1:] for id_ in self._by_id)
        self._last = max((int(number) for number in numbers if number.isdecimal()), default=0)

    def add(self, device: str, channel: str, made: Calibration) -> Calibration:
        """Keep one, which gets its name, durably; raise StoreFailed."""
        named = structs.replace(made, id=f"c{self._last + 1}")
        every = [*self._all, Made(device, channel, named)][-MOST:]
        self._write(every)
        self._all, self._last = every, self._last + 1
        self._newest[device, channel] = self._by_id[named.id] = named
        return named

    def of(self, device: str, channel: str) -> Calibration | None:
        """Return the one that counts now."""
        newest = self._newest.get((device, channel))
        return newest if newest is not None and newest.corrects else None

    def bound(self, it: Bound) -> Bound:
        """Return a channel with the calibration that counts for it."""
        found = self.of(it.device, it.channel)
        return structs.replace(it, calibration=found.id) if found else it

    def named(self, id_: str) -> Calibration | None:
        """Return the one of this id, also when it counts no more."""
        return self._by_id.get(id_)

    def corrected(self, reading: Reading) -> Reading:
        """Return a reading with its true value."""
        found = self.of(reading.device, reading.channel)
        if found is None or reading.value is None:
            return reading
        return structs.replace(reading, value=found.true(reading.value), raw=reading.value)

    def _read(self) -> list[Made]:
        try:
            every = msgspec.json.decode(self._path.read_bytes(), type=list[Made])
            for each in every:
                each.calibration.check()
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError, ValueError) as exc:
            log.error("calibrations cannot be read: put aside path=%s reason=%r", self._path, str(exc))
            self._put_aside()
            return []
        return every

    def _put_aside(self) -> None:
        try:
            self._path.rename(self._path.with_name(f"broken-{FILE}"))
        except OSError as exc:
            log.error("calibrations cannot be put aside path=%s reason=%r", self._path, str(exc))

    def _write(self, every: Sequence[Made]) -> None:
        text = msgspec.json.format(msgspec.json.encode(every), indent=1) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.save(self._path, text, 0o600)
        except OSError as exc:
            raise StoreFailed(reason_of(exc), f"{self._path}: {exc}") from exc
