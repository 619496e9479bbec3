"""An experiment: which quantities it measures, for how long, and what people call it (core).

It is bound to quantities and not to devices: whatever measures a temperature serves a cooling curve.
"""

import tomllib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from devices.errors import TemplateWrong

MAX_SECONDS = 43_200  # twelve hours: a night's evaporation; longer ones are started again
MAX_CHANNELS = 4  # what a chart and a table can show side by side

Words = Annotated[str, Meta(min_length=1, max_length=120)]


class Worded(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in three languages."""

    kk: Words
    ru: Words
    en: Words


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity that is measured, and the unit that its device must have."""

    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z-]*\Z")]
    unit: Annotated[str, Meta(min_length=1, max_length=16)]


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """One experiment."""

    mode: Literal["time"]  # everything is recorded from start to stop; moments are marked
    title: Worded
    hint: Worded  # what to do, in a sentence
    wants: Annotated[tuple[Wanted, ...], Meta(min_length=1, max_length=MAX_CHANNELS)] = field(name="channel")
    order: int = 100  # in the list
    seconds: Annotated[int, Meta(ge=0, le=MAX_SECONDS)] = 0  # after which it ends by itself; 0: when stopped


def parse(text: str, name: str) -> Template:
    """Return the experiment of a file's text; raise TemplateWrong, which says where."""
    try:
        return msgspec.convert(tomllib.loads(text), Template)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise TemplateWrong(f"experiment {name}: {exc}") from exc
