"""The daemon: a node that is run until a signal comes, and again on its disk as soon as that can be used."""

import asyncio
import logging
import os
import signal
from pathlib import Path

from msgspec import structs

from edge import opening
from edge.config import Config
from edge.doorman import widen
from edge.errors import TirekError
from edge.given_up import told
from edge.loop import until_complete
from edge.node import Node
from edge.opening import Opened
from edge.reloading import LIVE, Reloading
from edge.supervise import keep
from edge.unit import Unit

LOOK = 5.0  # seconds between looks at a disk that cannot be used, as often as a recorder looks
ANEW = 600.0  # seconds after which a service on such a disk is started anew, if no lesson is live

log = logging.getLogger(__name__)


class Daemon:
    """Runs one node after another: more than one only where a disk comes back."""

    def __init__(self, config: Config, source: Path | None) -> None:
        self._config = config
        self._source = source
        self._manager = Unit(os.environ)
        self._stop = asyncio.Event()  # of the node that runs now
        self._is_healed = False
        self._is_ending = False

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(told)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        widen()
        if self._config.allow_anyone:
            log.warning("anybody may publish and watch: no tokens are asked for")
        again = True
        while again:
            self._stop, self._is_healed = asyncio.Event(), False
            node = self._made(await asyncio.to_thread(opening.opened, self._config))
            try:
                await self._serve(node)
            finally:
                opening.forget(node.opened)
            again = self._is_healed and not self._is_ending
        log.info("stopped")

    async def _serve(self, node: Node) -> None:
        def change(new: Config) -> None:
            """Change the node, and what the next one begins with: a token that was taken away stays so."""
            self._config = structs.replace(self._config, **{name: getattr(new, name) for name in LIVE})
            node.change(new)

        trouble = node.opened.trouble
        lasting = f"only lessons, nothing is kept: {trouble}" if trouble else ""
        reloading = Reloading(self._manager, self._source, self._config, change, lasting)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloading.reload)
        if self._is_ending:
            self._stop.set()
        self._manager.status(lasting)
        refused: TirekError | None = None
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(keep(lambda: self._look(node), "disk"))
            telling = tasks.create_task(self._tell_end(self._stop))
            try:
                await node.run()
            except TirekError as exc:
                refused = exc
            looking.cancel()
            telling.cancel()
        if refused is not None:  # as it is, and not in a group: it is one sentence for a person
            raise refused

    async def _tell_end(self, stop: asyncio.Event) -> None:
        """Tell the manager that the daemon ends; not where it goes on with another node."""
        await stop.wait()
        if not self._is_healed:
            self._manager.stopping()

    def _made(self, opened: Opened) -> Node:
        """Make a node; on a disk that fails at that, one in memory."""
        try:
            return Node(opened, self._stop, self._manager)
        except OSError as exc:
            opened.journal.close()
            opening.forget(opened)
            if opened.trouble:
                raise TirekError(f"a node cannot be made in memory: {exc}") from exc
            return Node(opening.in_memory(self._config, exc), self._stop, self._manager)

    async def _look(self, node: Node) -> None:
        """Begin anew on the disk when it can be used again, but not in the middle of a lesson."""
        anew = asyncio.get_running_loop().time() + ANEW
        while node.opened.trouble and not self._stop.is_set():
            await asyncio.sleep(LOOK)
            if any(stream.live for stream in node.studio.streams.values()):
                continue
            self._is_healed = await asyncio.to_thread(self._can_be_used)
            # A disk that was mounted anew is not seen in the sandbox of a service until that is started anew.
            is_time = self._manager.watchdog and asyncio.get_running_loop().time() > anew
            if self._is_healed or is_time:
                self._stop.set()
        if self._is_healed:
            log.info("the state folder can be used again")
        await asyncio.get_running_loop().create_future()  # until the node has ended

    def _can_be_used(self) -> bool:
        try:
            opening.usual(self._config).close()
        except (OSError, TirekError):
            return False
        return True

    def _end(self) -> None:
        self._is_ending = True
        self._stop.set()


def run(config: Config, source: Path | None = None) -> int:
    """Run a node, whose configuration came from this file; return the exit status."""
    until_complete(Daemon(config, source).run())
    return 0
