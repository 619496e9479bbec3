"""How long each class spoke to all in a lesson, folded from who was given the floor (core)."""

from collections.abc import Iterable

from msgspec import Struct

from sync.records import ALL_CLASSES, FloorGiven

LONGEST = 3 * 3_600_000  # milliseconds: a floor that nobody took back, as after a power cut, ends by itself


class Turn(Struct, frozen=True):
    """One class spoke, from then to then; milliseconds since 1970."""

    node: str
    school: str
    began: int
    ended: int


def turns(given: Iterable[tuple[int, FloorGiven]], now: int) -> list[Turn]:
    """Return who could be heard and when, of the facts of one lesson in order; who is silenced is not."""
    found: list[Turn] = []
    since, holder = 0, FloorGiven("")
    for at, fact in given:
        _close(found, holder, since, at)
        since, holder = at, fact
    _close(found, holder, since, now)
    return found


def spoken(given: Iterable[tuple[int, FloorGiven]], now: int) -> dict[str, float]:
    """Return the minutes of each node."""
    found: dict[str, float] = {}
    for turn in turns(given, now):
        found[turn.node] = found.get(turn.node, 0.0) + (turn.ended - turn.began) / 60_000
    return found


def _close(found: list[Turn], fact: FloorGiven, since: int, at: int) -> None:
    if fact.node and fact.node not in fact.mutes and ALL_CLASSES not in fact.mutes and at > since:
        found.append(Turn(fact.node, fact.school, since, min(at, since + LONGEST)))
