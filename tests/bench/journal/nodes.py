"""Nodes to measure: their folders, their enrolment, and a hub that is the daemon as it is run."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event
from types import TracebackType
from typing import Self

from msgspec import Struct

from sync import tree
from sync.joining.identity import Parent, load_or_create, save_parent
from sync.ledger import Ledger, Now, computer
from sync.names import Names
from sync.records import NodeEnrolled
from tests.bench.child import REPOSITORY, Place, Process, Silent
from tests.bench.place import Here

PATIENCE = 20.0  # seconds for a daemon to listen: its imports take one or two
PAUSE = 0.05
LOOK = 0.01  # seconds between looks at how much memory a command has
FIRST = -15  # nice: others on this computer are not measured
HERE = "127.0.0.1"
PORTS = (20_000, 32_000)  # below those that Linux chooses from
CORES = 2  # what the goals are for: a small computer
DAEMON = """
name = "bench"
state = "{state}"
listen = ["{pages}"]
listen_nodes = ["{address}"]
record = false
discover = false
allow_anyone = true
"""


class Ran(Struct, frozen=True):
    """What a command took."""

    seconds: float
    memory: float  # MB at the most


class Site:
    """One node's files, opened here; close it before its daemon is started."""

    def __init__(self, state: Path, now: Now = computer) -> None:
        self.state = state
        self.folder = state / "journal"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.identity = load_or_create(self.folder)
        self.ledger = Ledger(self.folder, self.identity.node, now)
        self.names = Names(self.folder / "names.db")
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ledger.close()
        self.names.close()

    def lets_in(self, other: "Site", school: str, address: str, *, enrols: bool = False) -> None:
        """Enrol another node below this one, as if by a code; `address` is where this one will listen."""
        fact = NodeEnrolled(other.identity.node, school, other.identity.fingerprint, enrols=enrols)
        pem, moment = other.identity.certificate, self._now()
        self.ledger.write(lambda db: tree.admit(db, self.identity.node, fact, pem, moment)).result()
        save_parent(other.folder, self.as_parent(address, school))

    def as_parent(self, address: str, school: str) -> Parent:
        """Return what a node below this one knows of it."""
        return Parent(address, self.identity.certificate, self.identity.node, school)


@contextmanager
def daemon(state: Path, address: str, place: Place | None = None) -> Iterator[Process]:
    """Run a node as it is run at a hub, with the journal that stands in its state folder."""
    place = place or Here()
    config, log = state / "node.toml", state / "log"
    config.write_text(DAEMON.format(state=state, address=address, pages=an_address()))
    words = (sys.executable, "-m", "edge", "run", "--config", str(config))
    with Process(place, words, log=log) as process:
        try:
            _listens(log)
            yield process
        except Silent:
            sys.stderr.write(log.read_text())
            raise


def _put(nice: int) -> None:
    """As root, let this session run before or beside others: what a process has counts within its own."""
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        with suppress(OSError):  # sched(7): a kernel without autogroups, or a container
            Path("/proc/self/autogroup").write_text(str(nice))


@contextmanager
def two_cores() -> Iterator[None]:
    """Keep this process and whatever it starts on two cores, as root before whatever else runs there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    _put(FIRST)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        _put(0)


def an_address() -> str:
    """Return an address of this computer for a daemon; the system gives no such port to whoever dials."""
    while True:
        port = Random().randrange(*PORTS)
        with suppress(OSError), socket.create_server((HERE, port)):
            return f"{HERE}:{port}"


def pause(seconds: float) -> None:
    """Let time pass between two looks, or two registers."""
    Event().wait(seconds)


def registers_in(state: Path) -> int:
    """Return how many registers a node holds, read without its daemon's help."""
    query = "SELECT count(*) FROM event WHERE kind = 'register-taken'"
    with closing(sqlite3.connect(state / "journal" / "journal.db")) as db:
        return int(db.execute(query).fetchone()[0])


def command(*words: str) -> Ran:
    """Run one of tirek's commands to its end."""
    began, memory = time.perf_counter(), 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "edge", *words], cwd=REPOSITORY, stdout=subprocess.DEVNULL
    ) as run:
        while run.poll() is None:
            with suppress(FileNotFoundError, StopIteration):  # it has just ended
                memory = max(memory, peak(run.pid))
            pause(LOOK)
    if run.returncode:
        raise Silent(f"tirek {words[0]} ended with {run.returncode}")
    return Ran(time.perf_counter() - began, memory)


def peak(pid: int) -> float:
    """Return the MB of memory that a process held at the most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def file_system(folder: Path) -> str:
    """Return what kind of disk a folder is on: on a tmpfs an fsync costs nothing."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    above = [(len(point), kind) for _, point, kind, *_ in mounts if folder.is_relative_to(point)]
    return max(above)[1]


def _listens(log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (log.exists() and '"listening"' in log.read_text()):
        if time.monotonic() > deadline:
            raise Silent("the node does not listen")
        pause(PAUSE)
