"""The other computers of this school that keep a library, and which one asks the hub for all of them (core).

One node of a school asks the hub; the others take from it what it has verified. Nobody votes: each looks at
what the others answer, and all come to the same result. The node that asks already goes on. Where none does,
it is the one with the lowest id among those that have a way to the hub and are not stuck. What a sibling says
is anybody's claim: it is bounded and checked, and every chunk that it gives is verified by its sum.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from edge.hubs import Answer, Network, urls_of

SERVICE = "_tirek-library._tcp.local."
MAX_SIBLINGS = 16  # a school of the project has one to six classrooms; more is noise or malice
NODE = re.compile(r"[0-9a-f]{16}")
STUCK = 120.0  # seconds without a new chunk until another one asks the hub: four chunks at 300 kbit/s
GONE = 30.0  # … without an answer: three looks


class Stall(Struct, frozen=True):
    """What a node says of its library on the network of its school."""

    node: str  # 16 hexadecimal digits, of its journal
    school: str
    port: int  # of the people's door
    hosts: tuple[str, ...] = ("0.0.0.0",)  # where that listens

    def properties(self) -> dict[str, str]:
        """Return what is announced beside name, address and port."""
        return {"school": self.school}


class Sibling(Struct, frozen=True):
    """A node of this school that keeps a library."""

    node: str
    urls: tuple[str, ...]  # nearest first, never empty


class Standing(Struct, frozen=True):
    """What a sibling answers about itself."""

    upstream: bool  # it has a way to the hub
    asks: bool  # it is asking the hub now
    chunks: int  # verified, of what this node lacks
    lacks: bool  # something that this node lacks too


def believed(answer: Answer, school: str, networks: Sequence[Network]) -> Sibling | None:
    """Return the sibling that an answer claims; None for nonsense, and for other schools."""
    theirs = (answer.properties.get(b"school") or b"").decode("utf-8", "replace")
    urls = urls_of(answer, networks)
    if not NODE.fullmatch(answer.node) or not urls or not 0 < answer.port <= 65535:
        return None
    return Sibling(answer.node, urls) if school and theirs == school else None


class Siblings:
    """Who is there. Time is an argument."""

    def __init__(self, own: str) -> None:
        self.own = own
        self.school = ""
        self.refused = 0  # nonsense, other schools, and siblings beyond MAX_SIBLINGS
        self._known: dict[str, Sibling] = {}

    def all(self) -> list[Sibling]:
        """Return them by their ids."""
        return [self._known[node] for node in sorted(self._known)]

    def heard(self, answer: Answer, networks: Sequence[Network], now: float) -> None:
        """Take an answer."""
        if answer.node == self.own:
            return
        sibling = believed(answer, self.school, networks)
        if sibling is None or (sibling.node not in self._known and len(self._known) >= MAX_SIBLINGS):
            self.refused += 1
            return
        self.know(sibling)

    def know(self, sibling: Sibling) -> None:
        """Take one that is believed."""
        self._known[sibling.node] = sibling

    def stirred(self, now: float) -> None:
        """Another network: who is still there is heard again."""

    def left(self, node: str) -> None:
        """Forget one that said goodbye or was not heard for too long."""
        self._known.pop(node, None)


class Own(Struct, frozen=True):
    """How this node itself is."""

    asks: bool = False
    upstream: bool = True


class _Seen(Struct):
    standing: Standing
    answered: float  # when it answered last
    grew: float  # when it last had a chunk more


class Choice:
    """Whose turn it is to ask the hub. Time is an argument."""

    def __init__(self, own: str, stuck: float = STUCK, gone: float = GONE) -> None:
        self._own = own
        self._stuck, self._gone = stuck, gone
        self._seen: dict[str, _Seen] = {}

    def saw(self, node: str, standing: Standing, now: float) -> None:
        """Take what a sibling answered."""
        before = self._seen.get(node)
        grows = before is None or standing.chunks > before.standing.chunks
        self._seen[node] = _Seen(standing, now, now if before is None or grows else before.grew)

    def keep(self, nodes: Iterable[str]) -> None:
        """Forget all others."""
        kept = set(nodes)
        self._seen = {node: seen for node, seen in self._seen.items() if node in kept}

    def begins(self, now: float) -> None:
        """It is from now on that anybody may fetch: nobody was slow before."""
        for seen in self._seen.values():
            seen.grew = now

    def is_ours(self, own: Own, now: float, liars: Collection[str] = ()) -> bool:
        """Tell whether this node asks the hub; `liars` do not count."""
        able = {
            node: seen.standing
            for node, seen in self._seen.items()
            if node not in liars and self._is_able(seen, own, now)
        }
        if own.asks:
            return not any(each.asks and node < self._own for node, each in able.items())
        return not any(each.asks or node < self._own for node, each in able.items())

    def _is_able(self, seen: _Seen, own: Own, now: float) -> bool:
        """Tell whether a sibling can be left to it: it is there, reaches the hub, and something comes.

        Who does not reach the hub either is no better: after a cut of the link that all share, the one that
        asked before asks again.
        """
        fresh = now - seen.answered <= self._gone
        moves = now - seen.grew <= self._stuck
        reaches = seen.standing.upstream or not own.upstream
        return fresh and moves and reaches and seen.standing.lacks
