"""What a node shows: pages, words, who is live and who watches."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from edge import VERSION, words
from edge.access import Door, asker_of
from edge.config import Config
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.signalling import NODE

PAGES = Path(__file__).parent / "pages"
MAX_WAIT = 25.0  # seconds a list of streams is held back for news: below the 30 s of most proxies
CACHE = {"Cache-Control": "no-cache"}  # ETag decides: an upgraded node must not serve yesterday's page

PAGE_OF = {
    "/": "watch.html",
    "/teach": "teach.html",
    "/recordings": "recordings.html",
    "/library": "library.html",
    "/check": "check.html",
}
STATIC = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
UNSPOKEN = '<html lang="kk">'  # how every page begins; the node's own language takes its place

TROUBLE = '<script type="module" src="/static/trouble.js"></script>\n</body>'

Recording = Callable[[str], dict[str, str]]
Told = Callable[[str], dict[str, object]]


class Static(Struct, frozen=True):
    """A file of the pages as it is sent."""

    content: bytes
    media_type: str
    version: str

    @classmethod
    def read(cls, path: Path) -> "Static":
        """Read it; raises OSError."""
        content = path.read_bytes()
        return cls(content, STATIC[path.suffix], sha256(content).hexdigest()[:16])


class Views:
    """Pages and lists for people and other nodes."""

    def __init__(
        self,
        config: Config,
        door: Door,
        studio: Studio,
        whep: Whep,
        recording: Recording,
        trouble: str = "",
    ) -> None:
        """`trouble` says why nothing can be kept on the disk."""
        self.told: Told | None = None  # what else a node below is told with the streams
        self._config = config
        self._trouble = trouble
        spoken = f'<html lang="{config.lang}" data-school="{config.lang}">'
        texts = {path: (PAGES / name).read_text(encoding="utf-8") for path, name in PAGE_OF.items()}
        self._pages = {path: text.replace(UNSPOKEN, spoken) for path, text in texts.items()}
        if trouble:
            self._pages = {path: text.replace("</body>", TROUBLE) for path, text in self._pages.items()}
        # Kept in memory: a browser that turns away while a file is opened for it would leave that open.
        self._files = {path.name: Static.read(path) for path in PAGES.iterdir() if path.suffix in STATIC}
        self._door = door
        self._studio = studio
        self._whep = whep
        self._recording = recording

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [
            web.get("/", self._page),
            web.get("/teach", self._page),
            web.get("/recordings", self._page),
            web.get("/library", self._page),
            web.get("/check", self._page),
            web.get("/static/{file}", self._static),
            web.get("/api/words/{lang}", self._words),
            web.get("/api/words/teach/{lang}", self._teaching),
            web.get("/api/node", self._node),
            web.get("/api/streams", self._streams),
        ]

    def node_routes(self) -> list[web.RouteDef]:
        """Return what other nodes ask for."""
        return [web.get("/api/streams", self._streams)]

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=self._pages[request.path], content_type="text/html", headers=CACHE)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["file"])
        if file is None:
            raise web.HTTPNotFound
        headers = CACHE | {"ETag": f'"{file.version}"'}
        if any(each.value == file.version for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.content, content_type=file.media_type, charset="utf-8", headers=headers)

    async def _words(self, request: web.Request) -> web.Response:
        return _spoken(request, words.load)

    async def _teaching(self, request: web.Request) -> web.Response:
        return _spoken(request, words.of_teaching)

    async def _node(self, request: web.Request) -> web.Response:
        told = {"name": self._config.name, "lang": self._config.lang, "version": VERSION}
        return web.json_response(told | ({"trouble": self._trouble} if self._trouble else {}))

    async def _streams(self, request: web.Request) -> web.Response:
        self._door.admit(asker_of(request.remote, request.headers), "watch")
        after = request.query.get("after", "")
        if after.isdecimal():
            await self._studio.news(int(after[:18]), wait(request.query.get("wait", "")))
        streams = [self._described(stream) for stream in self._studio.streams.values()]
        told = self.told(request.get(NODE, "")) if self.told is not None else {}
        return web.json_response({"version": self._studio.version, "streams": streams, **told})

    def _described(self, stream: Stream) -> dict[str, object]:
        tracks = stream.tracks
        age = asyncio.get_running_loop().time() - stream.since
        return {
            "name": stream.name,
            "live": stream.live,
            "since": _utc(time.time() - age),
            "video": tracks["video"].codec if "video" in tracks else None,
            "audio": tracks["audio"].codec if "audio" in tracks else None,
            "viewers": self._whep.count(stream),
            "bitrate": round(stream.bitrate),
            "recording": self._recording(stream.name),
        }


def _spoken(request: web.Request, load: Callable[[str], dict[str, words.Said]]) -> web.Response:
    try:
        return web.json_response(load(request.match_info["lang"]), headers=CACHE)
    except words.BadWords as exc:
        raise web.HTTPNotFound from exc


def wait(text: str) -> float:
    """Return for how many seconds somebody wants an answer to be held back for news, within the bound."""
    try:
        return max(0.0, min(MAX_WAIT, float(text)))  # in this order: `nan` is MAX_WAIT too
    except ValueError:
        return MAX_WAIT


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
