"""A node that is stopped in the middle of its work ends in order, and calls nothing of that an error."""

import asyncio
import gc
import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar

import aiohttp
import pytest

from edge.config import Config
from edge.journal import Journal
from edge.loop import Loop
from edge.node import Node
from edge.opening import Opened
from edge.unit import Unit
from sync import tree
from sync.joining.identity import Parent, load_or_create
from sync.joining.tls import client_context
from sync.ledger import Ledger, computer
from sync.records import NodeEnrolled
from tests.flows.crew import until
from tests.flows.tree import free_port

HERE = "127.0.0.1"
DEADLINE = 40.0  # seconds: a busy computer
MANY = 8  # of each kind of request
ASK = b"GET /api/streams HTTP/1.1\r\nHost: hub\r\n\r\n"
PAGES = ("/metrics", "/class/progress", "/export/attendance?format=jsonl", "/api/streams?after=0&wait=25")

T = TypeVar("T")


class Busy(Ledger):
    """A journal that other threads than the loop's come to late: they wait until the test lets them."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query, in another thread once it may."""
        if threading.current_thread() is not threading.main_thread():
            self.asked.release()
            assert self.go.wait(DEADLINE)
        return super().read(query)


class Hub:
    """A node in this process that another one is enrolled with."""

    def __init__(self, folder: Path) -> None:
        (folder / "below").mkdir()
        self.below = below = load_or_create(folder / "below")
        self.port = free_port()
        state = str(folder / "hub")
        config = Config(
            "hub",
            state,
            ("127.0.0.1:0",),
            (f"127.0.0.1:{self.port}",),
            "aul",
            discover=False,
            vision=False,
            allow_anyone=True,
            usb=False,
        )
        journal = Journal(Path(state), "aul", Busy)
        assert isinstance(journal.ledger, Busy)
        self.ledger = journal.ledger
        me, moment = journal.identity, computer()
        fact = NodeEnrolled(below.node, "aul", below.fingerprint, "room")
        self.ledger.write(lambda db: tree.admit(db, me.node, fact, below.certificate, moment)).result()
        self.stop = asyncio.Event()
        self.node = Node(Opened(config, journal, Path(config.state)), self.stop, Unit({}))
        self.context = client_context(below, Parent(f"{HERE}:{self.port}", me.certificate, me.node, "aul"))

    async def asked(self, path: str) -> None:
        """Ask for a page, and take whatever comes of it."""
        async with aiohttp.ClientSession() as http:
            try:
                async with http.get(f"http://{HERE}:{self.node.port}{path}") as answer:
                    await answer.read()
            except aiohttp.ClientError:
                return  # the node has ended


class Late:
    """A node below whose handshake takes long: its last word waits here."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_hostname=HERE)
        self._port = port

    async def begin(self) -> None:
        """Shake hands, but for the last word."""
        self._reader, self._writer = await asyncio.open_connection(HERE, self._port)
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                self._writer.write(self._goes.read())
                self._came.write(await self._reader.read(1 << 16))

    async def ask(self) -> bytes:
        """Say it, ask for something at once, and return the answer."""
        self._tls.write(ASK)
        self._writer.write(self._goes.read())
        self._writer.write_eof()
        try:
            self._came.write(await self._reader.read())
            return self._tls.read()
        except (ssl.SSLError, ConnectionError):
            return b""
        finally:
            self._writer.close()


async def _stopped(folder: Path) -> list[bytes]:
    """Stop a hub that is being asked in all ways; return what those are told who come after it."""
    hub = Hub(folder)
    late = [Late(hub.context, hub.port) for _ in range(MANY)]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hub.node.run())
        await until(lambda: hub.node.port)
        for path in PAGES * MANY:
            tasks.create_task(hub.asked(path))
        for each in late:
            await each.begin()
        await until(lambda: hub.ledger.asked.acquire(blocking=False))
        hub.stop.set()
        await running
        answers = [await each.ask() for each in late]
        hub.ledger.go.set()
    return answers


def test_a_node_that_is_stopped_in_the_middle_of_its_work_logs_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:  # as the daemon: its sockets differ
        answers = runner.run(_stopped(tmp_path))
    gc.collect()  # whose fault nobody has looked at says so when it is thrown away
    assert answers == [b""] * MANY
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []
