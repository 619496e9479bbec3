"""Keeps strangers from taking every place at a door: who connects and asks for nothing is shown out.

Each connection takes a descriptor, and when there are none left nothing works any more, the lesson neither.
"""

import asyncio
import logging
import resource
from typing import cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

SILENCE = 20.0  # seconds from the handshake to a first request: six round trips of the worst link we know
MOST_SILENT = 128  # connections without a request: a class of tablets opens the page together
MOST_OPEN = 1024  # connections of a door: eighty viewers and a browser's six for each, and as many again
DESCRIPTORS = 16_384  # files and sockets the process wants to be allowed: both doors, media, recordings

log = logging.getLogger(__name__)


class Runner(web.AppRunner):
    """Serves an application through a door with a doorman."""

    def __init__(self, app: web.Application, keep_alive: float, shutdown: float) -> None:
        self._doorman: Doorman | None = None
        app.on_response_prepare.append(self._heard)
        super().__init__(
            app,
            handler_cancellation=True,
            access_log=None,
            # aiohttp opens even what nobody reads: 300 KB took 0.7 s, garbage a traceback in the log.
            auto_decompress=False,
            shutdown_timeout=shutdown,
            keepalive_timeout=keep_alive,
        )

    @property
    def server(self) -> web.Server | None:
        """Return what makes a protocol for each connection; a site calls it and nothing else."""
        made = super().server
        if made is not None and self._doorman is None:
            self._doorman = Doorman(made)
        return cast(web.Server | None, self._doorman)

    async def shutdown(self) -> None:
        """Let nobody ask any more who is still at the handshake, when nobody new is let in."""
        if self._doorman is not None:
            self._doorman.close()
        await super().shutdown()

    async def _heard(self, request: web.Request, response: web.StreamResponse) -> None:
        if self._doorman is not None:
            self._doorman.heard(request)


class Doorman:
    """Makes the protocol of each connection, and remembers which have asked for nothing yet."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}  # oldest first
        self._is_closed = False

    def __call__(self) -> RequestHandler:
        """Return the protocol for a new connection; who has been silent for longest may have to go."""
        handler = self._server()
        if self._is_closed:
            handler.close()
        later = asyncio.get_running_loop().call_later
        self._silent[handler] = later(SILENCE, self._show_out, handler)
        if len(self._silent) > MOST_SILENT or len(self._server.connections) > MOST_OPEN:
            self._show_out(next(iter(self._silent)))
        return handler

    def close(self) -> None:
        """Let nobody ask any more who has not asked yet: what would answer is about to end.

        aiohttp closes the connections that it knows, and learns of one at the end of its handshake.
        """
        self._is_closed = True
        for handler in self._silent:
            handler.close()

    def heard(self, request: web.Request) -> None:
        """Note that a connection has asked for something."""
        timer = self._silent.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()

    def _show_out(self, handler: RequestHandler) -> None:
        self._silent.pop(handler).cancel()
        if handler.transport is not None:
            handler.transport.abort()


def widen() -> None:
    """Let this process have as many descriptors as it wants and the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
