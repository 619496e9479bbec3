"""The library for browsers: what there is, and pages out of ZIP files in a room of their own.

Who may watch sees all of it. Anybody else on this local network sees what was published, if the
configuration says so, and no recording. Pages of a package are strangers' scripts: they run without an
origin, may load only what lies in their own package, and their address holds for that package alone.
"""

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec
from aiohttp import web
from msgspec import Struct, structs

from edge.access import Asker, Door, Throttle, asker_of
from edge.api import Unable
from edge.content.holdings import Question
from edge.content.kolibris import Place
from edge.content.zipped import Absent, Member, Unsafe, Zipped
from edge.contract.answers import Found, Item
from edge.media.negotiate import Refused
from sync.catalogue import PAGES

MOST_PAGES = 64  # files of packages that are sent at once, each with its package open: ten tablets
PATIENCE = 60.0  # seconds that a browser may take nothing
SMALL = 65_536  # bytes: a larger answer is compressed in a thread
HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?")  # IPv6 addresses have no place in a policy
TICKET = 32  # hexadecimal digits
PLAYABLE = ("here", "growing")
SANDBOX = "sandbox allow-scripts allow-forms allow-modals"  # no origin, no windows, nothing of this node
NOTHING = "camera=(), microphone=(), geolocation=(), display-capture=()"


class Shelves(Protocol):
    """What the library knows."""

    async def find(self, question: Question, with_recordings: bool = True) -> Found:
        """Return what is found; raise Unable."""

    def published(self, item: str) -> Item | None:
        """Return what was published under this id."""

    def waits(self) -> tuple[str, str]:
        """Return why nothing is fetched although something is wanted, and until when."""


class Row(Struct, frozen=True):
    """An item, and where a browser gets it."""

    item: Item
    address: str

    def told(self) -> dict[str, object]:
        """Return it as it is sent."""
        return {**structs.asdict(self.item), "address": self.address}


class ReadingRoom:
    """Routes of the people's door."""

    def __init__(
        self,
        door: Door,
        is_open: Callable[[Asker], bool],
        shelves: Shelves,
        path_of: Callable[[str], Path | None],
        places: Callable[[], list[Place]],
    ) -> None:
        """`is_open` tells whether somebody may see what was published without any token."""
        self._door = door
        self._is_open = is_open
        self._shelves = shelves
        self._path_of = path_of
        self._places = places
        self._throttle = Throttle()
        self._secret = secrets.token_bytes(32)
        self._pages = 0  # that are being sent

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [
            web.get("/api/library", self._list),
            web.get("/content/{id}/pages/{ticket}/{member:.*}", self._page),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        asker = asker_of(request.remote, request.headers)
        self._check_pace(asker)
        may_watch = self._may_watch(asker)
        try:
            found = await self._shelves.find(_question(request), may_watch)
        except Unable as exc:
            raise Refused(503, "too-many", str(exc)) from exc
        waits, until = self._shelves.waits()
        told = {
            **structs.asdict(found),
            "items": [Row(item, self._address(item)).told() for item in found.items],
            "recordings": may_watch,
            "waits": waits,
            "until": until,
            "places": [structs.asdict(place) for place in self._places()],
        }
        response = web.Response(
            body=msgspec.json.encode(told),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
            zlib_executor_size=SMALL,
        )
        response.enable_compression()
        return response

    def _check_pace(self, asker: Asker) -> None:
        if not self._throttle.allows(asker.address, asyncio.get_running_loop().time()):
            raise Refused(429, "too-many", "too many questions from this address")

    def _may_watch(self, asker: Asker) -> bool:
        """Tell whether recordings are for this asker; raise Refused where nothing is."""
        try:
            self._door.admit(asker, "watch")
        except Refused:
            if not self._is_open(asker):
                raise
            return False
        return True

    def _address(self, item: Item) -> str:
        if item.state not in PLAYABLE and not item.better:
            return ""
        if item.kind == "recording":
            return f"/recordings/{item.id}"
        if item.media_type == PAGES:
            return f"/content/{item.id}/pages/{self._ticket(item.id)}/"
        return f"/content/{item.id}"

    def _ticket(self, ident: str) -> str:
        return hmac.new(self._secret, ident.encode(), sha256).hexdigest()[:TICKET]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        """Send one member of a package. Its pages cannot send a token, so their address is the permission."""
        ident, member = request.match_info["id"], request.match_info["member"]
        if not hmac.compare_digest(request.match_info["ticket"].encode(), self._ticket(ident).encode()):
            raise Refused(401, "token-missing", "this address is not of today; open the library anew")
        item = self._shelves.published(ident)
        path = await asyncio.to_thread(self._path_of, ident)
        if item is None or item.media_type != PAGES or path is None:
            raise web.HTTPNotFound
        if self._pages >= MOST_PAGES:
            raise Refused(503, "too-many", f"{MOST_PAGES} files of packages are being sent")
        self._pages += 1
        try:
            return await self._member(request, path, member)
        finally:
            self._pages -= 1

    async def _member(self, request: web.Request, path: Path, member: str) -> web.StreamResponse:
        try:
            package = await asyncio.to_thread(Zipped, path)
        except (Unsafe, OSError) as exc:
            raise Refused(422, "package-unsafe", str(exc)) from exc
        try:
            if not member:
                raise web.HTTPFound(quote(package.first))
            return await self._send(request, package, package.find(member))
        except Absent as exc:
            raise web.HTTPNotFound from exc
        finally:
            package.close()

    async def _send(self, request: web.Request, package: Zipped, member: Member) -> web.StreamResponse:
        response = web.StreamResponse(headers=_fenced(request, member))
        response.content_length = member.size
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        pieces = package.read(member)
        try:
            while piece := await asyncio.to_thread(_next, pieces):
                async with asyncio.timeout(PATIENCE):
                    await response.write(piece)
        # Its reader has gone or takes nothing, or it is broken: that the rest is missing must be seen.
        except (Unsafe, OSError, TimeoutError):
            response.force_close()
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write_eof()
        return response


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def _question(request: web.Request) -> Question:
    asked = request.query
    return Question(*(asked.get(name, "") for name in ("text", "subject", "kind", "lang", "grade")))


def _fenced(request: web.Request, member: Member) -> dict[str, str]:
    """Return the header fields that keep a page among its own files."""
    host = request.headers.get("Host", "")
    folder = "/content/{id}/pages/{ticket}/".format(**request.match_info)
    own = f"http://{host}{folder}" if HOST.fullmatch(host) else "'self'"
    inside = f"{own} data: blob:"
    policy = (
        f"{SANDBOX}; default-src {inside} 'unsafe-inline' 'unsafe-eval'; connect-src {inside}; "
        f"form-action 'none'; base-uri {own}; frame-ancestors {own}; object-src 'none'"
    )
    kind = member.media_type
    return {
        "Content-Type": f"{kind}; charset=utf-8" if kind == "text/javascript" else kind,
        "Content-Security-Policy": policy,
        "Permissions-Policy": NOTHING,
        "Access-Control-Allow-Origin": "null",  # what has no origin: its own scripts, modules and fonts
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
