"""The hubs heard of on this network. An answer is anybody's claim: bounded, checked, no URL of its own."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

MAX_HUBS = 32  # a school has one, a region's office a handful; more is noise or malice
MAX_ADDRESSES = 8  # of one hub: two cards, each with IPv4 and IPv6, twice over
MAX_NAME = 63  # letters, as in the configuration
WAKE_GAP = 1.0  # seconds: a flood of announcements must not become a flood of tries

NODE = re.compile(r"[a-z0-9-]{1,63}")
DEPTH = re.compile(rb"[0-9]")  # 0 and 1 are announced today, with room for trees that count their floors

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Answer(Struct, frozen=True):
    """One answer as it came, not yet believed."""

    node: str
    properties: Mapping[bytes, bytes | None]
    addresses: Sequence[str]
    port: int


class Hub(Struct, frozen=True):
    """A node that says it serves lessons."""

    node: str
    name: str
    depth: int  # 0 without a parent of its own, 1 below one
    urls: tuple[str, ...]  # nearest first, never empty


def believed(answer: Answer, networks: Sequence[Network]) -> Hub | None:
    """Return the hub an answer claims, None for nonsense; `networks` are those this computer is in."""
    name = (answer.properties.get(b"name") or b"").decode("utf-8", "replace")
    depth = answer.properties.get(b"depth") or b""
    urls = urls_of(answer, networks)
    sound = NODE.fullmatch(answer.node) and DEPTH.fullmatch(depth) and 0 < answer.port <= 65535 and urls
    if not sound or not name.isprintable() or not 0 < len(name) <= MAX_NAME:
        return None
    return Hub(answer.node, name, int(depth), urls)


def urls_of(answer: Answer, networks: Sequence[Network]) -> tuple[str, ...]:
    """Return where an answer says that it can be reached, nearest first."""
    return tuple(_url(each, answer.port) for each in _near_first(answer.addresses, networks))


class Hubs:
    """Who is there and who is best; `wake` is called when one is heard, for the first time or again."""

    def __init__(self, own: str, wake: Callable[[], None]) -> None:
        self.own = own
        self.refused = 0  # nonsense, and hubs beyond MAX_HUBS
        self._wake = wake
        self._woke = float("-inf")
        self._known: dict[str, Hub] = {}
        self._failed: dict[str, int] = {}
        self._failures = 0

    def best(self) -> Hub | None:
        """Return the hub nearest to the root; those that failed come last, the longest ago first."""
        return min(self._known.values(), key=self._rank, default=None)

    def heard(self, answer: Answer, networks: Sequence[Network], now: float) -> None:
        """Take an answer; a hub heard again has its failures forgiven."""
        if answer.node == self.own:
            return
        hub = believed(answer, networks)
        if hub is None or (hub.node not in self._known and len(self._known) >= MAX_HUBS):
            self.refused += 1
            return
        self._known[hub.node] = hub
        self._failed.pop(hub.node, None)
        self.stirred(now)

    def stirred(self, now: float) -> None:
        """Note a change on the network that makes another try worth it: an announcement, a cable."""
        if now - self._woke >= WAKE_GAP:
            self._woke = now
            self._wake()

    def failed(self, hub: Hub) -> None:
        """Note that this hub did not serve us, so that another one is tried first."""
        self._failures += 1
        self._failed[hub.node] = self._failures

    def left(self, node: str) -> None:
        """Forget a hub that said goodbye or was not heard for too long."""
        self._known.pop(node, None)
        self._failed.pop(node, None)

    def _rank(self, hub: Hub) -> tuple[int, int, str]:
        # The node's id comes last, so that all classrooms choose alike.
        return self._failed.get(hub.node, 0), hub.depth, hub.node


def _near_first(texts: Sequence[str], networks: Sequence[Network]) -> list[Address]:
    addresses = [parsed for text in texts[:MAX_ADDRESSES] if (parsed := _parsed(text)) is not None]
    away = [each for each in addresses if not each.is_loopback]
    here = [each for each in away if any(each in network for network in networks)]
    others = [each for each in away if each not in here and not each.is_global]
    # A node that has nothing but loopback is on this computer: a trial, or a room without any network.
    return here + others if away else addresses


def _parsed(text: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if parsed.is_multicast or parsed.is_unspecified or (parsed.version == 6 and parsed.is_link_local):
        return None  # an IPv6 link-local address says nothing without the interface it belongs to
    return parsed


def _url(address: Address, port: int) -> str:
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{port}"
