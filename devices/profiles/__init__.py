"""Instruments that differ in a table only: a file each. This reads them; what they mean: devices/drivers."""

from collections.abc import Iterator
from importlib.resources import files

PACKAGE = "devices.profiles"


def names(family: str) -> list[str]:
    """Return the profiles of a family: `meters`, `modbus`."""
    found = (each.name for each in files(PACKAGE).joinpath(family).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def text(family: str, name: str) -> str:
    """Return the text of a profile; raise FileNotFoundError."""
    return files(PACKAGE).joinpath(family, f"{name}.toml").read_text(encoding="utf-8")


def texts(family: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each profile of a family."""
    for name in names(family):
        yield name, text(family, name)
