"""Profiles: what differs between instruments of one family, as TOML (core)."""

import re
import tomllib
from typing import TypeVar

import msgspec

from devices.errors import ProfileWrong

__all__ = ["ProfileWrong", "expression", "parsed"]

T = TypeVar("T")


def parsed(text: str, name: str, kind: type[T]) -> T:
    """Return the profile of a file's text; raise ProfileWrong, which says where."""
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise ProfileWrong(f"profile {name}: {exc}", "unreadable", profile=name, reason=str(exc)) from exc


def expression(text: str, name: str) -> re.Pattern[str]:
    """Return a regular expression of a profile; raise ProfileWrong."""
    try:
        return re.compile(text)
    except re.error as exc:
        raise ProfileWrong(f"profile {name}: {text!r}: {exc}") from exc
