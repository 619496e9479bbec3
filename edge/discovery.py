"""Finds nodes on this network and lets itself be found (multicast DNS): hubs as `_tirek._tcp.local.`.

A session lasts while the addresses of this computer stay the same; when they change, it is built anew.
"""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import NoReturn, Protocol

import ifaddr
import zeroconf
from msgspec import Struct
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from edge.errors import NetworkAbsent
from edge.hubs import NODE, Answer, Network

SERVICE = "_tirek._tcp.local."
SRV = 33  # RFC 2782
PTR = 12  # RFC 1035
SUBTYPE = "._sub."  # RFC 6763 section 7.1: the browser asks for such services, and overlooks the answers
EVERYWHERE = {"0.0.0.0": 4, "::": 6}  # a host that stands for every address of this version of IP
LOOK_AGAIN = 3.0  # seconds between looks at our own addresses: a cable plugged in is noticed at once
RESOLVE_TIME = 1500  # milliseconds for what an announcement left out; it usually leaves out nothing
MAX_ADDRESSES = 256  # that are remembered with their networks: several parts look at them all day
MAX_WAITING = 64  # announcements not yet looked at: twice the hubs we remember


class Presence(Struct, frozen=True):
    """What a node says about itself."""

    node: str  # its id, [a-z0-9-]; new or kept, but never shared by two
    name: str
    port: int
    depth: int  # 0 without a parent of its own, 1 below one
    version: str
    hosts: tuple[str, ...] = ("0.0.0.0",)  # where it listens

    def properties(self) -> dict[str, str]:
        """Return what is announced beside name, address and port."""
        return {"name": self.name, "depth": str(self.depth), "version": self.version}


class Announced(Protocol):
    """What a node says about itself under one kind of service."""

    @property
    def node(self) -> str:
        """Its id, [a-z0-9-]."""

    @property
    def port(self) -> int:
        """Where it serves."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it listens."""

    def properties(self) -> dict[str, str]:
        """Return what is announced beside name, address and port."""


class Audience(Protocol):
    """Who believes what is heard, or not."""

    own: str
    refused: int

    def heard(self, answer: Answer, networks: Sequence[Network], now: float) -> None:
        """Take an answer."""

    def stirred(self, now: float) -> None:
        """Note that our own addresses have changed."""

    def left(self, node: str) -> None:
        """Forget one that said goodbye or was not heard for too long."""


def local_networks() -> dict[str, Network]:
    """Return the addresses of this computer that need no interface beside them, each with its network."""
    found: dict[str, Network] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            address = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            network = _network(address, ip.network_prefix)
            if network is not None:
                found[address] = network
    return found


@lru_cache(MAX_ADDRESSES)
def _network(address: str, prefix: int) -> Network | None:
    """Return the network of an address; None for one that needs its interface beside it."""
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    return None if network.version == 6 and network.is_link_local else network


class Discovery:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        hubs: Audience,
        presence: Callable[[], Announced | None],
        interfaces: Sequence[str] = (),
        networks: Callable[[], dict[str, Network]] = local_networks,
        look_again: float = LOOK_AGAIN,
        service: str = SERVICE,
    ) -> None:
        """`interfaces` are IPv4 addresses; none stand for all there are at the moment."""
        self._hubs = hubs
        self._service = service
        self._presence = presence
        self._interfaces = tuple(interfaces)
        self._networks = networks
        self._look_again = look_again

    async def run(self) -> NoReturn:
        """Announce and listen until cancelled; NetworkAbsent when there is nothing to do it on."""
        while True:
            try:
                await self._session(self._networks(), self._presence())
            except (OSError, zeroconf.Error) as exc:
                raise NetworkAbsent(f"no multicast DNS: {exc}") from exc

    async def _session(self, networks: dict[str, Network], presence: Announced | None) -> None:
        interfaces = self._interfaces or _multicast(networks)
        if not interfaces or not set(interfaces) <= set(networks):
            raise NetworkAbsent(f"no IPv4 address to look for hubs on, only {', '.join(networks) or 'none'}")
        waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        async with _multicasting(interfaces) as mdns:
            ear = _Ear(self._hubs, waiting, self._service)
            mdns.zeroconf.async_add_listener(ear, None)
            browser = AsyncServiceBrowser(mdns.zeroconf, [self._service], handlers=[ear.changed])
            if presence is not None:
                service = _service(presence, networks, self._service)
                await (await mdns.async_register_service(service))
            async with asyncio.TaskGroup() as tasks:
                resolving = tasks.create_task(self._resolve(mdns.zeroconf, waiting, tuple(networks.values())))
                await self._until_changed(networks, presence)
                resolving.cancel()
            await browser.async_cancel()
        self._hubs.stirred(time.monotonic())

    async def _until_changed(self, networks: dict[str, Network], presence: Announced | None) -> None:
        while True:
            await asyncio.sleep(self._look_again)
            if networks != self._networks() or presence != self._presence():
                return

    async def _resolve(
        self, mdns: zeroconf.Zeroconf, waiting: asyncio.Queue[str], networks: Sequence[Network]
    ) -> NoReturn:
        while True:
            node = await waiting.get()
            service = AsyncServiceInfo(self._service, f"{node}.{self._service}")
            if await service.async_request(mdns, RESOLVE_TIME):
                addresses = service.parsed_addresses()
                answer = Answer(node, service.properties, addresses, service.port or 0)
                self._hubs.heard(answer, networks, time.monotonic())


@asynccontextmanager
async def _multicasting(interfaces: Sequence[str]) -> AsyncIterator[AsyncZeroconf]:
    mdns = AsyncZeroconf(interfaces=list(interfaces))
    try:
        async with mdns:
            yield mdns
    finally:
        mdns.zeroconf.engine.close()  # a goodbye takes half a second: who is cancelled in it leaves no socket


class _Ear(zeroconf.RecordUpdateListener):
    """Puts every announcement into the queue: new ones from the browser, repeated ones from the records."""

    def __init__(self, hubs: Audience, waiting: asyncio.Queue[str], service: str) -> None:
        self._hubs = hubs
        self._service = service
        self._waiting = waiting

    def changed(
        self,
        zeroconf: zeroconf.Zeroconf,
        service_type: str,
        name: str,
        state_change: zeroconf.ServiceStateChange,
    ) -> None:
        """Take a change the browser saw."""
        if state_change.name == "Removed":
            self._hubs.left(self._node(name))
        else:
            self._announced(name)

    def async_update_records(
        self, zc: zeroconf.Zeroconf, now: float, records: list[zeroconf.RecordUpdate]
    ) -> None:
        """Take the records of one packet: a hub back from a power cut is no news to the browser."""
        for record in records:
            if record.new.type == SRV and record.old is not None and record.new.ttl > 0:
                self._announced(record.new.name)
            elif record.new.type == PTR and SUBTYPE in self._service:
                self._pointed(record, now)

    def _pointed(self, update: zeroconf.RecordUpdate, now: float) -> None:
        """Take what the browser overlooks."""
        record = update.new
        alias = str(getattr(record, "alias", ""))
        if record.name.casefold() != self._service.casefold():
            return
        if record.is_expired(now):
            self._hubs.left(self._node(alias))
        else:
            self._announced(alias)

    def _announced(self, name: str) -> None:
        node = self._node(name)
        if not name.endswith(f".{self._service}") or node == self._hubs.own or not NODE.fullmatch(node):
            return
        try:
            self._waiting.put_nowait(node)
        except asyncio.QueueFull:
            self._hubs.refused += 1

    def _node(self, name: str) -> str:
        return name.removesuffix(f".{self._service}")


def _service(presence: Announced, networks: dict[str, Network], service: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        service,
        f"{presence.node}.{service}",
        port=presence.port,
        properties=presence.properties(),
        server=f"{presence.node}.local.",
        parsed_addresses=_served(presence.hosts, networks),
    )


def _served(hosts: Sequence[str], networks: dict[str, Network]) -> list[str]:
    """Return where others reach us; loopback only where there is nothing else."""
    served = {host for host in hosts if host not in EVERYWHERE}
    versions = {EVERYWHERE[host] for host in hosts if host in EVERYWHERE}
    served |= {each for each, network in networks.items() if network.version in versions}
    away = {each for each in served if not ipaddress.ip_address(each).is_loopback}
    return sorted(away or served)


def _multicast(networks: dict[str, Network]) -> tuple[str, ...]:
    return tuple(each for each, network in networks.items() if network.version == 4)
