"""WHIP and WHEP over HTTP: offers in, answers out, sessions as resources (RFC 9725 sections 4.2 to 4.6)."""

import asyncio
from urllib.parse import unquote

from aiohttp import web

from edge.access import Door, Throttle, asker_of
from edge.media import sdp, sight
from edge.media.negotiate import Refused
from edge.media.pull import NAME_HEADER
from edge.media.session import Session, Sessions
from edge.media.stream import NAME, RESERVED
from edge.media.whep import Caller, Whep
from edge.media.whip import Whip

MAX_NAME = 63  # letters of a watcher's name, as in the configuration
CALLER = web.RequestKey("caller", str)  # what the node is called whose certificate a request came with
NODE = web.RequestKey("node", str)  # … and which one it is
METHODS = "OPTIONS, POST, PATCH, DELETE"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": f"Authorization, Content-Type, If-Match, {NAME_HEADER}",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After",
}


class Signalling:
    """The HTTP side of WHIP and WHEP."""

    def __init__(self, door: Door, sessions: Sessions, whip: Whip, whep: Whep) -> None:
        self._door = door
        self._sessions = sessions
        self._whip = whip
        self._whep = whep
        self._throttle = Throttle()

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        routes: list[web.RouteDef] = []
        for path in ("/whip/{stream:.*}", "/whep/{stream:.*}", "/session/{id}"):
            routes += [web.route("OPTIONS", path, self._options), web.get(path, self._nothing)]
        return [
            *routes,
            web.post("/whip/{stream:.*}", self._publish),
            web.post("/whep/{stream:.*}", self._watch),
            web.patch("/session/{id}", self._trickle),
            web.delete("/session/{id}", self._end),
            web.post("/session/{id}/sight", self._look),
        ]

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(
            headers={**CORS, "Accept-Post": "application/sdp", "Access-Control-Max-Age": "600"}
        )

    async def _nothing(self, request: web.Request) -> web.Response:
        """A GET has no content to give (RFC 9725 section 4.2)."""
        return web.Response(status=204, headers=CORS)

    async def _publish(self, request: web.Request) -> web.Response:
        self._slow_down(request)
        self._door.admit(asker_of(request.remote, request.headers), "publish")
        name, offer = stream_name(request), await described(request)
        if RESERVED.fullmatch(name):
            raise Refused(403, "stream-name", f"{name} is no name of a lesson")
        session, answer = await self._whip.publish(name, offer)
        session.verb = "publish"
        return created(session, answer)

    async def _watch(self, request: web.Request) -> web.Response:
        self._slow_down(request)
        holder = self._door.admit(asker_of(request.remote, request.headers), "watch")
        name, offer = stream_name(request), await described(request)
        session, answer = await self._whep.watch(name, offer, caller(request, holder))
        return created(session, answer)

    async def _trickle(self, request: web.Request) -> web.Response:
        self._slow_down(request)
        session = self._owned(request)
        fragment = await _body(request, "application/trickle-ice-sdpfrag")
        await session.trickle(fragment, request.headers.get("If-Match"))
        return web.Response(status=204, headers=CORS)

    async def _end(self, request: web.Request) -> web.Response:
        self._slow_down(request)
        session = self._owned(request)
        await self._sessions.end(session)
        return web.Response(headers=CORS)

    async def _look(self, request: web.Request) -> web.Response:
        """Somebody says how the lesson looks where it is shown."""
        self._slow_down(request)
        session = self._owned(request)
        try:
            told = sight.read(await request.read())
        except sight.BadSight as exc:
            raise Refused(400, "bad-request", f"not what a lesson may look like: {exc}") from exc
        self._whep.told(session, told, asyncio.get_running_loop().time())
        return web.Response(status=204, headers=CORS)

    def _owned(self, request: web.Request) -> Session:
        session = self._sessions.find(request.match_info["id"])
        self._door.admit(asker_of(request.remote, request.headers), session.verb)
        return session

    def _slow_down(self, request: web.Request) -> None:
        slow_down(self._throttle, request)


def slow_down(throttle: Throttle, request: web.Request) -> None:
    """Take a request from its sender's budget; raise Refused."""
    if not throttle.allows(request.remote or "", asyncio.get_running_loop().time()):
        raise Refused(429, "too-many", "too many requests from this address")


def stream_name(request: web.Request) -> str:
    """Return the stream that a request is about; raise Refused."""
    name = request.match_info["stream"]
    if NAME.fullmatch(name) is None:
        raise Refused(400, "stream-name", f"{name[:80]!r} is not a stream name: 1 to 64 of a-z, 0-9 and -")
    return name


async def described(request: web.Request) -> str:
    """Return the offer that a request brings; raise Refused."""
    return await _body(request, "application/sdp")


async def _body(request: web.Request, content_type: str) -> str:
    if request.content_type != content_type:
        raise Refused(415, "bad-offer", f"Content-Type is {request.content_type}, not {content_type}")
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > sdp.MAX_SDP:
                raise Refused(400, "bad-offer", f"longer than {sdp.MAX_SDP} bytes")
        return body.decode()
    except web.RequestPayloadError as exc:
        raise Refused(400, "bad-offer", "cut short") from exc
    except UnicodeDecodeError as exc:
        raise Refused(400, "bad-offer", "not UTF-8 text") from exc


def caller(request: web.Request, holder: str) -> Caller:
    """Say who watches: whose certificate or token it is, else what a node calls itself, else an address."""
    said = unquote(request.headers.get(NAME_HEADER, ""))[:MAX_NAME]
    name = request.get(CALLER) or holder or (said if said.isprintable() else "") or request.remote or "?"
    return Caller(name, is_node=NAME_HEADER in request.headers, node=request.get(NODE, ""))


def created(session: Session, answer: str) -> web.Response:
    """Return the answer to an offer that was taken."""
    headers = {**CORS, "Location": f"/session/{session.id}", "ETag": session.etag}
    return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)
