"""The door of the teacher's screen: a Unix socket that her group may open, and nobody on the network.

Each part of the node brings its desks: which commands it takes, and what it answers.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from edge import VERSION
from edge.board import Board, TooManyReaders
from edge.contract import wire
from edge.contract.answers import Answer, Refusal
from edge.contract.commands import Command
from edge.contract.notices import Beat, Blanks, Hello
from edge.errors import TirekError

MODE = 0o660  # the daemon's user and the teachers' group
MAX_PATH = 100  # bytes; Linux takes 107

# A desk takes its own kind of command; which, the key of the mapping says.
Desk = Callable[[Any], Awaitable[Answer]]
Desks = Mapping[type[Command], Desk]

log = logging.getLogger(__name__)


class Unable(Exception):
    """A command is refused: a word key and blanks."""

    def __init__(self, key: str, **blanks: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.blanks: Blanks = blanks


class Api:
    """Notices out, commands in."""

    def __init__(self, board: Board, desks: Sequence[Desks], name: str) -> None:
        self._board = board
        self._desks: dict[type[Command], Desk] = {kind: desk for each in desks for kind, desk in each.items()}
        self._hello = Hello(wire.CONTRACT, VERSION, name)

    def app(self) -> web.Application:
        """Return what is served on the socket."""
        app = web.Application(client_max_size=wire.MAX_COMMAND)
        app.add_routes([web.get("/notices", self._notices), web.post("/commands", self._command)])
        return app

    async def _notices(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        try:
            with self._board.read() as reader:
                await response.prepare(request)
                await response.write(wire.encode(self._hello))
                while True:
                    news = await reader.take(wire.BEAT) or [Beat()]
                    await response.write(b"".join(map(wire.encode, news)))
        except TooManyReaders:
            return _refused(503, Unable("too-many"))
        except ConnectionError:
            return response

    async def _command(self, request: web.Request) -> web.Response:
        try:
            command = wire.decode_command(await request.read())
        except wire.BadMessage as exc:
            log.warning("command refused reason=%r", str(exc))
            return _refused(400, Unable("bad-command"))
        try:
            answer = await self._desks[type(command)](command)
        except Unable as exc:
            return _refused(409, exc)
        return web.Response(body=wire.encode(answer), content_type="application/json")


def _refused(status: int, why: Unable) -> web.Response:
    body = wire.encode(Refusal(why.key, why.blanks))
    return web.Response(status=status, body=body, content_type="application/json")


async def listen(runner: web.AppRunner, path: Path) -> None:
    """Open the socket in the place of one that an earlier daemon left; after the doors on the network, which
    a second daemon of this computer cannot open."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise TirekError(
            f"`socket`: {path} is longer than the {MAX_PATH} bytes that a socket's name may have"
        )
    before = os.umask(0o777 & ~MODE)
    try:
        await web.UnixSite(runner, str(path)).start()
    except OSError as exc:
        raise TirekError(f"cannot listen on {path}: {exc.strerror or exc}") from exc
    finally:
        os.umask(before)
