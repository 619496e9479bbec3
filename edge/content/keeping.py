"""What goes when there is no room: materials first, then old recordings; never a register (core).

Materials are copies of what the hub has, so they go first: what was withdrawn, then what was used longest
ago. A recording goes only when the disk is short and it is older than the days that recordings are kept, the
oldest first; with 0 days none ever goes. What is pinned stays, and what is in use: recorded, shown, served.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

DAY = 86_400_000  # milliseconds
LOW = 256 << 20  # bytes beyond the reserve: with less, room is made; a lesson of twenty minutes
ENOUGH = 768 << 20  # … until so much is free: a lesson of an hour at the usual rate
HEADROOM = 2 << 30  # … that materials leave free when they come: recordings of a day

Why = Literal["withdrawn", "quota", "disk"]


class Thing(Struct, frozen=True):
    """Something on the disk that could go."""

    id: str
    kind: Literal["material", "recording"]
    bytes: int
    used: int  # milliseconds since 1970 when it was used last; when a recording was made
    stays: bool = False  # pinned, in use, or published by this very node
    withdrawn: bool = False


class Rules(Struct, frozen=True):
    """What the configuration says."""

    quota: int = 0  # bytes of all materials together; 0 for as many as the disk takes
    keep_days: int = 0  # that recordings are kept whatever comes; 0 for ever
    low: int = LOW
    enough: int = ENOUGH
    headroom: int = HEADROOM


class Drop(Struct, frozen=True):
    """Something that is to go, and why."""

    thing: Thing
    why: Why


def to_drop(things: Iterable[Thing], rules: Rules, free: int, now: int) -> list[Drop]:
    """Return what has to go, in order; `free` are bytes beyond what is kept for registers."""
    loose = sorted((each for each in things if not each.stays), key=lambda each: (each.used, each.id))
    materials = [each for each in loose if each.kind == "material"]
    old = [each for each in loose if each.kind == "recording" and _is_old(each, rules, now)]
    gone = [Drop(each, "withdrawn") for each in materials if each.withdrawn]
    kept = [each for each in materials if not each.withdrawn]
    if rules.quota:
        going = _ids(gone)
        held = sum(each.bytes for each in things if each.kind == "material" and each.id not in going)
        gone += [Drop(each, "quota") for each in _until(kept, held - rules.quota)]
    if free < rules.low:
        going = _ids(gone)
        left = [each for each in kept if each.id not in going]
        short = rules.enough - free - sum(each.thing.bytes for each in gone)
        gone += [Drop(each, "disk") for each in _until([*left, *old], short)]
    return gone


def fits(size: int, held: int, rules: Rules, free: int) -> bool:
    """Tell whether another material of so many bytes may come; `held` are the bytes of those that are here.

    It leaves more free than makes anything go, so nothing comes today that would go tomorrow.
    """
    return (not rules.quota or held + size <= rules.quota) and free - size >= rules.headroom


def _is_old(thing: Thing, rules: Rules, now: int) -> bool:
    return rules.keep_days > 0 and now - thing.used > rules.keep_days * DAY


def _ids(gone: Iterable[Drop]) -> set[str]:
    return {each.thing.id for each in gone}


def _until(things: Iterable[Thing], wanted: int) -> list[Thing]:
    """Return the first of them that have so many bytes together."""
    found = []
    for each in things:
        if wanted <= 0:
            break
        found.append(each)
        wanted -= each.bytes
    return found
