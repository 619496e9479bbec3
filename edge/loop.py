"""The event loop of our programs: uvloop, where a descriptor is closed once.

A connection over a socket that is there already (aiohttp makes all of its like that) may break in the moment
in which it is made: the other side is killed, and the first word to it fails. uvloop closes the descriptor,
and leaves its number with the socket object. When that object goes, it closes whatever has the number by
then: another connection, a recording, the journal.
"""

import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


class Loop(uvloop.Loop):
    """uvloop's loop, which owns the descriptor of every socket that a connection was made over."""

    async def create_connection(
        self, *args: Any, sock: socket.socket | None = None, **more: Any
    ) -> tuple[Any, Any]:
        """Make a connection, as asyncio does; `sock` is given away, whatever becomes of it."""
        try:
            return await super().create_connection(*args, sock=sock, **more)
        finally:
            if sock is not None:
                sock.detach()


def until_complete(main: Coroutine[Any, Any, T]) -> T:
    """Run a program in such a loop, to its end."""
    return uvloop.run(main, loop_factory=Loop)
