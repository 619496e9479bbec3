"""Who above sees and hears a class: as the parent says, and surely nobody once that was lost a while ago.

And what the parent is told of classes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest_asyncio
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from edge.dialogue.backstage import CLASS, SAID, TRACKS, Devices
from edge.dialogue.upward import WISHED
from edge.gate import make_nodes_app, only_for
from edge.media.gated import GatedStream
from edge.media.link import Listing
from edge.media.pull import Parent
from sync.server import Peer
from tests.flows.crew import until
from tests.test_stopping import Hub

WANTED = {"picture": "large", "sound": True}


class Below:
    """A hub whose parent wants to see and hear the class below it, and what that class sends."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub(folder)
        self.node = self.hub.below.node
        self.dialogue = self.hub.node.dialogue
        stream = self.dialogue.backstage.studio.begin(CLASS + self.node, TRACKS)
        assert isinstance(stream, GatedStream)
        self.stream = stream

    def answers(self) -> None:
        """The parent says what it wants."""
        wishes = msgspec.json.encode({self.node: WANTED})
        self.dialogue.upward.heard(Listing(1, [], wishes=msgspec.Raw(wishes)))

    def is_wanted(self, after: float) -> bool:
        """Tell whether the class is to send, and is let through, so many seconds from now."""
        self.dialogue.look(asyncio.get_running_loop().time() + after)
        wishes = self.dialogue.told(self.node)["wishes"]
        assert wishes in ({}, {self.node: WANTED})
        assert self.stream.admitted == ({"video", "audio"} if wishes else set())
        return bool(wishes)


@pytest_asyncio.fixture
async def below(tmp_path: Path) -> AsyncIterator[Below]:
    made = Below(tmp_path)
    yield made
    made.hub.node.laboratory.close()
    made.hub.node.journal.close()


async def test_a_parent_that_was_lost_sees_and_hears_nobody_after_a_while(below: Below) -> None:
    below.answers()
    assert below.is_wanted(0.0)
    below.dialogue.upward.heard(None)
    assert below.is_wanted(WISHED / 2)  # what is sent may still arrive
    assert not below.is_wanted(WISHED + 1.0)


async def test_a_parent_that_answers_again_sees_the_class_again_at_once(below: Below) -> None:
    below.answers()
    below.dialogue.upward.heard(None)
    assert not below.is_wanted(WISHED + 1.0)
    below.answers()
    assert below.is_wanted(WISHED + 2.0)


async def test_a_parent_that_answers_in_time_is_not_taken_for_lost(below: Below) -> None:
    below.answers()
    below.dialogue.upward.heard(None)
    below.answers()
    assert below.is_wanted(WISHED + 1.0)


class Above:
    """A parent that notes what it is told of classes."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def _state(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        return web.Response(status=204)

    @asynccontextmanager
    async def joined(self, below: Below) -> AsyncIterator[None]:
        """Let a hub find it."""
        app = web.Application()
        app.add_routes([web.post("/class/state", self._state)])
        async with TestServer(app) as server, ClientSession() as http:
            below.dialogue.upward.heard(Listing(1, [], wishes=msgspec.Raw(b"{}")))
            way = asyncio.create_task(
                below.dialogue.upward.run(Parent(http, server.make_url("/"), "hub", None))
            )
            try:
                yield
            finally:
                way.cancel()
                await asyncio.wait([way])


async def test_a_parent_is_told_of_links_below_and_then_only_what_is_new(below: Below) -> None:
    silent, old = "1" * 16, "2" * 16
    backstage, above, now = below.dialogue.backstage, Above(), asyncio.get_running_loop().time()
    backstage.tell({below.node: Devices(True, False), silent: Devices(False, False, "good")}, now)
    below.dialogue.upward.links = lambda: {below.node: "poor", old: "lost"}
    async with above.joined(below):
        await until(lambda: above.told)
        backstage.tell({below.node: Devices(True, True)}, now)
        await until(lambda: len(above.told) > 1)
    assert above.told == [
        {
            below.node: {"camera": True, "microphone": False, "link": "poor"},
            # No lesson comes to the one from above now; the other says nothing of its devices.
            silent: {"camera": False, "microphone": False, "link": ""},
            old: {"camera": True, "microphone": True, "link": "lost"},
        },
        {below.node: {"camera": True, "microphone": True, "link": "poor"}},
    ]


async def test_a_node_tells_of_links_below_it_and_of_no_others(below: Below) -> None:
    node, stranger = below.node, "1" * 16
    routes = only_for(lambda request: Peer(node, "room"), below.dialogue.node_routes())
    said = {node: {"camera": True, "link": "sound-only", "later": 1}, stranger: {"link": "lost"}}
    desk = below.hub.node.desk
    async with TestServer(make_nodes_app(routes)) as door, ClientSession(door.make_url("/")) as http:
        async with http.post("/class/state", json=said) as answer:
            assert answer.status == 204
        now = asyncio.get_running_loop().time()
        assert desk.told_links(now) == {node: "sound-only"}
        assert desk.told_links(now + SAID) == {}  # the node between repeats what it still sees
        async with http.post("/class/state", json={node: {"camera": True}}) as answer:  # by an older one
            assert answer.status == 204
        assert desk.told_links(now) == {}
