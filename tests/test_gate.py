"""The doors of a node: what is said to whom is refused, and who is let through."""

from collections.abc import Callable

import pytest
from aiohttp import ClientSession, web

from edge.access import NodesDoor, asker_of
from edge.gate import make_app, make_nodes_app, only_for
from edge.media.negotiate import Refused
from edge.signalling import CALLER, NODE
from edge.tokens import Verb
from sync.server import Peer
from tests.doors import served


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.get(NODE)} {request.get(CALLER)}")


ROUTES = [web.get("/", _hello)]


def _doors() -> dict[str, tuple[Callable[[], web.Application], str | None]]:
    return {
        "people": (lambda: make_app(ROUTES), None),
        "nodes": (lambda: make_nodes_app(ROUTES), "close"),
    }


@pytest.mark.parametrize("door", _doors())
async def test_only_at_the_door_of_nodes_is_who_is_refused_told_to_go(door: str) -> None:
    app, expected = _doors()[door]
    async with served(web.AppRunner(app())) as address, ClientSession() as http:
        async with http.get(f"{address}/nothing") as refused:
            assert (refused.status, refused.headers.get("Connection")) == (404, expected)
        async with http.post(address, data=b"x" * 1000) as again:  # … so that he does not ask over that one
            assert again.status == 405
        async with http.get(address) as welcome:
            assert (welcome.status, welcome.headers.get("Connection")) == (200, None)


async def test_lessons_are_for_nodes_whose_certificates_are_known_and_their_names_come_from_there() -> None:
    known = {"room": Peer("a1", "Room 5"), "unnamed": Peer("b2", "")}
    routes = only_for(lambda request: known.get(request.query["as"]), ROUTES)
    async with served(web.AppRunner(make_nodes_app(routes))) as address, ClientSession() as http:
        for who, status, said in (
            ("room", 200, "a1 Room 5"),
            ("unnamed", 200, "b2 "),
            ("stranger", 401, None),
        ):
            async with http.get(address, params={"as": who}, headers={"X-Name": "forged"}) as answer:
                assert answer.status == status
                assert said is None or await answer.text() == said


@pytest.mark.parametrize("verb", ["publish", "export"])
def test_a_node_at_this_very_pc_still_only_watches_at_the_door_of_nodes(verb: Verb) -> None:
    here = asker_of("127.0.0.1", {"Host": "localhost", "Authorization": "Bearer anything"})
    assert NodesDoor().admit(here, "watch") == ""
    with pytest.raises(Refused) as refused:
        NodesDoor().admit(here, verb)
    assert refused.value.status == 401
