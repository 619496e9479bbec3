"""Who is on this local network: the school's tablets, and not everybody whom a private address can reach."""

import ipaddress
import time
from collections.abc import Callable, Mapping

from aiohttp import web

from edge.access import Asker, Door, asker_of
from edge.discovery import local_networks
from edge.hubs import Network

LOOK = 30.0  # seconds between looks at this computer's addresses: one changes when a router starts again
WIDEST = 16  # bits: a network of more than 65,536 addresses is no school's, but its provider's
WIDEST_6 = 48


class Lan:
    """The networks that this computer is in; `is_open` is what the configuration says."""

    def __init__(
        self,
        is_open: bool,
        networks: Callable[[], Mapping[str, Network]] = local_networks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_open = is_open
        self._ask = networks
        self._clock = clock
        self._networks: list[Network] = []
        self._looked = float("-inf")

    def has(self, asker: Asker) -> bool:
        """Tell whether the library is open to somebody: a private address of one of these networks.

        Who speaks through a proxy is none: the proxy is on this network, and he may be anywhere.
        """
        if not self._is_open or asker.forwarded:
            return False
        try:
            address = ipaddress.ip_address(asker.address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not address.is_private or address.is_loopback or address.is_unspecified:
            return False
        return address.is_link_local or any(address in network for network in self._near())

    def _near(self) -> list[Network]:
        if self._clock() - self._looked >= LOOK:
            self._looked = self._clock()
            self._networks = [each for each in self._ask().values() if _is_small(each)]
        return self._networks


class Readers:
    """Who may read what was published: who may watch, and who is on an open network."""

    def __init__(self, door: Door, lan: Lan) -> None:
        self._door = door
        self._lan = lan

    def admit(self, request: web.Request) -> None:
        """Let a request in; raise Refused."""
        # <video> and download links cannot send an Authorization header.
        asker = asker_of(request.remote, request.headers, request.query.get("token", ""))
        if not self._lan.has(asker):
            self._door.admit(asker, "watch")


def _is_small(network: Network) -> bool:
    return network.prefixlen >= (WIDEST if network.version == 4 else WIDEST_6)
