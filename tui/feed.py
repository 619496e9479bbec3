"""The connection to the daemon: notices in, commands out, for as long as the screen is open.

This is the floor's door: what the client raises becomes `Unanswered` here. aiohttp takes as long to import as
everything else of the screen together, so that it is imported when the first picture stands.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeVar

from edge.contract.answers import Answer
from edge.contract.commands import Command
from edge.contract.wire import AnyNotice

AGAIN = 0.5  # seconds until the next try: on this computer a try costs nothing
AWAY = "away"  # the key of the refusal when nobody answers

T = TypeVar("T", bound=Answer)


class Tie(NamedTuple):
    """How screen and daemon stand: at first "new"; "older", "newer": a daemon of another contract."""

    state: Literal["new", "here", "away", "older", "newer"] = "new"
    version: str = ""


class Unanswered(Exception):
    """A command was refused, or (`AWAY`) nobody was there: a word key and blanks."""

    def __init__(self, key: str, blanks: Mapping[str, str | int] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.blanks = blanks or {}


class Asks(Protocol):
    """What takes commands."""

    async def ask(self, command: Command, kind: type[T]) -> T:
        """Return the answer."""
        ...


class Feed:
    """Keeps a connection, and tells what comes over it."""

    def __init__(self, socket: Path, take: Callable[[AnyNotice], None], tied: Callable[[Tie], None]) -> None:
        self._socket = socket
        self._take = take
        self._tied = tied
        self._tie = Tie()
        self._client: Asks | None = None
        self._open = asyncio.Event()

    async def run(self) -> None:
        """Read notices, and begin again whenever the connection breaks."""
        from edge.client import Client, DaemonAway, DaemonDiffers

        async with Client(self._socket) as client:
            self._client = client
            self._open.set()
            while True:
                try:
                    async for notice in client.notices():
                        self._now(Tie("here"))
                        self._take(notice)
                except DaemonDiffers as exc:
                    self._now(Tie("newer" if exc.newer else "older", exc.version))
                except DaemonAway:
                    self._now(Tie("away"))
                await asyncio.sleep(AGAIN)

    async def ask(self, command: Command, kind: type[T]) -> T:
        """Return the daemon's answer; raise Unanswered."""
        from edge.client import DaemonAway, Refused

        await self._open.wait()
        assert self._client is not None
        try:
            return await self._client.ask(command, kind)
        except Refused as exc:
            raise Unanswered(exc.key, exc.blanks) from exc
        except DaemonAway as exc:
            raise Unanswered(AWAY) from exc

    def _now(self, tie: Tie) -> None:
        if tie != self._tie:
            self._tie = tie
            self._tied(tie)
