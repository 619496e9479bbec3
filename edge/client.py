"""The screen's side of the contract: notices and commands over the daemon's Unix socket.

DaemonError
├── DaemonAway     nobody listens there, or the connection broke; worth another try
├── DaemonDiffers  a daemon of another contract: one of the two has to be updated
└── Refused        the daemon does not do what it was asked: a word key and blanks
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp

from edge.contract import wire
from edge.contract.answers import Answer, Done
from edge.contract.commands import Command
from edge.contract.notices import Blanks, Hello
from edge.contract.wire import AnyNotice

ANSWER_TIME = (
    20.0  # seconds: the longest command writes a bundle; a hub that is asked to let us in takes its time
)

T = TypeVar("T", bound=Answer)


class DaemonError(Exception):
    """The daemon cannot be asked, or refuses."""


class DaemonAway(DaemonError):
    """Nobody answers on the socket."""


class DaemonDiffers(DaemonError):
    """The daemon speaks another contract; `newer` tells whether it is the newer side."""

    def __init__(self, contract: int, version: str) -> None:
        super().__init__(f"contract {contract} of tirek {version}, here {wire.CONTRACT}")
        self.version = version
        self.newer = contract > wire.CONTRACT


class Refused(DaemonError):
    """A command was refused."""

    def __init__(self, key: str, blanks: Blanks) -> None:
        super().__init__(f"{key} {blanks}" if blanks else key)
        self.key = key
        self.blanks = blanks


class Client:
    """One screen's connections to the daemon; an asynchronous context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        connector = aiohttp.UnixConnector(str(path))
        self._http = aiohttp.ClientSession("http://tirek", connector=connector, read_bufsize=wire.MAX_LINE)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._http.close()

    async def notices(self) -> AsyncIterator[AnyNotice]:
        """Yield what is true, then what changes, until the connection breaks; DaemonAway, DaemonDiffers."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=wire.DEAF)
        try:
            async with self._http.get("/notices", timeout=timeout) as response:
                if response.status != 200:
                    raise DaemonAway(f"{self._path}: answers {response.status}")
                async for line in response.content:
                    notice = wire.decode_notice(line)
                    if isinstance(notice, Hello) and notice.contract != wire.CONTRACT:
                        raise DaemonDiffers(notice.contract, notice.version)
                    if notice is not None:
                        yield notice
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            raise DaemonAway(f"{self._path}: {exc}") from exc
        raise DaemonAway(f"{self._path}: closed")

    async def do(self, command: Command) -> None:
        """Give an order and wait until it is done; raise Refused, DaemonAway."""
        await self.ask(command, Done)

    async def ask(self, command: Command, kind: type[T]) -> T:
        """Send a command and return its answer, of the `kind` that it names; raise Refused, DaemonAway."""
        assert command.answer is kind, f"{type(command).__name__} is answered by {command.answer.__name__}"
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIME)
        try:
            async with self._http.post("/commands", data=wire.encode(command), timeout=timeout) as response:
                status, body = response.status, await response.read()
            if status != 200:
                refusal = wire.decode_refusal(body)
                raise Refused(refusal.refused, refusal.blanks)
            answer = wire.decode_answer(body, kind)
        except (
            aiohttp.ClientError,
            OSError,
            TimeoutError,
            asyncio.IncompleteReadError,
            wire.BadMessage,
        ) as exc:
            raise DaemonAway(f"{self._path}: {exc}") from exc
        assert isinstance(answer, kind)
        return answer
