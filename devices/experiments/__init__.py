"""The experiments that are part of the product: one TOML file each, beside this one."""

from functools import cache
from pathlib import Path

from devices.template import Template, parse


@cache
def experiments() -> dict[str, Template]:
    """Return every experiment by its name, in the order in which they are listed."""
    files = Path(__file__).parent.glob("*.toml")
    found = {file.stem: parse(file.read_text(encoding="utf-8"), file.stem) for file in files}
    return dict(sorted(found.items(), key=lambda each: (each[1].order, each[0])))
