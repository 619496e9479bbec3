"""The relays that are compared, started the same way: ours, one made from aiortc, and Janus."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from tests.bench.child import Peer, Place, Process, Silent
from tests.bench.contract import ServerPlan
from tests.bench.peers import janus
from tests.bench.place import free_port

OURS, AIORTC, JANUS, JANUS_PINNED = "tirek", "aiortc av.Packet", "Janus videoroom", "Janus, one core"

CONFIG = """
name = "bench"
state = "{state}"
listen = ["{address}"]
record = {record}
discover = false
usb = false
allow_anyone = true
"""


class Relay(Struct, frozen=True):
    """A running relay: where to publish and to watch, and the process to look at."""

    name: str
    pid: int
    publish: str
    watch: str


def available() -> list[str]:
    """The relays that can be started here."""
    ours = [OURS] if find_spec("edge.__main__") else []
    others = [JANUS, JANUS_PINNED] if janus.is_installed() else []
    return [*ours, AIORTC, *others]


@contextmanager
def relay(name: str, place: Place) -> Iterator[Relay]:
    """Run one relay."""
    start = {OURS: _ours, AIORTC: _aiortc}.get(name, partial(_janus, name=name))
    with start(place) as running:
        yield running


@contextmanager
def node(place: Place, folder: Path, *, parent: str = "", record: bool = False) -> Iterator[tuple[str, int]]:
    """Run one node of ours, its state in `folder`; gives its root URL and process id."""
    address = f"{place.address}:{free_port(place)}"
    settings = CONFIG.format(state=folder / "state", address=address, record=str(record).lower())
    config = folder / "node.toml"
    config.write_text(settings + (f'parent = "{parent}"\n' if parent else ""))
    words = (sys.executable, "-m", "edge", "run", "--config", str(config))
    with Process(place, words, log=folder / "log") as process:
        try:
            yield f"http://{address}", process.pid
        except Silent:
            sys.stderr.write((folder / "log").read_text())
            raise


@contextmanager
def two_nodes(near: Place, far: Place, folder: Path, *, record: bool = False) -> Iterator[tuple[str, str]]:
    """Run a hub and a classroom that has it as its parent; gives their root URLs."""
    hub_folder, room_folder = folder / "hub", folder / "room"
    hub_folder.mkdir()
    room_folder.mkdir()
    with node(near, hub_folder) as (hub, _), node(far, room_folder, parent=hub, record=record) as (room, _):
        yield hub, room


@contextmanager
def _ours(place: Place) -> Iterator[Relay]:
    with TemporaryDirectory() as folder, node(place, Path(folder)) as (url, pid):
        yield Relay(OURS, pid, f"{url}/whip/lesson", f"{url}/whep/lesson")


@contextmanager
def _aiortc(place: Place) -> Iterator[Relay]:
    with Peer(place, "packet_relay", ServerPlan(place.address)) as peer:
        url = peer.ready().url
        yield Relay(AIORTC, peer.pid, f"{url}/whip/lesson", f"{url}/whep/lesson")


@contextmanager
def _janus(place: Place, name: str) -> Iterator[Relay]:
    with TemporaryDirectory() as folder:
        port = free_port(place)
        words = janus.configure(Path(folder), place.address, port)
        if name == JANUS_PINNED:
            words = ["taskset", "--cpu-list", "0", *words]
        room = f"janus:http://{place.address}:{port}/janus#{janus.ROOM}"
        with Process(place, words, log=Path(folder) / "log") as process:
            yield Relay(name, process.pid, room, room)
