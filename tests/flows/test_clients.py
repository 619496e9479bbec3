"""What clients of ours and technicians meet at a node: a redirect to another one, a warning in the log."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.flows.crew import Crew, Node, until_told

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_publisher_follows_a_redirect_to_another_node(crew: Crew, hub: Node, lesson: Path) -> None:
    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{hub.url}{request.path}")

    app = web.Application()
    app.router.add_post("/whip/{name}", moved)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        publisher = await crew.publisher(str(lesson), f"http://127.0.0.1:{port}/whip/moved", "--loop")
        await until_told(lambda: _is_live(crew, hub))
        await publisher.stop()
    finally:
        await runner.cleanup()


async def _is_live(crew: Crew, hub: Node) -> bool:
    return any(each["name"] == "moved" and each["live"] for each in await crew.streams(hub.url))


async def test_a_node_without_tokens_says_so_in_its_log(crew: Crew) -> None:
    node = await crew.node("open")
    await node.says('level=warning .*"anybody may publish and watch')
