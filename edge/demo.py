"""`tirek demo`: a hub and a classroom on this computer, a lesson between them, and what became of it."""

import asyncio
import ctypes
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import ifaddr
import msgspec
from msgspec import Struct
from yarl import URL

from edge import demo_journal
from edge.errors import TirekError, sole
from edge.media.publish.client import Publication
from edge.media.publish.sources import open_source
from edge.media.record.report import Outcome, outcome
from edge.media.record.store import Store

STREAM = "lesson"
PORTS = {"hub": 8080, "classroom": 8081}  # taken if free, any others if not
NODES_PORT = 8443  # likewise, where the classroom reaches the hub
SIMULATED = ("--simulate", "thermometer", "--simulate", "electricity", "--simulate", "robot")
START_TIME = 30.0  # seconds for a node to answer: an old PC reads its modules from a slow disk
STOP_TIME = 10.0  # seconds for a node to close its files
STATUS_PAUSE = 5.0  # seconds between lines about how it goes
LOOK = 0.2  # seconds between looks
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None)  # opened before any fork


class DemoFailed(TirekError):
    """A node did not start or the lesson did not arrive; the text says which."""


class Running(Struct, frozen=True):
    """One node of the demo."""

    state: Path
    port: int

    @property
    def url(self) -> str:
        """Its address on this computer."""
        return f"http://localhost:{self.port}"


class _Live(Struct):
    name: str
    live: bool
    viewers: int
    bitrate: int


class _Listing(Struct):
    streams: list[_Live]


@asynccontextmanager
async def _node(name: str, folder: Path, *flags: str) -> AsyncIterator[Running]:
    """Run a node as a process of its own; it is ended, and its files are closed, on leaving."""
    host = "0.0.0.0" if name == "classroom" else "127.0.0.1"
    node = Running(folder / name, _free(host, PORTS[name]))
    node.state.mkdir(parents=True, exist_ok=True)
    command = ["-m", "edge", "run", "--state", str(node.state), "--name", name]
    # The demo keeps to this computer: a real class room next door must not join it.
    command += ["--listen", f"{host}:{node.port}", "--no-discovery", "--no-usb", *flags]
    with (node.state / "log").open("wb") as log:
        # A session of its own: Ctrl-C in this terminal ends the demo in order, and the demo ends the nodes.
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stderr=log, start_new_session=True, preexec_fn=_end_with_the_demo
        )
        try:
            await _answers(node, name, process)
            yield node
        finally:
            await _end(process)


def _end_with_the_demo() -> None:
    """Have this process ended when the demo is, whatever ends it: a closed terminal, a kill."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def _answers(node: Running, name: str, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as http:
        try:
            async with asyncio.timeout(START_TIME):
                while process.returncode is None:
                    if await _get(http, f"{node.url}/api/node") is not None:
                        return
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            pass
    raise DemoFailed(f"the {name} did not start; its log is {node.state / 'log'}")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_TIME):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _get(http: aiohttp.ClientSession, url: str) -> bytes | None:
    try:
        async with http.get(url) as response:
            return await response.read() if response.status == 200 else None
    except aiohttp.ClientError:
        return None


def _free(host: str, wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((host, port))
            except OSError:
                continue
            return int(door.getsockname()[1])
    raise DemoFailed(f"no free port on {host}")


def _room_addresses(port: int) -> list[str]:
    """Return what to type into a tablet of this room."""
    ips = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    return [f"http://{ip}:{port}/" for ip in ips if not ip.startswith("127.")]


def _welcome(hub: Running, room: Running) -> None:
    print(f"classroom, on this computer:    {room.url}/")
    for address in _room_addresses(room.port):
        print(f"classroom, on every tablet:     {address}")
    print(f"hub teacher's page:             {hub.url}/teach")
    print(f"classroom teacher's screen:     tirek tui --state {room.state}    (in another terminal)")
    print(f"publish with FFmpeg, OBS, …:    {hub.url}/whip/NAME", flush=True)


async def _watch(room: Running) -> None:
    """Print now and then how the lesson goes; return never."""
    began = asyncio.get_running_loop().time()
    async with aiohttp.ClientSession() as http:
        while True:
            await asyncio.sleep(STATUS_PAUSE)
            minutes, seconds = divmod(round(asyncio.get_running_loop().time() - began), 60)
            body = await _get(http, f"{room.url}/api/streams")
            listing = msgspec.json.decode(body, type=_Listing) if body else _Listing([])
            for each in listing.streams:
                how = f"live, {each.bitrate // 1000} kbit/s" if each.live else "waiting"
                print(f"{minutes:02}:{seconds:02}  {each.name}: {how}, {each.viewers} watching", flush=True)


async def _lesson(hub: Running, room: Running, seconds: float | None) -> dict[str, int]:
    """Publish the test picture until the time is over or Ctrl-C; return the frames sent by kind."""
    source = await asyncio.to_thread(open_source, "test")
    publication = Publication(source, URL(f"{hub.url}/whip/{STREAM}"), None)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, source.close)
    if seconds is not None:
        loop.call_later(seconds, source.close)
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(room))
            await publication.run()
            watching.cancel()
    except ExceptionGroup as group:
        raise sole(group, TirekError) or group from None
    return {str(kind): count for kind, count in publication.sent.items()}


async def _show(seconds: float | None, folder: Path) -> Outcome:
    port = _free("127.0.0.1", NODES_PORT)
    async with AsyncExitStack() as nodes:
        serves = ("--listen-nodes", f"127.0.0.1:{port}", "--school", "hub")
        hub = await nodes.enter_async_context(_node("hub", folder, *serves))
        room = await nodes.enter_async_context(_node("classroom", folder, "--room", *SIMULATED))
        await demo_journal.join(hub.state, room.state, port)
        await asyncio.to_thread(demo_journal.furnish, hub.state)
        _welcome(hub, room)
        sent = await _lesson(hub, room, seconds)
        marked = await demo_journal.mark(hub.state, room.state)
    stores = Store(hub.state), Store(room.state)
    for store in stores:
        await asyncio.to_thread(store.recover, lambda: False)
    result = await asyncio.to_thread(outcome, stores[0], stores[1], sent)
    return Outcome(f"{result.text}\n{marked.text}", result.whole and marked.at_hub is not None)


def main(seconds: float | None, folder: Path) -> int:
    """Show a lesson from hub to classroom; return 0 only if recording and register came whole."""
    folder = folder.absolute()
    for name in PORTS:  # and nothing else that a person may have in this folder
        shutil.rmtree(folder / name, ignore_errors=True)
    result = asyncio.run(_show(seconds, folder))
    print(result.text)
    return 0 if result.whole else 1
