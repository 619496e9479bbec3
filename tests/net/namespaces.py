"""Network namespaces for tests: unique names, an emulated link between two, everything gone at the end."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from tests.net.link import ADDRESSES, DEVICE, Answer, Command, Plan, enter_namespace, open_tun

NEEDED = (("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21))  # capability(7)
PATIENCE = 30.0  # seconds a process gets to end after SIGTERM, as from systemd
NOWHERE = "10.10.0.1"
REPOSITORY = Path(__file__).parents[2]
_numbers = itertools.count(1)

T = TypeVar("T")


def why_not() -> str | None:
    """Why namespaces cannot be made here, as a reason to print; None when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    granted = next(line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line)
    for name, bit in NEEDED:
        if not int(granted.split()[1], 16) >> bit & 1:
            return f"network namespaces need {name}"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "the link emulator needs /dev/net/tun"
    if shutil.which("ip") is None:
        return "network namespaces need the command ip (Debian package iproute2)"
    return None


class Namespace:
    """One network namespace and the processes started in it."""

    def __init__(self, name: str, address: str = "127.0.0.1") -> None:
        self.name = name
        self.address = address  # its own, as seen from the other end of the link
        self._processes: list[subprocess.Popen[str]] = []

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` inside; the process keeps its own id."""
        return ["ip", "netns", "exec", self.name, *words]

    def start(
        self, *words: str, env: dict[str, str] | None = None, log: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start a process inside with text pipes on its input and output; it is ended with the namespace.

        With `log`, everything it says goes to the end of that file instead.
        """
        with ExitStack() as stack:
            says = stack.enter_context(log.open("ab")) if log else None
            process = subprocess.Popen(
                self.command(*words),
                stdin=subprocess.PIPE,
                stdout=says or subprocess.PIPE,
                stderr=says,
                text=True,
                env=env,
                cwd=REPOSITORY,
            )
        self._processes.append(process)
        return process

    def run(self, *words: str, timeout: float = 30.0) -> str:
        """Run a command inside to its end and return what it printed; a failure is an exception."""
        done = subprocess.run(
            self.command(*words), check=True, capture_output=True, text=True, timeout=timeout
        )
        return done.stdout

    def within(self, work: Callable[[], T]) -> T:
        """Do something here in a thread that is inside: the sockets that it opens are of this namespace."""
        with ThreadPoolExecutor(1, initializer=self._enter) as thread:  # it changes its namespace, and ends
            return thread.submit(work).result()

    def _enter(self) -> None:
        place = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        enter_namespace(place)
        os.close(place)

    def end_processes(self) -> None:
        """End what start() started and still runs."""
        for process in self._processes:
            end(process)


class Link:
    """The running link between two namespaces."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def cut(self) -> Answer:
        """Lose every packet from now on."""
        return self._ask(Command("cut"))

    def mend(self) -> Answer:
        """Carry packets again."""
        return self._ask(Command("mend"))

    def change(self, plan: Plan) -> Answer:
        """Take the qualities of another plan; its seed and cuts are not looked at."""
        return self._ask(Command("change", plan))

    def counts(self) -> Answer:
        """What was offered and delivered so far."""
        return self._ask(Command("count"))

    def _ask(self, command: Command) -> Answer:
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(command).decode() + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(_line(self._process), type=Answer)


@contextmanager
def alone(*, nowhere: bool = False) -> Iterator[Namespace]:
    """A namespace with nothing but loopback; `nowhere` adds a default route to it (Firefox wants one)."""
    namespace = Namespace(f"tirek-{os.getpid()}-{next(_numbers)}")
    with ExitStack() as stack:
        _ip("netns", "add", namespace.name)
        stack.callback(_ip, "netns", "del", namespace.name)
        # One path, not two, for ICE to find.
        namespace.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        _inside(namespace, "link", "set", "lo", "up")
        if nowhere:
            stack.callback(os.close, _open_nowhere(namespace))
        stack.callback(namespace.end_processes)
        yield namespace


@contextmanager
def joined(plan: Plan, *, nowhere: bool = False) -> Iterator[tuple[Namespace, Namespace, Link]]:
    """Two namespaces, 10.9.0.1 and 10.9.0.2, joined by an emulated link; `nowhere`: default routes too."""
    with ExitStack() as stack:
        ends = (stack.enter_context(alone()), stack.enter_context(alone()))
        link = _start_link(plan, *ends)
        stack.callback(end, link)
        if _line(link) != '"up"\n':
            raise RuntimeError("the link emulator did not start")
        for namespace, address in zip(ends, ADDRESSES, strict=True):
            namespace.address = address
            if nowhere:
                _inside(namespace, "route", "add", "default", "dev", DEVICE)
            stack.callback(namespace.end_processes)  # before the link goes, so that they can say goodbye
        yield *ends, Link(link)


def end(process: subprocess.Popen[str]) -> None:
    """End one process and wait for it, firmly if need be."""
    if process.stdin:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _open_nowhere(namespace: Namespace) -> int:
    """Give a namespace a device without another end; while it is held open, it counts as up."""
    with ThreadPoolExecutor(1) as thread:  # the thread changes its namespace, and ends
        device = thread.submit(open_tun, namespace.name, NOWHERE, "nowhere").result()
    namespace.address = NOWHERE
    _inside(namespace, "route", "add", "default", "dev", "nowhere")
    return device


def _start_link(plan: Plan, first: Namespace, second: Namespace) -> subprocess.Popen[str]:
    words = ("-m", "tests.net.link", first.name, second.name, msgspec.json.encode(plan).decode())
    return subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def _inside(namespace: Namespace, *words: str) -> None:
    _ip("-n", namespace.name, *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
