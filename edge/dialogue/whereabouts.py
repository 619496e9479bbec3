"""In which lesson each class is: as its own node says, else as it noted when it began one.

A class that has begun none is wherever its projector happens to be: in every lesson that comes to it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from edge.dialogue.backstage import Backstage
from edge.media.studio import Studio

LOOK = 1.0  # seconds between looks at the journal, which nodes of today are not judged by

Running = Callable[[], tuple[str, str]]


async def _nothing() -> dict[str, str]:
    return {}


class Whereabouts:
    """`running` tells the lesson of this very node's class, `me`, and its stream."""

    def __init__(self, backstage: Backstage, studio: Studio, me: str, running: Running) -> None:
        self._backstage = backstage
        self._studio = studio
        self._me = me
        self._running = running
        self._begun: Mapping[str, str] = {}
        self.begun: Callable[[], Awaitable[Mapping[str, str]]] = _nothing  # by the journal: streams, by node

    async def run(self) -> None:
        """Read in the journal who began which lesson until cancelled; what nodes say counts at once."""
        while True:
            if any(stream.live for stream in self._studio.streams.values()):  # else nobody is in a lesson
                self._begun = await self.begun()
            await asyncio.sleep(LOOK)

    def lesson(self, node: str) -> str:
        """Return the stream of the lesson that a class is in, "" for none that is known."""
        if node == self._me:
            return self._running()[1]
        said = self._backstage.lesson(node, asyncio.get_running_loop().time())
        if said is not None:
            return said
        begun = self._begun.get(node, "")  # nobody notes the end of one: it counts while somebody teaches it
        held = self._studio.streams.get(begun)
        return begun if held is not None and held.live else ""

    def is_elsewhere(self, node: str, stream: str) -> bool:
        """Tell whether a class is in another lesson than this one."""
        return self.lesson(node) not in ("", stream)

    def away(self, stream: str) -> frozenset[str]:
        """Return the classes that are in another lesson than this one."""
        known = {self._me, *self._backstage.told, *self._begun}
        return frozenset(node for node in known if self.is_elsewhere(node, stream))
