"""The errors of this floor.

DeviceError
├── LineLost          the wire to an instrument is gone, or not there yet
│   ├── PortBusy      … because another program has it
│   └── PortForbidden … because this user may not open it
├── ProgramUnknown    a robot has no such program
├── ActuatorUnknown   an instrument has nothing of this name that moves
├── BeyondRange       a value that an actuator cannot take
└── TemplateWrong     an experiment's file is refused: which, and why
"""


class DeviceError(Exception):
    """An instrument, or what is known of it, cannot be used."""


class LineLost(DeviceError):
    """The wire to an instrument is gone, or not there yet; worth another try."""


class PortBusy(LineLost):
    """Another program has the port."""


class PortForbidden(LineLost):
    """This user may not open the port."""


class ProgramUnknown(DeviceError):
    """A robot has no such program."""


class ActuatorUnknown(DeviceError):
    """An instrument has nothing of this name that moves."""


class BeyondRange(DeviceError):
    """A value that an actuator cannot take."""


class TemplateWrong(DeviceError):
    """An experiment's file is refused."""
