"""The text format in which Prometheus reads numbers, version 0.0.4 (core)."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "tirek_"
NAME = re.compile(r"[a-z][a-z0-9_]*")
LABEL = re.compile(r"(?!__)[a-z_][a-z0-9_]*")

Labels = Mapping[str, str]
Sample = tuple[Labels, float]


class Family(Struct, frozen=True):
    """One quantity: what it means, and its value for each set of labels."""

    name: str  # without the prefix, the base unit last; of a counter with `_total` at the end
    kind: Literal["counter", "gauge"]
    help: str
    samples: tuple[Sample, ...]


def counter(name: str, text: str, samples: Iterable[Sample]) -> Family:
    """Return a quantity that only grows while the daemon runs."""
    return Family(name, "counter", text, tuple(samples))


def gauge(name: str, text: str, samples: Iterable[Sample]) -> Family:
    """Return a quantity that goes up and down."""
    return Family(name, "gauge", text, tuple(samples))


def alone(value: float | None) -> tuple[Sample, ...]:
    """Return the sample of a quantity without labels; none where it is not known."""
    return () if value is None else (({}, value),)


def written(families: Iterable[Family]) -> str:
    """Return the whole page; raise ValueError for a name that cannot be read back."""
    return "".join(line + "\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterable[str]:
    if NAME.fullmatch(family.name) is None or (family.kind == "counter") != family.name.endswith("_total"):
        raise ValueError(f"no name of a {family.kind}: {family.name!r}")
    name = PREFIX + family.name
    yield f"# HELP {name} {_escaped(family.help)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in family.samples:
        yield f"{name}{_labels(labels)} {_number(value)}"


def _labels(labels: Labels) -> str:
    if bad := [name for name in labels if LABEL.fullmatch(name) is None]:
        raise ValueError(f"no name of a label: {bad[0]!r}")
    pairs = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1 << 53 else repr(float(value))
