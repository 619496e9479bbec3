"""One node: all wiring, by hand. What the configuration lists is what is mounted."""

import asyncio
import ipaddress
import logging
import secrets
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from edge import VERSION
from edge.access import Door
from edge.archive import Archive
from edge.config import Config, address
from edge.discovery import Discovery, Presence
from edge.errors import TirekError
from edge.gate import make_app
from edge.hubs import Hubs
from edge.lessons import Lessons
from edge.media.ntp import NtpClock
from edge.media.record.store import Store
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.transport import Identity
from edge.media.whep import Whep
from edge.media.whip import Whip
from edge.parent import ParentLink
from edge.signalling import Signalling
from edge.supervise import keep
from edge.views import Views

SHUTDOWN = 1.0  # seconds that open requests get when the node stops

log = logging.getLogger(__name__)


class Node:
    """The parts of a node, made once, and how they are run."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.hosts = [address(text) for text in config.listen]
        self.loopback = all(ipaddress.ip_address(host).is_loopback for host, _ in self.hosts)
        self.id = secrets.token_hex(8)
        self.ntp = NtpClock()
        self.identity = Identity.create()
        self.wake = asyncio.Event()
        self.studio = Studio(config.limits.streams)
        self.relay = Relay()
        self.sessions = Sessions(self.identity, self.loopback)
        self.store = Store(Path(config.state), reserve=config.limits.disk_reserve << 20)
        self.lessons = Lessons(self.store, self.studio, config.record)
        self.hubs = Hubs(self.id, self.wake.set)
        self.port = 0

    def app(self) -> web.Application:
        """Return everything that is served over HTTP."""
        config = self.config
        door = Door(config.tokens, config.room, config.allow_anyone)
        whip = Whip(self.studio, self.sessions, self.ntp, config.limits.bitrate)
        whep = Whep(self.studio, self.sessions, self.relay, self.ntp, config.limits.viewers)
        views = Views(config, door, self.studio, whep, self._recording)
        parts = (views, Archive(self.store, door), Signalling(door, self.sessions, whip, whep))
        return make_app([route for part in parts for route in part.routes()])

    def _recording(self, stream: str) -> dict[str, str]:
        return dict(msgspec.to_builtins(self.lessons.state(stream)))

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; every recording is closed on return."""
        runner = web.AppRunner(
            self.app(), handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN
        )
        await runner.setup()
        try:
            await self._listen(runner)
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(part) for part in self._parts()]
                await stop.wait()
                for part in parts:
                    part.cancel()
        finally:
            await runner.cleanup()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        parts = [
            keep(self.studio.run, "studio"),
            keep(self.sessions.run, "sessions"),
            keep(self.relay.run, "relay"),
            keep(self.lessons.run, "lessons"),
        ]
        if self.config.parent is not None or self.config.finds_parent:
            parts.append(keep(self._follow, "parent", self.wake))
        if self.config.announce or self.config.discover:
            parts.append(keep(Discovery(self.hubs, self._presence).run, "discovery"))
        return parts

    async def _follow(self) -> None:
        link = ParentLink(self.config, self.studio, self.hubs, self.wake)
        await link.run(self.identity, self.ntp, self.loopback)

    def _presence(self) -> Presence | None:
        if not self.config.announce:
            return None
        depth = 0 if self.config.parent is None else 1
        hosts = tuple(host for host, _ in self.hosts)
        return Presence(self.id, self.config.name, self.port, depth, VERSION, hosts)

    async def _listen(self, runner: web.AppRunner) -> None:
        for host, port in self.hosts:
            site = web.TCPSite(runner, host, port)
            try:
                await site.start()
            except OSError as exc:
                raise TirekError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
        self.port = runner.addresses[0][1]
        for bound in runner.addresses:
            log.info("listening address=http://%s:%d name=%r", bound[0], bound[1], self.config.name)


async def serve(config: Config) -> None:
    """Run a node until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if config.allow_anyone:
        log.warning("anybody may publish and watch: no tokens are asked for")
    await Node(config).run(stop)
    log.info("stopped")


def run(config: Config) -> int:
    """Run a node; return the exit status."""
    state = Path(config.state)
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise TirekError(f"state folder {state}: {exc.strerror}") from exc
    uvloop.run(serve(config))
    return 0
