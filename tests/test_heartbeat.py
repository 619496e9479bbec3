"""The watchdog is fed while the loop, the journal and the recordings go on, and not a moment longer."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from edge.heartbeat import Heartbeat
from edge.unit import Unit
from sync.ledger import Ledger
from tests.sync.peers import node_id

WATCHDOG = 0.4  # seconds, as a unit's WatchdogSec=
SOON = 30.0


@pytest.fixture
def heard(tmp_path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.setblocking(False)
    return listening


@asynccontextmanager
async def beating(heard: socket.socket, ledger: Ledger, takes: dict[str, int]) -> AsyncIterator[None]:
    usec = str(int(WATCHDOG * 1e6))
    manager = Unit({"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": usec})
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Heartbeat(manager, ledger, lambda: dict(takes), WATCHDOG).run())
        try:
            yield
        finally:
            task.cancel()


async def fed(heard: socket.socket) -> bytes:
    """Wait for the next word to the manager."""
    async with asyncio.timeout(SOON):
        return await asyncio.get_running_loop().sock_recv(heard, 100)


async def is_starved(heard: socket.socket) -> bool:
    """Tell whether nothing comes for some looks, once what is on its way has come."""
    with suppress(BlockingIOError):
        while heard.recv(100):
            pass
    try:
        async with asyncio.timeout(4 * WATCHDOG):
            await asyncio.get_running_loop().sock_recv(heard, 100)
    except TimeoutError:
        return True
    return False


async def test_it_is_fed_again_and_again(heard: socket.socket, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, node_id(1))
    with heard:
        async with beating(heard, ledger, {}):
            assert [await fed(heard) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    ledger.close()


async def test_it_starves_while_the_journal_s_thread_hangs(heard: socket.socket, tmp_path: Path) -> None:
    ledger, goes_on = Ledger(tmp_path, node_id(1)), threading.Event()
    with heard:
        async with beating(heard, ledger, {}):
            await fed(heard)
            ledger.write(lambda db: goes_on.wait(SOON))
            async with asyncio.timeout(SOON):
                while not await is_starved(heard):
                    pass
            goes_on.set()
            assert await fed(heard) == b"WATCHDOG=1"
    ledger.close()


async def test_it_starves_while_a_recording_s_thread_hangs(heard: socket.socket, tmp_path: Path) -> None:
    ledger, takes = Ledger(tmp_path, node_id(1)), {"physics": 5}
    with heard:
        async with beating(heard, ledger, takes):
            async with asyncio.timeout(SOON):
                while not await is_starved(heard):
                    pass
            takes["physics"] += 1
            assert await fed(heard) == b"WATCHDOG=1"
    ledger.close()
