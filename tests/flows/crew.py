"""The processes of a flow test: nodes, publishers and other people's programs, each with a log and an end."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientSession
from msgspec import Struct

ROOT = Path(__file__).parents[2]
STEP = 0.02  # seconds between looks at something that cannot tell us
LONG = 40.0  # seconds for what takes a fraction of one: two cores may have much to do
START = 40.0  # … for a node to listen
STOP = 30.0  # seconds for a node to stop, which takes one on a computer of its own; systemd gives as much
END = 40.0  # seconds for a program that ends by itself

T = TypeVar("T")
Json = dict[str, Any]


async def until(look: Callable[[], T | None], seconds: float = LONG, why: str = "") -> T:
    """Return what `look` finds once that is true; fail after the deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := look()):
        assert asyncio.get_running_loop().time() < deadline, why or f"not within {seconds} s"
        await asyncio.sleep(STEP)
    return found


async def until_told(ask: Callable[[], Awaitable[T | None]], seconds: float = LONG, why: str = "") -> T:
    """Return what `ask` answers once that is true; fail after the deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await ask()):
        assert asyncio.get_running_loop().time() < deadline, why or f"not within {seconds} s"
        await asyncio.sleep(STEP)
    return found


class Program:
    """One process; all it says goes into a file."""

    def __init__(self, command: list[str], log: Path, folder: Path | None = None) -> None:
        self._command = command
        self._folder = folder
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    @property
    def said(self) -> str:
        """Everything it said so far."""
        return self._log.read_text(errors="replace")

    @property
    def child(self) -> asyncio.subprocess.Process:
        """The process, once started."""
        assert self._child is not None
        return self._child

    async def start(self) -> None:
        """Start the process."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self._log.open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=log, stderr=log, env=environment, cwd=self._folder
            )

    async def says(self, pattern: str, seconds: float = LONG) -> re.Match[str]:
        """Wait until it said something."""

        def look() -> re.Match[str] | None:
            found = re.search(pattern, self.said)
            assert found or self.child.returncode is None, f"ended before it said {pattern!r}:\n{self.said}"
            return found

        return await until(look, seconds, f"never said {pattern!r} in {self._log}")

    async def ended(self, seconds: float = END) -> int:
        """Wait for its end and return the exit status."""
        try:
            async with asyncio.timeout(seconds):
                return await self.child.wait()
        except TimeoutError as exc:
            raise AssertionError(f"still there after {seconds} s:\n{self.said}") from exc

    async def stop(self, seconds: float = STOP) -> None:
        """Ask it to stop, as systemd does; it must in time, and say that all is well."""
        self.child.send_signal(signal.SIGTERM)
        assert await self.ended(seconds) == 0, self.said

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.child.kill()
        await self.child.wait()


class Typed(Struct, frozen=True):
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of its answer."""
        return self.out.splitlines()


class Node(Program):
    """`tirek run` on loopback, by default on a free port; it looks for nobody it was not told of."""

    before: tuple[str, ...] = ()  # with which a command that is typed there begins

    def __init__(self, state: Path, log: Path, *more: str, port: int = 0) -> None:
        listen = f'listen = ["127.0.0.1:{port}"]'
        lines = [f'name = "{state.name}"', f'state = "{state}"', listen, "discover = false", "usb = false"]
        self.config = log.with_suffix(".toml")
        self.config.write_text("\n".join([*lines, *more]))
        super().__init__([sys.executable, "-m", "edge", "run", "--config", str(self.config)], log)
        self.state = state
        self.url = ""

    @property
    def recordings(self) -> Path:
        """The folder of its recordings."""
        return self.state / "recordings"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    async def start(self) -> None:
        """Start it and wait until it listens."""
        await self.launch()
        self.url = (await self.says(r'event="listening" address=(\S+)', START))[1]

    async def launch(self) -> None:
        """Start it and wait for nothing."""
        await super().start()

    @property
    def door(self) -> str:
        """Where it listens for nodes, HOST:PORT; of a node with `listen_nodes` that listens."""
        return self._listens[1]

    @property
    def id(self) -> str:
        """Its id; of a node with `listen_nodes` that listens."""
        return self._listens[2]

    @property
    def _listens(self) -> re.Match[str]:
        found = re.search(r'event="listening for nodes" address=(\S+) node=(\S+)', self.said)
        assert found, self.said
        return found

    async def typed(self, *words: str, seconds: float = END) -> Typed:
        """Type `tirek WORDS` at this node's computer."""
        command = [*self.before, sys.executable, "-m", "edge", *words, "--config", str(self.config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        child = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
        )
        try:
            async with asyncio.timeout(seconds):
                out, err = await child.communicate()
        except TimeoutError as exc:
            child.kill()
            await child.wait()
            raise AssertionError(f"still there after {seconds} s: tirek {' '.join(words)}") from exc
        assert "Traceback" not in err.decode(), err.decode()
        return Typed(child.returncode or 0, out.decode(), err.decode())


class Crew:
    """Starts programs in one folder and ends them all; nodes must end well."""

    def __init__(self, folder: Path, http: ClientSession) -> None:
        self.folder = folder
        self.http = http
        self._programs: list[Program] = []

    async def node(self, name: str, *more: str, parent: str = "", port: int = 0) -> Node:
        """Start a node that lets anyone in; the same name again means the same state folder."""
        follow = [f'parent = "{parent}"'] if parent else []
        lines = ["allow_anyone = true", *follow, *more]
        return await self.start(Node(self.folder / name, self.log(name), *lines, port=port))

    async def publisher(self, source: str, url: str, *flags: str) -> Program:
        """Start `tirek publish`."""
        words = ["-m", "edge", "publish", source, "--to", url, *flags]
        return await self.start(Program([sys.executable, *words], self.log("publisher")))

    async def run(self, *command: str) -> Program:
        """Run a program to its end; it must end well."""
        program = await self.start(Program(list(command), self.log(Path(command[0]).name)))
        assert await program.ended() == 0, program.said
        return program

    async def start(self, program: "P") -> "P":
        """Start any program of ours or of somebody else's."""
        self._programs.append(program)
        await program.start()
        return program

    async def launch(self, node: Node) -> Node:
        """Start a node and wait for nothing."""
        self._programs.append(node)
        await node.launch()
        return node

    def log(self, name: str) -> Path:
        """Return the file for what the next program of this name says."""
        return self.folder / f"{name}-{len(self._programs)}.log"

    async def streams(self, url: str) -> list[Json]:
        """Return the streams of a node."""
        return list((await self.get(f"{url}/api/streams"))["streams"])

    async def recordings(self, url: str) -> list[Json]:
        """Return the recordings of a node."""
        return list((await self.get(f"{url}/api/recordings"))["recordings"])

    async def get(self, url: str) -> Json:
        """Return the answer of a node."""
        async with self.http.get(url) as response:
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def end(self) -> None:
        """Stop whatever still runs: nodes must stop well, and nothing may stay."""
        running = [program for program in self._programs if program.child.returncode is None]
        try:
            await asyncio.gather(*(program.stop() for program in running if isinstance(program, Node)))
        finally:
            for program in running:
                if program.child.returncode is None:
                    await program.kill()


P = TypeVar("P", bound=Program)
