"""A machine that G-code moves: how far, how fast, and what it may switch on; a profile (core)."""

import tomllib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from devices.driver import Actuator, Channel
from devices.errors import DeviceError

Axis = Literal["x", "y", "z"]
Millimetres = Annotated[float, Meta(ge=-2000, le=2000)]
Feed = Annotated[float, Meta(gt=0, le=30_000)]  # millimetres a minute
STEP = 0.01  # millimetres, as both families tell it at least
RATE = 5.0  # questions for the position a second: what grbl's authors advise


class MachineWrong(DeviceError):
    """A machine's profile is refused: which, and why."""


class Machine(Struct, frozen=True, forbid_unknown_fields=True):
    """How far each axis goes, in the machine's own coordinates, and how fast."""

    axes: dict[Axis, tuple[Millimetres, Millimetres]]
    feed: Feed = 1000.0  # the fastest that a program may go
    jog: Feed = 600.0  # how fast an axis goes where a person sends it
    tool: bool = False  # whether programs may switch a spindle, a laser or a pen on

    def channels(self) -> list[Channel]:
        """Return a channel for each axis."""
        return [
            Channel(name, "position", "mm", *self.axes[name], 2, RATE, None, STEP, RATE) for name in self.axes
        ]

    def actuators(self) -> list[Actuator]:
        """Return an actuator for each axis: where it goes to. A stop leaves it where it is."""
        return [
            Actuator(name, "axis", low, high, "mm", rest=low, stays=True)
            for name, (low, high) in self.axes.items()
        ]


def parse(text: str, name: str) -> Machine:
    """Return the machine of a file's text; raise MachineWrong, which says where."""
    try:
        machine = msgspec.convert(tomllib.loads(text), Machine)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise MachineWrong(f"machine {name}: {exc}") from exc
    for axis, (low, high) in machine.axes.items():
        if low >= high:
            raise MachineWrong(f"machine {name}: {axis} goes from {low:g} to {high:g}")
    if not machine.axes:
        raise MachineWrong(f"machine {name}: it has no axes")
    return machine
