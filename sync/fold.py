"""Who was there, as a pure function of the set of registers of one lesson (core).

A register names in `prev` those it replaces, so a successor wins whatever its clock shows. What nobody
replaced is a head. Of several heads one wins, and all stay: first the authority counts (the classroom's
until the school signed a register, the hub's corrections from then on), then time, node and id, so that
every node of the tree comes to the same answer from the same set, in whatever order it came.

A draft is a register that is not signed. When it wins its marks are shown, as a draft's: nobody answers for
them yet. A number without a mark is unmarked, never present.
"""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from msgspec import Struct

from sync.records import RegisterTaken

Rank = tuple[bool, int, str, str]


class Taken(Struct, frozen=True):
    """One register as it stands in a stream."""

    id: str
    hlc: int
    node: str  # who wrote it
    is_correction: bool  # it came in a stream of class "correction": a hub wrote it
    register: RegisterTaken


class Standing(Struct, frozen=True):
    """What counts for one lesson, what contradicts it, and what both replaced."""

    heads: tuple[Taken, ...]  # the winner first, the others by rank
    replaced: tuple[Taken, ...]  # oldest first
    was_signed: bool  # by the school, at any time: hence its hub has authority

    @property
    def winner(self) -> Taken:
        """Return the register that counts."""
        return self.heads[0]

    @property
    def conflict(self) -> bool:
        """Return whether registers contradict each other that did not know of each other."""
        return len(self.heads) > 1

    @property
    def signed(self) -> bool:
        """Return whether somebody answers for the marks; if not they are a draft's."""
        return self.winner.register.signed

    @property
    def marks(self) -> dict[int, str]:
        """Return the code of each number that has a mark."""
        return self.winner.register.marks


def fold(facts: Iterable[Taken]) -> Standing | None:
    """Return what counts for the lesson that these registers are of; None without any."""
    known = _distinct(facts)
    if not known:
        return None
    was_signed = any(fact.register.signed and not fact.is_correction for fact in known.values())
    heads = _heads(known)
    return Standing(
        heads=tuple(sorted(heads.values(), key=lambda fact: _rank(fact, was_signed), reverse=True)),
        replaced=tuple(fact for fact in _in_order(known) if fact.id not in heads),
        was_signed=was_signed,
    )


def history(facts: Iterable[Taken]) -> list[Taken]:
    """Return every register of a lesson, oldest first, each after all that it replaces."""
    return _in_order(_distinct(facts))


def _rank(fact: Taken, was_signed: bool) -> Rank:
    return (fact.is_correction == was_signed, fact.hlc, fact.node, fact.id)


def _distinct(facts: Iterable[Taken]) -> dict[str, Taken]:
    """Return the facts by id; of copies in several streams the classroom's, so that order does not count."""
    known: dict[str, Taken] = {}
    for fact in facts:
        other = known.setdefault(fact.id, fact)
        if other is not fact:
            known[fact.id] = min(other, fact, key=_origin)
    return known


def _origin(fact: Taken) -> tuple[bool, str, int, str]:
    # The content is the last resort: somebody may look for two registers with one id, 64 bits are not many.
    return (fact.is_correction, fact.node, fact.hlc, repr(fact.register))


def _heads(known: Mapping[str, Taken]) -> dict[str, Taken]:
    """Return what no other fact replaces.

    An id is a hash of what the fact names, so facts cannot replace each other in a circle; should somebody
    find a way, what no head leads to stays a head: for people to see, not lost.
    """
    if len(known) == 1:
        return dict(known)
    named = {id_ for fact in known.values() for id_ in fact.register.prev if id_ != fact.id}
    heads = [id_ for id_ in known if id_ not in named]
    reached = _reached(heads, known)
    return {id_: fact for id_, fact in known.items() if id_ not in named or id_ not in reached}


def _reached(heads: Iterable[str], known: Mapping[str, Taken]) -> set[str]:
    reached: set[str] = set()
    ahead = list(heads)
    while ahead:
        id_ = ahead.pop()
        if id_ in known and id_ not in reached:
            reached.add(id_)
            ahead.extend(known[id_].register.prev)
    return reached


def _in_order(known: Mapping[str, Taken]) -> list[Taken]:
    if len(known) == 1:
        return list(known.values())
    waits = {id_: _replaced_by(fact, known) for id_, fact in known.items()}
    followers: dict[str, list[str]] = {}
    for id_, before in waits.items():
        for other in before:
            followers.setdefault(other, []).append(id_)
    ready = [_age(known[id_]) for id_, before in waits.items() if not before]
    heapify(ready)
    ordered: list[Taken] = []
    while ready:
        ordered.append(known[heappop(ready)[-1]])
        for id_ in followers.get(ordered[-1].id, ()):
            waits[id_].discard(ordered[-1].id)
            if not waits[id_]:
                heappush(ready, _age(known[id_]))
    circles = known.keys() - {fact.id for fact in ordered}
    return ordered + sorted((known[id_] for id_ in circles), key=_age)


def _replaced_by(fact: Taken, known: Mapping[str, Taken]) -> set[str]:
    return {id_ for id_ in fact.register.prev if id_ in known and id_ != fact.id}


def _age(fact: Taken) -> tuple[int, str, str]:
    return (fact.hlc, fact.node, fact.id)
