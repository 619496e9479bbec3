"""A connection that is given up in the very moment in which it is made is no error of anybody's."""

import asyncio
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from edge.given_up import told
from sync.joining.identity import Identity, Parent, load_or_create
from sync.joining.tls import client_context, server_context

DEADLINE = 30.0  # seconds

Told = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None


class Hub:
    """A hub's TLS in a thread of its own, which ends with the connection."""

    def __init__(self, identity: Identity, node: Identity) -> None:
        self._context = server_context(identity, [node.certificate])
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._door.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Wait for its end."""
        self._thread.join(DEADLINE)
        self._door.close()

    def _serve(self) -> None:
        wire, _ = self._door.accept()
        wire.settimeout(DEADLINE)
        with wire:
            try:
                self._context.wrap_socket(wire, server_side=True).close()
            except OSError:
                return


@pytest.fixture
def node(tmp_path: Path) -> Identity:
    """Return who dials."""
    (tmp_path / "node").mkdir()
    return load_or_create(tmp_path / "node")


@pytest.fixture
def parent(tmp_path: Path, node: Identity) -> Iterator[tuple[Hub, Parent]]:
    """Return a hub that knows the node."""
    (tmp_path / "hub").mkdir()
    identity = load_or_create(tmp_path / "hub")
    hub = Hub(identity, node)
    yield hub, Parent(f"{hub.address[0]}:{hub.address[1]}", identity.certificate, identity.node, "aul")
    hub.close()


class Slow(ssl.SSLObject):
    """Our part of the handshake on a busy computer: the hub has answered before we come to anything else."""

    outgoing: ssl.MemoryBIO
    wire: socket.socket
    then: Callable[[], object]

    @classmethod
    def _create(cls, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *more: Any, **given: Any) -> Any:
        made = super()._create(incoming, outgoing, *more, **given)  # type: ignore[misc]  # as the context does
        made.outgoing = outgoing
        return made

    def do_handshake(self) -> None:
        """Do what there is to do; after our first word wait for the answer, and look at the clock."""
        try:
            super().do_handshake()
        except ssl.SSLWantReadError:
            self.wire.sendall(self.outgoing.read())
            assert select.select([self.wire], [], [], DEADLINE)[0]
            self.then()
            raise


async def _given_up(wire: socket.socket, context: ssl.SSLContext) -> None:
    """Dial, and give up between the hub's answer and our last word, as a deadline does."""
    loop = asyncio.get_running_loop()
    host = wire.getpeername()[0]
    dialling = loop.create_task(
        loop.create_connection(asyncio.Protocol, sock=wire, ssl=context, server_hostname=host)
    )
    context.sslobject_class = type("Ours", (Slow,), {"wire": wire, "then": dialling.cancel})
    with pytest.raises(asyncio.CancelledError):
        await dialling
    await asyncio.sleep(0)  # what was to be read is read


@pytest.mark.parametrize(("handler", "level"), [(told, "INFO"), (None, "ERROR")])
def test_a_connection_given_up_while_it_was_made_is_an_error_only_to_uvloop(
    node: Identity, parent: tuple[Hub, Parent], caplog: pytest.LogCaptureFixture, handler: Told, level: str
) -> None:
    caplog.set_level("INFO", "edge.given_up")
    hub, enrolled = parent
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        wire = socket.create_connection(hub.address)
        wire.setblocking(False)
        runner.get_loop().set_exception_handler(handler)
        runner.run(_given_up(wire, client_context(node, enrolled)))
    assert [each.levelname for each in caplog.records] == [level]


def test_any_other_fault_that_the_loop_tells_of_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told(runner.get_loop(), {"message": "no", "exception": RuntimeError("no"), "transport": None})
    assert [each.levelname for each in caplog.records] == ["ERROR"]
