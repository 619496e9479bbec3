"""How far a class is with a check, and which lesson it is in, as other nodes hear of it (core)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MOST_AT_ONCE = 400  # classes in one word: as many as a hub's page shows

BUSY = "busy"  # why it has only been asked: its own teacher's question runs there

Stage = Literal["asked", "reading", "counting", "answered", "refused"]  # one more would break an older parent
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Pupils = Annotated[int, Meta(ge=0, le=999)]


class Progress(Struct, frozen=True, omit_defaults=True):
    """How far one class is."""

    node: Id
    check: Id
    stage: Stage
    read: Pupils = 0  # cards
    of: Pupils = 0  # pupils; 0 where nobody knows
    why: Annotated[str, Meta(max_length=16)] = ""  # BUSY, or a word of tomorrow
    bare: bool = False  # its projector shows the question without its picture


class Word(Struct, frozen=True):
    """What a node says to its parent."""

    classes: Annotated[tuple[Progress, ...], Meta(max_length=MOST_AT_ONCE)]


class Begun(Struct, frozen=True):
    """The newest lesson that a node began at its screen."""

    lesson: str
    stream: str
    hlc: int
