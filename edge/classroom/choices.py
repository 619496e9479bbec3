"""What was chosen at the screen, kept in one small file so that every screen of this node agrees."""

import asyncio
import logging
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from edge.api import Desks, Unable
from edge.board import Board
from edge.config import Config
from edge.contract.answers import Done
from edge.contract.commands import SetSettings
from edge.contract.notices import Settings
from edge.journal import Journal
from sync import durable

FILE = "screen.json"
LOUDEST = 100  # percent

log = logging.getLogger(__name__)


class Chosen(Struct, omit_defaults=True):
    """What the file holds; a field that is missing has never been chosen."""

    lang: str = ""
    theme: str = "dark"
    volume: int = 80
    welcomed: bool = False


class Choices:
    """One part of the screen's side of a node."""

    def __init__(self, config: Config, journal: Journal, board: Board) -> None:
        self._config = config
        self._journal = journal
        self._board = board
        self._path = Path(config.state) / FILE
        self._chosen = _load(self._path)
        self._saving = asyncio.Lock()  # the newest is written last
        self.look()

    @property
    def volume(self) -> int:
        """How loud the projector's page is to be, in percent."""
        return self._chosen.volume

    @property
    def lang(self) -> str:
        """The language of the screen."""
        return self._chosen.lang or self._config.lang

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {SetSettings: self._set}

    def look(self) -> None:
        """Tell what is chosen; the school and the hub may have become others meanwhile."""
        chosen, parent = self._chosen, self._journal.parent
        self._board.tell(
            Settings(
                self.lang,
                self._journal.school,
                (parent.name or parent.address) if parent else "",
                "light" if chosen.theme == "light" else "dark",
                chosen.volume,
                chosen.welcomed,
                bool(self._config.pin),
            )
        )

    async def _set(self, order: SetSettings) -> Done:
        changes = {name: value for name, value in structs.asdict(order).items() if value is not None}
        if not 0 <= changes.get("volume", 0) <= LOUDEST:
            raise Unable("bad-command")
        self._chosen = structs.replace(self._chosen, **changes)
        self.look()
        try:
            async with self._saving:
                await asyncio.to_thread(durable.save, self._path, msgspec.json.encode(self._chosen))
        except OSError as exc:  # it counts until the next start, and nothing on the screen depends on it
            log.warning("screen settings not saved reason=%r", str(exc))
        return Done()


def _load(path: Path) -> Chosen:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Chosen)
    except FileNotFoundError:
        return Chosen()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        log.warning("screen settings not read reason=%r", str(exc))
        return Chosen()
