"""What is wanted of a class's camera and microphone now, and by whom (core).

A node wants what somebody looks at on its pages, what it puts before all while a class has the floor, and
what its own parent wants of it. All three are one wish a class, handed down the way to it; what nobody wants
is not sent.

A class that is in a lesson obeys only what is wanted for that one: nobody else hears it or sees it large. In
no lesson it belongs to whoever is on its projector, and obeys all.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct, structs

from edge.dialogue.floor import FloorState
from edge.media.packet import Kind
from sync.streams import NODE_ID

Picture = Literal["", "thumbnail", "large"]
RANK: dict[str, int] = {"": 0, "thumbnail": 1, "large": 2}
MOST = 512  # wishes of one parent: twice the nodes of the largest hub
MOST_LESSONS = 64  # that one picture is looked at for: as many streams as a node may be configured to have
MOST_NAME = 64  # letters of a lesson's stream


class Wish(Struct, frozen=True, omit_defaults=True):
    """What of one class is to be sent."""

    picture: Picture = ""
    sound: bool = False
    lessons: tuple[str, ...] = ()  # whose teachers look at the small picture; () where somebody did not say

    @property
    def kinds(self) -> frozenset[Kind]:
        """The tracks that it takes."""
        both: dict[Kind, bool] = {"video": bool(self.picture), "audio": self.sound}
        return frozenset(kind for kind, wanted in both.items() if wanted)


NOTHING = Wish()


def together(*wishes: Wish) -> Wish:
    """Return the wish that fulfils all of these."""
    pictures: list[Picture] = [each.picture for each in wishes]
    picture: Picture = max(pictures, key=RANK.__getitem__, default="")
    is_vague = any(each.picture == "thumbnail" and not each.lessons for each in wishes)
    lessons = set() if is_vague else {lesson for each in wishes for lesson in each.lessons}
    return Wish(picture, any(each.sound for each in wishes), tuple(sorted(lessons)[:MOST_LESSONS]))


def wanted(looked_at: Mapping[str, Collection[str]], floors: Iterable[FloorState]) -> dict[str, Wish]:
    """Return what is wanted here of each class: of those on pages, and of those that have a floor of ours.

    `looked_at` tells for which lessons pages look at a class, "" among them where a page does not say.
    """
    wishes = {node: _looked_at(lessons) for node, lessons in looked_at.items()}
    for each in floors:
        if each.holder:
            given = Wish("large", each.is_heard)
            wishes[each.holder] = together(wishes.get(each.holder, NOTHING), given)
    return wishes


def _looked_at(lessons: Collection[str]) -> Wish:
    return Wish("thumbnail", lessons=() if "" in lessons else tuple(sorted(lessons)[:MOST_LESSONS]))


def both(here: Mapping[str, Wish], above: Mapping[str, Wish]) -> dict[str, Wish]:
    """Return what this node and its parent want together."""
    return {node: together(here.get(node, NOTHING), above.get(node, NOTHING)) for node in {*here, *above}}


def obeyed(wish: Wish, lesson: str, held: Collection[str]) -> Wish:
    """Return what a class sends of a wish in a lesson, "" in none; `held` are the lessons whose floor it has.

    What another lesson's floor gets would be put before that one, so then it sends nothing at all.
    """
    if not lesson:
        return wish
    if any(each != lesson for each in held):
        return NOTHING
    if lesson in held:
        return wish
    is_looked_at = wish.picture == "thumbnail" and (not wish.lessons or lesson in wish.lessons)
    return structs.replace(wish, sound=False) if is_looked_at else NOTHING


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
    named = _named(said.get("lessons"))
    # A picture for lessons of which none can be is not one for any lesson.
    if said.get("picture") == "thumbnail" and (named or "lessons" not in said):
        picture = "thumbnail"
    return Wish(picture, said.get("sound") is True, named)


def _named(said: object) -> tuple[str, ...]:
    """Return those of what a parent calls lessons that can be the name of one."""
    names = [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
    return tuple(each for each in names if len(each) <= MOST_NAME)[:MOST_LESSONS]
