"""A connection that breaks while it is made closes its own descriptor, and nobody else's later."""

import asyncio
import gc
import os
import socket
import ssl
import struct
from pathlib import Path

import pytest

from edge.loop import Loop
from tests.flows.crew import until

RESET = struct.pack("ii", 1, 0)  # linger for no time: the other side gets no end but a reset


def connected() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    ours.setblocking(False)
    return ours, theirs


def is_open(descriptor: int) -> bool:
    """Tell whether somebody has a descriptor."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


async def dial_who_is_killed(context: ssl.SSLContext | None) -> int:
    """Make a connection to who dies in that moment; return the number that its descriptor had."""
    ours, theirs = connected()
    number = ours.fileno()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    theirs.close()
    loop = asyncio.get_running_loop()
    name = "hub" if context else None
    try:
        transport, _ = await loop.create_connection(
            asyncio.Protocol, sock=ours, ssl=context, server_hostname=name
        )
        transport.abort()
    except OSError:
        pass
    del ours
    return number


@pytest.mark.parametrize("context", [None, ssl.create_default_context()], ids=["plain", "TLS"])
def test_who_is_killed_while_we_dial_takes_no_file_of_ours_with_him(
    tmp_path: Path, context: ssl.SSLContext | None
) -> None:
    async def dial() -> None:
        number = await dial_who_is_killed(context)
        await until(lambda: not is_open(number))
        with (tmp_path / "journal").open("w") as journal:
            taken = {journal.fileno(), os.dup2(journal.fileno(), number)}  # it has this number now
            gc.collect()
            assert is_open(number)
            for other in taken - {journal.fileno()}:
                os.close(other)

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(dial())


def test_who_gives_up_while_he_dials_keeps_nothing_open() -> None:
    async def dial() -> None:
        ours, theirs = connected()
        loop = asyncio.get_running_loop()
        dialling = asyncio.ensure_future(loop.create_connection(asyncio.Protocol, sock=ours))
        await asyncio.sleep(0)
        dialling.cancel()
        await asyncio.wait([dialling])
        assert ours.fileno() == -1
        with theirs:
            theirs.settimeout(5)
            assert theirs.recv(1) == b""

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(dial())
