"""The daemon as it is run, with a board and other instruments at its ports."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from edge.client import Client
from edge.contract.notices import Devices
from tests.bench.child import Process, Silent
from tests.bench.devices.board import Board
from tests.bench.journal.nodes import an_address, pause
from tests.bench.place import Here

PATIENCE, LOOK = 30.0, 0.05  # seconds
PROFILE = """
rate = 100
sensor = [{name = "voltage", part = "voltage", pin = "A0"}]
actuator = [{name = "lamp", part = "switch", pin = 13}]
"""
CONFIG = """
name = "bench"
state = "{state}"
listen = ["{address}"]
record = false
discover = false
usb = false
allow_anyone = true
"""
PORT = """
[[port]]
path = "{path}"
driver = "{driver}"
profile = "{profile}"
baud = {baud}
"""


class Room(Struct, frozen=True):
    """A board at a daemon."""

    board: Board
    config: Path
    socket: Path
    daemon: int  # its process

    @property
    def device(self) -> str:
        """The board's name: it is on a port that the configuration names."""
        return str(self.board.link)

    async def all_ready(self, count: int) -> None:
        """Wait until so many devices are plugged in and speak."""
        states: list[str] = []
        try:
            async with Client(self.socket) as client, asyncio.timeout(PATIENCE):
                async for notice in client.notices():
                    if isinstance(notice, Devices):
                        states = [each.state for each in notice.devices]
                        if states == ["ready"] * count:
                            return
        except TimeoutError as exc:
            raise Silent(f"devices are {states}") from exc


@contextmanager
def daemon(folder: Path, board: Board, others: Sequence[str]) -> Iterator[Room]:
    """Run a daemon with the board and other instruments at its ports."""
    state, config, log = folder / "state", folder / "node.toml", folder / "log"
    profile = state / "lab/profiles/firmata/bench.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE)
    ports = [PORT.format(path=board.link, driver="firmata", profile="bench", baud=57_600)]
    ports += [PORT.format(path=path, driver="lines", profile="", baud=115_200) for path in others]
    config.write_text(CONFIG.format(state=state, address=an_address()) + "".join(ports))
    words = (sys.executable, "-m", "edge", "run", "--config", str(config))
    with Process(Here(), words, log=log) as process:
        room = Room(board, config, state / "tirek.sock", process.pid)
        try:
            _wait(room)
            yield room
        except Silent:
            sys.stderr.write(log.read_text())
            raise


def _wait(room: Room) -> None:
    deadline = time.monotonic() + PATIENCE
    while not room.socket.is_socket():
        if time.monotonic() > deadline:
            raise Silent("the daemon opened no socket")
        pause(LOOK)
