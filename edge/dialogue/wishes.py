"""What is wanted of a class's camera and microphone now, and by whom (core).

A node wants what somebody looks at on its pages, what it puts before all while a class has the floor, and
what its own parent wants of it. All three are one wish a class, handed down the way to it; what nobody wants
is not sent.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from edge.dialogue.floor import FloorState
from edge.media.packet import Kind
from sync.streams import NODE_ID

Picture = Literal["", "thumbnail", "large"]
RANK: dict[str, int] = {"": 0, "thumbnail": 1, "large": 2}
MOST = 512  # wishes of one parent: twice the nodes of the largest hub


class Wish(Struct, frozen=True, omit_defaults=True):
    """What of one class is to be sent."""

    picture: Picture = ""
    sound: bool = False

    @property
    def kinds(self) -> frozenset[Kind]:
        """The tracks that it takes."""
        both: dict[Kind, bool] = {"video": bool(self.picture), "audio": self.sound}
        return frozenset(kind for kind, wanted in both.items() if wanted)


NOTHING = Wish()


def together(*wishes: Wish) -> Wish:
    """Return the wish that fulfils all of these."""
    pictures: list[Picture] = [each.picture for each in wishes]
    return Wish(max(pictures, key=RANK.__getitem__, default=""), any(each.sound for each in wishes))


def wanted(watched: Collection[str], floors: Iterable[FloorState]) -> dict[str, Wish]:
    """Return what is wanted here of each class: of those on pages, and of those that have a floor of ours."""
    wishes = {node: Wish("thumbnail") for node in watched}
    for each in floors:
        if each.holder:
            given = Wish("large", each.is_heard)
            wishes[each.holder] = together(wishes.get(each.holder, NOTHING), given)
    return wishes


def both(here: Mapping[str, Wish], above: Mapping[str, Wish]) -> dict[str, Wish]:
    """Return what this node and its parent want together."""
    return {node: together(here.get(node, NOTHING), above.get(node, NOTHING)) for node in {*here, *above}}


def read(raw: bytes) -> dict[str, Wish] | None:
    """Read what a parent says; None if it says nothing. What is unknown here, it does not get."""
    try:
        said = msgspec.json.decode(raw, type=dict[str, dict[str, object]] | None)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if said is None:
        return None
    nodes = [(node, each) for node, each in said.items() if NODE_ID.fullmatch(node)][:MOST]
    return {node: _wish(each) for node, each in nodes}


def _wish(said: Mapping[str, object]) -> Wish:
    picture: Picture = "large" if said.get("picture") == "large" else ""
    if said.get("picture") == "thumbnail":
        picture = "thumbnail"
    return Wish(picture, said.get("sound") is True)
