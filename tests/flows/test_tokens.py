"""Who may enter: a node with tokens, asked from its own PC and as if from elsewhere."""

from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from msgspec import Struct

from edge.tokens import fresh, table
from tests.flows.crew import Crew, Node
from tests.flows.door import SDP, Door
from tests.media.offers import offer

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFER = offer("chromium-publish")
AWAY = {"Host": "hub.school"}  # who sits at the node's own PC says localhost


class Guarded(Struct):
    """A node and its tokens."""

    node: Node
    watch: str
    publish: str


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def guarded(house: Crew) -> Guarded:
    """A node with a token for a watcher and one for a publisher, and room for one stream."""
    (watch, may_watch), (publish, may_publish) = fresh("school", ["watch"]), fresh("teacher", ["publish"])
    lines = ["[limits]", "streams = 1", table(may_watch), table(may_publish)]
    node = Node(house.folder / "guarded", house.log("guarded"), *lines)
    return Guarded(await house.start(node), watch, publish)


@pytest.fixture
def door(guarded: Guarded, http: ClientSession) -> Door:
    return Door(http, guarded.node.url)


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("path", ["/whip/a", "/whep/a"])
@pytest.mark.parametrize("headers", [AWAY, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}])
async def test_who_has_no_token_is_told_so(door: Door, path: str, headers: dict[str, str]) -> None:
    refused = await door.refused("POST", path, OFFER, **SDP, **headers)
    assert (refused["status"], refused["key"]) == (401, "token-missing")


@pytest.mark.parametrize(
    "path", ["/api/streams", "/api/recordings", "/recordings/a", "/api/streams/a/classes"]
)
async def test_lists_and_recordings_need_a_token_too(door: Door, path: str) -> None:
    assert (await door.refused("GET", path, **AWAY))["key"] == "token-missing"


async def test_a_refusal_says_which_scheme_opens_the_door(guarded: Guarded, http: ClientSession) -> None:
    async with http.get(f"{guarded.node.url}/api/streams", headers=AWAY) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_token_opens_nothing_even_at_the_node_itself(door: Door) -> None:
    for headers in (AWAY, {}):
        refused = await door.refused("POST", "/whip/a", OFFER, **SDP, **headers, **_bearer("guessed"))
        assert (refused["status"], refused["key"]) == (401, "token-wrong")


async def test_a_watchers_token_does_not_publish(door: Door, guarded: Guarded) -> None:
    refused = await door.refused("POST", "/whip/a", OFFER, **SDP, **AWAY, **_bearer(guarded.watch))
    assert (refused["status"], refused["key"]) == (401, "token-wrong")


async def test_a_publishers_token_publishes_from_anywhere(door: Door, guarded: Guarded) -> None:
    opened = await door.enter("/whip/a", OFFER, **AWAY, **_bearer(guarded.publish))
    await door.leave(opened)


async def test_who_knows_a_sessions_address_alone_cannot_end_it(door: Door, guarded: Guarded) -> None:
    opened = await door.enter("/whip/a", OFFER, **AWAY, **_bearer(guarded.publish))
    for headers, key in ((AWAY, "token-missing"), (AWAY | _bearer(guarded.watch), "token-wrong")):
        assert (await door.refused("DELETE", opened.url, **headers))["key"] == key
        assert (await door.refused("PATCH", opened.url, **headers))["key"] == key
    await door.leave(opened)


async def test_the_nodes_own_pc_needs_no_token(door: Door) -> None:
    opened = await door.enter("/whip/a", OFFER)
    await door.leave(opened)


async def test_a_watchers_token_in_the_address_opens_recordings(door: Door, guarded: Guarded) -> None:
    refused = await door.refused("GET", f"/recordings/a?token={guarded.watch}", **AWAY)
    assert refused["status"] == 404


async def test_a_full_node_says_when_to_try_again(door: Door) -> None:
    opened = await door.enter("/whip/first", OFFER)
    refused = await door.refused("POST", "/whip/second", OFFER, **SDP)
    await door.leave(opened)
    assert (refused["status"], refused["key"]) == (503, "too-many")
    assert int(refused["again"]) >= 1


async def test_no_secret_reaches_the_log(guarded: Guarded, door: Door) -> None:
    await door.refused("POST", "/whip/a", OFFER, **SDP, **_bearer("guessed-secret"))
    said = guarded.node.said
    assert not [secret for secret in ("guessed-secret", guarded.watch, guarded.publish) if secret in said]


async def test_a_publisher_without_a_token_ends_with_a_sentence(
    guarded: Guarded, house: Crew, lesson: Path
) -> None:
    address = f"{guarded.node.url}/whip/a"
    publisher = await house.publisher(str(lesson), address, "--token", "guessed")
    assert await publisher.ended() == 1
    assert "401" in publisher.said
    assert "Traceback" not in publisher.said
