"""A fake node as its pages see it: real HTTP and WebRTC, with knobs for what may go wrong."""

import asyncio
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
from aiohttp import web
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from edge import words

PAGES = Path(words.__file__).parent / "pages"
POLICY = "default-src 'self'; connect-src 'self'; media-src 'self' blob:; frame-ancestors 'none'"
LONG_POLL = 25.0
UNREACHABLE = re.compile(
    r"a=end-of-candidates\r\n|a=candidate:[^\r]*\.local[^\r]*\r\n"
)  # aioice gives up on these

Json = dict[str, Any]


class Picture(VideoStreamTrack):
    """A small picture that changes with each frame until it is told to stand still."""

    def __init__(self) -> None:
        super().__init__()
        self.moves = asyncio.Event()
        self.moves.set()

    async def recv(self) -> av.VideoFrame:
        await self.moves.wait()
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(160, 90, "yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([(pts // 6000 * 7 + 90 * number) % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Refusal:
    """What the next request to a path is answered with."""

    def __init__(self, status: int, key: str, retry_after: int | None = None) -> None:
        self._status, self._key = status, key
        self._headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def answer(self) -> web.Response:
        body = {"title": "refused", "key": self._key, "status": self._status}
        return web.json_response(
            body, status=self._status, headers=self._headers, content_type="application/problem+json"
        )


class FakeNode:
    """A node with real WebRTC whose streams, viewers, recordings and refusals are set by the test."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.more: list[web.AbstractRouteDef] = []  # of real parts, to be set before the node is entered
        self.shown: Json | None = None  # what the teacher's screen shows; nothing is known of one while None
        self.reports: list[str] = []  # what pages said of themselves
        self.streams: dict[str, Json] = {}
        self.viewers: list[Json] = []
        self.classes: list[Json] = []  # what classes say, as the page gets it
        self.recordings: list[Json] = []
        self.refusals: dict[str, Refusal] = {}
        self.posts: list[tuple[str, dict[str, str], str]] = []
        self.deleted: list[str] = []
        self.dismissed = asyncio.Event()
        self.pictures: list[Picture] = []
        self.is_down = False
        self.url = ""
        self._version = 1
        self._changed = asyncio.Condition()
        self._sessions: dict[str, RTCPeerConnection] = {}
        self._lessons: dict[str, str] = {}  # stream by the session that publishes it
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._door])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/teach", self._page),
                web.get("/recordings", self._page),
                web.get("/static/{file}", self._static),
                web.get("/api/words/{language}", self._words),
                web.get("/api/streams", self._list),
                web.get("/api/streams/{stream}/viewers", self._viewers),
                web.get("/api/streams/{stream}/talk", self._talk),
                web.get("/api/showing", self._showing),
                *self.more,
                web.get("/api/recordings", self._recordings),
                web.get("/recordings/{id}", self._file),
                web.post("/{kind:whip|whep}/{stream}", self._offer),
                web.delete("/session/{id}", self._delete),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
        assert self._runner is not None
        await self._runner.cleanup()

    async def put(self, name: str, *, live: bool = True, **more: Any) -> None:
        """Make a stream known and live, and tell everybody who waits for news."""
        entry = {"name": name, "live": live, "since": "2026-11-22T04:45:00Z", "video": "VP8", "audio": "opus"}
        self.streams[name] = entry | {"viewers": 0, "recording": {"state": "off"}} | more
        await self.announce()

    async def end(self, name: str) -> None:
        self.streams.pop(name, None)
        await self.announce()

    async def announce(self) -> None:
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    async def hang_up(self) -> None:
        """End every session from our side."""
        sessions = [session for session in self._sessions.values() if session.connectionState != "closed"]
        self._sessions.clear()
        for session in sessions:
            await session.close()

    async def cut(self) -> None:
        """Cut every answer that is being sent."""
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    @property
    def session_count(self) -> int:
        return len(self._sessions)

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.is_down and request.transport is not None:
            request.transport.close()
            return web.Response(status=503)  # nobody hears it, and no file is opened for nobody
        refusal = self.refusals.get(request.path)
        answer: web.StreamResponse = refusal.answer() if refusal else await handler(request)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        return answer

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGES / f"{request.path.strip('/') or 'watch'}.html")

    async def _static(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGES / request.match_info["file"])

    async def _words(self, request: web.Request) -> web.Response:
        return web.json_response(words.load(request.match_info["language"]))

    async def _list(self, request: web.Request) -> web.Response:
        async with self._changed:
            if request.query.get("after") == str(self._version):
                await asyncio.wait_for(self._changed.wait(), LONG_POLL)
        return web.json_response({"version": self._version, "streams": list(self.streams.values())})

    async def _viewers(self, request: web.Request) -> web.Response:
        return web.json_response({"viewers": self.viewers})

    async def _talk(self, request: web.Request) -> web.Response:
        async with self._changed:
            if request.query.get("after") == str(self._version):
                await asyncio.wait_for(self._changed.wait(), LONG_POLL)
        now = round(time.time() * 1000)
        return web.json_response({"version": self._version, "now": now, "classes": self.classes})

    async def show(self, mode: str, **more: Any) -> None:
        """Have the pages show something, as the teacher's screen would."""
        self.shown = {"mode": mode, "stream": "", "recording": "", "media_type": "", "at": 0.0, "said": ""}
        self.shown |= {"paused": False, "growing": False, "volume": None} | more
        await self.announce()

    async def _showing(self, request: web.Request) -> web.Response:
        if self.shown is None:
            raise web.HTTPNotFound
        self.reports.append(request.query.get("state", ""))
        async with self._changed:
            if request.query.get("after") == str(self._version):
                await asyncio.wait_for(self._changed.wait(), LONG_POLL)
        return web.json_response({"version": self._version, **self.shown})

    async def _recordings(self, request: web.Request) -> web.Response:
        return web.json_response({"recordings": self.recordings})

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self.files / f"{request.match_info['id']}.webm")

    async def _offer(self, request: web.Request) -> web.Response:
        kind, stream = request.match_info["kind"], request.match_info["stream"]
        offer = await request.text()
        self.posts.append((request.path, dict(request.headers), offer))
        if kind == "whep" and stream not in self.streams:
            return Refusal(409, "no-publisher", 2).answer()
        session = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        number = f"s{len(self.posts)}"
        self._sessions[number] = session
        if kind == "whep":
            self._send(session, self.streams[stream])
        else:
            await self._receive(session, stream)
            self._lessons[number] = stream
        await session.setRemoteDescription(RTCSessionDescription(UNREACHABLE.sub("", offer), "offer"))
        await session.setLocalDescription(await session.createAnswer())
        headers = {"Location": f"/session/{number}"}
        sdp = session.localDescription.sdp
        return web.Response(status=201, text=sdp, content_type="application/sdp", headers=headers)

    def _send(self, session: RTCPeerConnection, stream: Json) -> None:
        if stream["video"]:
            self.pictures.append(Picture())
            session.addTrack(self.pictures[-1])
        session.addTrack(AudioStreamTrack())

    async def _receive(self, session: RTCPeerConnection, stream: str) -> None:
        sink = MediaBlackhole()

        @session.on("track")
        async def take(track: MediaStreamTrack) -> None:
            sink.addTrack(track)
            await sink.start()

        await self.put(stream, recording={"state": "recording", "id": "lesson-1"})

    async def _delete(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        self.deleted.append(request.path)
        self.dismissed.set()
        session = self._sessions.pop(number, None)
        if session is not None and session.connectionState != "closed":
            await session.close()
        if number in self._lessons:
            await self.end(self._lessons.pop(number))
        return web.Response(status=204)


def sample_recording(path: Path, seconds: int) -> None:
    """Write a small WebM that browsers can seek in."""
    with av.open(str(path), "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 90, "yuv420p", 10
        for number in range(seconds * 10):
            frame = av.VideoFrame(160, 90, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number % 256]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
