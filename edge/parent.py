"""Keeps the link to a parent: the configured one, or the best hub heard of on this network."""

import asyncio
from collections.abc import Callable

import aiohttp
from yarl import URL

from edge.config import Config
from edge.errors import NetworkAbsent, sole
from edge.hubs import Hub, Hubs
from edge.media.link import Link
from edge.media.pull import CONNECT_TIME, REQUEST_TIME, Parent, ParentFailed, Pull
from edge.media.studio import Studio
from edge.media.transport import Identity


class ParentLink:
    """One part of the node: run it under `keep`."""

    def __init__(self, config: Config, studio: Studio, hubs: Hubs, wake: asyncio.Event) -> None:
        self._config = config
        self._studio = studio
        self._hubs = hubs
        self._wake = wake

    async def run(self, identity: Identity, ntp: Callable[[], float], loopback: bool) -> None:
        """Follow the parent until cancelled; end when a found one is gone, so that another is chosen."""
        hub = None if self._config.parent else await self._choose()
        url = self._config.parent or (hub.urls[0] if hub else "")
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIME, sock_connect=CONNECT_TIME)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            # The token is for the configured parent: whoever answers on the network is not trusted with it.
            token = self._config.parent_token if hub is None else None
            parent = Parent(http, URL(url), self._config.name, token)
            pull = Pull(parent, self._studio, identity, ntp, loopback)
            try:
                await Link(parent, pull, self._config.follows, self._wake, hub is not None).run()
            except ExceptionGroup as group:
                if hub is None or sole(group, ParentFailed) is None:
                    raise
                self._hubs.failed(hub)
                raise NetworkAbsent(f"hub {url} is gone") from group

    async def _choose(self) -> Hub:
        while (hub := self._hubs.best()) is None:
            self._wake.clear()
            await self._wake.wait()
        return hub
