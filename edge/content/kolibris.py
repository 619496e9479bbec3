"""Kolibri servers heard of on this network (core). An answer is anybody's claim: bounded, checked.

Kolibri announces itself as `Kolibri._sub._http._tcp.local.`; every value of its properties is JSON.
"""

import json
import re
from collections.abc import Sequence

from msgspec import Struct

from edge.content.published import legible
from edge.hubs import NODE, Answer, Network, urls_of

SERVICE = "Kolibri._sub._http._tcp.local."
MAX_PLACES = 8  # a school has one; more is noise or malice
MAX_NAME = 63  # letters that are shown
MAX_VALUE = 255  # bytes of a property: a string of TXT has no more
PREFIX = re.compile(r"/[A-Za-z0-9/_-]{0,60}")


class Place(Struct, frozen=True):
    """Something to learn from that is not ours."""

    kind: str  # kolibri, kiwix
    name: str
    address: str


class Kolibris:
    """Who is there: the audience of a discovery."""

    own = ""  # we announce none

    def __init__(self) -> None:
        self.refused = 0  # nonsense, and servers beyond MAX_PLACES
        self._known: dict[str, Place] = {}

    def all(self) -> list[Place]:
        """Return them by name."""
        return sorted(self._known.values(), key=lambda place: (place.name, place.address))

    def heard(self, answer: Answer, networks: Sequence[Network], now: float) -> None:
        """Take an answer."""
        place = believed(answer, networks)
        if place is None or (answer.node not in self._known and len(self._known) >= MAX_PLACES):
            self.refused += 1
            return
        self._known[answer.node] = place

    def stirred(self, now: float) -> None:
        """Forget all: our addresses have changed, and who is still there is heard again."""
        self._known.clear()

    def left(self, node: str) -> None:
        """Forget one that said goodbye."""
        self._known.pop(node, None)


def believed(answer: Answer, networks: Sequence[Network]) -> Place | None:
    """Return the server that an answer claims; None for nonsense."""
    urls = urls_of(answer, networks)
    application, prefix = _text(answer, b"application"), _text(answer, b"prefix") or "/"
    if not NODE.fullmatch(answer.node) or not 0 < answer.port <= 65535 or not urls:
        return None
    if application != "kolibri" or not PREFIX.fullmatch(prefix) or "//" in prefix:
        return None
    name = legible(_text(answer, b"device_name"))[:MAX_NAME]
    return Place("kolibri", name, urls[0] + prefix)


def _text(answer: Answer, key: bytes) -> str:
    """Return a property that is a string; an empty one for anything else."""
    raw = answer.properties.get(key) or b""
    if len(raw) > MAX_VALUE:
        return ""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
