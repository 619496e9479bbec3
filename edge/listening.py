"""Opens the doors of a node: for people and browsers, for nodes below, and for the teacher's screen.

Sockets that the service manager opened are served as well: nobody is refused there while we start anew.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterable

from aiohttp import web

from edge.api import listen
from edge.config import Config, address
from edge.doorman import Runner
from edge.errors import TirekError
from edge.journal import KEEP_ALIVE
from edge.unit import Unit

BROWSERS = 75.0  # seconds a browser's connection is kept without a request
SHUTDOWN = 1.0  # seconds that open requests get when the node stops
WEB, SCREEN = "web", "screen"  # `FileDescriptorName=` of the socket units

log = logging.getLogger(__name__)


class Doors:
    """Opened once, closed at the end."""

    def __init__(self, pages: web.Application, nodes: web.Application, screens: web.Application) -> None:
        self._pages = Runner(pages, BROWSERS, SHUTDOWN)
        self._nodes = Runner(nodes, KEEP_ALIVE, SHUTDOWN)
        self._screens = Runner(screens, BROWSERS, SHUTDOWN)

    async def open(self, config: Config, context: ssl.SSLContext, manager: Unit) -> int:
        """Open all of them and return the first port for people; raise TirekError.

        The screen's comes last: a second daemon of this computer fails at the others before it takes that.
        """
        for runner in (self._pages, self._nodes, self._screens):
            await runner.setup()
        for host, port in map(address, config.listen):
            await _start(web.TCPSite(self._pages, host, port), f"{host}:{port}")
        for host, port in map(address, config.listen_nodes):
            await _start(web.TCPSite(self._nodes, host, port, ssl_context=context), f"{host}:{port}")
        for handed in manager.sockets(WEB):
            await _start(web.SockSite(self._pages, handed), "the socket of tirek-web.socket")
        if handed_over := manager.sockets(SCREEN):
            for handed in handed_over:
                await _start(web.SockSite(self._screens, handed), "the socket of tirek-screen.socket")
        else:
            await listen(self._screens, config.screen_socket)
        return int(self._pages.addresses[0][1])

    def tell(self, name: str, node: str) -> None:
        """Say in the log where everybody is heard."""
        for bound in _networked(self._nodes.addresses):
            log.info("listening for nodes address=%s:%d node=%s", *bound[:2], node)
        for bound in _networked(self._pages.addresses):
            log.info("listening address=http://%s:%d name=%r", bound[0], bound[1], name)

    async def close(self) -> None:
        """Close them, and end what is still asked."""
        await asyncio.gather(*(each.cleanup() for each in (self._pages, self._nodes, self._screens)))


def _networked(addresses: Iterable[object]) -> list[tuple[str, int]]:
    return [(str(each[0]), int(each[1])) for each in addresses if isinstance(each, tuple)]


async def _start(site: web.BaseSite, where: str) -> None:
    try:
        await site.start()
    except OSError as exc:
        raise TirekError(f"cannot listen on {where}: {exc.strerror or exc}") from exc
