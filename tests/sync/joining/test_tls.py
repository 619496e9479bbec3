"""Who is let in and who is believed: by certificates told of before, whatever the date; over real sockets."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
import uvloop

from sync.joining.certificates import make
from sync.joining.identity import Identity, load_or_create
from sync.joining.tls import (
    X509_V_FLAG_NO_CHECK_TIME,
    HubMismatch,
    HubUnreachable,
    NodeUnknown,
    client_context,
    explained,
    server_context,
)
from tests.sync.joining.forge import LONG_AGO, NOT_YET, forge, parent_of
from tests.sync.joining.wires import Hub, answering, school_of

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


def _hub_that_knows(identity: Identity, node: Identity) -> Hub:
    hub = Hub(identity)
    hub.invited.nodes[node.node] = "school-1"
    return hub


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.fixture
def node(tmp_path: Path) -> Identity:
    """Return a node's identity."""
    return load_or_create(_folder(tmp_path / "a-node"))


@pytest.fixture
def hub(tmp_path: Path, node: Identity) -> Hub:
    """Return a hub that knows the node."""
    return _hub_that_knows(load_or_create(_folder(tmp_path / "a-hub")), node)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_node_and_its_hub_know_each_other(
    hub: Hub, node: Identity, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def meet() -> str:
        async with hub.serving([node.certificate]):
            return await school_of(node, parent_of(hub.identity, hub.address))

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(meet()) == "school-1"


@pytest.mark.parametrize("loop", LOOPS)
def test_an_unknown_certificate_is_told_that_it_is_unknown(
    hub: Hub, node: Identity, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def meet() -> str:
        async with hub.serving([make()[1]]):
            return await school_of(node, parent_of(hub.identity, hub.address))

    with asyncio.Runner(loop_factory=loop) as runner, pytest.raises(NodeUnknown, match="does not know"):
        runner.run(meet())


async def test_a_revoked_node_is_refused_at_once_and_after_a_restart(hub: Hub, node: Identity) -> None:
    async with hub.serving([node.certificate]):
        parent = parent_of(hub.identity, hub.address)
        assert await school_of(node, parent) == "school-1"
        del hub.invited.nodes[node.node]
        assert await school_of(node, parent) == ""
    async with hub.serving([]):
        with pytest.raises(NodeUnknown):
            await school_of(node, parent_of(hub.identity, hub.address))


async def test_an_impostor_at_the_address_of_the_hub_hears_nothing(
    hub: Hub, node: Identity, tmp_path: Path
) -> None:
    impostor = _hub_that_knows(load_or_create(_folder(tmp_path / "impostor")), node)
    async with impostor.serving([node.certificate]):
        with pytest.raises(HubMismatch, match="is not the one this school was enrolled with"):
            await school_of(node, parent_of(hub.identity, impostor.address))


async def test_a_certificate_that_the_hub_signed_is_not_the_hub(
    hub: Hub, node: Identity, tmp_path: Path
) -> None:
    issued = _hub_that_knows(forge(tmp_path / "issued", issuer=hub.identity.path), node)
    async with issued.serving([node.certificate]):
        with pytest.raises(HubMismatch):
            await school_of(node, parent_of(hub.identity, issued.address))


async def test_a_certificate_that_a_node_signed_is_not_the_node(
    hub: Hub, node: Identity, tmp_path: Path
) -> None:
    issued = forge(tmp_path / "issued", issuer=node.path)
    async with hub.serving([node.certificate]):
        with pytest.raises(NodeUnknown):
            await school_of(issued, parent_of(hub.identity, hub.address))


@pytest.mark.parametrize("valid", [LONG_AGO, NOT_YET])
async def test_no_date_keeps_a_node_from_its_hub(tmp_path: Path, valid: tuple[datetime, datetime]) -> None:
    node, identity = forge(tmp_path / "node", valid), forge(tmp_path / "hub", valid)
    hub = _hub_that_knows(identity, node)
    async with hub.serving([node.certificate]):
        assert await school_of(node, parent_of(identity, hub.address)) == "school-1"


@pytest.mark.parametrize("valid", [LONG_AGO, NOT_YET])
async def test_the_same_dates_would_keep_it_if_we_let_openssl_look(
    tmp_path: Path, valid: tuple[datetime, datetime]
) -> None:
    node, identity = forge(tmp_path / "node", valid), forge(tmp_path / "hub", valid)
    async with _hub_that_knows(identity, node).serving([node.certificate]) as hub:
        context = client_context(node, parent_of(identity, hub.address))
        context.verify_flags &= ~X509_V_FLAG_NO_CHECK_TIME
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError, match=r"expired|not yet valid"):
                await session.get(f"https://{hub.address}/school")


async def test_a_hub_starts_though_one_certificate_that_it_kept_is_damaged(hub: Hub, node: Identity) -> None:
    async with hub.serving(["damaged", node.certificate]):
        assert await school_of(node, parent_of(hub.identity, hub.address)) == "school-1"


async def test_an_older_tls_is_refused(hub: Hub, node: Identity) -> None:
    async with hub.serving([node.certificate]):
        context = client_context(node, parent_of(hub.identity, hub.address))
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"https://{hub.address}/school")


async def test_no_resumption_of_sessions_is_offered(hub: Hub) -> None:
    assert server_context(hub.identity, []).num_tickets == 0


async def test_a_hub_that_is_away_is_told_from_one_that_is_another(hub: Hub, node: Identity) -> None:
    async with answering("HTTP/1.1 200 OK", "", "") as address:
        with pytest.raises(HubMismatch):
            await school_of(node, parent_of(hub.identity, address))
    with pytest.raises(HubUnreachable, match="cannot be reached: Connection refused"):
        await school_of(node, parent_of(hub.identity, address))
    assert "in time" in str(explained(TimeoutError(), address))
    assert "Server disconnected" in str(explained(aiohttp.ServerDisconnectedError(), address))
