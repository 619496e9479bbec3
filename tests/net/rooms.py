"""Nodes, publishers and witnesses in namespaces, and what they saw: a hub, a link, a classroom."""

import atexit
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from threading import Event
from time import monotonic

import msgspec

from edge.media.packet import Kind
from edge.media.publish.source import Picture
from edge.media.record import index
from edge.media.record.recording import Recording
from tests.media.sample_lesson import make_lesson
from tests.net.link import Plan
from tests.net.namespaces import Link, Namespace, end, joined
from tests.net.witness import Sight

PORT = 8080  # in a namespace every port is free
STEP = 0.05  # seconds between looks at a log
DEADLINE = 40.0  # seconds for what takes two
GOODBYE = 40.0  # seconds for a publisher to end after its file
SMALL = Picture(width=640, height=360, bitrate=1_500_000, preset="ultrafast")

_EDGE = (sys.executable, "-m", "edge")
_numbers = count(1)

Name = tuple[Kind, int, int]  # a frame: kind, RTP timestamp, CRC-32


class Late(AssertionError):
    """Something did not happen within its time."""


class Node:
    """One running node and its folder."""

    def __init__(self, place: Namespace, folder: Path, *flags: str, address: str | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.place = place
        self.state = folder / "state"
        self.url = f"http://{address or place.address}:{PORT}"
        self._log = folder / "log"
        self._words = (*_EDGE, "run", "--state", str(self.state), "--allow-anyone", "--no-usb", *flags)
        self._words += ("--listen", f"{address or place.address}:{PORT}")
        self.start()

    def start(self) -> None:
        """Start it, also again; return when it listens."""
        before = self.told("listening")
        self._process = self.place.start(*self._words, log=self._log)
        until(lambda: self.told("listening") > before, "the node listens")

    def stop(self) -> None:
        """End it as systemd does."""
        end(self._process)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def told(self, words: str) -> int:
        """How many lines of its log match."""
        return len(re.findall(words, self._log.read_text())) if self._log.exists() else 0

    def lines(self, words: str) -> list[str]:
        """The lines of its log that match."""
        return [line for line in self._log.read_text().splitlines() if re.search(words, line)]

    @property
    def pid(self) -> int:
        """The process to look at."""
        return self._process.pid

    def recordings(self) -> list[Recording]:
        """What it recorded, oldest first."""
        files = (file for file in (self.state / "recordings").glob("*.json") if "." not in file.stem)
        found = [msgspec.json.decode(file.read_bytes(), type=Recording) for file in files]
        return sorted(found, key=lambda each: (each.started, each.part))

    def recorded(self) -> list[Name]:
        """The frames of all its recordings by their indexes, in the order they were written."""
        frames: list[Name] = []
        for recording in self.recordings():
            content = (self.state / "recordings" / f"{recording.id}.idx").read_bytes()
            entries = index.decode(content).entries
            frames += [(each.kind, each.timestamp & 0xFFFFFFFF, each.crc32) for each in entries]
        return frames


class Witness:
    """A watcher in a namespace; `seen` grows while it runs."""

    def __init__(
        self,
        node: Node,
        folder: Path,
        place: Namespace | None = None,
        stream: tuple[str, str] = ("lesson", ""),
    ) -> None:
        """`stream` is its name, and where the node has it if not among its lessons."""
        self._log = folder / f"witness-{next(_numbers)}"
        words = (sys.executable, "-m", "tests.net.witness", node.url, *stream)
        self._process = (place or node.place).start(*words, log=self._log)

    def seen(self) -> list[Sight]:
        """Return every frame so far, in order of arrival."""
        whole = self._log.read_bytes().rpartition(b"\n")[0]
        return [msgspec.json.decode(line, type=Sight) for line in whole.splitlines() if line[:1] == b"["]

    def until(self, enough: Callable[[list[Sight]], bool], what: str, within: float = DEADLINE) -> None:
        """Return when enough was seen."""
        until(lambda: enough(self.seen()), what, within)

    def end(self) -> None:
        """Stop watching."""
        end(self._process)


class Publisher:
    """`tirek publish` of a file, once or again and again."""

    def __init__(self, place: Namespace, file: Path, url: str, folder: Path, *, loop: bool = False) -> None:
        words = (*_EDGE, "publish", str(file), "--to", f"{url}/whip/lesson", *(["--loop"] if loop else []))
        self._process = place.start(*words, log=folder / "publisher-log")

    def wait(self, seconds: float) -> None:
        """Wait for the end of the file."""
        self._process.wait(seconds + GOODBYE)

    def end(self) -> None:
        """Stop in the middle."""
        end(self._process)


class Scene(msgspec.Struct):
    """A hub in one namespace, a classroom in the other, watched in both."""

    hub: Node
    room: Node
    link: Link
    folder: Path

    def publish(self, file: Path, *, loop: bool = False) -> Publisher:
        """Publish at the hub, on the clean side."""
        return Publisher(self.hub.place, file, self.hub.url, self.folder, loop=loop)

    def watch(self, node: Node) -> Witness:
        """Watch at a node, from its own namespace."""
        return Witness(node, self.folder)


@contextmanager
def hub_and_room(plan: Plan, folder: Path, *, found: bool = False) -> Iterator[Scene]:
    """Run a hub and a classroom over an emulated link; `found`: the classroom is told no address."""
    with joined(plan) as (near, far, link):
        hub = Node(near, folder / "hub", *(["--announce"] if found else []))
        room = Node(far, folder / "room", *([] if found else ["--parent", hub.url]))
        yield Scene(hub, room, link, folder)


def until(happened: Callable[[], bool], what: str, within: float = DEADLINE) -> float:
    """Return the seconds it took; raise Late."""
    began = monotonic()
    while not happened():
        if monotonic() - began > within:
            raise Late(f"not within {within:.0f} s: {what}")
        pause(STEP)
    return monotonic() - began


def pause(seconds: float) -> None:
    """Let a lesson go on for some time: what is shown is what happens meanwhile."""
    Event().wait(seconds)


@cache
def lesson(seconds: int, picture: Picture = SMALL) -> Path:
    """A file of a lesson, of 1.58 Mbit/s if nothing is said, encoded once for all tests of a run."""
    path = Path(gettempdir()) / f"tirek-lesson-{os.getpid()}-{seconds}-{picture.bitrate}.mkv"
    atexit.register(path.unlink, missing_ok=True)
    make_lesson(path, seconds, picture)
    return path
