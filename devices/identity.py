"""Who is plugged in: the same instrument has the same name in whatever socket it is (core).

USB adapters that have a serial number are named by it. Cheap ones (CH340) have none, and some of a batch all
have the same: these are named by the socket they are in, and a new socket raises the question whether it is
the instrument that was in another one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

# Boards whose own words for themselves are a chip's, or none. Not adapters: anything may be behind them.
NAMES: Mapping[tuple[int, int], str] = {
    **dict.fromkeys([(0x2341, 0x0001), (0x2341, 0x0043), (0x2341, 0x0243), (0x2A03, 0x0043)], "Arduino Uno"),
    **dict.fromkeys([(0x2341, 0x0010), (0x2341, 0x0042), (0x2A03, 0x0042)], "Arduino Mega 2560"),
    **dict.fromkeys([(0x2341, 0x8036), (0x2A03, 0x8036)], "Arduino Leonardo"),
    **dict.fromkeys([(0x2341, 0x8037), (0x2A03, 0x8037)], "Arduino Micro"),
    (0x2341, 0x0058): "Arduino Nano Every",
    (0x2341, 0x0069): "Arduino Uno R4",
    (0x2341, 0x1002): "Arduino Uno R4 WiFi",
    (0x0D28, 0x0204): "BBC micro:bit",
    (0x2E8A, 0x0005): "Raspberry Pi Pico",
    (0x0694, 0x0009): "LEGO SPIKE Prime",
}


class Usb(Struct, frozen=True):
    """What the kernel tells of a USB serial port."""

    vendor: int
    product: int
    serial: str = ""
    interface: int = 0  # one adapter can have several ports
    place: str = ""  # the socket: "1-2:1.0" is bus 1, socket 2
    maker: str = ""
    model: str = ""

    @property
    def name(self) -> str:
        """Return what people call it, before anything behind it has spoken."""
        return NAMES.get((self.vendor, self.product), self.model)

    @property
    def kind(self) -> str:
        """Return vendor and product as they are written."""
        return f"{self.vendor:04x}:{self.product:04x}"


class Identity(Struct, frozen=True):
    """An instrument's name on this computer."""

    id: str
    is_sure: bool  # named by itself, not by its socket
    twin: bool = False  # another one with the same serial number is plugged in


def identify(ports: Mapping[str, Usb]) -> dict[str, Identity]:
    """Return the names of all that is plugged in, by port."""
    sure = Counter(_own(usb) for usb in ports.values() if usb.serial)
    return {port: _identity(usb, sure) for port, usb in ports.items()}


def moved_from(usb: Usb, absent: Iterable[str]) -> str:
    """Return which absent instrument this may be: the only one of its kind that was named by its socket."""
    alike = [id_ for id_ in absent if id_.startswith(f"{usb.kind}@")]
    return alike[0] if len(alike) == 1 and not usb.serial else ""


def _identity(usb: Usb, sure: Counter[str]) -> Identity:
    if not usb.serial:
        return Identity(f"{usb.kind}@{usb.place}", False)
    own = _own(usb)
    return Identity(own, True) if sure[own] == 1 else Identity(f"{own}@{usb.place}", False, True)


def _own(usb: Usb) -> str:
    return f"{usb.kind}:{usb.serial}:{usb.interface}"
