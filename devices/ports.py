"""The serial ports of this computer and what is behind them, read from sysfs (shell)."""

from contextlib import suppress
from pathlib import Path

from devices.identity import Usb

SYSTEM = Path("/sys")
DEVICES = Path("/dev")
USB_PORTS = ("ttyUSB", "ttyACM")  # adapters and boards; a PC's own ttyS0 is used only if it is configured
MAX_UP = 8  # folders between a port and its USB device: a port of a hub of a hub has three
MAX_TEXT = 126  # letters of a USB string


def plugged(system: Path = SYSTEM, devices: Path = DEVICES) -> dict[str, Usb]:
    """Return the USB serial ports that are there now, by the path that opens them; some milliseconds."""
    folder = system / "class" / "tty"
    with suppress(OSError):
        names = sorted(each.name for each in folder.iterdir() if each.name.startswith(USB_PORTS))
        found = {str(devices / name): _usb(folder / name) for name in names}
        return {path: usb for path, usb in found.items() if usb is not None}
    return {}


def _usb(port: Path) -> Usb | None:
    """Return what sysfs tells of a port; None of one that is going just now, or is on no USB."""
    try:
        at = (port / "device").resolve(strict=True)
        interface, place = 0, ""
        for _ in range(MAX_UP):
            if (at / "bInterfaceNumber").exists():
                interface, place = int(_text(at / "bInterfaceNumber"), 16), at.name
            if (at / "idVendor").exists():
                return _described(at, interface, place)
            at = at.parent
    except (OSError, ValueError):
        return None
    return None


def _described(device: Path, interface: int, place: str) -> Usb:
    vendor, product = (int(_text(device / name), 16) for name in ("idVendor", "idProduct"))
    texts = (_text(device / name) for name in ("serial", "manufacturer", "product"))
    serial, maker, model = ("".join(filter(str.isprintable, text))[:MAX_TEXT] for text in texts)
    return Usb(vendor, product, serial, interface, place or device.name, maker, model)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:  # most cheap adapters have no serial number, some no name
        return ""
