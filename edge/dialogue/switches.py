"""The teacher's choice whether her class is seen and heard: off is certain, and survives a restart."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from edge.api import Unable
from edge.config import Classroom
from edge.media.packet import Kind
from sync import durable

FILE = "capture.json"  # in the state folder
OFF = "off"

log = logging.getLogger(__name__)


class Chosen(Struct, frozen=True):
    """What the file holds."""

    camera: bool = True
    microphone: bool = True


class Switches:
    """Two switches; what is off lets nothing through, whatever the configuration allows."""

    def __init__(self, state: Path, allowed: Classroom) -> None:
        self._path = state / FILE
        self._allowed = allowed
        self._watchers: list[Callable[[], None]] = []
        self._writing = asyncio.Lock()
        self.chosen = _load(self._path)

    @property
    def camera(self) -> bool:
        """Whether the class may be seen."""
        return self._allowed.camera and self.chosen.camera

    @property
    def microphone(self) -> bool:
        """Whether the class may be heard."""
        return self._allowed.microphone and self.chosen.microphone

    @property
    def kinds(self) -> frozenset[Kind]:
        """The tracks that may enter this node."""
        both: dict[Kind, bool] = {"video": self.camera, "audio": self.microphone}
        return frozenset(kind for kind, on in both.items() if on)

    def watch(self, turned: Callable[[], None]) -> None:
        """Call `turned` as soon as a switch was turned, before anything is written."""
        self._watchers.append(turned)

    async def turn(self, camera: bool | None, microphone: bool | None) -> None:
        """Turn what is not None: it counts at once, and is then kept; raise Unable where it cannot be."""
        new = self.chosen
        new = new if camera is None else structs.replace(new, camera=camera)
        self.chosen = new if microphone is None else structs.replace(new, microphone=microphone)
        for turned in self._watchers:
            turned()
        async with self._writing:  # of two turns the last one is kept
            try:
                await asyncio.to_thread(durable.save, self._path, msgspec.json.encode(self.chosen))
            except OSError as exc:
                log.warning("switches not saved reason=%r", str(exc))
                raise Unable("disk-full") from exc


def _load(path: Path) -> Chosen:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Chosen)
    except FileNotFoundError:
        return Chosen()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        log.warning("switches not read reason=%r", str(exc))
        return Chosen(camera=False, microphone=False)  # nobody can say that they were on
