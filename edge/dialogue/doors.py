"""HTTP of the way back: a class publishes to its node, nodes to their parents, and floors are watched."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from msgspec import structs

from edge.access import Door, Throttle, asker_of, is_here
from edge.dialogue.backstage import CLASS, FLOOR, Backstage, Devices
from edge.dialogue.kin import Kin
from edge.dialogue.orders import bounded, decoded
from edge.dialogue.wishes import MOST_NAME
from edge.media.negotiate import Refused
from edge.media.packet import Kind
from edge.signalling import NODE, caller, created, described, slow_down, stream_name
from sync.streams import NODE_ID

MAX_STATES = 65_536  # bytes of what a node says of the classes below it: 512 take 40,000
PICTURE: tuple[Kind, ...] = ("video",)  # of a class that a teacher looks at: it is heard by all or by nobody


class Doors:
    """The routes of both doors; `/session/…` is shared with lessons."""

    def __init__(
        self, door: Door, backstage: Backstage, kin: Kin, is_elsewhere: Callable[[str, str], bool]
    ) -> None:
        """`is_elsewhere` tells whether a class is in another lesson than one."""
        self._door = door
        self._is_elsewhere = is_elsewhere
        self._backstage = backstage
        self._kin = kin
        self._throttle = Throttle()

    def routes(self) -> list[web.RouteDef]:
        """Return what people and pages reach."""
        return [
            web.post("/class/whip", self._send),
            web.post("/class/whep/{node}", self._look),
            web.post("/floor/whep/{stream:.*}", self._listen),
        ]

    def node_routes(self) -> list[web.RouteDef]:
        """Return what nodes below reach."""
        return [
            web.post("/class/whip/{node}", self._pass_on),
            web.post("/class/state", self._state),
            web.post("/floor/whep/{stream:.*}", self._pull),
        ]

    async def _send(self, request: web.Request) -> web.Response:
        """The page of this very computer sends what its camera and microphone take."""
        self._slow_down(request)
        if not is_here(asker_of(request.remote, request.headers)):
            raise Refused(403, "not-here", "only the page on this computer shows the class")
        session, answer = await self._backstage.whip.publish(CLASS + self._kin.me, await described(request))
        session.verb = "publish"
        return created(session, answer)

    async def _look(self, request: web.Request) -> web.Response:
        """A hub's teacher looks at a class; it is heard by all or by nobody, so not here."""
        self._slow_down(request)
        holder = self._door.admit(asker_of(request.remote, request.headers), "publish")
        node, lesson, offer = _node(request), request.query.get("stream", ""), await described(request)
        if lesson and self._is_elsewhere(node, lesson):
            raise Refused(409, "node-elsewhere", f"{node} is in another lesson than {lesson[:80]!r}")
        looks = structs.replace(caller(request, holder), lesson=lesson[:MOST_NAME])
        session, answer = await self._backstage.whep.watch(CLASS + node, offer, looks, PICTURE)
        session.verb = "publish"
        return created(session, answer)

    async def _listen(self, request: web.Request) -> web.Response:
        """A page plays what the class says that has the floor."""
        self._slow_down(request)
        holder = self._door.admit(asker_of(request.remote, request.headers), "watch")
        return await self._floor(request, holder)

    async def _pull(self, request: web.Request) -> web.Response:
        self._slow_down(request)
        return await self._floor(request, "")

    async def _floor(self, request: web.Request, holder: str) -> web.Response:
        name, offer = FLOOR + stream_name(request), await described(request)
        session, answer = await self._backstage.whep.watch(name, offer, caller(request, holder))
        return created(session, answer)

    async def _pass_on(self, request: web.Request) -> web.Response:
        """A node sends what its class says, or one below it."""
        self._slow_down(request)
        node, offer = _node(request), await described(request)
        self._vouched(request, node)
        session, answer = await self._backstage.whip.publish(CLASS + node, offer)
        return created(session, answer)

    async def _state(self, request: web.Request) -> web.Response:
        """A node says which cameras and microphones can be seen and heard, and how links below it are."""
        self._slow_down(request)
        told = decoded(await bounded(request, MAX_STATES), dict[str, Devices])
        mine = self._kin.below(request[NODE])
        now = asyncio.get_running_loop().time()
        self._backstage.tell({node: each for node, each in told.items() if node in mine}, now)
        return web.Response(status=204)

    def _vouched(self, request: web.Request, node: str) -> None:
        if node not in self._kin.below(request[NODE]):
            raise Refused(403, "not-below", f"{node} is not below {request[NODE]}")

    def _slow_down(self, request: web.Request) -> None:
        slow_down(self._throttle, request)


def _node(request: web.Request) -> str:
    node = request.match_info["node"]
    if NODE_ID.fullmatch(node) is None:
        raise Refused(400, "node-unknown", f"{node[:80]!r} is not the id of a node")
    return node
