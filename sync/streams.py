"""Streams: single-writer, gapless sequences of facts, named by (node, incarnation, class, school).

A class says which way its facts go and which go first, so a backlog of one never stands before another.
"""

import re

from msgspec import Struct

NODE_ID = re.compile(r"[0-9a-f]{16}")
SCHOOL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")  # what `tirek invite` takes: typed, and named in files
NAME = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{16})\.([a-z][a-z-]{0,15})\.([a-z0-9-]{0,32})")


class Flow(Struct, frozen=True):
    """Where the facts of a class go."""

    up: bool  # to the parent
    down: bool  # to the nodes of the school that the stream is about
    rank: int  # lower goes first
    vital: bool = False  # taken even when the disk is full
    by_hub: bool = False  # written by nodes that may have others below them only
    by_school: bool = False  # written by the nodes of the school only
    to_all: bool = False  # about no school: what is written above a node goes to it, whatever its school


# Registers before everything; control is a handful of facts that the others need to be let in.
# A roster goes down only: the names of children stay between a school and its hub. What a class says in a
# lesson that runs does not wait behind the log of a week without a link, nor do answers to a quick check,
# which a class gives once. What a hub teacher says to all in her lesson is about no school. A library goes up
# as well: a hub that was put back from a backup gets its own offers again, and a region sees what hubs offer.
FLOWS: dict[str, Flow] = {
    "control": Flow(up=True, down=False, rank=0, vital=True),
    "register": Flow(up=True, down=False, rank=1, vital=True, by_school=True),
    "correction": Flow(up=True, down=True, rank=2, vital=True, by_hub=True),
    "timetable": Flow(up=True, down=True, rank=3, by_hub=True),
    "teaching": Flow(up=True, down=False, rank=3, by_hub=True, to_all=True),
    "answer": Flow(up=True, down=False, rank=3, vital=True, by_school=True),
    "roster": Flow(up=False, down=True, rank=4, by_hub=True),
    "talk": Flow(up=True, down=False, rank=5, by_school=True),
    "library": Flow(up=True, down=False, rank=6, by_hub=True, to_all=True),
    "log": Flow(up=True, down=False, rank=7, by_school=True),
}
UNKNOWN = Flow(up=True, down=False, rank=6)  # a class of a newer node is passed on towards the root


class StreamName(Struct, frozen=True, order=True):
    """One stream: who writes it, since when, of which class, about which school ("" for none)."""

    node: str  # 16 hexadecimal digits
    incarnation: str  # 16 hexadecimal digits, made with the writer's journal
    class_: str
    school: str = ""

    def __str__(self) -> str:
        """Return the name as it travels."""
        return f"{self.node}.{self.incarnation}.{self.class_}.{self.school}"

    @property
    def flow(self) -> Flow:
        """Return where its facts go."""
        return FLOWS.get(self.class_, UNKNOWN)


def parse(text: str) -> StreamName:
    """Return the stream of a name; raise ValueError."""
    match = NAME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a stream: {text[:80]!r}")
    return StreamName(*match.groups())
