"""A fake node as its pages see it: real HTTP and WebRTC, with knobs for what may go wrong."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
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
        # Every other one of thirty a second: coding them is most of this process's work.
        await self.next_timestamp()
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
    """A node with real WebRTC whose streams, recordings and refusals are set by the test."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.more: list[web.AbstractRouteDef] = []  # of real parts, to be set before the node is entered
        self.shown: Json | None = None  # what the teacher's screen shows; nothing is known of one while None
        self.reports: list[str] = []  # what pages said of themselves
        self.said: list[dict[str, str]] = []  # all of it
        self.streams: dict[str, Json] = {}
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
        self._opening: set[asyncio.Future[None]] = set()  # a page may leave before its answer is there
        self._closing: set[asyncio.Future[None]] = set()
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
                web.get("/api/words/teach/{language}", self._teaching),
                web.get("/api/streams", self._list),
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
        self.is_down = True
        await self.hang_up()
        assert self._runner is not None
        await self._runner.cleanup()
        await self.hang_up()  # what was being asked for meanwhile

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

    def is_followed(self) -> bool:
        """Tell whether a page asks for what comes after all that was told."""
        return bool(self.said) and self.said[-1].get("after") == str(self._version)

    async def hang_up(self) -> None:
        """End every session from our side."""
        await asyncio.gather(*self._opening, return_exceptions=True)
        sessions = [session for session in self._sessions.values() if session.connectionState != "closed"]
        self._sessions.clear()
        for session in sessions:
            await self._close(session)
        await asyncio.gather(*self._closing)

    async def _close(self, session: RTCPeerConnection) -> None:
        """Close a session to the end, though who asked for it is gone: half closed it keeps its sockets."""
        closing = asyncio.ensure_future(session.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)

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

    async def _teaching(self, request: web.Request) -> web.Response:
        return web.json_response(words.of_teaching(request.match_info["language"]))

    async def _list(self, request: web.Request) -> web.Response:
        async with self._changed:
            if request.query.get("after") == str(self._version):
                with suppress(TimeoutError):  # there is no news
                    await asyncio.wait_for(self._changed.wait(), LONG_POLL)
        return web.json_response({"version": self._version, "streams": list(self.streams.values())})

    async def show(self, mode: str, **more: Any) -> None:
        """Have the pages show something, as the teacher's screen would."""
        self.shown = {"mode": mode, "stream": "", "recording": "", "media_type": "", "at": 0.0, "said": ""}
        self.shown |= {"paused": False, "growing": False, "volume": None} | more
        await self.announce()

    async def _showing(self, request: web.Request) -> web.Response:
        if self.shown is None:
            raise web.HTTPNotFound
        self.reports.append(request.query.get("state", ""))
        self.said.append(dict(request.query))
        async with self._changed:
            if request.query.get("after") == str(self._version):
                with suppress(TimeoutError):  # there is no news
                    await asyncio.wait_for(self._changed.wait(), LONG_POLL)
        return web.json_response({"version": self._version, **self.shown})

    async def _recordings(self, request: web.Request) -> web.Response:
        return web.json_response({"recordings": self.recordings})

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self.files / f"{request.match_info['id']}.webm")

    async def _offer(self, request: web.Request) -> web.Response:
        kind, stream = request.match_info["kind"], request.match_info["stream"]
        if kind == "whep" and stream not in self.streams:
            self.posts.append((request.path, dict(request.headers), await request.text()))
            return Refusal(409, "no-publisher", 2).answer()

        async def prepare(session: RTCPeerConnection, number: str) -> None:
            if kind == "whep":
                self.send(session, self.streams[stream])
            else:
                await self._receive(session, stream)
                self._lessons[number] = stream

        return await self.answer(request, prepare)

    async def answer(
        self, request: web.Request, prepare: Callable[[RTCPeerConnection, str], Awaitable[None]]
    ) -> web.Response:
        """Take an offer; `prepare` says what is sent in the session, or done with what comes."""
        offer = await request.text()
        self.posts.append((request.path, dict(request.headers), offer))
        session = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        number = f"s{len(self.posts)}"
        self._sessions[number] = session
        await prepare(session, number)
        opening = asyncio.ensure_future(_agree(session, offer))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        await asyncio.shield(opening)
        headers = {"Location": f"/session/{number}"}
        sdp = session.localDescription.sdp
        return web.Response(status=201, text=sdp, content_type="application/sdp", headers=headers)

    def send(self, session: RTCPeerConnection, stream: Json) -> None:
        """Give a page a lesson's picture and sound."""
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
            await self._close(session)
        if number in self._lessons:
            await self.end(self._lessons.pop(number))
        return web.Response(status=204)


async def _agree(session: RTCPeerConnection, offer: str) -> None:
    await session.setRemoteDescription(RTCSessionDescription(UNREACHABLE.sub("", offer), "offer"))
    await session.setLocalDescription(await session.createAnswer())


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
