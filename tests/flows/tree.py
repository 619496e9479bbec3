"""A region, a hub and two classrooms, each a daemon, and a busy writer beside each classroom."""

import asyncio
import json
import random
import socket
import sys
from collections import Counter
from pathlib import Path

from msgspec import Struct

from edge.journal import Journal
from sync import tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import NodeEnrolled
from tests.flows.crew import Crew, Node, Program, Typed, until
from tests.flows.journals import facts, journal_of

LOWEST, HIGHEST = 20_000, 30_000  # below what the kernel gives to callers: nobody's call takes a dead node's
GLANCE = 0.0005  # seconds between looks at a file that is written for some milliseconds
EVEN = 60.0  # seconds for everything to come to the region at last
REGISTER = "register-taken"


class Told(Struct):
    """A line of a writer: a register that is asked for, or that is on the disk under an id."""

    lesson: str
    marks: dict[str, str]
    id: str


class Tree:
    """The processes; each can be killed, and is started again at once."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._running: dict[str, Program] = {}
        self._writers: dict[str, list[Path]] = {"room-a": [], "room-b": []}
        self.parents = {"hub": "region", "room-a": "hub", "room-b": "hub"}
        self.nodes = ("region", *self.parents)
        self.names = (*self.nodes, *(f"writer of {room}" for room in self._writers))
        self._doors = {"region": free_port(), "hub": free_port()}
        self.killed: Counter[str] = Counter()

    def state(self, node: str) -> Path:
        """Where a node keeps what it keeps."""
        return self._crew.folder / node

    def children(self, parent: str) -> list[str]:
        """Return who brings facts to a node."""
        return [child for child, above in self.parents.items() if above == parent]

    def plant(self) -> None:
        """Enrol everybody, as `tirek invite` and `tirek enroll` do."""
        journals = {name: Journal(self.state(name)) for name in self.nodes}
        for child, parent in self.parents.items():
            self._join(journals[parent], journals[child], child, self._doors[parent])
        for journal in journals.values():
            journal.close()

    def _join(self, above: Journal, below: Journal, school: str, port: int) -> None:
        mine, theirs = below.identity, above.identity
        fact = NodeEnrolled(mine.node, school, mine.fingerprint, school, enrols=school == "hub")
        moment = computer()
        above.ledger.write(lambda db: tree.admit(db, theirs.node, fact, mine.certificate, moment)).result()
        save_parent(below.folder, Parent(f"127.0.0.1:{port}", theirs.certificate, theirs.node, school))

    async def start(self, name: str) -> None:
        """Start a process and wait for nothing."""
        node = name.removeprefix("writer of ")
        log = self._crew.log(name.replace(" ", "-"))
        if node != name:
            self._writers[node].append(log)
            words = [
                "-m",
                "tests.flows.writer",
                str(self.state(node)),
                f"{len(self._writers[node])}{node[-1]}",
            ]
            self._running[name] = await self._crew.start(Program([sys.executable, *words], log))
            return
        port = self._doors.get(node)
        lines = [f'listen_nodes = ["127.0.0.1:{port}"]'] if port else []
        daemon = Node(self.state(node), log, *lines)
        self._running[name] = await self._crew.launch(daemon)

    async def again(self, name: str) -> None:
        """Kill a process wherever it is, and start it again."""
        await self.kill(name)
        await self.start(name)

    async def kill(self, name: str) -> None:
        """Kill a process that nothing else has ended."""
        program = self._running[name]
        assert program.child.returncode is None, f"{name} ended by itself:\n{program.said}"
        await program.kill()
        self.killed[name] += 1

    async def end(self, name: str) -> None:
        """Have a daemon end in order, whatever it is at."""
        await self._running[name].stop(EVEN)

    async def listen(self) -> None:
        """Wait until all daemons are up."""
        for node in self.nodes:
            await self._running[node].says('event="listening"', EVEN)

    async def stop(self) -> None:
        """Stop the daemons; they must end well."""
        for node in self.nodes:
            await self._running[node].stop(EVEN)  # four daemons and two writers share the computer

    async def typed(self, name: str, *words: str) -> Typed:
        """Type a command at the computer of a node."""
        node = self._running[name]
        assert isinstance(node, Node)
        return await node.typed(*words)

    async def takes(self, more: int) -> None:
        """Wait until the writers had so many more registers acknowledged."""
        before = self._acknowledged()
        await until(lambda: self._acknowledged() >= before + more, EVEN)

    async def exchanges(self, parent: str) -> None:
        """Wait until a node writes what its children bring: their answer is not yet there then."""
        log = journal_of(self.state(parent)).with_name("journal.db-wal")
        before = _written(log)
        deadline = asyncio.get_running_loop().time() + EVEN
        while _written(log) == before:
            assert asyncio.get_running_loop().time() < deadline, f"nothing comes to {parent}"
            await asyncio.sleep(GLANCE)

    async def is_even(self) -> None:
        """Wait until the region holds what the classrooms hold."""
        rooms = {fact.id for room in self._writers for fact in facts(self.state(room), REGISTER)}
        await until(
            lambda: rooms <= {fact.id for fact in facts(self.state("region"), REGISTER)}, EVEN, "never even"
        )

    def told(self, room: str) -> list[Told]:
        """Return what the writers of a room told, in order."""
        lines = [line for log in self._writers[room] for line in log.read_text().splitlines(keepends=True)]
        return [Told(**json.loads(line)) for line in lines if line.endswith("\n")]

    def _acknowledged(self) -> int:
        return sum(
            log.read_bytes().count(b'"id": "') - log.read_bytes().count(b'"id": ""') for log in self._logs()
        )

    def _logs(self) -> list[Path]:
        return [log for logs in self._writers.values() for log in logs]

    @property
    def said(self) -> dict[str, str]:
        """Everything that daemons said, by file."""
        paths = [path for node in self.nodes for path in self._crew.folder.glob(f"{node}-*.log")]
        return {path.name: path.read_text(errors="replace") for path in paths}


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def free_port() -> int:
    """Return a port that nobody has, and that nobody gets by chance."""
    while True:
        port = random.randrange(LOWEST, HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
