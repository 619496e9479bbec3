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

from edge.contract.commands import LeaveLesson, StartLesson
from edge.dialogue.backstage import CLASS, SAID, TRACKS, Devices
from edge.dialogue.floor import FloorState
from edge.dialogue.upward import WISHED
from edge.dialogue.wishes import NOTHING, Wish
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


async def test_a_floor_of_a_parent_that_was_lost_silences_nobody_after_a_while(below: Below) -> None:
    dialogue = below.dialogue
    floors = msgspec.Raw(msgspec.json.encode([FloorState("physics", below.node)]))
    dialogue.upward.heard(Listing(1, [], floors, msgspec.Raw(b"{}")))
    below.hub.node.studio.begin("chemistry", TRACKS)
    dialogue.upward.heard(None)

    def told(after: float) -> list[object]:
        dialogue.look(asyncio.get_running_loop().time() + after)
        said = msgspec.json.encode(dialogue.told(below.node)["floors"])
        return [each["stream"] for each in msgspec.json.decode(said, type=list[dict[str, object]])]

    assert told(WISHED / 2) == ["chemistry", "physics"]
    assert told(WISHED + 1.0) == ["chemistry"]
    dialogue.upward.heard(Listing(2, [], floors, msgspec.Raw(b"{}")))
    assert told(WISHED + 2.0) == ["chemistry", "physics"]


class Room:
    """A class whose parent, an older one, wants to see and hear it in one lesson or another."""

    def __init__(self, below: Below) -> None:
        self.node = below.hub.node
        self.me = self.node.journal.identity.node
        self.upward = below.dialogue.upward

    async def begins(self, stream: str) -> None:
        """Begin a lesson, or leave it with ""."""
        order = StartLesson("", stream) if stream else LeaveLesson()
        await self.node.live.desks()[type(order)](order)

    def sends(self, *floors: str, **wish: object) -> Wish:
        """Return what it sends when it has these floors."""
        said = [FloorState(each, self.me) for each in floors]
        listing = Listing(
            1, [], *(msgspec.Raw(msgspec.json.encode(each)) for each in (said, {self.me: wish}))
        )
        self.upward.heard(listing)
        return self.upward.obeyed()[self.me]


async def test_a_class_in_a_lesson_obeys_only_the_floor_of_that_one(below: Below) -> None:
    room, all_ = Room(below), Wish("large", True)
    assert room.sends("physics", **WANTED) == all_  # it has begun none: it is in whatever is shown
    await room.begins("chemistry")
    assert room.sends("physics", **WANTED) == NOTHING
    assert room.sends("chemistry", **WANTED) == all_
    assert room.sends("chemistry", "physics", **WANTED) == NOTHING  # both would get what it sends
    assert room.sends(**WANTED) == NOTHING
    assert room.sends(picture="thumbnail") == Wish("thumbnail")
    assert room.sends(picture="thumbnail", lessons=["physics"]) == NOTHING
    await room.begins("")
    assert room.sends("physics", **WANTED) == all_


async def test_what_a_class_below_sends_for_its_own_lesson_goes_no_further_for_another_one(
    below: Below,
) -> None:
    floors = msgspec.Raw(msgspec.json.encode([FloorState("physics", below.node)]))
    wishes = msgspec.Raw(msgspec.json.encode({below.node: WANTED}))
    dialogue, now = below.dialogue, asyncio.get_running_loop().time()
    dialogue.upward.heard(Listing(1, [], floors, wishes))
    assert dialogue.upward.obeyed() == {below.node: Wish("large", True)}  # an older node does not say
    for lesson, sent in (("chemistry", NOTHING), ("physics", Wish("large", True)), ("", Wish("large", True))):
        dialogue.backstage.tell({below.node: Devices(True, True, lesson=lesson)}, now)
        dialogue.look(now)
        assert dialogue.upward.obeyed() == {below.node: sent}
        assert below.stream.admitted == sent.kinds


class Above:
    """A parent that notes what it is told of classes."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []

    async def _state(self, request: web.Request) -> web.Response:
        self.told.append(dict(await request.json()))
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


async def test_a_parent_is_told_in_which_lesson_each_class_is_where_that_is_known(below: Below) -> None:
    backstage, above, now = below.dialogue.backstage, Above(), asyncio.get_running_loop().time()
    backstage.tell({below.node: Devices(True, True, lesson="chemistry"), "1" * 16: Devices()}, now)
    async with above.joined(below):
        await until(lambda: above.told)
        backstage.tell({below.node: Devices(True, True, lesson="")}, now)
        await until(lambda: len(above.told) > 1)
    devices = {"camera": True, "microphone": True, "link": ""}
    none = {"camera": False, "microphone": False, "link": ""}
    assert above.told == [
        {below.node: devices | {"lesson": "chemistry"}, "1" * 16: none},
        {below.node: devices | {"lesson": ""}},
    ]


async def test_a_parent_that_was_away_is_told_all_again(below: Below) -> None:
    """It may have been started anew, and knows of nobody in which lesson it is."""
    above, now = Above(), asyncio.get_running_loop().time()
    below.dialogue.backstage.tell({below.node: Devices(True, True, lesson="chemistry")}, now)
    async with above.joined(below):
        await until(lambda: above.told)
        below.dialogue.upward.heard(None)
        await until(lambda: len(above.told) > 1)
        below.dialogue.upward.heard(Listing(1, [], wishes=msgspec.Raw(b"{}")))
    assert above.told[0] == above.told[1]


async def test_a_parent_that_was_away_is_told_all_once_when_it_goes_and_once_when_it_is_back(
    below: Below,
) -> None:
    """The link may be thin, and the parent answers on it late."""
    above, other, now = Above(), "1" * 16, asyncio.get_running_loop().time()
    backstage, upward = below.dialogue.backstage, below.dialogue.upward
    backstage.tell({below.node: Devices(), other: Devices()}, now)
    async with above.joined(below):
        await until(lambda: above.told)
        upward.heard(None)
        await until(lambda: len(above.told) > 1)
        backstage.tell({below.node: Devices(True)}, now)
        await until(lambda: len(above.told) > 2)
        upward.heard(Listing(1, [], wishes=msgspec.Raw(b"{}")))
        await until(lambda: len(above.told) > 3)
        backstage.tell({below.node: Devices()}, now)
        await until(lambda: len(above.told) > 4)
    assert [set(each) for each in above.told] == [
        {below.node, other},
        {below.node, other},
        {below.node},
        {below.node, other},
        {below.node},
    ]


async def test_a_parent_is_not_told_again_of_a_class_that_has_said_nothing_for_long(below: Below) -> None:
    """Its word would be taken for one of this moment."""
    above, gone, now = Above(), "1" * 16, asyncio.get_running_loop().time()
    linked = "2" * 16
    backstage = below.dialogue.backstage
    backstage.tell({each: Devices(lesson="chemistry") for each in (gone, linked)}, now - SAID)
    backstage.tell({below.node: Devices(lesson="chemistry")}, now)
    below.dialogue.upward.links = lambda: {linked: "poor"}
    async with above.joined(below):
        await until(lambda: above.told)
    devices = {"camera": False, "microphone": False}
    assert above.told == [
        {below.node: devices | {"link": "", "lesson": "chemistry"}, linked: devices | {"link": "poor"}}
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
