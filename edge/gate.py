"""The HTTP door of a node: routes of every part, and one form for every refusal."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from edge.media.negotiate import Refused
from edge.signalling import CALLER, CORS, NODE
from sync.errors import JournalError
from sync.server import Peer

# Pages load nothing from elsewhere and run no inline script.
POLICY = (
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' blob: mediastream:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
RETRY = {409: "1", 429: "1", 503: "5"}  # seconds until another try is worth it
MAX_BODY = 1 << 20  # bytes; offers have their own, smaller bound

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


def make_app(routes: Sequence[web.AbstractRouteDef]) -> web.Application:
    """Return what people and browsers reach, with all routes mounted."""
    app = _app(routes)
    app.on_response_prepare.append(_safe)
    return app


def make_nodes_app(routes: Sequence[web.AbstractRouteDef]) -> web.Application:
    """Return what other nodes reach; on their links each header field that no browser reads costs."""
    app = _app(routes)
    app.on_response_prepare.append(_lean)
    app.on_response_prepare.append(_no_second_try)
    return app


def _app(routes: Sequence[web.AbstractRouteDef]) -> web.Application:
    app = web.Application(middlewares=[_refusals], client_max_size=MAX_BODY)
    app.add_routes(routes)
    return app


def only_for(
    called: Callable[[web.Request], Peer | None], routes: Sequence[web.RouteDef]
) -> list[web.AbstractRouteDef]:
    """Return the routes as only enrolled nodes may ask for them; `called` tells which one does."""

    def guarded(handler: Handler) -> Handler:
        async def guard(request: web.Request) -> web.StreamResponse:
            peer = called(request)
            if peer is None:
                raise Refused(401, "token-missing", "this node is not enrolled here, or was revoked")
            request[CALLER], request[NODE] = peer.name, peer.node
            return await handler(request)

        return guard

    return [web.route(each.method, each.path, guarded(each.handler)) for each in routes]


async def _no_second_try(request: web.Request, response: web.StreamResponse) -> None:
    """Who is refused keeps no connection: most are strangers, and each costs a place."""
    if response.status >= 400:
        response.force_close()
        response.headers["Connection"] = "close"  # the field was made before; or he asks again over this one


async def _safe(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SAFE.items():
        response.headers.setdefault(name, value)


async def _lean(request: web.Request, response: web.StreamResponse) -> None:
    """Drop what no node reads: 92 bytes of an answer that has 29. An exchange says the time itself."""
    for name in ("Date", "Server"):
        response.headers.popall(name, None)
    if response.headers.get("Content-Type") == "application/octet-stream":
        del response.headers["Content-Type"]  # what a missing one means


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check_coding(request)
        return await handler(request)
    except Refused as exc:
        return problem(exc)
    except JournalError as exc:
        log.warning("journal refused path=%s reason=%r", request.path, str(exc))
        return problem(Refused(503, "too-many", str(exc)))
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        key = "not-found" if exc.status == 404 else "bad-request"
        response = problem(Refused(exc.status, key, exc.reason))
        if isinstance(exc, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(exc.allowed_methods))  # RFC 9110 section 15.5.6
        return response


def _check_coding(request: web.Request) -> None:
    """Refuse a body that is compressed: nobody of ours sends one, and it may be a thousand times as long."""
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        key = "bad-offer" if "sdp" in request.content_type else "bad-request"
        raise Refused(400, key, f"Content-Encoding is {coding[:80]!r}: bodies are read only as they are")


def problem(refused: Refused) -> web.Response:
    """Return a refusal as problem details (RFC 9457), with the key of the sentence that a page shows."""
    body = {**refused.blanks, "title": refused.detail, "key": refused.key, "status": refused.status}
    headers = dict(CORS)
    if refused.status in RETRY:
        headers["Retry-After"] = RETRY[refused.status]
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(
        status=refused.status, text=text, content_type="application/problem+json", headers=headers
    )
