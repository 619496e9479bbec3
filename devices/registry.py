"""Which drivers there are: ours and those that somebody installed beside them, all by the same way (shell).

A package names its drivers as entry points of the group `tirek.drivers`: functions that return a Family. Ours
are in devices/kinds.py. One that cannot be loaded is left out, and the others go on.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from msgspec import Struct

from devices.driver import Driver
from devices.errors import DriverUnknown
from devices.probing import Kind

GROUP = "tirek.drivers"


class Far(Protocol):
    """The far end of a line: what plays an instrument."""

    def take(self, piece: bytes, now: float) -> None:
        """Obey what was written to it."""

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""


class Setting(Struct, frozen=True):
    """What a person says of one instrument."""

    profile: str = ""  # its name; "" for the usual one
    text: str | None = None  # of a profile of the school's own
    programs: Mapping[str, bytes] = {}  # that the school has for it


class Family(Struct, frozen=True):
    """A driver: how it is made, found and simulated."""

    name: str
    make: Callable[[Setting], Driver]  # raises ProfileWrong
    kinds: tuple[Kind, ...]  # what is tried at a port, in this order
    profiles: tuple[str, ...] = ()  # what a person can choose from
    far: Mapping[str, Callable[[], Far]] = {}  # simulators, by name


class Broken(Struct, frozen=True):
    """A driver that cannot be loaded, and why."""

    name: str
    reason: str


@cache
def found() -> tuple[tuple[Family, ...], tuple[Broken, ...]]:
    """Return every driver that is installed, the surest first, and the broken ones."""
    loaded = [_loaded(each) for each in entry_points(group=GROUP)]
    families = sorted((each for each in loaded if isinstance(each, Family)), key=_place)
    return tuple(families), tuple(each for each in loaded if isinstance(each, Broken))


def families() -> tuple[Family, ...]:
    """Return every driver that works."""
    return found()[0]


def family(name: str) -> Family:
    """Return a driver by its name; raise DriverUnknown."""
    for each in families():
        if each.name == name:
            return each
    raise DriverUnknown(
        f"there is no driver {name[:40]!r}; there are {', '.join(e.name for e in families())}"
    )


def kinds() -> list[Kind]:
    """Return all that can be tried at a port."""
    return [kind for each in families() for kind in each.kinds]


def simulators() -> dict[str, Callable[[], Far]]:
    """Return all far ends, by name."""
    return {name: make for each in families() for name, make in each.far.items()}


# Who says its name in one word comes first, who takes whatever is a line of text last.
ORDER = ("firmata", "mbot", "spike", "micropython", "nmea", "meters", "grbl", "uarm", "marlin", "modbus")
LAST = "lines"


def _place(each: Family) -> tuple[int, str]:
    if each.name in ORDER:
        return ORDER.index(each.name), each.name
    return len(ORDER) + (each.name == LAST), each.name


def _loaded(point: EntryPoint) -> Family | Broken:
    try:
        made = point.load()()
    except (ImportError, AttributeError, TypeError, ValueError) as exc:
        return Broken(point.name, f"{type(exc).__name__}: {exc}")
    if not isinstance(made, Family):
        return Broken(point.name, f"{point.value} returns no Family")
    return made
