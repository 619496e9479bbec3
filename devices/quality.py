"""How good a channel is, in one line for a technician (core)."""

from typing import Protocol


class Measured(Protocol):
    """What a channel's row says of it: here, and in what screens are told."""

    @property
    def unit(self) -> str:
        """Its unit, UCUM."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def low(self) -> float:
        """The least that it shows."""

    @property
    def high(self) -> float:
        """The most that it shows."""

    @property
    def rate(self) -> float:
        """Samples a second."""

    @property
    def accuracy(self) -> float | None:
        """± so much."""

    @property
    def resolution(self) -> float | None:
        """The least difference."""

    @property
    def max_rate(self) -> float | None:
        """Samples a second, at most."""


def brief(it: Measured) -> str:
    """Return name, unit, and what its maker says of how exact it is."""
    exact = (
        "" if it.accuracy is None else f"± {it.accuracy:g}",
        "" if it.resolution is None else f"steps of {it.resolution:g}",
    )
    return " ".join(filter(None, (f"{it.name} [{it.unit}]", ", ".join(filter(None, exact)))))


def full(it: Measured) -> str:
    """Return that, with its range and how often it measures."""
    most = "" if it.max_rate is None else f", at most {it.max_rate:g}"
    return f"{brief(it)}, {it.low:g}…{it.high:g}, {it.rate:g} a second{most}"
