"""From what a channel showed to what is true, in the unit that an experiment wants (core).

On the disk values lie as they came. Here they are corrected by the calibration that counted then, which is in
the channel's own unit, and after that converted.
"""

import math
from collections.abc import Callable

from devices.calibration import Calibration
from devices.units import Conversion, conversion
from edge.contract.notices import Bound, Channel

MOST_DECIMALS = 9

Correct = Callable[[float], float]


def corrected(bound: Bound, calibration: Calibration | None) -> Correct | None:
    """Return what makes a raw value of a channel a true one; None where it is that already."""
    convert = conversion(bound.own, bound.unit) if bound.own else None
    if convert is None:
        return calibration.true if calibration else None
    if calibration is None:
        return convert.true
    true = calibration.true
    return lambda raw: convert.true(true(raw))


def bound_to(device: str, channel: Channel, unit: str) -> Bound | None:
    """Return a channel as something that is measured in a unit; None where it cannot be."""
    made = conversion(channel.unit, unit)
    if made is None:
        return None
    scale = abs(made.factor)
    return Bound(
        channel.quantity,
        device,
        channel.name,
        unit,
        _decimals(channel.decimals, made),
        own="" if channel.unit == unit else channel.unit,
        accuracy=None if channel.accuracy is None else channel.accuracy * scale,
        resolution=None if channel.resolution is None else channel.resolution * scale,
    )


def _decimals(decimals: int, made: Conversion) -> int:
    """Return after how many digits a value ends that is converted: none is lost, and none made up."""
    return min(MOST_DECIMALS, max(0, decimals - math.floor(math.log10(abs(made.factor)) + 1e-9)))
