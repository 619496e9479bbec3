"""Which materials of the shelf are to be fetched, in order, as far as there is room for them (core)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from edge.content.keeping import Rules, fits
from edge.content.order import Need, in_order
from sync.catalogue import Item, Offer


class Room(Struct, frozen=True):
    """What there is room for."""

    rules: Rules
    held: int  # bytes of all materials that are here, and of those that are coming
    free: int  # bytes beyond what is kept for registers


class Words(Struct, frozen=True):
    """What people said."""

    first: Sequence[str] = ()  # to come first, whatever the rules say
    left: Collection[str] = ()  # to stay at the hub


def lacking(offers: Mapping[str, Offer], begun: Mapping[str, int], words: Words) -> list[Offer]:
    """Return what is offered, wanted and not whole here; `begun` are the bytes of what is, by the item."""
    return [
        offer
        for ident, offer in offers.items()
        if begun.get(ident, 0) < offer.item.size and (ident not in words.left or ident in words.first)
    ]


def planned(
    offers: Iterable[Offer], begun: Mapping[str, int], words: Words, needed: frozenset[Need], room: Room
) -> list[Item]:
    """Return what is to come, in order.

    What a person asked for is held back by no rule, but only comes where it leaves recordings their room:
    else it would go again to make room, and come again, for ever.
    """
    by_id = {each.item.id: each for each in offers}
    found, held, free = list[Item](), room.held, room.free
    for item in [by_id.pop(ident).item for ident in words.first if ident in by_id]:
        rest = _rest(item, begun)
        if free - rest >= room.rules.low:
            found.append(item)
            held, free = held + rest, free - rest
    for offer in in_order(by_id.values(), needed):
        rest = _rest(offer.item, begun)
        if fits(rest, held, room.rules, free):
            found.append(offer.item)
            held, free = held + rest, free - rest
    return found


def _rest(item: Item, begun: Mapping[str, int]) -> int:
    return item.size - begun.get(item.id, 0)
