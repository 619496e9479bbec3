"""The way to the node that lessons come from, for what is fetched from it when no lesson runs.

Whom the live link follows (edge/parent.py), this asks too: the configured parent, the hub of the enrolment,
or the best one on this network.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from yarl import URL

from edge.config import Config
from edge.errors import TirekError
from edge.hubs import Hubs
from edge.journal import Journal
from edge.media.pull import Parent
from sync.joining.tls import client_context

CONNECT_TIME = 15.0  # seconds for TCP and TLS: four round trips on a satellite link that loses packets
STALL = 30.0  # seconds without a byte until a link counts as cut
WINDOW = 131_072  # bytes on their way at most: on a thin link they stand before a register for half a second

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]


class HubAway(TirekError):
    """Nobody is known to fetch from, or he does not answer; worth another try."""


class HubDoor:
    """Opens a session with the parent."""

    def __init__(self, config: Config, journal: Journal, hubs: Hubs) -> None:
        self._config = config
        self._journal = journal
        self._hubs = hubs

    @property
    def address(self) -> str:
        """Return whom we would ask, "" if nobody is known."""
        if self._config.parent is not None:
            return self._config.parent
        if (enrolled := self._journal.parent) is not None:
            return f"https://{enrolled.address}"
        hub = self._hubs.best() if self._config.finds_parent else None
        return hub.urls[0] if hub else ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Parent]:
        """Yield the parent; raise HubAway."""
        url = self.address
        if not url:
            raise HubAway("no hub is known")
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIME, sock_read=STALL)
        # What is compressed is opened by us, with a bound.
        async with aiohttp.ClientSession(
            connector=self._connector(), timeout=timeout, auto_decompress=False
        ) as http:
            # As for the live link: whoever answers on the network is not trusted with the token.
            yield Parent(http, URL(url), self._config.name, self._config.parent_token)

    def _connector(self) -> aiohttp.TCPConnector:
        enrolled = self._journal.parent if self._config.parent is None else None
        if enrolled is None:
            return aiohttp.TCPConnector(socket_factory=_socket)
        context = client_context(self._journal.identity, enrolled)
        return aiohttp.TCPConnector(ssl=context, socket_factory=_socket)


class HubSession:
    """The session with the parent, opened when it is needed, closed with the stack."""

    def __init__(self, door: HubDoor, stack: AsyncExitStack) -> None:
        self._door = door
        self._stack = stack
        self._parent: Parent | None = None

    async def parent(self) -> Parent:
        """Return the parent; raise HubAway."""
        if self._parent is None:
            self._parent = await self._stack.enter_async_context(self._door.open())
        return self._parent


def _socket(info: AddressInfo) -> socket.socket:
    """Make a socket that lets little be on its way: what waits in a thin link delays everything else."""
    family, kind, proto, _, _ = info
    made = socket.socket(family, kind, proto)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
    return made
