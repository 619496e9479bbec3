"""What one channel has shown lately, or since an experiment began (core)."""

from collections.abc import Sequence
from typing import NamedTuple

from edge.contract.answers import Experiment, Want
from edge.contract.notices import Bound, Channel, Device, Devices
from tui.plot import Point, Span, thinned, wide_enough

MOST_POINTS = 2000  # more than a chart has dots beside each other
LIVE = 60.0  # seconds that are shown while nothing is recorded


class Probe(NamedTuple):
    """One channel of one sensor."""

    device: Device
    channel: Channel

    @property
    def id(self) -> str:
        """Return its name among all channels."""
        return f"{self.device.id} {self.channel.name}"


class Trace:
    """The points of a curve: their moments are seconds since `zero`."""

    def __init__(self, zero: int, run: str = "") -> None:
        self.zero = zero  # milliseconds since 1970
        self.run = run  # the experiment that it belongs to
        self.points: list[Point] = []
        self.marks: Sequence[float] = ()

    def add(self, at: int, value: float | None) -> bool:
        """Take a reading; tell whether it is new."""
        moment = (at - self.zero) / 1000
        if value is None or moment < 0 or (self.points and moment <= self.points[-1][0]):
            return False
        self.points.append((moment, value))
        if not self.run:
            self.points = [point for point in self.points if point[0] > moment - LIVE - 1.0]
        if len(self.points) > MOST_POINTS:
            self.points = thinned(self.points)
        return True

    def fill(self, points: Sequence[Point], marks: Sequence[float]) -> None:
        """Take what was kept of it; what came since stays."""
        last = points[-1][0] if points else -1.0
        self.points = [*points, *(point for point in self.points if point[0] > last)]
        self.marks = marks

    def shown(self, at: int) -> tuple[Sequence[Point], Span]:
        """Return what is drawn, and over which seconds: of a run all, else up to now."""
        if self.run:
            last = self.points[-1][0] if self.points else 0.0
            return self.points, (0.0, wide_enough(last))
        now = (at - self.zero) / 1000
        return [(moment - now, value) for moment, value in self.points if moment > now - LIVE], (-LIVE, 0.0)


def probes(devices: Devices) -> list[Probe]:
    """Return every channel of every sensor, those that are plugged in first."""
    sensors = [each for each in devices.devices if each.kind == "sensor" or each.actuators]
    sensors.sort(key=lambda each: each.state == "gone")
    return [Probe(device, channel) for device in sensors for channel in device.channels]


def robots(devices: Devices) -> list[Device]:
    """Return every robot."""
    return [each for each in devices.devices if each.kind == "robot"]


def doubtful(devices: Devices) -> list[Device]:
    """Return the devices of which a person has to know something, or is asked something."""
    return [each for each in devices.devices if each.said or each.state in ("unknown", "forbidden")]


def is_bound(bound: Sequence[Bound], probe: Probe) -> bool:
    """Tell whether an experiment measures with this channel."""
    return any((each.device, each.channel) == (probe.device.id, probe.channel.name) for each in bound)


def is_plugged(probe: Probe) -> bool:
    """Tell whether a channel measures now, or will again by itself."""
    return probe.device.state in ("ready", "stale")


def lacks(experiment: Experiment) -> list[Want]:
    """Return what an experiment measures and nothing that is plugged in does."""
    return [each for each in experiment.wants if each.lacks]
