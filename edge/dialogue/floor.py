"""Who may speak to all in a lesson, as a fold of facts in the order of writing (core).

The floor of a lesson is free, or one class has it. Whoever gives it or silences somebody writes a fact that
says all of it: who has the floor and who is silenced from now on, so the newest fact is enough after a start.
A class that gets the floor is heard: what silenced it before, by itself or with all, is over.
"""

from msgspec import Struct, structs

from sync.records import ALL_CLASSES, MOST_MUTES, FloorGiven


class FloorState(Struct, frozen=True):
    """The floor of one lesson stream."""

    stream: str
    holder: str = ""  # a node; "" while the floor is free
    name: str = ""  # what people call the holder
    school: str = ""  # of the holder
    since: int = 0  # milliseconds since 1970 when the holder got it
    muted: bool = False  # the holder is silenced
    mutes: tuple[str, ...] = ()  # who is silenced: nodes, or ALL_CLASSES

    def silences(self, node: str) -> bool:
        """Tell whether a class is not to be heard, whoever has the floor."""
        return node in self.mutes or ALL_CLASSES in self.mutes

    @property
    def is_heard(self) -> bool:
        """Tell whether there is a holder whose sound goes to all."""
        return bool(self.holder) and not self.muted


class Full(Exception):
    """More classes are silenced than a lesson has."""


def giving(state: FloorState, node: str, school: str) -> FloorGiven | None:
    """Return what to write when a class gets the floor, or "" nobody; None if it is so already."""
    if node == state.holder:
        return None
    lifted = (node, ALL_CLASSES) if node else ()
    return FloorGiven(state.stream, node, school, tuple(each for each in state.mutes if each not in lifted))


def muting(state: FloorState, node: str, on: bool) -> FloorGiven | None:
    """Return what to write when a class, or all, are silenced or not; None if so already; raise Full."""
    if (node in state.mutes) == on:
        return None
    if on and len(state.mutes) >= MOST_MUTES:
        raise Full(f"{MOST_MUTES} classes are silenced in {state.stream}")
    others = tuple(each for each in state.mutes if each != node)
    return FloorGiven(state.stream, state.holder, state.school, (*others, node) if on else others)


def follow(state: FloorState, fact: FloorGiven, at: int, name: str) -> FloorState:
    """Return the floor after one more fact, written at `at`; `name` is what its class is called."""
    if not fact.node:
        return FloorState(state.stream, mutes=fact.mutes)
    since = state.since if fact.node == state.holder else at
    new = FloorState(state.stream, fact.node, name, fact.school, since, mutes=fact.mutes)
    return structs.replace(new, muted=new.silences(fact.node))


def ended(state: FloorState) -> FloorGiven | None:
    """Return what to write when the lesson is over; None if nobody had the floor or was silenced."""
    return FloorGiven(state.stream) if state.holder or state.mutes else None


def renamed(state: FloorState, name: str) -> FloorState:
    """Return the same floor with what its holder is called now."""
    return structs.replace(state, name=name)
