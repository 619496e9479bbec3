"""What a node answers to the nodes enrolled below it: `POST /sync` and `GET /sync/chains`.

Both are mounted on the door with mutual TLS only. Who asks is told by its certificate, never by what it says.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from aiohttp import web
from msgspec import Struct

from sync import exchange, forks, protocol, streams, tree
from sync.clock import Moment
from sync.errors import BadRequest, DiskFull, Forked, JournalError, TooLarge
from sync.exchange import Arrived, Keys
from sync.joining.certificates import NODE_DIGITS
from sync.joining.tls import peer_fingerprint
from sync.ledger import Ledger
from sync.protocol import Reply, Request

BODY_TIME = 60.0  # seconds for a request to arrive: 256 kB at 64 kbit/s take 33
STATUS: dict[type[JournalError], int] = {TooLarge: 413, BadRequest: 400, Forked: 409, DiskFull: 507}
STRANGER = "this node is not enrolled here, or was revoked"
FAILED = 503  # whatever else is wrong with the journal: worth another try later

log = logging.getLogger(__name__)

Moments = Callable[[], Moment]


class Busy(JournalError):
    """A child asks again before it was answered."""


class NotEnrolled(JournalError):
    """Who asks may not dial this node any more."""


class Peer(Struct, frozen=True):
    """Which node a request comes from, and what it is called: "" if it has no name."""

    node: str
    name: str


class Server:
    """The exchange over HTTP."""

    def __init__(self, ledger: Ledger, keys: Keys, now: Moments) -> None:
        self._ledger = ledger
        self._keys = keys
        self._now = now
        self._busy: set[str] = set()  # children whose last request is still being answered

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [web.post("/sync", self._exchange), web.get("/sync/chains", self._chains)]

    def called(self, request: web.Request) -> Peer | None:
        """Return the node that a request comes from; None if it may not dial this one."""
        fingerprint = peer_fingerprint(request.transport)
        node = fingerprint[:NODE_DIGITS]

        def peer(db: Connection) -> Peer | None:
            return Peer(node, tree.name_of(db, node)) if tree.is_enrolled(db, fingerprint) else None

        return self._ledger.read(peer)

    async def _exchange(self, request: web.Request) -> web.Response:
        fingerprint = self._peer(request)
        try:
            message = protocol.decode(await _body(request), Request)
            arrived = exchange.read(message)
            with self._only(fingerprint):
                reply = await self._answer(fingerprint, message, arrived)
        except NotEnrolled as exc:
            raise web.HTTPUnauthorized(reason=str(exc)) from exc
        except JournalError as exc:
            return refusal(exc)
        if reply.refused:
            log.warning("streams refused node=%s first=%s", fingerprint[:NODE_DIGITS], reply.refused[0])
        return web.Response(body=protocol.encode(reply))

    @contextmanager
    def _only(self, peer: str) -> Iterator[None]:
        """One request of a child at a time: the writer is there for all of them."""
        if peer in self._busy:
            raise Busy("the last request of this node is still being answered")
        self._busy.add(peer)
        try:
            yield
        finally:
            self._busy.discard(peer)

    async def _answer(self, fingerprint: str, message: Request, arrived: list[Arrived]) -> Reply:
        """Apply a request; of one that the disk has no room for only what is vital, the rest waits there."""

        def write(taken: list[Arrived], vital: bool) -> Awaitable[Reply]:
            def answer(db: Connection) -> Reply:
                if not tree.is_enrolled(db, fingerprint):  # revoked while the request was on its way
                    raise NotEnrolled(STRANGER)
                parent = exchange.Parent(db, self._ledger.node, fingerprint[:NODE_DIGITS], self._now())
                return parent.answer(message, taken, self._keys)

            facts = sum(len(each.facts) for each in taken)
            return asyncio.wrap_future(self._ledger.write(answer, vital=vital, facts=facts))

        vital = [each for each in arrived if exchange.is_vital(each)]
        if len(vital) == len(arrived):
            return await write(vital, True)
        try:
            return await write(arrived, False)
        except DiskFull:
            return await write(vital, True)

    async def _chains(self, request: web.Request) -> web.Response:
        """Hashes of a stream, 256 back from `last`, for a child that looks where two histories part."""
        peer = self._peer(request)[:NODE_DIGITS]
        try:
            name = streams.parse(request.query.get("stream", ""))
            last = int(request.query.get("last", "")[:18])
        except ValueError as exc:
            return refusal(BadRequest(str(exc)))
        if not self._ledger.read(lambda db: exchange.Shared(db, self._ledger.node, peer).holds(name)):
            raise web.HTTPForbidden
        return web.json_response(self._ledger.read(lambda db: forks.hashes(db, name, last, forks.PAGE)))

    def _peer(self, request: web.Request) -> str:
        """Return the fingerprint of who asks."""
        if self.called(request) is None:
            raise web.HTTPUnauthorized(reason=STRANGER)
        return peer_fingerprint(request.transport)


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIME):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > protocol.MAX_WIRE:
                    raise TooLarge(f"more than {protocol.MAX_WIRE} bytes")
    except TimeoutError as exc:
        raise BadRequest(f"not whole after {BODY_TIME:.0f} seconds") from exc
    except (web.RequestPayloadError, ConnectionError) as exc:
        raise BadRequest(f"cut short: {exc}") from exc
    return bytes(body)


def refusal(exc: JournalError) -> web.Response:
    """Return an error as problem details (RFC 9457)."""
    status = next((code for kind, code in STATUS.items() if isinstance(exc, kind)), FAILED)
    body: dict[str, object] = {"title": str(exc), "status": status}
    if isinstance(exc, Forked):
        body |= {"stream": exc.stream, "head": exc.head}
    return web.json_response(body, status=status, content_type="application/problem+json")
