"""The forms in which sketches print: pairs, JSON, rows and headers, remarks (core)."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from devices.drivers.lines_channels import UNITS

# No nan, no inf, no digits but 0 to 9.
NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,2})?", re.ASCII)
MEASURED = re.compile(rf"({NUMBER.pattern})\s*([^\s\d.,_]\S{{0,11}})(?:\s.*)?", re.ASCII)
NEXT_PAIR = re.compile(r"\s+(?=[^\W\d][^:=\s]*[:=])")
FIRST_OF_A_ROW = frozenset("0123456789+-.,;\t")


class Pair(NamedTuple):
    """A name and what it is; `number` is None for what is none."""

    name: str
    number: float | None
    text: str
    unit: str = ""  # as it was spelt after the number


class Pairs(NamedTuple):
    """Names and values, each for itself."""

    pairs: list[Pair]


class Row(NamedTuple):
    """Cells side by side; None for what is no number."""

    cells: list[str]
    numbers: list[float | None]
    spaced: bool  # by nothing but spaces, as words of a sentence are


class Remark(NamedTuple):
    """What is no reading and not meant to be one."""

    text: str


def formed(line: bytes) -> Pairs | Row | Remark | None:
    """Return what a line is; None for what nobody prints on purpose."""
    try:
        text = line.decode().strip()
    except UnicodeDecodeError:
        return None
    if text.startswith("{"):
        return _object(text)
    if not text or text.startswith(("#", "//")):
        return Remark(text.lstrip("#/ "))
    if text[0] not in FIRST_OF_A_ROW and (":" in text or "=" in text):
        return Pairs([_pair(part) for part in _parts(text)])
    return _row(text)


def _object(text: str) -> Pairs | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Pairs([Pair(name, _finite(value), str(value)) for name, value in found.items()])


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _parts(text: str) -> Iterable[str]:
    mark = _mark(text)
    if not mark and text.count(":") + text.count("=") == 1:
        return (text,)  # one value, as the fastest sketches print
    return _several(text.split(mark) if mark else [text])


def _several(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if part.count(":") + part.count("=") > 1:
            yield from NEXT_PAIR.split(part.strip())
        elif part and not part.isspace():
            yield part


def _mark(text: str) -> str:
    """Return what stands between the values of a line; nothing where spaces do."""
    if ";" in text:
        return ";"
    if "\t" in text:
        return "\t"
    return "," if "," in text else ""


def _pair(part: str) -> Pair:
    name, _, text = part.partition(":" if ":" in part else "=")
    name, text = name.strip(), text.strip()
    if NUMBER.fullmatch(text):
        return Pair(name, float(text), text)
    found = MEASURED.fullmatch(text)
    if found and found[5].lower() in UNITS:
        return Pair(name, float(found[1]), text, found[5])
    return Pair(name, None, text)


def _row(text: str) -> Row:
    mark = _mark(text)
    cells = [cell.strip() for cell in text.split(mark)] if mark else text.split()
    plain = cells if mark == "," else [cell.replace(",", ".") for cell in cells]  # 21,5;40,2
    return Row(cells, [float(cell) if NUMBER.fullmatch(cell) else None for cell in plain], not mark)
