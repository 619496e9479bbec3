"""Who has what of the library, from what the nodes last said about it (core)."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from sync.clock import ms_of, utc
from sync.records import ContentHeld

NOTHING = "–"


class Place(Struct, frozen=True):
    """A node that could have something."""

    node: str
    school: str
    name: str
    heard: int = 0  # milliseconds since 1970: when it was last heard; 0: not by this node itself


class Spread:
    """Items by nodes, nodes by schools."""

    def __init__(self, places: Iterable[Place], said: Iterable[tuple[str, int, ContentHeld]]) -> None:
        self._places = sorted(places, key=lambda each: (each.school, each.name, each.node))
        self._said = {(node, fact.item): (hlc, fact) for node, hlc, fact in said}

    def summary(self, item: str) -> tuple[str, str, str]:
        """Return how many schools have an item whole, how many a part of it, and what they wait for."""
        schools = {each.school for each in self._places}
        said = [(each.school, fact) for each in self._places if (fact := self._fact(each.node, item))]
        whole = {school for school, fact in said if is_whole(fact)}
        partly = {school: fact.waits for school, fact in said if school not in whole and not fact.gone}
        waits = sorted(Counter(filter(None, partly.values())).items())
        told = ", ".join(f"{why} {count}" for why, count in waits)
        return f"{len(whole)} of {len(schools)} schools", str(len(partly) or NOTHING), told

    def rows(self, item: str) -> list[tuple[str, ...]]:
        """Return a line for each node: who it is, how much it has, why it waits, and since when."""
        return [self._row(each, item) for each in self._places]

    def _row(self, place: Place, item: str) -> tuple[str, ...]:
        hlc, fact = self._said.get((place.node, item), (0, None))
        heard = utc(place.heard) if place.heard else NOTHING
        if fact is None:
            return place.school, place.node, place.name, "nothing yet", "", NOTHING, heard
        waits = "" if fact.gone or is_whole(fact) else fact.waits
        return place.school, place.node, place.name, _much(fact), waits, utc(ms_of(hlc)), heard

    def _fact(self, node: str, item: str) -> ContentHeld | None:
        found = self._said.get((node, item))
        return found[1] if found else None


def is_whole(fact: ContentHeld) -> bool:
    """Tell whether a node said that it has every chunk."""
    return not fact.gone and 0 < fact.of <= fact.have


def _much(fact: ContentHeld) -> str:
    if fact.gone:
        return "deleted"
    if is_whole(fact):
        return "whole"
    return f"{100 * fact.have // fact.of if fact.of else 0} %"
