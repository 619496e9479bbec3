"""The errors of this floor.

DeviceError
├── LineLost          the wire to an instrument is gone, or not there yet
│   ├── PortBusy      … because another program has it
│   └── PortForbidden … because this user may not open it
├── ProgramUnknown    a robot has no such program
├── ActuatorUnknown   an instrument has nothing of this name that moves
├── BeyondRange       a value that an actuator cannot take
├── DriverUnknown     there is no driver of this name
├── ProfileWrong      what differs between instruments of one driver is refused: which, and why
└── TemplateWrong     an experiment's file is refused: which, and why
"""

from typing import Literal


class DeviceError(Exception):
    """An instrument, or what is known of it, cannot be used."""


class LineLost(DeviceError):
    """The wire to an instrument is gone, or not there yet; worth another try."""


class PortBusy(LineLost):
    """Another program has the port: its name and number, where one may look."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(f"{path} is in use" + (f" by {holder}" if holder else ""))
        self.holder = holder


class PortForbidden(LineLost):
    """This user may not open the port; who is in `group` may."""

    def __init__(self, path: str, group: str) -> None:
        super().__init__(f"{path} is not for this user: it takes the group {group}")
        self.group = group


class ProgramUnknown(DeviceError):
    """A robot has no such program."""


class ActuatorUnknown(DeviceError):
    """An instrument has nothing of this name that moves."""


class BeyondRange(DeviceError):
    """A value that an actuator cannot take."""


class DriverUnknown(DeviceError):
    """There is no driver of this name."""


WhyProfile = Literal["unknown", "unreadable", "programs", "address", "addresses", "other"]


class ProfileWrong(DeviceError):
    """A profile is refused: which, and why; the common reasons have a word and blanks of their own."""

    def __init__(self, said: str, why: WhyProfile = "other", **blanks: str | int) -> None:
        super().__init__(said)
        self.why: WhyProfile = why
        self.blanks = blanks


class TemplateWrong(DeviceError):
    """An experiment's file is refused."""
