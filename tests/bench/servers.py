"""The relays that are compared, started the same way: ours, one made from aiortc, and Janus."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer, Place, Process
from tests.bench.contract import ServerPlan
from tests.bench.peers import janus
from tests.bench.place import free_port

OURS, AIORTC, JANUS = "tirek", "aiortc av.Packet", "Janus videoroom"


class Relay(Struct, frozen=True):
    """A running relay: where to publish and to watch, and the process to look at."""

    name: str
    pid: int
    publish: str
    watch: str


def available() -> list[str]:
    """The relays that can be started here."""
    ours = [OURS] if find_spec("edge.__main__") else []
    return [*ours, AIORTC, *([JANUS] if janus.is_installed() else [])]


@contextmanager
def relay(name: str, place: Place) -> Iterator[Relay]:
    """Run one relay."""
    start = {OURS: _ours, AIORTC: _aiortc, JANUS: _janus}[name]
    with start(place) as running:
        yield running


@contextmanager
def node(place: Place, state: Path, parent: str = "") -> Iterator[tuple[str, int]]:
    """Run one node of ours; gives its root URL and process id."""
    root = f"{place.address}:{free_port(place)}"
    words = [sys.executable, "-m", "edge", "run", "--state", str(state), "--listen", root, "--allow-anyone"]
    if parent:
        words += ["--parent", parent]
    with Process(place, words, log=state.with_suffix(".log")) as process:
        yield f"http://{root}", process.pid


@contextmanager
def _ours(place: Place) -> Iterator[Relay]:
    with TemporaryDirectory() as folder, node(place, Path(folder) / "state") as (url, pid):
        yield Relay(OURS, pid, f"{url}/whip/lesson", f"{url}/whep/lesson")


@contextmanager
def _aiortc(place: Place) -> Iterator[Relay]:
    with Peer(place, "packet_relay", ServerPlan(place.address)) as peer:
        url = peer.ready().url
        yield Relay(AIORTC, peer.pid, f"{url}/whip/lesson", f"{url}/whep/lesson")


@contextmanager
def _janus(place: Place) -> Iterator[Relay]:
    with TemporaryDirectory() as folder:
        port = free_port(place)
        words = janus.configure(Path(folder), place.address, port)
        room = f"janus:http://{place.address}:{port}/janus#{janus.ROOM}"
        with Process(place, words, log=Path(folder) / "log") as process:
            yield Relay(JANUS, process.pid, room, room)
