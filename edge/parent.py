"""Keeps the link to a parent: the configured one, the hub of the enrolment, or the best one on this network.

A hub that this node was enrolled with is asked over mutual TLS, where its certificate is all it needs.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import aiohttp
from yarl import URL

from edge.config import Config
from edge.errors import NetworkAbsent, sole
from edge.hubs import Hub, Hubs
from edge.journal import Journal
from edge.media.dtls import Identity
from edge.media.link import Link, Listing
from edge.media.pull import CONNECT_TIME, REQUEST_TIME, Parent, ParentFailed, Pull
from edge.media.sight import Sight
from edge.media.studio import Studio
from edge.supervise import keep
from sync.joining.identity import Parent as Enrolled
from sync.joining.tls import client_context


class Beside(Protocol):
    """What goes the other way over the link, to a parent that this node was enrolled with."""

    async def run(self, parent: Parent) -> None:
        """Send until cancelled."""

    def heard(self, listing: Listing | None) -> None:
        """Learn what the parent says; None when it is lost."""


class ParentLink:
    """One part of the node: run it under `keep`."""

    def __init__(
        self, config: Config, journal: Journal, studio: Studio, hubs: Hubs, wake: asyncio.Event
    ) -> None:
        self._config = config
        self._journal = journal
        self._studio = studio
        self._hubs = hubs
        self._wake = wake
        self._link: Link | None = None
        self.beside: Beside | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the parent answers; None while there is nobody to follow."""
        return self._link.reached if self._link else None

    def pulled(self) -> list[str]:
        """Return the streams that come from the parent now."""
        return self._link.pulled() if self._link else []

    async def tell(self, stream: str, sight: Sight) -> bool:
        """Say to the parent what a stream looks like here; false when it was not told."""
        return self._link is not None and await self._link.tell(stream, sight)

    async def report(self, path: str, body: bytes) -> bool:
        """Say something that is true now and is not kept (JSON); false when the parent did not take it."""
        return self._link is not None and await self._link.report(path, body)

    async def run(self, identity: Identity, ntp: Callable[[], float], loopback: bool) -> None:
        """Follow the parent until cancelled; end when a found one is gone, so that another is chosen."""
        self._link = None
        enrolled, hub = await self._choose()
        url = self._config.parent or (f"https://{enrolled.address}" if enrolled else "") or _nearest(hub)
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIME, sock_connect=CONNECT_TIME)
        async with aiohttp.ClientSession(connector=self._connector(enrolled), timeout=timeout) as http:
            # The token is for the configured parent: whoever answers on the network is not trusted with it.
            token = self._config.parent_token if hub is None else None
            parent = Parent(http, URL(url), self._config.name, token)
            pull = Pull(parent, self._studio, identity, ntp, loopback)
            self._link = Link(parent, pull, self._config.follows, self._wake, hub is not None)
            try:
                await self._both(self._link, parent, enrolled is not None)
            except ExceptionGroup as group:
                if hub is None or sole(group, ParentFailed) is None:
                    raise
                self._hubs.failed(hub)
                raise NetworkAbsent(f"hub {url} is gone") from group
            finally:
                self._link = None  # what is told goes nowhere once its session is closed

    async def _both(self, link: Link, parent: Parent, enrolled: bool) -> None:
        """Follow the parent; only one that this node was enrolled with gets anything from here."""
        beside = self.beside
        if beside is None or not enrolled:
            await link.run()
            return
        link.told = beside.heard
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep(lambda: beside.run(parent), "way back"))
            tasks.create_task(link.run())

    def _connector(self, enrolled: Enrolled | None) -> aiohttp.TCPConnector:
        if enrolled is None:
            return aiohttp.TCPConnector()
        return aiohttp.TCPConnector(ssl=client_context(self._journal.identity, enrolled))

    async def _choose(self) -> tuple[Enrolled | None, Hub | None]:
        """Wait until there is somebody to follow; nobody of these two where one is configured."""
        while self._config.parent is None:
            if (enrolled := self._journal.parent) is not None:
                return enrolled, None
            if self._config.finds_parent and (hub := self._hubs.best()) is not None:
                return None, hub
            self._wake.clear()
            await self._wake.wait()
        return None, None


def _nearest(hub: Hub | None) -> str:
    return hub.urls[0] if hub else ""
